/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "fakeinput.h"
#include "match.h"
#include "suite.h"

static struct fakeinput fake;
static struct fakeinput_device *keyboard;
static struct device device;
static struct selector selectors[4];
static struct match match;
static struct error err;

static void setup(void)
{
	err = (struct error){ 0 };
	fakeinput_init(&fake);
	keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	(void)snprintf(keyboard->info.uniq, sizeof(keyboard->info.uniq), "00:11");
	ck_assert_int_eq(
		device_open(&device, &fakeinput_ops, &fake, keyboard->path, &err), 0);
}

static void teardown(void)
{
	device_close(&device);
	fakeinput_done(&fake);
}

/* Matches the device against what stands in these lines. */
static void match_lines(const char *lines, bool is_virtual)
{
	char text[256];
	char *save = NULL;
	size_t n = 0;

	(void)snprintf(text, sizeof(text), "%s", lines);
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ck_assert_int_eq(selector_parse(&selectors[n++], line, &err), 0);
	match_device(&match, selectors, n, &device, is_virtual);
}

static void assert_left(const char *lines, const char *why)
{
	match_lines(lines, false);
	ck_assert_int_eq(match.verdict, MATCH_NO);
	ck_assert_str_eq(match.why, why);
}

/* --- selectors --- */

static const char *const fitting[] = {
	"auto",
	"/dev/input/event0",
	"046d:c52b",
	"046D:C52B",
	"name=Some Keyboard",
	"name=Some*",
	"phys=usb-*-1/input0",
	"uniq=00:11",
	"name=Other\nname=Some*",
	"!name=Other\nauto",
};

START_TEST(device_that_fits_is_taken)
{
	match_lines(fitting[_i], false);
	ck_assert_int_eq(match.verdict, MATCH_YES);
	ck_assert_int_eq(match.kind, MATCH_KEYBOARD);
	ck_assert_str_eq(match.why, "");
}
END_TEST

static const char *const others[] = {
	"/dev/input/event7", "046d:c52c",           "046e:c52b", "name=some*",
	"name=Some",         "phys=usb-*-2/input0", "uniq=00:1",
};

START_TEST(device_that_does_not_fit_is_left)
{
	assert_left(others[_i], "nothing asks for it");
	ck_assert_uint_eq(match.selector, 1);
}
END_TEST

START_TEST(without_selectors_nothing_is_taken)
{
	assert_left("", "nothing asks for it");
}
END_TEST

START_TEST(first_that_fits_decides)
{
	assert_left("!name=Some*\nauto", "it is excluded by '!name=Some*'");
	ck_assert_uint_eq(match.selector, 0);
	match_lines("auto\n!name=Some*", false);
	ck_assert_int_eq(match.verdict, MATCH_YES);
}
END_TEST

static const char *const wrong[] = {
	"",         "Auto",         "!",          "!auto",      "046d",
	"046d:",    "046d:c52b0",   "046d:c52g",  "46d:c52b",   "/dev/inputs",
	"name",     "name=",        "name:Some*", "phys=",      "uniq=",
	"Some Key", "input/event0", "-46d:c52b",  "046d:c52b ",
};

START_TEST(selector_that_is_none_is_refused)
{
	char expected[256];

	(void)snprintf(expected, sizeof(expected),
		       "device '%s' is none of auto, /dev/input/PATH, VENDOR:PRODUCT, "
		       "name=GLOB, phys=GLOB, uniq=GLOB",
		       wrong[_i]);
	ck_assert_int_eq(selector_parse(&selectors[0], wrong[_i], &err), -EINVAL);
	ck_assert_str_eq(err.msg, expected);
}
END_TEST

START_TEST(selector_that_is_too_long_is_refused)
{
	char text[400];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(selector_parse(&selectors[0], text, &err), -ENAMETOOLONG);
	ck_assert_str_eq(err.msg,
			 "device 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is too long");
}
END_TEST

START_TEST(copy_of_a_selector_outlives_it)
{
	struct selector *copy = &selectors[1];

	ck_assert_int_eq(selector_parse(&selectors[0], "!name=Some*", &err), 0);
	selector_copy(copy, &selectors[0]);
	memset(&selectors[0], 0, sizeof(selectors[0]));
	ck_assert_str_eq(copy->value, "Some*");
	ck_assert_ptr_eq(copy->value, copy->text + strlen("!name="));
}
END_TEST

/* --- what is never, or not by itself, taken --- */

START_TEST(own_devices_are_never_taken_whatever_they_are_called)
{
	(void)snprintf(device.info.phys, sizeof(device.info.phys),
		       "vfiokit/win11/keyboard");
	assert_left("auto", "evgrab has made it itself");
	assert_left("name=*", "evgrab has made it itself");
}
END_TEST

START_TEST(switches_are_never_taken)
{
	device.info.types |= 1u << EV_SW;
	assert_left("auto",
		    "it has switches, such as that of a lid, which are the host's");
	assert_left("name=*",
		    "it has switches, such as that of a lid, which are the host's");
}
END_TEST

START_TEST(what_has_no_keys_is_never_taken)
{
	device.info.keys = KEY_BITS_NONE;
	assert_left("name=*", "it has no keys or buttons");
}
END_TEST

START_TEST(devices_of_programs_have_to_be_named)
{
	match_lines("auto", true);
	ck_assert_int_eq(match.verdict, MATCH_NO);
	ck_assert_str_eq(match.why, "a program has made it, so it has to be named");
	match_lines("name=Some*", true);
	ck_assert_int_eq(match.verdict, MATCH_YES);
}
END_TEST

START_TEST(tablets_and_gamepads_have_to_be_named)
{
	keys_set(&device.info.keys, BTN_TOUCH, true);
	assert_left("auto",
		    "it is a tablet, touchpad or touch screen, which has to be named");
	match_lines("name=*", false);
	ck_assert_int_eq(match.verdict, MATCH_YES);
	ck_assert_int_eq(match_role(match.kind), ROLE_TABLET);

	device.info.keys = KEY_BITS_NONE;
	keys_set(&device.info.keys, BTN_SOUTH, true);
	assert_left("auto", "it is a gamepad, which has to be named");
	match_lines("name=*", false);
	ck_assert_int_eq(match_role(match.kind), ROLE_GAMEPAD);
}
END_TEST

START_TEST(keys_alone_go_with_a_keyboard)
{
	device.info.keys = KEY_BITS_NONE;
	keys_set(&device.info.keys, KEY_VOLUMEUP, true);
	match_lines("auto", false);
	ck_assert_int_eq(match.verdict, MATCH_SIBLING);
	ck_assert_int_eq(match.kind, MATCH_KEYS);
	match_lines("name=*", false);
	ck_assert_int_eq(match.verdict, MATCH_YES);
}
END_TEST

/* --- kinds --- */

static void set(unsigned first, unsigned last)
{
	for (unsigned code = first; code <= last; code++)
		keys_set(&device.info.keys, code, true);
}

START_TEST(keyboard_lacks_no_key_from_escape_to_d)
{
	ck_assert_int_eq(match_kind(&device.info), MATCH_KEYBOARD);
	keys_set(&device.info.keys, KEY_TAB, false);
	ck_assert_int_eq(match_kind(&device.info), MATCH_KEYS);
}
END_TEST

/* A receiver of a keyboard and a mouse in one node: what moves is a mouse. */
START_TEST(mouse_moves_and_has_a_left_button)
{
	set(BTN_LEFT, BTN_LEFT);
	device.info.rel = 1u << REL_X | 1u << REL_Y;
	ck_assert_int_eq(match_kind(&device.info), MATCH_MOUSE);
	ck_assert_int_eq(match_role(MATCH_MOUSE), ROLE_MOUSE);
	device.info.rel = 1u << REL_X;
	ck_assert_int_eq(match_kind(&device.info), MATCH_KEYBOARD);
}
END_TEST

START_TEST(touchpad_is_no_mouse)
{
	device.info.keys = KEY_BITS_NONE;
	set(BTN_LEFT, BTN_LEFT);
	device.info.axes = 1u << ABS_X | 1u << ABS_Y;
	ck_assert_int_eq(match_kind(&device.info), MATCH_TABLET);
	set(BTN_TOOL_FINGER, BTN_TOOL_FINGER);
	device.info.axes = 0;
	ck_assert_int_eq(match_kind(&device.info), MATCH_TABLET);
}
END_TEST

START_TEST(accelerometer_is_nothing)
{
	device.info.props = 1u << INPUT_PROP_ACCELEROMETER;
	ck_assert_int_eq(match_kind(&device.info), MATCH_OTHER);
}
END_TEST

/* --- groups --- */

static const struct {
	unsigned bus;
	const char *phys;
	const char *uniq;
	const char *group;
} groups[] = {
	{ BUS_USB, "usb-0000:00:14.0-2/input0", "", "usb-0000:00:14.0-2" },
	{ BUS_USB, "usb-0000:00:14.0-2/input1", "4711", "usb-0000:00:14.0-2" },
	{ BUS_USB, "usb-0000:00:14.0-2/input2:1", "", "usb-0000:00:14.0-2" },
	{ BUS_I8042, "isa0060/serio0/input0", "", "isa0060/serio0" },
	{ BUS_BLUETOOTH, "aa:bb:cc:dd:ee:ff", "00:11:22", "00:11:22" },
	{ BUS_BLUETOOTH, "aa:bb:cc:dd:ee:ff", "", "aa:bb:cc:dd:ee:ff" },
	{ BUS_HOST, "ALSA", "", "ALSA" },
	{ BUS_VIRTUAL, "", "", "" },
};

START_TEST(group_is_where_a_piece_of_hardware_is_plugged_in)
{
	char group[DEVICE_TEXT_MAX];

	device.info.id.bustype = (uint16_t)groups[_i].bus;
	(void)snprintf(device.info.phys, sizeof(device.info.phys), "%s", groups[_i].phys);
	(void)snprintf(device.info.uniq, sizeof(device.info.uniq), "%s", groups[_i].uniq);
	match_group(group, &device.info);
	ck_assert_str_eq(group, groups[_i].group);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_match");
	TCase *tc = tcase_create("match");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, device_that_fits_is_taken, 0, ARRAY_SIZE(fitting));
	tcase_add_loop_test(tc, device_that_does_not_fit_is_left, 0, ARRAY_SIZE(others));
	tcase_add_test(tc, without_selectors_nothing_is_taken);
	tcase_add_test(tc, first_that_fits_decides);
	tcase_add_loop_test(tc, selector_that_is_none_is_refused, 0, ARRAY_SIZE(wrong));
	tcase_add_test(tc, selector_that_is_too_long_is_refused);
	tcase_add_test(tc, copy_of_a_selector_outlives_it);
	tcase_add_test(tc, own_devices_are_never_taken_whatever_they_are_called);
	tcase_add_test(tc, switches_are_never_taken);
	tcase_add_test(tc, what_has_no_keys_is_never_taken);
	tcase_add_test(tc, devices_of_programs_have_to_be_named);
	tcase_add_test(tc, tablets_and_gamepads_have_to_be_named);
	tcase_add_test(tc, keys_alone_go_with_a_keyboard);
	tcase_add_test(tc, keyboard_lacks_no_key_from_escape_to_d);
	tcase_add_test(tc, mouse_moves_and_has_a_left_button);
	tcase_add_test(tc, touchpad_is_no_mouse);
	tcase_add_test(tc, accelerometer_is_nothing);
	tcase_add_loop_test(tc, group_is_where_a_piece_of_hardware_is_plugged_in, 0,
			    ARRAY_SIZE(groups));
	suite_add_tcase(s, tc);
	return s;
}
