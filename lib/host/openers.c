/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/openers.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/parse.h"

struct search {
	const struct root *root;
	const char *name;
	dev_t rdev;
};

/*
 * Only what may be a node is looked at: a file on a server that does not answer would let
 * us wait.
 */
static bool is_node(const struct search *search, int fd, const char *link)
{
	static const char dev[] = "/dev/";
	char target[PATH_MAX];
	struct statx st;
	ssize_t len = readlinkat(fd, link, target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	if (strncmp(target, dev, strlen(dev)) != 0)
		return false;
	if (!root_is_host(search->root))
		return strcmp(target + strlen(dev), search->name) == 0;
	return statx(fd, link, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &st) ==
		       0 &&
	       S_ISCHR(st.stx_mode) && st.stx_rdev_major == major(search->rdev) &&
	       st.stx_rdev_minor == minor(search->rdev);
}

/* A process may end at any moment: then it has nothing open. */
static bool has_open(const struct search *search, const char *pid)
{
	CLEANUP_CLOSEDIR DIR *dir = NULL;
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	const struct dirent *entry;
	struct error ignored;

	if (sysfs_path(path, &ignored, "proc/%s/fd", pid) < 0)
		return false;
	fd = root_openat(search->root, path, O_RDONLY | O_DIRECTORY);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return false;
	(void)take_fd(&fd);
	while ((entry = readdir(dir))) {
		if (is_node(search, dirfd(dir), entry->d_name))
			return true;
	}
	return false;
}

static void add(struct openers *openers, const struct root *root, pid_t pid)
{
	struct opener *opener = &openers->v[openers->n];
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (openers->n == OPENERS_MAX) {
		openers->n_more++;
		return;
	}
	openers->n++;
	opener->pid = pid;
	if (sysfs_path(path, &ignored, "proc/%d/comm", pid) < 0 ||
	    sysfs_read(root, path, opener->comm, sizeof(opener->comm), &ignored) < 0)
		(void)snprintf(opener->comm, sizeof(opener->comm), "a process");
	/* what users call themselves must not break a line of ours */
	for (char *at = opener->comm; *at; at++) {
		if (!isprint((unsigned char)*at))
			*at = '?';
	}
}

int openers_find(struct openers *ret_openers, const struct root *root, const char *name,
		 dev_t rdev, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	struct search search = { .root = root, .name = name, .rdev = rdev };
	struct openers openers = { .n = 0 };
	int r = sysfs_list(&names, root, "proc", err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		struct error ignored;
		uint64_t pid;

		if (parse_dec(&pid, names.v[i], 1, INT_MAX, "pid", &ignored) < 0 ||
		    (root_is_host(root) && pid == (uint64_t)getpid()))
			continue;
		if (has_open(&search, names.v[i]))
			add(&openers, root, (pid_t)pid);
	}
	*ret_openers = openers;
	return 0;
}
