/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * systemd, over D-Bus: units, and the CPUs that they may use. An interface, so that
 * tests can put a service manager of their own there.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cpuset.h"
#include "base/error.h"

enum bus_unit_state {
	BUS_UNIT_ABSENT, /* there is no such unit */
	BUS_UNIT_INACTIVE,
	BUS_UNIT_MASKED, /* inactive, and not allowed to start */
	BUS_UNIT_ACTIVE, /* or on its way there */
};

#define BUS_UNIT_MAX 257 /* the longest name, and its NUL */

struct bus_ops {
	int (*unit_state)(void *data, const char *unit, enum bus_unit_state *ret_state,
			  struct error *err);

	/* The unit's own name, which differs where `unit` is an alias; NULL: no aliases.
	 */
	int (*unit_id)(void *data, const char *unit, char ret_id[static BUS_UNIT_MAX],
		       struct error *err);

	/*
	 * Appends the names of the units that depend on it so that they stop when it is
	 * stopped, a line each, whether they run or not; NULL: none ever does.
	 */
	int (*unit_dependants)(void *data, const char *unit, struct buf *ret_names,
			       struct error *err);

	/* Both wait for the job to end, -ETIMEDOUT; starting resets a failed state. */
	int (*unit_stop)(void *data, const char *unit, unsigned timeout_ms,
			 struct error *err);
	int (*unit_start)(void *data, const char *unit, unsigned timeout_ms,
			  struct error *err);

	/* AllowedCPUs; *ret_is_set is false when the unit has none. */
	int (*cpus_get)(void *data, const char *unit, struct cpuset *ret_cpus,
			bool *ret_is_set, struct error *err);

	/* At run time only; cpus NULL unsets it. Does not wait for the kernel. */
	int (*cpus_set)(void *data, const char *unit, const struct cpuset *cpus,
			struct error *err);

	/*
	 * Starts a transient service that keeps the host from sleeping; `why` is what
	 * systemd-inhibit(1) shows. No error when it runs already. unit_stop() ends it.
	 */
	int (*hold_sleep)(void *data, const char *unit, const char *why,
			  unsigned timeout_ms, struct error *err);

	/* 1: the host shuts down, and starting a unit could only get in its way. */
	int (*is_going_down)(void *data, struct error *err);
	void (*close)(void *data);
};

struct bus {
	const struct bus_ops *ops; /* NULL until `open` has set it */
	void *data;
	/* Sets ops and data, at the first call; NULL where they are set already. */
	int (*open)(struct bus *bus, struct error *err);
	uint64_t spent_us; /* so far, inside of these calls; opening is not among them */
};

MUST_CHECK int bus_unit_state(struct bus *bus, const char *unit,
			      enum bus_unit_state *ret_state, struct error *err);
MUST_CHECK int bus_unit_id(struct bus *bus, const char *unit,
			   char ret_id[static BUS_UNIT_MAX], struct error *err);
MUST_CHECK int bus_unit_dependants(struct bus *bus, const char *unit,
				   struct buf *ret_names, struct error *err);
MUST_CHECK int bus_unit_stop(struct bus *bus, const char *unit, unsigned timeout_ms,
			     struct error *err);
MUST_CHECK int bus_unit_start(struct bus *bus, const char *unit, unsigned timeout_ms,
			      struct error *err);
MUST_CHECK int bus_cpus_get(struct bus *bus, const char *unit, struct cpuset *ret_cpus,
			    bool *ret_is_set, struct error *err);
MUST_CHECK int bus_cpus_set(struct bus *bus, const char *unit, const struct cpuset *cpus,
			    struct error *err);
MUST_CHECK int bus_hold_sleep(struct bus *bus, const char *unit, const char *why,
			      unsigned timeout_ms, struct error *err);
MUST_CHECK int bus_is_going_down(struct bus *bus, struct error *err);
void bus_close(struct bus *bus);
