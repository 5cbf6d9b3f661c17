/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Whether QEMU can read an option ROM: libvirt passes the name on, and neither labels the
 * file nor changes its owner. Rules 29 to 31.
 */

#include "base/error.h"
#include "host/root.h"
#include "host/user.h"
#include "rom/finding.h"

/*
 * path is absolute, as seen from the root. Modes and access lists are looked at along the
 * whole path. A host without libvirt has nobody who would have to read it.
 */
MUST_CHECK int access_examine(struct rom_findings *findings, const struct root *root,
			      const char *path, const struct user_names *label,
			      struct error *err);
