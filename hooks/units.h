/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Units that are stopped for a guest. */

#include "base/buf.h"
#include "hook.h"

/* The record of a unit that a guest wants stopped; its field is the unit's own name. */
#define UNITS_CLAIM "stop"

/*
 * Appends the names of the units that stop with one that runs, a line each: those before
 * it that depend on it, the last line is its own. One that does not run is alone.
 */
MUST_CHECK int units_group(struct buf *ret_group, struct hook *hook, const char *unit,
			   struct error *err);

/* Takes the next name out of such lines; begin with *at at their beginning. */
bool units_next(char unit[static BUS_UNIT_MAX], const char **at);

/* Whether a unit is on record as one that ran before guests had it stopped. */
bool units_has_run(const struct hook *hook, const char *unit);
