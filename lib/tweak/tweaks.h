/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The tweaks. Each has a planning function in a file of its own, lib/tweak/NAME.c, and a
 * stylesheet, xslt/NAME.xsl, which runs when the plan holds an element of that name.
 */

#include <stddef.h>

#include "tweak/planner.h"

#define TWEAK_READS_MAX 5

struct tweak {
	const char *name;
	int (*plan)(struct planner *planner, struct error *err);

	/*
	 * the children of <domain>, <devices> and <metadata> whose content the stylesheet
	 * looks at
	 */
	const char *reads[TWEAK_READS_MAX];
};

/* In the order in which the stylesheets run. */
extern const struct tweak tweaks[];
extern const size_t n_tweaks;

MUST_CHECK int evdev_plan(struct planner *planner, struct error *err);
MUST_CHECK int hide_hypervisor_plan(struct planner *planner, struct error *err);
MUST_CHECK int hook_plan(struct planner *planner, struct error *err);
MUST_CHECK int hostdev_plan(struct planner *planner, struct error *err);
MUST_CHECK int hugepages_plan(struct planner *planner, struct error *err);
MUST_CHECK int looking_glass_plan(struct planner *planner, struct error *err);
MUST_CHECK int mdev_plan(struct planner *planner, struct error *err);
MUST_CHECK int pin_plan(struct planner *planner, struct error *err);
MUST_CHECK int qemu_arg_plan(struct planner *planner, struct error *err);
MUST_CHECK int rom_plan(struct planner *planner, struct error *err);
MUST_CHECK int override_plan(struct planner *planner, struct error *err);
MUST_CHECK int usb_plan(struct planner *planner, struct error *err);
MUST_CHECK int vcpus_plan(struct planner *planner, struct error *err);

/* For tweaks that need a property of a QEMU device: into the plan of override. */
void override_add(struct planner *planner, const char *alias, const char *property,
		  const char *type, const char *value);
void override_remove(struct planner *planner, const char *alias, const char *property);
