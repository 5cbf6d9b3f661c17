/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What QEMU needs of the host besides the pages when it starts with huge pages: these are
 * allocated before anything else, and where that is not allowed there is no guest.
 */

#include "tweak/planner.h"

/* Whether the guest has huge pages after this run. */
bool prealloc_is_wanted(const struct planner *planner);

/*
 * Warns of what will keep such a guest from starting on this host: AppArmor, and emulator
 * threads that are kept away from the node of the memory. `topic` is the tweak that asks.
 */
MUST_CHECK int prealloc_check(struct planner *planner, const char *topic,
			      struct error *err);
