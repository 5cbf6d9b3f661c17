/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A seat with two guests among made-up devices: a keyboard, a mouse, and uinput. What
 * happens is carried out by pump(); nothing runs in between.
 */

#include "fakeinput.h"
#include "fakenode.h"
#include "seat.h"

struct seatfixture {
	struct fakeinput input;
	struct fakenodes nodes;
	struct seat_options options;
	struct loop loop;
	struct store store;
	struct seat *seat;
	struct fakeinput_device *keyboard;
	struct fakeinput_device *mouse;
};

/* text is the configuration. */
void seatfixture_setup(struct seatfixture *fixture, const char *text);
void seatfixture_teardown(struct seatfixture *fixture);

void seatfixture_plug(struct seatfixture *fixture, const struct fakeinput_device *device);
void seatfixture_unplug(struct seatfixture *fixture,
			const struct fakeinput_device *device);

/* Until nothing is left to be done. */
void seatfixture_pump(struct seatfixture *fixture);

/* What guests were sent since the last call. */
void seatfixture_assert_sent(struct seatfixture *fixture, const char *expected);
