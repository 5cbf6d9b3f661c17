/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Units that are stopped for a guest. */

/* The record of a unit that a guest wants stopped; its field is the unit's own name. */
#define UNITS_CLAIM "stop"
