/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "operation.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "lock.h"
#include "scripts.h"
#include "timing.h"

static void tell_notes(struct hook *hook)
{
	for (size_t i = 0; i < hook->notes.n; i++) {
		const struct note *note = &hook->notes.v[i];

		if (note->kind == NOTE_DECISION)
			continue;
		hook->account.step = note->topic;
		account_add(&hook->account,
			    note->kind == NOTE_WARNING ? LOG_WARNING : LOG_INFO, "%s",
			    note->text);
	}
	hook->account.step = NULL;
}

/* Scripts whose failure changes nothing any more. */
static void run_scripts(struct hook *hook, const struct call *call)
{
	struct error err = { 0 };

	if (!hook->needs.is_ours || scripts_run(hook, call, &err) == 0)
		return;
	hook->account.step = "scripts";
	account_add(&hook->account, LOG_ERR, "%s", err.msg);
	hook->account.step = NULL;
}

/* --- prepare --- */

/*
 * A log of this guest can only be there when its last release never came: libvirt had
 * crashed. Had QEMU survived, libvirt would not start the guest again.
 */
static int undo_former(struct hook *hook, struct error *err)
{
	struct undo_log *log = undo_logs_find(&hook->logs, hook->needs.uuid);
	int r;

	if (!log)
		return 0;
	account_add(&hook->account, LOG_WARNING,
		    "libvirt never said that the guest had stopped: undoing what it had");
	r = undo_log_release(log, err);
	if (r == 0)
		r = steps_undo(hook, log, err);
	return r < 0 ? error_wrap(err, "what the guest had before is not undone") : 0;
}

static int apply(struct hook *hook, struct error *err)
{
	int r = undo_former(hook, err);

	if (r == 0)
		r = steps_check(hook, err);
	tell_notes(hook);
	if (r < 0)
		return r;
	r = undo_logs_add(&hook->log, &hook->logs, hook->needs.uuid, hook->needs.name,
			  err);
	/* what hangs in the kernel stays on record, and this log in use */
	if (r == 0)
		r = undo_log_return(hook->log, err);
	return r < 0 ? r : steps_apply(hook, err);
}

static int prepare(struct hook *hook, const struct call *call, struct error *err)
{
	int r = needs_read(&hook->needs, call->xml, call->len, err);

	if (r < 0)
		return r;
	if (!hook->needs.is_ours)
		return 0;
	if (!*hook->needs.uuid)
		return error_set(err, EINVAL, "the domain has no <uuid>");
	hook->account.uuid = hook->needs.uuid;
	/* before the lock: nobody else has to wait for what users write */
	r = scripts_run(hook, call, err);
	if (r < 0)
		return r;
	r = lock_take(hook, err);
	if (r == 0) {
		steps_recover(hook);
		r = apply(hook, err);
	}
	lock_release(hook);
	if (r == 0)
		account_add(&hook->account, LOG_NOTICE, "prepared");
	return r;
}

/* --- release --- */

/* By UUID; where the domain cannot be read, by the name that libvirt gave. */
static struct undo_log *find_log(const struct hook *hook, const char *guest)
{
	if (*hook->needs.uuid)
		return undo_logs_find(&hook->logs, hook->needs.uuid);
	for (size_t i = 0; i < hook->logs.n; i++) {
		if (strcmp(hook->logs.v[i]->id, UNDO_SHARED) != 0 &&
		    strcmp(hook->logs.v[i]->guest, guest) == 0)
			return hook->logs.v[i];
	}
	return NULL;
}

/* Without the lock it can only be noted that the guest is gone; the next call sees that.
 */
static int postpone(struct hook *hook, const struct call *call, struct error *err)
{
	struct error lock = *err;
	struct undo_log *log;
	int r = undo_logs_read(&hook->logs, UNDO_LOOK, err);

	log = r == 0 ? find_log(hook, call->guest) : NULL;
	if (r == 0 && log)
		r = undo_log_release(log, err);
	if (r < 0)
		return r;
	*err = lock;
	return error_wrap(err, "left to the next call");
}

/* What could not be undone has been said by then, and the log is still there. */
static void tell_released(struct hook *hook, const char *guest,
			  const struct undo_log *log)
{
	if (!log)
		return;
	if (find_log(hook, guest)) {
		account_add(&hook->account, LOG_ERR,
			    "not all is given back; the next call tries again, see "
			    "vfiokit-hook status");
	} else {
		account_add(&hook->account, LOG_NOTICE, "released");
	}
}

static int give_back(struct hook *hook, const struct call *call, struct error *err)
{
	struct error ignored;
	struct undo_log *log;
	int r;

	/* a domain that cannot be read is found by name */
	if (needs_read(&hook->needs, call->xml, call->len, &ignored) < 0)
		account_add(&hook->account, LOG_WARNING, "%s", ignored.msg);
	hook->account.uuid = *hook->needs.uuid ? hook->needs.uuid : NULL;
	r = lock_take(hook, err);
	if (r == -EBUSY)
		return postpone(hook, call, err);
	if (r == 0) {
		log = find_log(hook, call->guest);
		if (log)
			r = undo_log_release(log, err);
		steps_recover(hook);
		tell_released(hook, call->guest, log);
	}
	lock_release(hook);
	return r;
}

static int release(struct hook *hook, const struct call *call, struct error *err)
{
	int r = give_back(hook, call, err);

	/* however long that took: scripts come after it, and have their own time */
	hook->end = effects_now(hook->effects) + hook->config->prepare_ms;
	run_scripts(hook, call);
	return r;
}

/* --- the others --- */

/*
 * A daemon that was restarted has found the guest running. Failing would kill it. What
 * the hook holds for it stands in its log.
 */
static int reconnect(struct hook *hook, const struct call *call, struct error *err)
{
	struct error ignored;

	(void)err;
	if (needs_read(&hook->needs, call->xml, call->len, &ignored) == 0 &&
	    hook->needs.is_ours &&
	    undo_logs_open(&hook->logs, hook->root, false, &ignored) == 0 &&
	    (hook->logs.dir < 0 || faccessat(hook->logs.dir, hook->needs.uuid, F_OK,
					     AT_SYMLINK_NOFOLLOW) < 0)) {
		account_add(&hook->account, LOG_WARNING,
			    "the guest runs, and nothing was prepared for it: it was "
			    "started without this hook");
	}
	run_scripts(hook, call);
	return 0;
}

/* Nothing is left to do but for the user's scripts. `start` is the last to be refused. */
static int other(struct hook *hook, const struct call *call, struct error *err)
{
	struct error ignored;

	if (needs_read(&hook->needs, call->xml, call->len, &ignored) < 0 ||
	    !hook->needs.is_ours)
		return 0;
	hook->account.uuid = hook->needs.uuid;
	if (strcmp(call->operation, "start") == 0)
		return scripts_run(hook, call, err);
	run_scripts(hook, call);
	return 0;
}

/* --- all of them --- */

struct operation {
	const char *name;
	const char *suboperation;
	int (*run)(struct hook *hook, const struct call *call, struct error *err);
	bool is_timed;
};

/* Others succeed but for the scripts: libvirt may add more. */
static const struct operation operations[] = {
	{ "prepare", "begin", prepare, true },
	{ "release", "end", release, true },
	{ "reconnect", "begin", reconnect, false },
};

static void tell_timing(struct hook *hook, const struct operation *operation,
			uint64_t begin_us)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct timing timing;

	timing_read(&timing, hook, begin_us);
	timing_format(&timing, &text);
	hook->account.step = NULL;
	hook->account.timing = &timing;
	account_add(&hook->account, LOG_INFO, "%s took %s", operation->name,
		    buf_text(&text));
	hook->account.timing = NULL;
}

static int run_timed(struct hook *hook, const struct operation *operation,
		     const struct call *call, struct error *err)
{
	uint64_t begin_us = call->begin_us ? call->begin_us : effects_clock_us();
	int r = operation->run(hook, call, err);

	if (operation->is_timed && hook->needs.is_ours)
		tell_timing(hook, operation, begin_us);
	return r;
}

int operation_run(struct hook *hook, const struct call *call, struct error *err)
{
	hook->account.guest = call->guest;
	hook->account.operation = call->operation;
	hook->end = effects_now(hook->effects) + hook->config->prepare_ms;
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
		if (strcmp(operations[i].name, call->operation) == 0 &&
		    strcmp(operations[i].suboperation, call->suboperation) == 0)
			return run_timed(hook, &operations[i], call, err);
	}
	return other(hook, call, err);
}
