/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Taking over the scripts that another dispatcher runs, in the layout that the
 * PassthroughPOST's has made common: DIR/GUEST/OPERATION/SUB-OPERATION/SCRIPT, or a
 * single script in the place of the last directory.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "host/root.h"

#define IMPORT_DIR "/etc/libvirt/hooks/qemu.d"

struct import {
	const struct root *root;
	const char *dir;   /* absolute, as seen from the root */
	bool is_forced;    /* scripts that call libvirt, too */
	struct buf report; /* line by line what was done, and what to think of */
	size_t n_found;
	size_t n_copied;
};

/*
 * Copies them into the directory of hooks/scripts.h. Changes nothing of the old ones and
 * replaces nothing of the new. Scripts are left out that call libvirt, which waits for
 * the hook to end: both would wait for ever. What was left out is no failure here.
 */
MUST_CHECK int import_run(struct import *import, struct error *err);
