/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int root_open(struct root *ret_root, const char *dir, struct error *err)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "open host directory '%s'", dir);

	*ret_root = (struct root){ .fd = fd, .dir = dir };
	return 0;
}

void root_close(struct root *root)
{
	cleanup_close(&root->fd);
	root->fd = -1;
}

bool root_is_host(const struct root *root)
{
	return strcmp(root->dir, "/") == 0;
}

int root_openat(const struct root *root, const char *path, int flags)
{
	struct open_how how = { .flags = (unsigned)flags | O_CLOEXEC,
				.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
	int fd;

	/* the true root needs no confinement, and old kernels no openat2(2) for it */
	if (root_is_host(root)) {
		fd = openat(root->fd, path, flags | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}

	do {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	} while (fd < 0 && errno == EAGAIN); /* a rename raced with the look-up */
	return fd < 0 ? -errno : fd;
}
