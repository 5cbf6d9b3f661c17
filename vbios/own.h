/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Whether a file is what the device has of its own. Rule 34. */

#include "base/buf.h"
#include "host/root.h"
#include "rom/finding.h"

/*
 * address: "0000:01:00.0". The device's ROM is read as 'vbios dump' does it; where that
 * cannot be, nothing is said.
 */
void own_examine(struct rom_findings *findings, const struct root *root,
		 const char *address, const struct buf *content);
