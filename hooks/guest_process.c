/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "guest_process.h"

#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "host/sysfs.h"

#define GUEST_FILES "run/libvirt/qemu/"

/* Whether the file has the guest's UUID in it. */
static bool is_about(const struct root *root, const char *path,
		     const struct undo_log *log)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd = sysfs_open(root, path);
	struct error ignored;

	return fd >= 0 && file_read_fd(&text, fd, path, &ignored) == 0 &&
	       memmem(buf_text(&text), text.len, log->id, strlen(log->id));
}

bool guest_process_find(unsigned *ret_pid, const struct root *root,
			const struct undo_log *log)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	struct error ignored;
	uint64_t pid;

	if (strchr(log->guest, '/') ||
	    sysfs_path(path, &ignored, GUEST_FILES "%s.pid", log->guest) < 0 ||
	    sysfs_read(root, path, text, sizeof(text), &ignored) < 0 ||
	    parse_dec(&pid, text, 1, INT32_MAX, "pid", &ignored) < 0 ||
	    sysfs_path(path, &ignored, "proc/%u/cmdline", (unsigned)pid) < 0 ||
	    !is_about(root, path, log))
		return false;
	*ret_pid = (unsigned)pid;
	return true;
}

bool guest_process_is_known(const struct root *root, const struct undo_log *log)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	return !strchr(log->guest, '/') &&
	       sysfs_path(path, &ignored, GUEST_FILES "%s.xml", log->guest) == 0 &&
	       is_about(root, path, log);
}
