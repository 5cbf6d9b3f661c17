/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "guest_process.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "host/sysfs.h"

static int read_cmdline(struct buf *text, const struct root *root, unsigned pid,
			struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "proc/%u/cmdline", pid);

	if (r < 0)
		return r;
	fd = sysfs_open(root, path);
	return fd < 0 ? error_sys(err, -fd, "read '/%s'", path)
		      : file_read_fd(text, fd, path, err);
}

bool guest_process_find(unsigned *ret_pid, const struct root *root,
			const struct undo_log *log)
{
	CLEANUP_BUF struct buf cmdline = BUF_NONE;
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	struct error ignored;
	uint64_t pid;

	if (strchr(log->guest, '/') ||
	    sysfs_path(path, &ignored, "run/libvirt/qemu/%s.pid", log->guest) < 0 ||
	    sysfs_read(root, path, text, sizeof(text), &ignored) < 0 ||
	    parse_dec(&pid, text, 1, INT32_MAX, "pid", &ignored) < 0 ||
	    read_cmdline(&cmdline, root, (unsigned)pid, &ignored) < 0 ||
	    !memmem(buf_text(&cmdline), cmdline.len, log->id, strlen(log->id)))
		return false;
	*ret_pid = (unsigned)pid;
	return true;
}
