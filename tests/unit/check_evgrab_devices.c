/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "devices.h"
#include "fakeinput.h"
#include "suite.h"

#define SECOND UINT64_C(1000000)

static struct fakeinput fake;
static struct devices devices;
static struct selector selectors[4];
static struct buf told; /* "+event0/0 -event0" */
static int refusal;
static struct error err;

static int on_ready(UNUSED void *data, struct devices_entry *entry, struct error *ret_err)
{
	ck_assert_int_ge(entry->device.fd, 0);
	if (refusal)
		return error_set(ret_err, refusal, "there are too many");
	buf_addf(&told, "%s+%s/%u", told.len > 0 ? " " : "",
		 strrchr(entry->node.path, '/') + 1, entry->group);
	return 0;
}

static void on_gone(UNUSED void *data, struct devices_entry *entry)
{
	ck_assert_int_ge(entry->device.fd, 0);
	buf_addf(&told, "%s-%s", told.len > 0 ? " " : "",
		 strrchr(entry->node.path, '/') + 1);
}

static const struct devices_sink sink = { .ready = on_ready, .gone = on_gone };

static void choose(const char *text, uint64_t now)
{
	ck_assert_int_eq(selector_parse(&selectors[0], text, &err), 0);
	devices_set_selectors(&devices, selectors, 1, now);
}

static void setup(void)
{
	err = (struct error){ 0 };
	told = BUF_NONE;
	refusal = 0;
	fakeinput_init(&fake);
	devices_init(&devices, &fakeinput_ops, &fake, &sink);
	choose("auto", 0);
}

static void teardown(void)
{
	devices_done(&devices);
	for (size_t i = 0; i < fake.n; i++)
		ck_assert_uint_eq(fake.v[i].n_open, 0);
	fakeinput_done(&fake);
	buf_done(&told);
}

static struct hotplug_node node_of(const struct fakeinput_device *device)
{
	struct hotplug_node node = { .rdev = device->info.rdev };

	(void)snprintf(node.path, sizeof(node.path), "%s", device->path);
	(void)snprintf(node.syspath, sizeof(node.syspath), "/sys/devices%s%s",
		       device->path, device->info.phys);
	return node;
}

static void add(const struct fakeinput_device *device, uint64_t now)
{
	struct hotplug_node node = node_of(device);

	devices_added(&devices, &node, now);
}

static void assert_told(const char *expected)
{
	ck_assert_str_eq(buf_text(&told), expected);
	buf_cut(&told, 0);
}

static void use_phys(struct fakeinput_device *device, const char *phys)
{
	(void)snprintf(device->info.phys, sizeof(device->info.phys), "%s", phys);
}

/* The second node of a keyboard, with its volume keys. */
static struct fakeinput_device *volume_keys(const char *phys)
{
	struct fakeinput_device *device = fakeinput_keyboard(&fake, "Some Keyboard Keys");

	device->info.keys = KEY_BITS_NONE;
	keys_set(&device->info.keys, KEY_VOLUMEUP, true);
	use_phys(device, phys);
	return device;
}

START_TEST(device_that_is_wanted_is_ready_and_others_are_closed)
{
	struct fakeinput_device *pad = fakeinput_mouse(&fake, "Some Pad");

	add(fakeinput_keyboard(&fake, "Some Keyboard"), 0);
	keys_set(&pad->info.keys, BTN_TOUCH, true);
	add(pad, 0);
	assert_told("+event1/0");
	ck_assert_uint_eq(devices.n, 2);
	ck_assert_int_eq(devices.v[1]->state, DEVICES_LEFT);
	ck_assert_str_eq(
		devices.v[1]->why,
		"it is a tablet, touchpad or touch screen, which has to be named");
	ck_assert_str_eq(devices.v[1]->device.info.name, "Some Pad");
	ck_assert_uint_eq(pad->n_open, 0);
	ck_assert_uint_eq(devices_deadline(&devices), BACKOFF_NEVER);
}
END_TEST

START_TEST(device_is_ready_once_however_often_it_is_told)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");

	add(keyboard, 0);
	add(keyboard, 0);
	assert_told("+event0/0");
	ck_assert_uint_eq(devices.n, 1);
}
END_TEST

static const int late[] = { EACCES, EBUSY, ENODEV, EIO, ENOENT, EPERM };

START_TEST(device_that_cannot_be_opened_yet_is_tried_again_soon)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	uint64_t now = 5 * SECOND;

	keyboard->open_errno = late[_i];
	add(keyboard, now);
	while (now < 6 * SECOND) {
		ck_assert_uint_gt(devices_deadline(&devices), now);
		now = devices_deadline(&devices);
		devices_tick(&devices, now);
	}
	ck_assert_int_eq(devices.v[0]->state, DEVICES_RETRY);
	ck_assert_ptr_nonnull(strstr(devices.v[0]->why, "open '/dev/input/event0': "));
	assert_told("");

	keyboard->open_errno = 0;
	ck_assert_uint_le(devices_deadline(&devices), now + SECOND / 2);
	devices_tick(&devices, devices_deadline(&devices));
	assert_told("+event0/0");
	ck_assert_str_eq(devices.v[0]->why, "");
	ck_assert_uint_eq(devices_deadline(&devices), BACKOFF_NEVER);
}
END_TEST

START_TEST(attempts_get_rarer_and_never_end)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	unsigned n = 0;

	keyboard->open_errno = EACCES;
	add(keyboard, 0);
	for (uint64_t now = 0; now < 3600 * SECOND; n++) {
		uint64_t next = devices_deadline(&devices);

		ck_assert_uint_le(next - now, 5 * SECOND);
		now = next;
		devices_tick(&devices, now);
	}
	ck_assert_uint_gt(n, 720);
	ck_assert_uint_lt(n, 750);
}
END_TEST

START_TEST(tick_before_the_time_does_nothing)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	unsigned calls;

	keyboard->open_errno = EACCES;
	add(keyboard, 0);
	calls = fake.n_calls;
	devices_tick(&devices, devices_deadline(&devices) - 1);
	ck_assert_uint_eq(fake.n_calls, calls);
}
END_TEST

START_TEST(unplugged_device_is_gone_and_taken_when_it_is_back)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	struct hotplug_node node = node_of(keyboard);

	add(keyboard, 0);
	devices_removed(&devices, &node);
	devices_removed(&devices, &node);
	assert_told("+event0/0 -event0");
	ck_assert_uint_eq(devices.n, 0);
	add(keyboard, 0);
	assert_told("+event0/0");
}
END_TEST

/* The old one still answers ENODEV when the new one is there, and its removal comes last.
 */
START_TEST(device_with_the_path_of_an_old_one_is_another)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	struct hotplug_node old = node_of(keyboard);
	struct hotplug_node new = old;

	add(keyboard, 0);
	(void)snprintf(new.syspath, sizeof(new.syspath), "/sys/devices/another");
	devices_added(&devices, &new, 0);
	assert_told("+event0/0 -event0 +event0/0");
	devices_removed(&devices, &old);
	assert_told("");
	ck_assert_uint_eq(devices.n, 1);
}
END_TEST

START_TEST(device_that_does_not_answer_is_tried_until_it_does)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");

	add(keyboard, 0);
	devices_lost(&devices, &devices.v[0]->device, SECOND);
	assert_told("+event0/0 -event0");
	ck_assert_str_eq(devices.v[0]->why,
			 "'/dev/input/event0' (Some Keyboard) does not answer");
	devices_tick(&devices, devices_deadline(&devices));
	assert_told("+event0/0");
}
END_TEST

START_TEST(all_nodes_of_one_keyboard_are_a_group)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");

	add(keyboard, 0);
	add(mouse, 0);
	add(volume_keys("usb-0000:06:00.0-1/input1"), 0);
	assert_told("+event0/0 +event1/1 +event2/0");
}
END_TEST

START_TEST(keys_that_came_before_their_keyboard_are_taken_with_it)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");

	add(volume_keys("usb-0000:06:00.0-1/input1"), 0);
	add(volume_keys("usb-0000:06:00.0-9/input1"), 0);
	assert_told("");
	add(keyboard, 0);
	assert_told("+event0/0 +event1/0");
}
END_TEST

START_TEST(identical_devices_are_groups_of_their_own)
{
	add(fakeinput_keyboard(&fake, "Some Keyboard"), 0);
	add(fakeinput_keyboard(&fake, "Some Keyboard"), 0);
	assert_told("+event0/0 +event1/1");
}
END_TEST

START_TEST(devices_that_tell_no_place_are_groups_of_their_own)
{
	for (unsigned i = 0; i < 2; i++) {
		struct fakeinput_device *keyboard =
			fakeinput_keyboard(&fake, "Some Keyboard");

		use_phys(keyboard, "");
		add(keyboard, 0);
	}
	assert_told("+event0/0 +event1/1");
}
END_TEST

START_TEST(group_of_one_that_is_gone_is_used_again)
{
	struct fakeinput_device *first = fakeinput_keyboard(&fake, "Some Keyboard");
	struct hotplug_node node = node_of(first);

	add(first, 0);
	add(fakeinput_keyboard(&fake, "Some Keyboard"), 0);
	devices_removed(&devices, &node);
	add(fakeinput_keyboard(&fake, "Some Keyboard"), 0);
	assert_told("+event0/0 +event1/1 -event0 +event2/0");
}
END_TEST

START_TEST(other_selectors_do_not_touch_what_stays_taken)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");

	add(keyboard, 0);
	choose("name=*Keyboard", 0);
	assert_told("+event0/0");
	add(mouse, 0);
	assert_told("");
	choose("name=*Mouse", 0);
	assert_told("-event0 +event1/0");
	ck_assert_uint_eq(keyboard->n_open, 0);
}
END_TEST

START_TEST(device_that_the_sink_refuses_is_left_with_its_reason)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");
	struct hotplug_node node = node_of(keyboard);

	refusal = ENOSPC;
	add(keyboard, 0);
	ck_assert_int_eq(devices.v[0]->state, DEVICES_LEFT);
	ck_assert_str_eq(devices.v[0]->why, "there are too many");
	devices_removed(&devices, &node);
	assert_told("");
}
END_TEST

START_TEST(own_node_of_a_guest_is_left)
{
	struct fakeinput_device *keyboard = fakeinput_keyboard(&fake, "Some Keyboard");

	use_phys(keyboard, "vfiokit/win11/keyboard");
	choose("name=*", 0);
	add(keyboard, 0);
	assert_told("");
	ck_assert_str_eq(devices.v[0]->why, "evgrab has made it itself");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_devices");
	TCase *tc = tcase_create("devices");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, device_that_is_wanted_is_ready_and_others_are_closed);
	tcase_add_test(tc, device_is_ready_once_however_often_it_is_told);
	tcase_add_loop_test(tc, device_that_cannot_be_opened_yet_is_tried_again_soon, 0,
			    ARRAY_SIZE(late));
	tcase_add_test(tc, attempts_get_rarer_and_never_end);
	tcase_add_test(tc, tick_before_the_time_does_nothing);
	tcase_add_test(tc, unplugged_device_is_gone_and_taken_when_it_is_back);
	tcase_add_test(tc, device_with_the_path_of_an_old_one_is_another);
	tcase_add_test(tc, device_that_does_not_answer_is_tried_until_it_does);
	tcase_add_test(tc, all_nodes_of_one_keyboard_are_a_group);
	tcase_add_test(tc, keys_that_came_before_their_keyboard_are_taken_with_it);
	tcase_add_test(tc, identical_devices_are_groups_of_their_own);
	tcase_add_test(tc, devices_that_tell_no_place_are_groups_of_their_own);
	tcase_add_test(tc, group_of_one_that_is_gone_is_used_again);
	tcase_add_test(tc, other_selectors_do_not_touch_what_stays_taken);
	tcase_add_test(tc, device_that_the_sink_refuses_is_left_with_its_reason);
	tcase_add_test(tc, own_node_of_a_guest_is_left);
	suite_add_tcase(s, tc);
	return s;
}
