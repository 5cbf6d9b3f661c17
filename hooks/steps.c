/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "steps.h"

#include "base/macro.h"

/*
 * What can be refused without harm comes first: a guest that cannot start for want of
 * memory must not cost its user the desktop session.
 */
const struct step *const steps[] = {
	&identity_step,
	&device_step,
};
const size_t n_steps = ARRAY_SIZE(steps);

const struct undo_kind *const undo_kinds[] = {
	&device_undo,
};
const size_t n_undo_kinds = ARRAY_SIZE(undo_kinds);
