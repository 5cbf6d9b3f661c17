/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * NVIDIA's own driver. Its unbind waits for ever for whoever uses the GPU, and nothing
 * ends that; its modules, on the other hand, either go or do not. So they are unloaded,
 * where no other GPU needs them.
 */

#include "hook.h"

#define NVIDIA_DRIVER "nvidia"

/* 1: the driver has no other devices than those the guest takes, and has some of them. */
MUST_CHECK int nvidia_is_last(const struct hook *hook, struct error *err);

/* Puts the loaded modules on record, to be called before the devices are. */
MUST_CHECK int nvidia_record(struct hook *hook, struct error *err);

/* Unloads what is on record; where nothing is, it does nothing. */
MUST_CHECK int nvidia_unload(struct hook *hook, struct error *err);
