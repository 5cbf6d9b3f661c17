/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Input devices that a guest gets by evdev, as libvirt and as QEMU spell them. */

#include <stdbool.h>
#include <stdint.h>

#include "base/macro.h"
#include "host/root.h"
#include "tweak/wishes.h"

struct evdev_input {
	const char *dev; /* borrowed */
	bool grab_all;
	const char *toggle; /* borrowed; NULL: QEMU's default, ctrl-ctrl */
	enum wish_switch repeat;
};

enum evdev_object {
	EVDEV_OBJECT_OTHER,   /* no input-linux at all */
	EVDEV_OBJECT_READ,    /* *ret_input is what it says */
	EVDEV_OBJECT_STRANGE, /* input-linux, but not all of it can be read */
};

/*
 * Reads the value of a QEMU argument -object: "input-linux,id=...,evdev=..." (in which
 * ",," is a comma) or JSON, which QEMU also takes with single quotes. ret_input->dev is
 * *ret_dev, which is the caller's to free.
 */
MUST_CHECK enum evdev_object evdev_input_read(struct evdev_input *ret_input,
					      char **ret_dev, const char *object);

/*
 * The number of the event device that a path in /dev leads to: that of a link's target,
 * or of /dev/input/eventN itself, be it there or not. root may be NULL: no links then.
 */
bool evdev_event(uint64_t *ret_event, const struct root *root, const char *path);

/* As virFileSanitizePath() has it, doubled slashes do not count. */
bool evdev_same_path(const char *a, const char *b);

/* The keys that switch, in words; NULL stands for QEMU's default. */
const char *evdev_toggle_words(const char *toggle);
