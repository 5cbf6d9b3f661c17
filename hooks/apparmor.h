/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* AppArmor, which confines libvirt's daemon: whether that may run a program. */

#include "base/error.h"

/*
 * Asks the kernel, with the profiles that are loaded: a process of its own puts itself
 * where the daemon is and runs `program` with --version. 1 or 0; 1 as well when there is
 * no AppArmor or no such profile.
 */
MUST_CHECK int apparmor_lets_libvirt_run(const char *program, struct error *err);
