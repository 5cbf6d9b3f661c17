/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Settings of the host that several guests may claim at the same time: the CPUs of
 * system.slice, a governor, a unit that is to be stopped.
 *
 * There are two records of each. A *claim* stands in the log of a guest, and is made and
 * undone by a step: kind, key and whatever the guest wants. What the setting *was* before
 * the first claim stands in the log UNDO_SHARED, written and read here. The value of a
 * setting always follows from the claims that there are, so a step only has to
 *
 *	apply:	undo_log_add(hook->log, ..., CLAIM, key, want, NULL), then
 *		shared_set() for each setting that the claim bears on
 *	undo:	shared_undo(), or shared_undo_all(), with the claim's record
 *
 * and the last claim that goes puts back what was there. A kill at any point loses
 * nothing: the claim is on record before what was, that before the change, and a claim is
 * done with only after its settings are.
 *
 * A value is text, in one spelling: what read() gives for a value that was written has to
 * be that value.
 */

#include "base/buf.h"
#include "hook.h"

/* Not done, and no failure: the kernel does not allow it, or there is no such thing. */
#define SHARED_LEFT 1

/* What a value is to be computed for. */
struct shared_ask {
	const char *key;
	const char *before;             /* the value before the first claim */
	const struct undo_record *gone; /* a claim that is being undone; or NULL */
};

struct shared_kind {
	const char *name;  /* of its records in the log: "allowed-cpus" */
	const char *step;  /* whose it is */
	const char *title; /* in messages, before the key: "AllowedCPUs of" */

	/* Appends the value; SHARED_LEFT when there is no such setting (any more). */
	int (*read)(struct hook *hook, const char *key, struct buf *ret_value,
		    struct error *err);

	/* The setting is read afterwards, so this waits until the change can be seen. */
	int (*write)(struct hook *hook, const char *key, const char *value,
		     struct error *err);

	/*
	 * Appends what the claims make of it, by shared_next_claim(); returns SHARED_LEFT
	 * when nobody claims it.
	 */
	int (*compute)(struct hook *hook, const struct shared_ask *ask,
		       struct buf *ret_value, struct error *err);

	/* The kernel may refuse it, which is then counted and not a failure. */
	bool may_be_refused;

	/* Put back even when it has changed by itself since. */
	bool is_forced;

	/* It reads as the new value before that is in force. */
	bool is_late;

	/* There are many: not each is worth a line in the account. */
	bool is_many;
	const char *titles; /* after their number, for status */
};

/* All of them; see hooks/steps.c. */
extern const struct shared_kind *const shared_kinds[];
extern const size_t n_shared_kinds;

/* NULL when there is none of that name. */
const struct shared_kind *shared_find_kind(const char *name);

/* A value in words: "unset" for the empty one. */
const char *shared_text(const char *value);

/*
 * The fields of a record of what was. NEW is the value on its way, OLD the one before it:
 * a kill between the record and the write leaves the setting at OLD, and any other value
 * than these three is somebody else's.
 */
enum shared_field {
	SHARED_KEY,
	SHARED_BEFORE,
	SHARED_NEW,
	SHARED_OLD,
};

/* Not a setting: memory in /dev/shm that the hook has made, by its name. */
#define SHMEM_FILE "shmem-file"

/* Goes through the claims of all guests that have not gone; begin with { 0 }. */
struct shared_claims {
	size_t log;
	size_t record;
	const char *guest; /* the name of the guest whose claim this is */
};
const struct undo_record *shared_next_claim(const struct hook *hook,
					    struct shared_claims *at, const char *kind,
					    const struct undo_record *gone);

/*
 * Gives a setting the value that follows from the claims; the new one is on record
 * already. When somebody else has changed it since it was set last, what they made of it
 * is what will be put back. May return SHARED_LEFT.
 */
MUST_CHECK int shared_set(struct hook *hook, const struct shared_kind *kind,
			  const char *key, struct error *err);

/*
 * Gives it the value that follows from the claims without `gone`, or puts back what was
 * there. When somebody else has changed it since, it is left to them, with a warning.
 */
MUST_CHECK int shared_undo(struct hook *hook, const struct shared_kind *kind,
			   const char *key, const struct undo_record *gone,
			   struct error *err);

/* Appends what it was before the first claim, or is now; may return SHARED_LEFT. */
MUST_CHECK int shared_before(struct hook *hook, const struct shared_kind *kind,
			     const char *key, struct buf *ret_value, struct error *err);

/* All settings of a kind that are on record; tries all, fails with the first failure. */
MUST_CHECK int shared_undo_all(struct hook *hook, const struct shared_kind *kind,
			       const struct undo_record *gone, struct error *err);
