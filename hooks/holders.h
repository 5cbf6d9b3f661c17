/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Who uses the devices that a guest is to have. */

#include "hook.h"

/*
 * Waits until no process has a function open that is with vfio-pci: the unbind would wait
 * for that too, for ever. -EBUSY names the process.
 */
MUST_CHECK int holders_await_group(struct hook *hook, const char *address,
				   struct error *err);
