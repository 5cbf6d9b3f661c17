/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "hook.h"

/*
 * Waits until udev has told of all that has happened. When the time for a wait is over
 * that is a warning, and 0 all the same.
 */
MUST_CHECK int udev_settle(struct hook *hook, struct error *err);
