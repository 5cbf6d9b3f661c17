/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Of the module that speaks to systemd: what that knows of libvirt's daemons. */

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "systemd.h"

#define SERVICE "org.freedesktop.systemd1"
#define UNITS   "/org/freedesktop/systemd1/unit"

DEFINE_CLEANUP(sd_bus *, sd_bus_flush_close_unref);

/* A reload changes the state for a moment, and so its time. */
static bool find_unit(struct libvirt_daemon *daemon, sd_bus *bus, const char *unit,
		      const char *name)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *state = NULL;

	if (sd_bus_path_encode(UNITS, name, &path) < 0 ||
	    sd_bus_get_property_string(bus, SERVICE, path, SERVICE ".Unit", "ActiveState",
				       NULL, &state) < 0 ||
	    strcmp(state, "active") != 0)
		return false;
	daemon->unit = unit;
	(void)sd_bus_get_property_trivial(bus, SERVICE, path, SERVICE ".Unit",
					  "StateChangeTimestamp", NULL, 't',
					  &daemon->since_us);
	return true;
}

void systemd_find_libvirt(struct libvirt_daemon *daemon)
{
	static const struct {
		const char *unit;
		const char *name;
	} units[] = {
		{ "virtqemud", "virtqemud.service" },
		{ "libvirtd", "libvirtd.service" },
	};
	CLEANUP(cleanup_sd_bus_flush_close_unref) sd_bus *bus = NULL;

	if (sd_bus_open_system(&bus) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (find_unit(daemon, bus, units[i].unit, units[i].name))
			return;
	}
}
