/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "hook.h"

#include <errno.h>
#include <string.h>

#define AWAIT_STEP_MS 20
#define WRITE_MIN_MS  2000 /* less would take a slow driver for one that hangs */

void hook_done(struct hook *hook)
{
	needs_done(&hook->needs);
	pcidevs_done(&hook->devs);
	undo_logs_done(&hook->logs);
	notes_done(&hook->notes);
	hook->log = NULL;
}

unsigned hook_wait_ms(const struct hook *hook)
{
	uint64_t now = effects_now(hook->effects);
	uint64_t left = now < hook->end ? hook->end - now : 0;

	return left < hook->config->wait_ms ? (unsigned)left : hook->config->wait_ms;
}

int hook_write(struct hook *hook, const char *path, const char *value, struct error *err)
{
	unsigned ms = hook_wait_ms(hook);

	if (ms == 0) {
		return error_set(err, ETIME,
				 "write '%s' to '/%s': the time for all of it is over",
				 value, path);
	}
	return effects_write(hook->effects, path, value,
			     ms < WRITE_MIN_MS ? WRITE_MIN_MS : ms, err);
}

int hook_await(struct hook *hook, hook_ask_fn *ask, void *data, struct error *err)
{
	uint64_t end = effects_now(hook->effects) + hook_wait_ms(hook);

	for (;;) {
		int r = ask(hook, data, err);

		if (r != 0)
			return r < 0 ? r : 0;
		if (effects_now(hook->effects) >= end)
			return -ETIMEDOUT;
		effects_wait(hook->effects, AWAIT_STEP_MS);
	}
}

/* --- checking and applying --- */

int steps_check(struct hook *hook, struct error *err)
{
	for (size_t i = 0; i < n_steps; i++) {
		int r;

		if (!steps[i]->check)
			continue;
		hook->account.step = steps[i]->name;
		r = steps[i]->check(hook, err);
		if (r < 0)
			return r;
	}
	return notes_check(&hook->notes, err);
}

static int apply_all(struct hook *hook, struct error *err)
{
	for (size_t i = 0; i < n_steps; i++) {
		int r;

		hook->account.step = steps[i]->name;
		r = steps[i]->apply(hook, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int steps_apply(struct hook *hook, struct error *err)
{
	struct error undoing = { 0 };
	int r = apply_all(hook, err);

	if (r == 0) {
		hook->account.step = NULL;
		return 0;
	}
	account_add(&hook->account, LOG_ERR, "%s; undoing what was done", err->msg);
	/* a prepare that ran out of time still has to leave a whole host behind */
	hook->end = effects_now(hook->effects) + hook->config->prepare_ms;
	if (undo_log_release(hook->log, &undoing) < 0)
		account_add(&hook->account, LOG_ERR, "%s", undoing.msg);
	(void)!steps_undo(hook, hook->log, &undoing);
	hook->log = NULL;
	return r;
}

/* --- undoing --- */

const struct undo_kind *steps_kind(const char *name)
{
	for (size_t i = 0; i < n_undo_kinds; i++) {
		if (strcmp(undo_kinds[i]->name, name) == 0)
			return undo_kinds[i];
	}
	return NULL;
}

int steps_undo_record(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err)
{
	const struct undo_kind *kind = steps_kind(record->kind);
	struct error ignored;
	int r;

	if (!kind) {
		return error_set(err, ENOTSUP,
				 "this version cannot undo '%s' (record %u)",
				 record->kind, record->number);
	}
	hook->account.step = kind->step;
	r = kind->undo(hook, log, record, err);
	if (r == -ETIMEDOUT && undo_log_mark(log, record, UNDO_WEDGED, &ignored) < 0)
		account_add(&hook->account, LOG_ERR, "%s", ignored.msg);
	return r < 0 ? r : undo_log_mark(log, record, UNDO_DONE, err);
}

int steps_undo(struct hook *hook, struct undo_log *log, struct error *err)
{
	struct error first = { 0 };

	for (size_t i = log->n; i-- > 0;) {
		struct error failure = { 0 };

		if (log->v[i].state != UNDO_OPEN)
			continue;
		if (steps_undo_record(hook, log, &log->v[i], &failure) == 0)
			continue;
		account_add(&hook->account, LOG_ERR, "not undone: %s", failure.msg);
		if (first.code == 0)
			first = failure;
	}
	hook->account.step = NULL;
	if (undo_log_is_clean(log)) {
		int r = undo_logs_remove(&hook->logs, log, &first);

		if (r < 0)
			account_add(&hook->account, LOG_ERR, "%s", first.msg);
	}
	if (first.code == 0)
		return 0;
	*err = first;
	return -first.code;
}

/* --- what earlier calls have left behind --- */

static void settle(struct hook *hook, struct undo_log *log)
{
	for (size_t i = 0; i < log->n; i++) {
		const struct undo_kind *kind = steps_kind(log->v[i].kind);
		struct error err = { 0 };

		if (log->v[i].state != UNDO_OPEN || !kind || !kind->settle)
			continue;
		hook->account.step = kind->step;
		if (kind->settle(hook, log, &log->v[i], &err) < 0)
			account_add(&hook->account, LOG_ERR, "%s", err.msg);
	}
	hook->account.step = NULL;
}

/* The first log whose guest is gone and that has not been tried yet. */
static struct undo_log *next_gone(const struct hook *hook)
{
	for (size_t i = 0; i < hook->logs.n; i++) {
		struct undo_log *log = hook->logs.v[i];

		if (!log->is_tried && log != hook->log &&
		    (log->is_stale || log->is_released))
			return log;
	}
	return NULL;
}

static void undo_gone(struct hook *hook, struct undo_log *log)
{
	struct error err = { 0 };

	log->is_tried = true;
	if (!log->is_stale) {
		account_add(&hook->account, LOG_NOTICE,
			    "undoing what the guest '%s' left behind", log->guest);
		(void)!steps_undo(hook, log, &err);
	} else if (undo_logs_remove(&hook->logs, log, &err) < 0) {
		account_add(&hook->account, LOG_ERR, "%s", err.msg);
	}
}

void steps_recover(struct hook *hook)
{
	struct undo_log *log;

	for (size_t i = 0; i < hook->logs.n; i++) {
		if (!hook->logs.v[i]->is_stale)
			settle(hook, hook->logs.v[i]);
	}
	while ((log = next_gone(hook)))
		undo_gone(hook, log);
}
