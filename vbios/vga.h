/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The display that SeaBIOS finds before a device: of all with VGA it runs the ROM of the
 * first only (vgarom_setup()), in the order of their places in the guest.
 */

#include "guest.h"
#include "host/root.h"

#define VGA_NAME_MAX 48

/*
 * What comes before the device, in words: "its <video> ('qxl')", "0000:01:00.0". Whether
 * the device has VGA itself is not asked. What the host does not have is passed over.
 */
bool vga_is_before(char ret_name[static VGA_NAME_MAX], const struct guest *guest,
		   const struct guest_device *device, const struct root *root);
