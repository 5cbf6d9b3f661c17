/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Whether AppArmor lets QEMU read a file. libvirt allows a guest the files that it knows
 * of, and an option ROM is not among them: what counts is the part of the profile that
 * all guests share, and the administrator's additions to it.
 */

#include <stdbool.h>

#include "base/error.h"
#include "host/root.h"

#define APPARMOR_LOCAL "/etc/apparmor.d/local/abstractions/libvirt-qemu"

/* Whether the host confines guests at all. */
bool apparmor_is_on(const struct root *root);

/* path is absolute, without links in it. */
MUST_CHECK int apparmor_allows(bool *ret_allows, const struct root *root,
			       const char *path, struct error *err);

/* Whether a path matches AppArmor's pattern: ? * ** and {a,b}. For tests, too. */
bool apparmor_match(const char *pattern, const char *path);
