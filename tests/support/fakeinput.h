/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Event devices with as much of the kernel's input core as evgrab depends on, behind
 * struct device_ops: a key that does not change passes nothing on; a grab sends all to
 * who has it; what is written into a device goes the same way; asking for the keys takes
 * key events out of the queue; one that is unplugged cannot be read to the end. Our queue
 * is a socket, so that it can be waited for.
 *
 * Faults are injected by the number of the operation.
 */

#include <stdbool.h>
#include <stddef.h>

#include "device.h"

#define FAKEINPUT_DEVICES 8
#define FAKEINPUT_LOG     64

enum fakeinput_owner {
	FAKEINPUT_NOBODY,
	FAKEINPUT_EVGRAB,
	FAKEINPUT_ANOTHER,
};

struct fakeinput_device {
	char path[DEVICE_PATH_MAX];
	struct device_info info;
	bool is_plugged;
	int open_errno; /* what opening it says; 0: it works */
	int ours;       /* end of the socket that evgrab has; -1 */
	int kernels;
	unsigned n_open;
	enum fakeinput_owner owner;
	struct device_state state;
	int32_t axes[ABS_CNT];
	struct key_bits fingers; /* what is really held */
	unsigned repeats;        /* the key that the kernel repeats; 0: none */

	/* what a program of the host that has the device open is sent */
	struct input_event host[FAKEINPUT_LOG];
	size_t n_host;
	struct key_bits host_keys;
	/* the same for the program that has the grab, if it is not us */
	size_t n_another;
};

struct fakeinput {
	struct fakeinput_device v[FAKEINPUT_DEVICES];
	size_t n;

	unsigned n_calls; /* of operations that can fail */
	unsigned fail_at; /* the call that fails, from 1; 0: none */
	int fail_errno;

	/* Called before each operation, with its number: things happen in between. */
	void (*before)(struct fakeinput *fake, unsigned call);
};

extern const struct device_ops fakeinput_ops; /* their data is the struct fakeinput */

void fakeinput_init(struct fakeinput *fake);
void fakeinput_done(struct fakeinput *fake);

/* A device with these kinds of codes, "/dev/input/event0" and so on. */
struct fakeinput_device *fakeinput_keyboard(struct fakeinput *fake, const char *name);
struct fakeinput_device *fakeinput_mouse(struct fakeinput *fake, const char *name);

/* A finger: the event, and a SYN_REPORT. */
void fakeinput_key(struct fakeinput_device *device, unsigned code, int value);
void fakeinput_move(struct fakeinput_device *device, int dx);

/* Puts events into our queue as they are. */
void fakeinput_queue(struct fakeinput_device *device, const struct input_event *events,
		     size_t n);

/* Another program writes an LED. */
void fakeinput_led(struct fakeinput_device *device, unsigned code, bool is_on);

void fakeinput_unplug(struct fakeinput_device *device);

/* "+30 -30 +29": what the host saw of keys, and nothing else. */
void fakeinput_host_log(const struct fakeinput_device *device, struct buf *buf);
