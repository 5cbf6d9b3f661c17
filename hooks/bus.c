/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "bus.h"

#include <stdio.h>

#include "effects.h"

static int ready(struct bus *bus, struct error *err)
{
	return bus->ops ? 0 : bus->open(bus, err);
}

/* Counts the time that the service manager takes. */
#define TIMED(bus, err, call)                                           \
	({                                                              \
		int r_ = ready(bus, err);                               \
		uint64_t begin_ = effects_clock_us();                   \
                                                                        \
		if (r_ == 0) {                                          \
			r_ = (call);                                    \
			(bus)->spent_us += effects_clock_us() - begin_; \
		}                                                       \
		r_;                                                     \
	})

int bus_unit_state(struct bus *bus, const char *unit, enum bus_unit_state *ret_state,
		   struct error *err)
{
	return TIMED(bus, err, bus->ops->unit_state(bus->data, unit, ret_state, err));
}

int bus_unit_id(struct bus *bus, const char *unit, char ret_id[static BUS_UNIT_MAX],
		struct error *err)
{
	int r = ready(bus, err);

	if (r == 0 && !bus->ops->unit_id)
		(void)snprintf(ret_id, BUS_UNIT_MAX, "%s", unit);
	if (r < 0 || !bus->ops->unit_id)
		return r;
	return TIMED(bus, err, bus->ops->unit_id(bus->data, unit, ret_id, err));
}

int bus_unit_dependants(struct bus *bus, const char *unit, struct buf *ret_names,
			struct error *err)
{
	int r = ready(bus, err);

	if (r < 0 || !bus->ops->unit_dependants)
		return r;
	return TIMED(bus, err,
		     bus->ops->unit_dependants(bus->data, unit, ret_names, err));
}

int bus_unit_stop(struct bus *bus, const char *unit, unsigned timeout_ms,
		  struct error *err)
{
	return TIMED(bus, err, bus->ops->unit_stop(bus->data, unit, timeout_ms, err));
}

int bus_unit_start(struct bus *bus, const char *unit, unsigned timeout_ms,
		   struct error *err)
{
	return TIMED(bus, err, bus->ops->unit_start(bus->data, unit, timeout_ms, err));
}

int bus_cpus_get(struct bus *bus, const char *unit, struct cpuset *ret_cpus,
		 bool *ret_is_set, struct error *err)
{
	return TIMED(bus, err,
		     bus->ops->cpus_get(bus->data, unit, ret_cpus, ret_is_set, err));
}

int bus_cpus_set(struct bus *bus, const char *unit, const struct cpuset *cpus,
		 struct error *err)
{
	return TIMED(bus, err, bus->ops->cpus_set(bus->data, unit, cpus, err));
}

int bus_hold_sleep(struct bus *bus, const char *unit, const char *why,
		   unsigned timeout_ms, struct error *err)
{
	return TIMED(bus, err,
		     bus->ops->hold_sleep(bus->data, unit, why, timeout_ms, err));
}

int bus_is_going_down(struct bus *bus, struct error *err)
{
	return TIMED(bus, err, bus->ops->is_going_down(bus->data, err));
}

void bus_close(struct bus *bus)
{
	if (bus->ops && bus->ops->close)
		bus->ops->close(bus->data);
	*bus = (struct bus){ 0 };
}
