/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which units stop when one is stopped: those that depend on it (Requires=, BindsTo=,
 * PartOf= in systemd.unit(5)), and those that depend on these. systemd starts none of
 * them again when it starts the one.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

#define UNITS_MAX 256 /* more is a host that nobody wants to stop a unit of */

struct walk {
	struct hook *hook;
	struct buf seen;
	struct buf *group;
	unsigned n;
};

static bool has_line(const struct buf *lines, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = buf_text(lines); *at; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, name, len) == 0 && at[len] == '\n')
			return true;
	}
	return false;
}

bool units_next(char unit[static BUS_UNIT_MAX], const char **at)
{
	size_t len = strcspn(*at, "\n");

	if (!**at)
		return false;
	(void)snprintf(unit, BUS_UNIT_MAX, "%.*s", (int)len, *at);
	*at += len + ((*at)[len] == '\n');
	return true;
}

/* One that another guest keeps stopped must not start while this guest runs. */
static int counts(const struct walk *walk, const char *unit, struct error *err)
{
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	int r = bus_unit_state(walk->hook->bus, unit, &state, err);

	return r < 0 ? r : state == BUS_UNIT_ACTIVE || units_has_run(walk->hook, unit);
}

static int visit(struct walk *walk, const char *unit, struct error *err)
{
	CLEANUP_BUF struct buf dependants = BUF_NONE;
	const char *at;
	char name[BUS_UNIT_MAX];
	int r;

	if (has_line(&walk->seen, unit))
		return 0;
	if (walk->n++ >= UNITS_MAX) {
		return error_set(err, E2BIG,
				 "more than %d units would stop with '%s'; it is not "
				 "stopped",
				 UNITS_MAX, unit);
	}
	buf_addf(&walk->seen, "%s\n", unit);
	r = bus_unit_dependants(walk->hook->bus, unit, &dependants, err);
	if (r == 0)
		r = buf_check(&dependants, err);
	for (at = buf_text(&dependants); r == 0 && units_next(name, &at);) {
		r = counts(walk, name, err);
		if (r > 0)
			r = visit(walk, name, err);
	}
	if (r == 0)
		buf_addf(walk->group, "%s\n", unit);
	return r;
}

int units_group(struct buf *ret_group, struct hook *hook, const char *unit,
		struct error *err)
{
	struct walk walk = { .hook = hook, .group = ret_group };
	int r = counts(&walk, unit, err);

	if (r > 0) {
		r = visit(&walk, unit, err);
	} else if (r == 0) {
		buf_addf(ret_group, "%s\n", unit);
	}
	if (r == 0)
		r = buf_check(&walk.seen, err);
	if (r == 0)
		r = buf_check(ret_group, err);
	buf_done(&walk.seen);
	return r;
}
