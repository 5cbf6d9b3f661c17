/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Undoing by hand what the hook has on record, for guests that are gone without libvirt
 * having said so. A device that a process still uses stays.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "command.h"
#include "device.h"
#include "guest_process.h"
#include "holders.h"
#include "lock.h"
#include "session.h"

static void print_entry(const struct account *account, int priority, const char *text,
			void *data)
{
	FILE *out = priority <= LOG_WARNING ? stderr : stdout;

	(void)data;
	if (account->timing)
		return;
	if (account->step)
		(void)fprintf(out, "%s: ", account->step);
	command_print(out, text);
	(void)putc('\n', out);
}

/* As it is now, without waiting, nor saying that it waits. */
static int refuse_held(struct hook *hook, const char *address, struct error *err)
{
	uint64_t end = hook->end;
	int r;

	hook->end = effects_now(hook->effects);
	hook->account.send = account_drop;
	r = holders_await_group(hook, address, err);
	hook->account.send = print_entry;
	hook->end = end;
	return r;
}

static int refuse_running(struct hook *hook, const struct undo_log *log,
			  struct error *err)
{
	unsigned pid;

	if (guest_process_find(&pid, hook->root, log)) {
		return error_set(err, EBUSY, "the guest '%s' runs (pid %u)", log->guest,
				 pid);
	}
	if (!guest_process_is_known(hook->root, log))
		return 0;
	return error_set(
		err, EBUSY,
		"the guest '%s' is gone, but libvirt does not know yet, and would "
		"reset its devices under the host: start libvirt's daemon, which "
		"gives back what it had",
		log->guest);
}

/* A running guest would lose what it works with. */
static int refuse_in_use(struct hook *hook, const struct undo_log *log, struct error *err)
{
	for (size_t i = 0; i < log->n; i++) {
		const struct undo_record *record = &log->v[i];
		int r;

		if (record->state != UNDO_OPEN || strcmp(record->kind, DEVICE_KIND) != 0)
			continue;
		r = refuse_held(hook, undo_field(record, 0), err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int restore_log(struct hook *hook, struct undo_log *log, struct error *err)
{
	CLEANUP_FREE char *name = strdup(log->guest);
	int r = name ? refuse_in_use(hook, log, err)
		     : error_set(err, ENOMEM, "out of memory");

	if (r == 0)
		r = refuse_running(hook, log, err);
	if (r < 0)
		return r;
	hook->account.guest = name;
	r = undo_log_release(log, err);
	if (r == 0)
		r = steps_undo(hook, log, err);
	hook->account.guest = NULL;
	if (r == 0) {
		(void)fputs("all that '", stdout);
		command_print(stdout, name);
		(void)puts("' had is given back");
	}
	return r;
}

/* --- what to restore --- */

static struct undo_log *find_guest(const struct hook *hook, const char *name)
{
	for (size_t i = 0; i < hook->logs.n; i++) {
		struct undo_log *log = hook->logs.v[i];

		if (strcmp(log->id, UNDO_SHARED) != 0 &&
		    (strcmp(log->guest, name) == 0 || strcmp(log->id, name) == 0))
			return log;
	}
	return NULL;
}

static int restore_guest(struct hook *hook, const char *name, struct error *err)
{
	struct undo_log *log = find_guest(hook, name);

	if (!log) {
		(void)fputs("nothing is held for a guest '", stdout);
		command_print(stdout, name);
		(void)puts("'");
		return 0;
	}
	return restore_log(hook, log, err);
}

static int restore_all(struct hook *hook, struct error *err)
{
	struct error first = { 0 };
	size_t at = 0;

	if (hook->logs.n == 0)
		(void)puts("nothing is held for any guest");
	while (at < hook->logs.n) {
		struct undo_log *log = hook->logs.v[at];
		struct error failure = { 0 };
		size_t n = hook->logs.n;
		bool is_due = strcmp(log->id, UNDO_SHARED) != 0 && !log->is_tried;

		log->is_tried = true;
		if (is_due && restore_log(hook, log, &failure) < 0) {
			(void)fputs("vfiokit-hook: ", stderr);
			command_print(stderr, failure.msg);
			(void)putc('\n', stderr);
			first = first.code ? first : failure;
		}
		at = hook->logs.n == n ? at + 1 : 0;
	}
	if (first.code == 0)
		return 0;
	return error_set(err, first.code, "not everything could be given back");
}

/* A device that the kernel hangs in is not touched again. */
static int restore_record(struct hook *hook, struct undo_log *log,
			  struct undo_record *record, struct error *err)
{
	int r;

	if (record->state == UNDO_WEDGED) {
		return error_set(err, EBUSY,
				 "%s hangs in the kernel since '%s' had it: only a "
				 "reboot helps",
				 undo_field(record, 0), log->guest);
	}
	r = refuse_running(hook, log, err);
	if (r < 0)
		return r;
	hook->account.guest = log->guest;
	r = steps_undo_record(hook, log, record, err);
	if (r == 0 && undo_log_is_clean(log))
		r = undo_logs_remove(&hook->logs, log, err);
	hook->account.guest = NULL; /* it went with the log */
	return r;
}

static int restore_device(struct hook *hook, const char *text, struct error *err)
{
	char address[BDF_TEXT_MAX];
	struct bdf bdf;
	int r = bdf_parse(&bdf, NULL, text, err);

	if (r == 0)
		r = refuse_held(hook, bdf_format(&bdf, address), err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < hook->logs.n; i++) {
		struct undo_log *log = hook->logs.v[i];
		struct undo_record *record = undo_log_find(log, DEVICE_KIND, address);

		if (record)
			return restore_record(hook, log, record, err);
	}
	return device_free(hook, address, err);
}

static int restore(struct hook *hook, int argc, char **argv, struct error *err)
{
	if (argc == 3)
		return restore_device(hook, argv[2], err);
	if (strcmp(argv[1], "--all") == 0)
		return restore_all(hook, err);
	return restore_guest(hook, argv[1], err);
}

static int run_restore(int argc, char **argv, struct error *err)
{
	CLEANUP_SESSION struct session session = SESSION_NONE;
	int r;

	if ((argc == 3) != (strcmp(argv[1], "--device") == 0)) {
		return error_set(err, EBADRQC, "usage: vfiokit-hook restore %s",
				 command_restore.args);
	}
	if (geteuid() != 0)
		return error_set(err, EPERM, "only root can give devices back");
	r = session_open(&session, false, err);
	if (r < 0)
		return r;
	session.hook.account.operation = "restore";
	session.hook.account.send = print_entry;
	r = lock_take(&session.hook, err);
	if (r == 0)
		r = restore(&session.hook, argc, argv, err);
	lock_release(&session.hook);
	return r;
}

const struct command command_restore = {
	.name = "restore",
	.args = "GUEST|--all|--device BDF",
	.help = "give back what a guest has left behind",
	.min_args = 1,
	.max_args = 2,
	.run = run_restore,
};
