/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the guest's firmware will do with a ROM file. */

#include "hook.h"

/* Notes a warning if it will not run the file of this device. Never fails a start. */
void romfile_judge(struct hook *hook, const struct need_device *need);
