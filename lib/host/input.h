/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The real keyboards and mice of the host, for QEMU's input-linux. What counts as one
 * is decided as udev's input_id does it: a keyboard has all of the keys from Esc to D, a
 * mouse has relative X and Y and a left button. Power buttons, lids, speakers and
 * touchpads are neither, and devices made by uinput are left out.
 *
 * Reads /sys/class/input; on a captured tree without it /proc/bus/input/devices, and
 * without that the names of the links udev makes.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"

enum input_kind {
	INPUT_KEYBOARD,
	INPUT_MOUSE,
};

struct input {
	enum input_kind kind;
	char *path;     /* in /dev/input: of by-id, else of by-path, else eventN */
	char *name;     /* as the device calls itself */
	char *phys;     /* where it is plugged in, "usb-0000:06:00.0-3/input0"; or "" */
	unsigned event; /* N of eventN; changes from boot to boot */
	bool is_stable; /* path stays the same from boot to boot */
	bool is_extra; /* the keyboard that a mouse has besides: no keyboard to type on */
};

/* Keyboards first, then mice; extra ones behind the others of their kind; by event. */
struct inputs {
	struct input *v;
	size_t n;
};

#define INPUTS_NONE ((struct inputs){ 0 })

MUST_CHECK int inputs_read(struct inputs *ret_inputs, const struct root *root,
			   struct error *err);
void inputs_done(struct inputs *inputs);

#define CLEANUP_INPUTS CLEANUP(inputs_done)
