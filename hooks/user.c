/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/child.h"
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

struct attempt {
	const struct user *user;
	const struct root *root;
	const char *path;
	int flags;
};

static int open_as(const struct attempt *attempt)
{
	const struct user *user = attempt->user;
	int fd;

	if (setgroups((size_t)user->n_groups, user->groups) < 0 ||
	    setresgid(user->gid, user->gid, user->gid) < 0 ||
	    setresuid(user->uid, user->uid, user->uid) < 0)
		return -errno;
	fd = root_openat(attempt->root, attempt->path,
			 attempt->flags | O_NONBLOCK | O_NOCTTY);
	return fd < 0 ? fd : 0;
}

static void try_open(int socket, const void *data)
{
	int answer = open_as(data);

	(void)!send(socket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

int user_try_open(const struct user *user, const struct hook *hook, const char *path,
		  int flags)
{
	const struct attempt attempt = { user, hook->root, path, flags };
	const struct child_work work = {
		.name = "vfiokit-open",
		.run = try_open,
		.data = &attempt,
		.keep = { hook->root->fd },
	};
	struct child child = CHILD_NONE;
	struct error ignored;
	int answer = 0;
	int r;

	if (geteuid() != 0)
		return 0; /* only root can become somebody else */
	r = child_start(&child, &work, &ignored);
	if (r < 0)
		return r;
	r = child_receive(&child, &answer, sizeof(answer), hook_wait_ms(hook));
	if (r == -ETIMEDOUT) {
		(void)child_kill(&child, 0);
		return r;
	}
	child_end(&child);
	return r < 0 ? -EIO : answer;
}
