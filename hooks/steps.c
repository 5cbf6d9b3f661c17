/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "steps.h"

#include "base/macro.h"

/* clang-format off */ /* one a line */

/*
 * What can be refused without harm comes first: a guest that cannot start for want of
 * memory must not cost its user the desktop session.
 */
const struct step *const steps[] = {
	&scripts_step,
	&udev_step, /* before anybody looks at what a device is used for */
	&identity_step,
	&rom_step,
	&kvmfr_step,
	&pages_step,
	&shmem_step,
	&cores_step,
	&governor_step,
	&sleep_step,
	&units_step,
	&sound_step, /* for the holders of a sound card to go */
	&holders_step,
	&console_step,
	&framebuffer_step,
	&device_step,
	&irq_step, /* now that those of the devices are gone */
};
const size_t n_steps = ARRAY_SIZE(steps);

const struct undo_kind *const undo_kinds[] = {
	&pages_undo,
	&pages_claim_undo,
	&shmem_undo,
	&sound_undo,
	&console_undo,
	&framebuffer_undo,
	&device_undo,
	&modules_undo,
	&units_undo,
	&cores_undo,
	&irq_undo,
	&governor_undo,
	&sleep_undo,
};
const size_t n_undo_kinds = ARRAY_SIZE(undo_kinds);

const struct shared_kind *const shared_kinds[] = {
	&allowed_kind,
	&workqueue_kind,
	&irq_kind,
	&governor_kind,
	&energy_kind,
	&unit_kind,
};
const size_t n_shared_kinds = ARRAY_SIZE(shared_kinds);
