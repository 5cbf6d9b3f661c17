/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A service manager for a fake root: the bus of hooks/bus.h. Its state is in the tree,
 * below .bus/, and what is no unit there is absent:
 *
 *	units/gdm.service        active, inactive, failed or masked
 *	alias/display-manager.service     name of the unit that it stands for
 *	cpus/system.slice        AllowedCPUs; no file: unset
 *	keeps/init.scope         its control group keeps its CPUs when they are unset
 *	needed/gdm.service       units that depend on it, a line each: they stop with
 *	                         it, and it starts with them
 *	objects/gdm.service      paths that are there while it is active: its processes
 *	down                     is there when the host shuts down
 */

#include "bus.h"
#include "fakefault.h"

#define FAKEBUS_UNSET_MS 60 /* until the kernel hears of AllowedCPUs that are unset */

struct fakebus {
	const struct root *root;
	struct fakefaults *faults; /* or NULL */
};

/* The bus of this manager, which must outlive it. */
struct bus fakebus_bus(struct fakebus *fakebus);
