/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One call of the hook: what every step needs to know and to act with.
 *
 * A step looks at the host and says what stands in the way (check), then makes its
 * changes one by one (apply): each is put on record in the undo log, made, and verified.
 * What is on record is undone, in reverse order, by the function for its kind.
 */

#include <stdbool.h>

#include "account.h"
#include "base/buf.h"
#include "base/notes.h"
#include "bus.h"
#include "config.h"
#include "effects.h"
#include "host/pcidev.h"
#include "host/root.h"
#include "host/sysfs.h"
#include "needs.h"
#include "undo_log.h"

struct hook {
	const struct root *root;
	struct effects *effects;
	struct bus *bus;
	const struct config *config;
	struct account account;
	struct needs needs;
	struct pcidevs devs; /* the host's; the guest's of them are read */
	struct undo_logs logs;
	struct undo_log *log; /* of this guest; NULL until there is something to undo */
	struct notes notes;   /* what check() would have done, and its warnings */
	uint64_t end;         /* when all has to be over, by the effects' clock */
	uint64_t scripts_us;  /* so far, in programs of the user */

	/* the IOMMU group that nobody had open when it was last looked: holders.c */
	char free_group[SYSFS_WORD_MAX];
};

#define HOOK_NONE ((struct hook){ .logs = UNDO_LOGS_NONE, .needs = NEEDS_NONE })

void hook_done(struct hook *hook);

/* The time for one wait: the configured one, or what is left of the whole. */
unsigned hook_wait_ms(const struct hook *hook);

/* Writes an attribute within that time. */
MUST_CHECK int hook_write(struct hook *hook, const char *path, const char *value,
			  struct error *err);

/*
 * Asks until the answer is yes or the time for a wait is over; -ETIMEDOUT then, and err
 * is the caller's to fill. ask() returns 1, 0 or a negative errno.
 */
typedef int hook_ask_fn(struct hook *hook, void *data, struct error *err);
MUST_CHECK int hook_await(struct hook *hook, hook_ask_fn *ask, void *data,
			  struct error *err);

struct step {
	const char *name;

	/*
	 * Refuses what cannot work and changes nothing. Notes what apply() would do; each
	 * note's topic is the step's name. May be NULL.
	 */
	int (*check)(struct hook *hook, struct error *err);

	/* hook->log is there. What it leaves on record is undone when it fails. */
	int (*apply)(struct hook *hook, struct error *err);
};

/* How the records of a kind are undone. */
struct undo_kind {
	const char *name;
	const char *step;

	/* What a record holds, in words, for status: {0} is its first field, {*} all. */
	const char *says;

	/* The same where that is not enough; nothing when another record says it. */
	void (*say)(struct buf *out, const struct undo_log *log,
		    const struct undo_record *record);

	/*
	 * Brings a record up to date that was made by a call which was killed: called
	 * for each open record of every guest, with the lock held, before anything else
	 * is done. May be NULL.
	 */
	int (*settle)(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err);

	/*
	 * Has to work whether the change was made, half made, or not made at all, and
	 * twice. -ETIMEDOUT: wedged, nobody touches it any more. Any other failure: it
	 * is tried again by the next call.
	 */
	int (*undo)(struct hook *hook, struct undo_log *log, struct undo_record *record,
		    struct error *err);
};

/* --- the engine --- */

/* Runs all checks, up to the first that refuses. */
MUST_CHECK int steps_check(struct hook *hook, struct error *err);

/* Applies all steps; on failure what was done is undone and the first error stays. */
MUST_CHECK int steps_apply(struct hook *hook, struct error *err);

/*
 * Undoes a log as far as possible, and removes it when nothing is left. Fails with the
 * first failure, after having tried everything.
 */
MUST_CHECK int steps_undo(struct hook *hook, struct undo_log *log, struct error *err);

/* One record of it, for who knows that the others can stay. */
MUST_CHECK int steps_undo_record(struct hook *hook, struct undo_log *log,
				 struct undo_record *record, struct error *err);

/* Brings all logs up to date, and undoes those whose guests are gone. */
void steps_recover(struct hook *hook);

/* NULL when this version has no such kind. */
const struct undo_kind *steps_kind(const char *name);

/* The tables; see hooks/steps.c. */
extern const struct step *const steps[];
extern const size_t n_steps;
extern const struct undo_kind *const undo_kinds[];
extern const size_t n_undo_kinds;

#define CLEANUP_HOOK CLEANUP(hook_done)
