/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "libvirt_daemon.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "base/macro.h"

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

void libvirt_daemon_find(struct libvirt_daemon *ret_daemon)
{
	static const struct {
		const char *unit;
		const char *name;
	} units[] = {
		{ "virtqemud", "virtqemud.service" },
		{ "libvirtd", "libvirtd.service" },
	};
	CLEANUP(cleanup_sd_bus_flush_close_unref) sd_bus *bus = NULL;

	*ret_daemon = (struct libvirt_daemon){ 0 };
	if (sd_bus_open_system(&bus) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (find_unit(ret_daemon, bus, units[i].unit, units[i].name))
			return;
	}
}

bool libvirt_daemon_knows_hooks(const struct libvirt_daemon *daemon)
{
	struct stat st;

	if (!daemon->unit || lstat(LIBVIRT_HOOK_LINK, &st) < 0)
		return false;
	return (uint64_t)st.st_ctim.tv_sec * 1000000 +
		       (uint64_t)st.st_ctim.tv_nsec / 1000 <
	       daemon->since_us;
}
