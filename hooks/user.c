/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "domain/query.h"

/* <seclabel type='static' model='dac'><label>USER:GROUP</label></seclabel> */
static void read_label(struct user_names *names, const xmlNode *domain)
{
	query_each (label, domain, "seclabel") {
		const char *text = query_text(query_child(label, "label"));
		const char *colon = text ? strchr(text, ':') : NULL;

		if (!query_attr_is(label, "model", "dac") || !colon ||
		    colon - text >= USER_NAME_MAX)
			continue;
		(void)snprintf(names->user, sizeof(names->user), "%.*s",
			       (int)(colon - text), text);
		if (strlen(colon + 1) < sizeof(names->group))
			memcpy(names->group, colon + 1, strlen(colon + 1) + 1);
	}
}

int user_of_qemu(struct user *ret_user, const struct hook *hook, struct error *err)
{
	struct user_names label = { 0 };

	read_label(&label, hook->needs.domain);
	return user_of_qemu_on(ret_user, hook->root, &label, err);
}

/* In the child, which has nothing open that could hold libvirt up. */
static int open_as(const struct user *user, const struct root *root, const char *path,
		   int flags)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int fd;

	for (fd = 0; null >= 0 && fd < 3; fd++)
		(void)dup2(null, fd);
	if (setgroups((size_t)user->n_groups, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return errno;
	fd = root_openat(root, path, flags | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? -fd : 0;
}

/* A file system that does not answer keeps its process; nobody waits for that one. */
static int await(pid_t pid, unsigned timeout_ms)
{
	CLEANUP_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int status = 0;
	int n;

	if (fd < 0)
		return -errno;
	do {
		n = poll(&poll_fd, 1, (int)timeout_ms);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		(void)kill(pid, SIGKILL);
		return -ETIMEDOUT;
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

int user_try_open(const struct user *user, const struct hook *hook, const char *path,
		  int flags)
{
	pid_t pid;

	if (geteuid() != 0)
		return 0; /* only root can become somebody else */
	pid = fork();
	if (pid == 0)
		_exit(open_as(user, hook->root, path, flags));
	if (pid < 0)
		return -errno;
	return await(pid, hook_wait_ms(hook));
}
