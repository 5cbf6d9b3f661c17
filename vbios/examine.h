/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* One file, for one device: all rules, and what each firmware does with it. */

#include <stdbool.h>

#include "base/error.h"
#include "guest.h"
#include "host/root.h"
#include "result.h"

struct examine_job {
	const struct root *root;
	const struct guest *guest;         /* NULL, or nameless: it is for none */
	const struct guest_device *device; /* of the guest; NULL: it is for none */
	const char *target; /* what the device is called, for target_find(); or NULL */
	unsigned firmwares; /* that have to run it; 0: the guest's, or any */
	bool bar_off;
	bool is_new; /* the guest is to get it: what it means now is no matter */
};

/* The path as QEMU will be given it. The caller frees it. */
MUST_CHECK int examine_path(char **ret_path, const char *path, const struct root *root,
			    struct error *err);

/* The firmware that the guest has, as bits of enum rom_firmware. */
unsigned examine_firmwares(const struct guest *guest);

/* result is RESULT_NONE, and large; name is borrowed. What is wrong with the file is in
 * it; an error is what could not be looked at. */
MUST_CHECK int examine(struct result *result, const struct examine_job *job,
		       const char *name, struct error *err);
