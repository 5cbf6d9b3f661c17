/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "shared.h"

#include <errno.h>
#include <string.h>

struct setting {
	const struct shared_kind *kind;
	const char *key;
	struct undo_log *log;       /* NULL: there is none yet */
	struct undo_record *record; /* NULL: it has not been changed */
	struct buf now;
};

static void setting_done(struct setting *setting)
{
	buf_done(&setting->now);
}

#define CLEANUP_SETTING CLEANUP(setting_done)

const struct undo_record *shared_next_claim(const struct hook *hook,
					    struct shared_claims *at, const char *kind,
					    const struct undo_record *gone)
{
	for (; at->log < hook->logs.n; at->log++, at->record = 0) {
		const struct undo_log *log = hook->logs.v[at->log];

		if (log->is_released || log->is_stale ||
		    strcmp(log->id, UNDO_SHARED) == 0)
			continue;
		while (at->record < log->n) {
			const struct undo_record *record = &log->v[at->record++];

			if (record->state != UNDO_OPEN || record == gone ||
			    strcmp(record->kind, kind) != 0)
				continue;
			at->guest = log->guest;
			return record;
		}
	}
	return NULL;
}

const struct shared_kind *shared_find_kind(const char *name)
{
	for (size_t i = 0; i < n_shared_kinds; i++) {
		if (strcmp(shared_kinds[i]->name, name) == 0)
			return shared_kinds[i];
	}
	return NULL;
}

/* --- one setting --- */

const char *shared_text(const char *value)
{
	return *value ? value : "unset";
}

static const char *setting_before(const struct setting *setting)
{
	return setting->record ? undo_field(setting->record, SHARED_BEFORE)
			       : buf_text(&setting->now);
}

static bool setting_is(const struct setting *setting, enum shared_field field)
{
	return strcmp(buf_text(&setting->now), undo_field(setting->record, field)) == 0;
}

static bool is_foreign(const struct setting *setting)
{
	return setting->record && !setting->kind->is_forced &&
	       !setting_is(setting, SHARED_NEW) && !setting_is(setting, SHARED_OLD) &&
	       !setting_is(setting, SHARED_BEFORE);
}

static int read_now(struct hook *hook, struct setting *setting, struct error *err)
{
	int r;

	buf_done(&setting->now);
	r = setting->kind->read(hook, setting->key, &setting->now, err);
	if (r == 0)
		r = buf_check(&setting->now, err);
	return r;
}

static int close_record(struct setting *setting, struct error *err)
{
	struct undo_record *record = setting->record;

	setting->record = NULL;
	return record ? undo_log_mark(setting->log, record, UNDO_DONE, err) : 0;
}

static void setting_find(struct hook *hook, struct setting *setting)
{
	setting->log = undo_logs_find(&hook->logs, UNDO_SHARED);
	if (setting->log) {
		setting->record =
			undo_log_find(setting->log, setting->kind->name, setting->key);
	}
}

/* As the record says and the host is; SHARED_LEFT when the setting is gone. */
static int setting_open(struct hook *hook, struct setting *setting, struct error *err)
{
	int r;

	setting_find(hook, setting);
	if (setting->record && setting->record->state == UNDO_WEDGED) {
		return error_set(err, EBUSY,
				 "%s '%s': an earlier change of it never came back from "
				 "the kernel; only a reboot helps",
				 setting->kind->title, setting->key);
	}
	r = read_now(hook, setting, err);
	if (r == SHARED_LEFT && close_record(setting, err) < 0)
		return -err->code;
	return r;
}

/* --- changing it --- */

static int write_verified(struct hook *hook, struct setting *setting, const char *value,
			  struct error *err)
{
	int r = setting->kind->write(hook, setting->key, value, err);
	struct error ignored;

	if (r == 0) {
		r = read_now(hook, setting, err);
	} else if (read_now(hook, setting, &ignored) == SHARED_LEFT) {
		r = SHARED_LEFT; /* gone under our hands */
	}
	if (r != 0 || strcmp(buf_text(&setting->now), value) == 0)
		return r;
	return error_set(err, EIO, "%s '%s' was to be '%s', and is '%s' after all",
			 setting->kind->title, setting->key, shared_text(value),
			 shared_text(buf_text(&setting->now)));
}

static bool is_refusal(const struct setting *setting, int r)
{
	return setting->kind->may_be_refused &&
	       (r == -EIO || r == -EPERM || r == -EINVAL || r == -ENOSPC);
}

/* Nobody touches it any more: the write hangs in the kernel. */
static void keep_off(struct setting *setting)
{
	struct error ignored;

	(void)!undo_log_mark(setting->log, setting->record, UNDO_WEDGED, &ignored);
}

/* What was goes on record, or what is on its way is amended there. */
static int announce(struct hook *hook, struct setting *setting, const char *value,
		    struct error *err)
{
	const char *now = buf_text(&setting->now);
	int r = 0;

	if (!setting->record) {
		r = undo_logs_add(&setting->log, &hook->logs, UNDO_SHARED, "", err);
		return r < 0 ? r
			     : undo_log_add(setting->log, &setting->record, err,
					    setting->kind->name, setting->key, now, value,
					    now, NULL);
	}
	if (!setting_is(setting, SHARED_OLD) && !setting_is(setting, SHARED_BEFORE))
		r = undo_log_amend(setting->log, setting->record, SHARED_OLD, now, err);
	if (r == 0 && strcmp(undo_field(setting->record, SHARED_NEW), value) != 0)
		r = undo_log_amend(setting->log, setting->record, SHARED_NEW, value, err);
	return r;
}

/* The kernel would not: what it made of the attempt is taken back. */
static int accept_refusal(struct hook *hook, struct setting *setting, const char *former,
			  bool is_new, struct error *err)
{
	struct error ignored;

	if (strcmp(buf_text(&setting->now), former) != 0)
		(void)!write_verified(hook, setting, former, &ignored);
	if (is_new && close_record(setting, err) < 0)
		return -err->code;
	return SHARED_LEFT;
}

static int change(struct hook *hook, struct setting *setting, const char *value,
		  struct error *err)
{
	CLEANUP_FREE char *former = strdup(buf_text(&setting->now));
	bool is_new = !setting->record;
	int r;

	if (!former)
		return error_set(err, ENOMEM, "out of memory");
	r = announce(hook, setting, value, err);
	if (r < 0)
		return r;
	r = write_verified(hook, setting, value, err);
	if (r == SHARED_LEFT)
		return close_record(setting, err) < 0 ? -err->code : r;
	if (is_refusal(setting, r))
		return accept_refusal(hook, setting, former, is_new, err);
	if (r == -ETIMEDOUT)
		keep_off(setting);
	if (r == 0 && !setting->kind->is_many) {
		account_add(&hook->account, LOG_INFO, "%s '%s': %s -> %s",
			    setting->kind->title, setting->key, shared_text(former),
			    shared_text(value));
	}
	return r;
}

static int put_back(struct hook *hook, struct setting *setting, struct error *err)
{
	const char *before = undo_field(setting->record, SHARED_BEFORE);
	int r = 0;

	/* a call that was killed may not have seen it come into force */
	if (setting->kind->is_late || !setting_is(setting, SHARED_BEFORE))
		r = write_verified(hook, setting, before, err);
	if (is_refusal(setting, r)) {
		account_add(&hook->account, LOG_WARNING, "%s '%s' is left at '%s': %s",
			    setting->kind->title, setting->key,
			    shared_text(buf_text(&setting->now)), err->msg);
		r = 0;
	}
	if (r == -ETIMEDOUT)
		keep_off(setting);
	if (r < 0)
		return r;
	if (r == 0 && !setting->kind->is_many) {
		account_add(&hook->account, LOG_INFO, "%s '%s': back to %s",
			    setting->kind->title, setting->key, shared_text(before));
	}
	return close_record(setting, err);
}

static int compute(struct hook *hook, const struct setting *setting,
		   const struct undo_record *gone, struct buf *ret_value,
		   struct error *err)
{
	const struct shared_ask ask = {
		.key = setting->key,
		.before = setting_before(setting),
		.gone = gone,
	};
	int r = setting->kind->compute(hook, &ask, ret_value, err);

	return r == 0 ? buf_check(ret_value, err) : r;
}

static int update(struct hook *hook, struct setting *setting,
		  const struct undo_record *gone, struct error *err)
{
	CLEANUP_BUF struct buf value = BUF_NONE;
	int r = compute(hook, setting, gone, &value, err);

	if (r < 0)
		return r;
	if (r == SHARED_LEFT)
		return setting->record ? put_back(hook, setting, err) : 0;
	if (strcmp(buf_text(&setting->now), buf_text(&value)) == 0)
		return 0;
	return change(hook, setting, buf_text(&value), err);
}

/* --- setting and undoing --- */

int shared_set(struct hook *hook, const struct shared_kind *kind, const char *key,
	       struct error *err)
{
	CLEANUP_SETTING struct setting setting = { .kind = kind, .key = key };
	int r = setting_open(hook, &setting, err);

	if (r != 0)
		return r;
	if (is_foreign(&setting)) {
		r = undo_log_amend(setting.log, setting.record, SHARED_BEFORE,
				   buf_text(&setting.now), err);
	}
	return r < 0 ? r : update(hook, &setting, NULL, err);
}

int shared_before(struct hook *hook, const struct shared_kind *kind, const char *key,
		  struct buf *ret_value, struct error *err)
{
	CLEANUP_SETTING struct setting setting = { .kind = kind, .key = key };
	int r;

	setting_find(hook, &setting);
	r = read_now(hook, &setting, err);
	if (r == 0) {
		buf_adds(ret_value, is_foreign(&setting) ? buf_text(&setting.now)
							 : setting_before(&setting));
	}
	return r;
}

/* It is theirs from now on, for the other guests too. */
static int leave_foreign(struct hook *hook, struct setting *setting, struct error *err)
{
	account_add(&hook->account, LOG_WARNING,
		    "%s '%s' is '%s', which somebody else has made it: it is left so "
		    "(it was '%s' before)",
		    setting->kind->title, setting->key,
		    shared_text(buf_text(&setting->now)),
		    shared_text(setting_before(setting)));
	return close_record(setting, err);
}

static int undo_one(struct hook *hook, const struct shared_kind *kind, const char *key,
		    const struct undo_record *gone, struct error *err)
{
	CLEANUP_SETTING struct setting setting = { .kind = kind, .key = key };
	int r = setting_open(hook, &setting, err);

	if (setting.record && setting.record->state == UNDO_WEDGED) {
		account_add(&hook->account, LOG_WARNING, "%s", err->msg);
		return 0; /* hands off; the record stays, to be seen */
	}
	if (r != 0 || !setting.record)
		return r < 0 ? r : 0;
	r = is_foreign(&setting) ? leave_foreign(hook, &setting, err)
				 : update(hook, &setting, gone, err);
	/* it is this setting that hangs: the claim bears on others, which go on */
	if (r == -ETIMEDOUT)
		r = -(err->code = EIO);
	return r < 0 ? r : 0;
}

/* A log that says nothing any more goes. */
static int clean_up(struct hook *hook, struct error *err)
{
	struct undo_log *log = undo_logs_find(&hook->logs, UNDO_SHARED);

	if (!log || !undo_log_is_clean(log))
		return 0;
	return undo_logs_remove(&hook->logs, log, err);
}

int shared_undo(struct hook *hook, const struct shared_kind *kind, const char *key,
		const struct undo_record *gone, struct error *err)
{
	int r = undo_one(hook, kind, key, gone, err);

	return r < 0 ? r : clean_up(hook, err);
}

int shared_undo_all(struct hook *hook, const struct shared_kind *kind,
		    const struct undo_record *gone, struct error *err)
{
	struct undo_log *log = undo_logs_find(&hook->logs, UNDO_SHARED);
	struct error first = { 0 };

	for (size_t i = log ? log->n : 0; i-- > 0;) {
		const struct undo_record *record = &log->v[i];
		struct error failure = { 0 };

		if (record->state == UNDO_DONE || strcmp(record->kind, kind->name) != 0)
			continue;
		if (undo_one(hook, kind, undo_field(record, SHARED_KEY), gone, &failure) <
			    0 &&
		    first.code == 0)
			first = failure;
	}
	if (first.code != 0) {
		*err = first;
		return -first.code;
	}
	return clean_up(hook, err);
}
