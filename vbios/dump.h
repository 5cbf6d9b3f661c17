/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The option ROM of a device of the host, from where it can be had: the device itself
 * (sysfs), AMD's ACPI table, the driver's debugfs, and the copy of the BIOS in memory.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/pcidev.h"
#include "host/root.h"

struct dump {
	struct buf content;
	const char *source; /* a string constant: "the device" */
	struct buf reasons; /* why those before it did not do: a line each */
};

#define DUMP_NONE ((struct dump){ 0 })

/*
 * dev has its details. The device's ROM is switched on for reading and off again whatever
 * happens; signals wait meanwhile. -EBUSY, and nothing is tried, while a guest has the
 * device's group. use_shadow: the copy in memory too, which the BIOS has changed when it
 * ran. -ENODATA: no source has it; the error says why.
 */
MUST_CHECK int dump_read(struct dump *ret_dump, const struct root *root,
			 const struct pcidev *dev, bool use_shadow, struct error *err);
void dump_done(struct dump *dump);

#define CLEANUP_DUMP CLEANUP(dump_done)
