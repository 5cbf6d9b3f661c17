/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A keyboard that is made up, opened, and what its sink is told. */

#include "base/macro.h"
#include "device.h"
#include "fakeinput.h"
#include "suite.h"

static struct fakeinput fake;
static struct fakeinput_device *keyboard;
static struct device device;
static struct buf told; /* what the sink was told: "frame 1:30=1 | keys 30" */
static struct error err;

static void tell(const char *what)
{
	buf_addf(&told, "%s%s", told.len > 0 ? " | " : "", what);
}

static void on_frame(UNUSED void *data, UNUSED struct device *from,
		     const struct input_event *events, size_t n)
{
	tell("frame");
	for (size_t i = 0; i < n; i++) {
		buf_addf(&told, " %u:%u=%d", events[i].type, events[i].code,
			 events[i].value);
	}
}

static void on_resync(UNUSED void *data, UNUSED struct device *from,
		      const struct key_bits *down)
{
	tell("keys");
	for (unsigned code = keys_next(down, 0); code < KEY_CNT;
	     code = keys_next(down, code + 1))
		buf_addf(&told, " %u", code);
}

static const struct device_sink sink = { .frame = on_frame, .resync = on_resync };

static void setup(void)
{
	err = (struct error){ 0 };
	told = BUF_NONE;
	fakeinput_init(&fake);
	keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	ck_assert_int_eq(
		device_open(&device, &fakeinput_ops, &fake, keyboard->path, &err), 0);
}

static void teardown(void)
{
	device_close(&device);
	fakeinput_done(&fake);
	buf_done(&told);
}

static void assert_told(const char *expected)
{
	ck_assert_str_eq(buf_text(&told), expected);
	buf_cut(&told, 0);
}

static void put(unsigned type, unsigned code, int value)
{
	const struct input_event event = { .type = (uint16_t)type,
					   .code = (uint16_t)code,
					   .value = value };

	fakeinput_queue(keyboard, &event, 1);
}

static void put_end(void)
{
	put(EV_SYN, SYN_REPORT, 0);
}

static int read_once(void)
{
	return device_read(&device, &sink, &err);
}
