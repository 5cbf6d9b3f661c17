/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What AppArmor lets QEMU do with a file. libvirt allows a guest the files that it knows
 * of; for others, such as option ROMs, what counts is the part of the profile that all
 * guests share, and the administrator's additions to it.
 */

#include <stdbool.h>

#include "base/error.h"
#include "host/root.h"

#define APPARMOR_LOCAL "/etc/apparmor.d/local/abstractions/libvirt-qemu"

/* Whether the host confines guests at all; as far as others than root can know. */
bool apparmor_is_on(const struct root *root);

enum apparmor_right {
	APPARMOR_READ,
	APPARMOR_WRITE_OWN, /* a file that belongs to QEMU's user */
};

/* path is absolute, without links in it. */
MUST_CHECK int apparmor_allows(bool *ret_allows, const struct root *root,
			       const char *path, enum apparmor_right right,
			       struct error *err);

/* Whether a path matches AppArmor's pattern: ? * ** [a-c] and {a,b}. For tests, too. */
bool apparmor_match(const char *pattern, const char *path);
