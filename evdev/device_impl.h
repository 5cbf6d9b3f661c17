/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What device.c, device_grab.c and device_led.c share. */

#include "device.h"

/* Writes all of them into the device; a negative errno, and nothing said. */
MUST_CHECK int device_write(struct device *device, const struct input_event *events,
			    size_t n);

/*
 * Asks the kernel what is down, which takes key events out of its queue. So what was read
 * before of a frame that has not ended is out of date, and dropped. A negative errno, and
 * nothing said.
 */
MUST_CHECK int device_ask(struct device *device, struct device_state *ret_state);

/* An EV_LED event of the device: ours come back, the host's are told from them. */
void device_take_led(struct device *device, unsigned code, bool is_on);

/* What is lit now, of which we may not have read yet. */
void device_learn_leds(struct device *device, uint32_t leds);

/* Before and after a grab. */
void device_save_leds(struct device *device, uint32_t leds);
void device_restore_leds(struct device *device);
