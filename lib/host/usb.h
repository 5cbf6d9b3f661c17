/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The host's USB devices, as sysfs shows them (Documentation/ABI/stable/sysfs-bus-usb).
 */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"

struct usbdev {
	unsigned bus;
	unsigned device; /* another one each time it is plugged in */
	uint16_t vendor;
	uint16_t product;
};

/* Sorted by bus and device. */
struct usbdevs {
	struct usbdev *v;
	size_t n;
};

#define USBDEVS_NONE ((struct usbdevs){ 0 })

/* A host without USB is an empty list, no error. */
MUST_CHECK int usbdevs_read(struct usbdevs *ret_devs, const struct root *root,
			    struct error *err);
void usbdevs_done(struct usbdevs *devs);

#define CLEANUP_USBDEVS CLEANUP(usbdevs_done)
