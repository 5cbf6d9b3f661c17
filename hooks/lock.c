/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "lock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/sysfs.h"

/* Looks for "1: FLOCK  ADVISORY  WRITE 4711 00:17:1234 0 EOF" (proc(5), /proc/locks). */
static long find_holder(const struct hook *hook, int dir)
{
	char text[64 * 1024];
	char wanted[64];
	struct error ignored;
	struct stat st;
	char *rest = text;
	char *line;

	if (fstat(dir, &st) < 0 ||
	    sysfs_read_start(hook->root, "proc/locks", text, sizeof(text), &ignored) < 0)
		return 0;
	(void)snprintf(wanted, sizeof(wanted), "%02x:%02x:%lu", major(st.st_dev),
		       minor(st.st_dev), (unsigned long)st.st_ino);
	while ((line = strsep(&rest, "\n"))) {
		char pid[24], place[64];

		if (sscanf(line, "%*s FLOCK %*s %*s %23s %63s", pid, place) == 2 &&
		    strcmp(place, wanted) == 0)
			return strtol(pid, NULL, 10);
	}
	return 0;
}

static int try_lock(struct hook *hook, void *data, struct error *err)
{
	(void)data;
	if (flock(hook->logs.dir, LOCK_EX | LOCK_NB) == 0)
		return 1;
	if (errno == EWOULDBLOCK || errno == EINTR)
		return 0;
	return error_sys(err, errno, "lock '/" UNDO_DIR "'");
}

int lock_take(struct hook *hook, struct error *err)
{
	int r = undo_logs_open(&hook->logs, hook->root, true, err);

	if (r < 0)
		return r;
	r = hook_await(hook, try_lock, NULL, err);
	if (r == -ETIMEDOUT) {
		long pid = find_holder(hook, hook->logs.dir);

		return error_set(err, EBUSY,
				 "another vfiokit-hook is at work (pid %ld) and has not "
				 "finished in time; try again",
				 pid);
	}
	if (r < 0)
		return r;
	effects_hold(hook->effects, hook->logs.dir);
	return undo_logs_read(&hook->logs, UNDO_OWN, err);
}

void lock_release(struct hook *hook)
{
	if (hook->logs.dir >= 0)
		(void)flock(hook->logs.dir, LOCK_UN);
}
