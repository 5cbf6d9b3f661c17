/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All steps, in the order in which they are applied. */

#include "hook.h"

extern const struct step identity_step;
extern const struct step device_step;

extern const struct undo_kind device_undo;
