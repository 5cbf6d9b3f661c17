/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Stopping the units that hold a device: a display manager, nvidia-persistenced. Two
 * guests may ask for the same one, by its name or by an alias of it; it starts again when
 * the last of them has gone, if it ran before. The units that depend on it stop with it
 * and start again after it, as if they had been asked for too.
 */

#include "units.h"

#include <errno.h>
#include <string.h>

#include "shared.h"
#include "steps.h"

#define ACTIVE   "active"
#define INACTIVE "inactive"

/* --- a unit as a setting --- */

static int read_unit(struct hook *hook, const char *key, struct buf *ret_value,
		     struct error *err)
{
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	int r = bus_unit_state(hook->bus, key, &state, err);

	if (r < 0)
		return r;
	if (state == BUS_UNIT_ABSENT)
		return SHARED_LEFT;
	buf_adds(ret_value, state == BUS_UNIT_ACTIVE ? ACTIVE : INACTIVE);
	return 0;
}

/* systemd would refuse it, or let it get in the way of its own stopping. */
static bool is_too_late(struct hook *hook, const char *unit)
{
	struct error ignored;

	if (bus_is_going_down(hook->bus, &ignored) <= 0)
		return false;
	account_add(&hook->account, LOG_INFO,
		    "the host is going down: the unit '%s' is not started", unit);
	return true;
}

/* systemd goes on with a job that takes long, and what is on its way counts as active. */
static int start_unit(struct hook *hook, const char *unit, struct error *err)
{
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	struct error ignored;
	int r = bus_unit_state(hook->bus, unit, &state, err);

	if (r == 0 && state == BUS_UNIT_MASKED) {
		account_add(&hook->account, LOG_WARNING,
			    "the unit '%s', which ran before, is masked meanwhile: it is "
			    "not started",
			    unit);
		return SHARED_LEFT;
	}
	if (r == 0 && is_too_late(hook, unit))
		return SHARED_LEFT;
	if (r == 0)
		r = bus_unit_start(hook->bus, unit, hook_wait_ms(hook), err);
	if (r < 0 && is_too_late(hook, unit))
		return SHARED_LEFT; /* since then */
	if (r == -ETIMEDOUT && bus_unit_state(hook->bus, unit, &state, &ignored) == 0 &&
	    state == BUS_UNIT_ACTIVE) {
		account_add(&hook->account, LOG_WARNING, "%s", err->msg);
		return 0;
	}
	return r;
}

/* Nothing hangs in the kernel here: no time-out keeps the next call off. */
static int write_unit(struct hook *hook, const char *key, const char *value,
		      struct error *err)
{
	int r = strcmp(value, ACTIVE) == 0
			? start_unit(hook, key, err)
			: bus_unit_stop(hook->bus, key, hook_wait_ms(hook), err);

	return r == -ETIMEDOUT ? -(err->code = ETIME) : r;
}

static bool is_claimed(const struct hook *hook, const char *unit,
		       const struct undo_record *gone)
{
	struct shared_claims at = { 0 };
	const struct undo_record *claim;

	while ((claim = shared_next_claim(hook, &at, UNITS_CLAIM, gone))) {
		if (strcmp(undo_field(claim, 0), unit) == 0)
			return true;
	}
	return false;
}

static int compute_unit(struct hook *hook, const struct shared_ask *ask,
			struct buf *ret_value, struct error *err)
{
	(void)err;
	if (!is_claimed(hook, ask->key, ask->gone))
		return SHARED_LEFT;
	buf_adds(ret_value, INACTIVE);
	return 0;
}

const struct shared_kind unit_kind = {
	.name = "unit",
	.step = "units",
	.title = "unit",
	.read = read_unit,
	.write = write_unit,
	.compute = compute_unit,
};

/* --- the step --- */

/* What depends on the unit is systemd's truth, which no configuration changes. */
static int check_group(struct hook *hook, const char *id, struct error *err)
{
	CLEANUP_BUF struct buf group = BUF_NONE;
	int r = units_group(&group, hook, id, err);
	const char *at = buf_text(&group);
	char unit[BUS_UNIT_MAX];

	while (r == 0 && units_next(unit, &at)) {
		if (strcmp(unit, id) == 0)
			continue;
		if (config_allows_stop(hook->config, unit)) {
			notes_add(&hook->notes, NOTE_DECISION, "units",
				  "%s: stops with %s, and starts again after it", unit,
				  id);
		} else {
			notes_add(&hook->notes, NOTE_WARNING, "units",
				  "the unit '%s', which /" CONFIG_PATH
				  " does not name, depends on '%s': it stops with that, "
				  "and starts again after it",
				  unit, id);
		}
	}
	return r;
}

static int check_unit(struct hook *hook, const char *unit, struct error *err)
{
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	char id[BUS_UNIT_MAX];
	int r = bus_unit_state(hook->bus, unit, &state, err);

	if (r == 0)
		r = bus_unit_id(hook->bus, unit, id, err);
	if (r < 0)
		return r;
	if (state == BUS_UNIT_ABSENT) {
		notes_add(&hook->notes, NOTE_WARNING, "units",
			  "the host has no unit '%s', which the guest wants stopped",
			  unit);
		return 0;
	}
	notes_add(&hook->notes, NOTE_DECISION, "units", "%s%s%s%s: %s", id,
		  strcmp(id, unit) ? " (" : "", strcmp(id, unit) ? unit : "",
		  strcmp(id, unit) ? ")" : "",
		  state == BUS_UNIT_ACTIVE ? "stop, and start again afterwards"
					   : "does not run");
	return check_group(hook, id, err);
}

static int units_check(struct hook *hook, struct error *err)
{
	const struct needs *needs = &hook->needs;
	int r = 0;

	for (size_t i = 0; i < needs->n_stop; i++) {
		if (!config_allows_stop(hook->config, needs->stop[i])) {
			return error_set(err, EPERM,
					 "the unit '%s' may not be stopped; to allow it "
					 "add it to 'stop =' in section [allow] of "
					 "/" CONFIG_PATH,
					 needs->stop[i]);
		}
	}
	for (size_t i = 0; r == 0 && i < needs->n_stop; i++)
		r = check_unit(hook, needs->stop[i], err);
	return r;
}

static int claim_unit(struct hook *hook, const char *id, struct error *err)
{
	int r = 0;

	if (!undo_log_find(hook->log, UNITS_CLAIM, id))
		r = undo_log_add(hook->log, NULL, err, UNITS_CLAIM, id, NULL);
	if (r == 0)
		r = shared_set(hook, &unit_kind, id, err);
	if (r == SHARED_LEFT) {
		account_add(&hook->account, LOG_WARNING,
			    "the unit '%s' is gone now that it was stopped: nothing can "
			    "start it again",
			    id);
	}
	return r < 0 ? r : 0;
}

/* In the order in which they stop: undone backwards, each starts after what it needs. */
static int apply_unit(struct hook *hook, const char *unit, struct error *err)
{
	CLEANUP_BUF struct buf group = BUF_NONE;
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	char id[BUS_UNIT_MAX];
	const char *at;
	int r = bus_unit_state(hook->bus, unit, &state, err);

	if (r < 0 || state == BUS_UNIT_ABSENT)
		return r; /* check has warned */
	r = bus_unit_id(hook->bus, unit, id, err);
	if (r == 0)
		r = units_group(&group, hook, id, err);
	for (at = buf_text(&group); r == 0 && units_next(id, &at);)
		r = claim_unit(hook, id, err);
	return r;
}

static int units_apply(struct hook *hook, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < hook->needs.n_stop; i++)
		r = apply_unit(hook, hook->needs.stop[i], err);
	return r;
}

const struct step units_step = {
	.name = "units",
	.check = units_check,
	.apply = units_apply,
};

/* --- back --- */

bool units_has_run(const struct hook *hook, const char *unit)
{
	const struct undo_log *shared = undo_logs_find(&hook->logs, UNDO_SHARED);

	return shared && undo_log_find(shared, unit_kind.name, unit);
}

static int undo_unit(struct hook *hook, struct undo_log *log, struct undo_record *record,
		     struct error *err)
{
	const char *unit = undo_field(record, 0);
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	int r;

	(void)log;
	/* where another guest goes on without it, whoever has started it keeps it */
	if (is_claimed(hook, unit, record))
		return 0;
	r = bus_unit_state(hook->bus, unit, &state, err);
	if (r < 0)
		return r;
	if (state == BUS_UNIT_ABSENT && units_has_run(hook, unit)) {
		account_add(&hook->account, LOG_WARNING,
			    "the unit '%s', which ran before, is not there any more: "
			    "nothing to start",
			    unit);
	}
	return shared_undo(hook, &unit_kind, unit, record, err);
}

const struct undo_kind units_undo = {
	.name = UNITS_CLAIM,
	.step = "units",
	.says = "the unit '{0}' is kept stopped",
	.undo = undo_unit,
};
