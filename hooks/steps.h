/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All steps, in the order in which they are applied. */

#include "hook.h"
#include "shared.h"

extern const struct step scripts_step;
extern const struct step udev_step;
extern const struct step identity_step;
extern const struct step rom_step;
extern const struct step kvmfr_step;
extern const struct step pages_step;
extern const struct step shmem_step;
extern const struct step console_step;
extern const struct step framebuffer_step;
extern const struct step device_step;
extern const struct step holders_step;
extern const struct step sound_step;
extern const struct step units_step;
extern const struct step cores_step;
extern const struct step irq_step;
extern const struct step governor_step;
extern const struct step sleep_step;

extern const struct shared_kind allowed_kind;
extern const struct shared_kind workqueue_kind;
extern const struct shared_kind irq_kind;
extern const struct shared_kind governor_kind;
extern const struct shared_kind energy_kind;
extern const struct shared_kind unit_kind;

extern const struct undo_kind pages_undo;
extern const struct undo_kind pages_claim_undo;
extern const struct undo_kind shmem_undo;
extern const struct undo_kind sound_undo;
extern const struct undo_kind console_undo;
extern const struct undo_kind framebuffer_undo;
extern const struct undo_kind device_undo;
extern const struct undo_kind modules_undo;
extern const struct undo_kind units_undo;
extern const struct undo_kind cores_undo;
extern const struct undo_kind irq_undo;
extern const struct undo_kind governor_undo;
extern const struct undo_kind sleep_undo;
