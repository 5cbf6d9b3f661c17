/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* --evdev=evgrab: the devices that evgrab(1) makes for a guest, in place of the host's.
 */

#include "tweak/planner.h"

/* Writes its part into the plan's element of the tweak evdev. */
MUST_CHECK int evgrab_plan(struct planner *planner, xmlNodePtr element,
			   struct error *err);
