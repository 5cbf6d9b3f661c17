/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A host made of a layout, and what is chosen on it; teardown_pin() is the fixture. */

#include "layout.h"
#include "suite.h"
#include "tweak/pin.h"

static struct cpus cpus;
static struct notes notes;

static inline void teardown_pin(void)
{
	cpus_done(&cpus);
	notes_done(&notes);
}

static inline int choose(struct pin *ret_pin, const struct layout *host,
			 const struct pin_request *request, struct error *err)
{
	teardown_pin();
	layout_build(&cpus, host);
	return pin_choose(ret_pin, &cpus, request, &notes, err);
}
