/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* PCI devices and their drivers. */

#include "hook.h"
#include "host/sysfs.h"

/*
 * The record of a device that is with a guest: address, driver before, driver_override
 * before, the module of that driver, power/control, d3cold_allowed; "" where there was
 * none.
 */
#define DEVICE_KIND "device"

/* The record of a sound card that sound servers were told to let go of: address. */
#define SOUND_KIND "sound"

#define DEVICE_VFIO "vfio-pci"

/*
 * Takes a device for which there is no record from vfio-pci, and takes its override away,
 * so that the kernel gives it to whichever driver would have it.
 */
MUST_CHECK int device_free(struct hook *hook, const char *address, struct error *err);

/* "" when it has none. */
MUST_CHECK int device_driver(const struct root *root, const char *address,
			     char driver[static SYSFS_WORD_MAX], struct error *err);
