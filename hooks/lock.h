/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The host-wide lock: one hook at a time looks at the logs and changes the host. It is a
 * flock(2) on /run/vfiokit itself and ends with the process that holds it (and with the
 * worker that still writes for it).
 */

#include "hook.h"

/* Opens the logs and takes the lock; -EBUSY names who holds it. */
MUST_CHECK int lock_take(struct hook *hook, struct error *err);

/* Gives it back, also on behalf of a worker that was left behind. */
void lock_release(struct hook *hook);
