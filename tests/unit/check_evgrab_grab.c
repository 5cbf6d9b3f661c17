/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "devicefixture.h"

static void assert_host_saw(const char *expected)
{
	CLEANUP_BUF struct buf log = BUF_NONE;

	fakeinput_host_log(keyboard, &log);
	ck_assert_str_eq(buf_text(&log), expected);
}

static int grab(void)
{
	struct device *const devices[] = { &device };

	return device_grab_all(devices, 1, DEVICE_GRAB_RELEASED, &err);
}

static void ungrab(void)
{
	struct device *const devices[] = { &device };

	device_ungrab_all(devices, 1);
}

/* --- the grab --- */

START_TEST(grab_takes_the_device_and_ungrab_gives_it_back)
{
	ck_assert_int_eq(grab(), 0);
	fakeinput_key(keyboard, KEY_A, 1);
	fakeinput_key(keyboard, KEY_A, 0);
	ungrab();
	fakeinput_key(keyboard, KEY_B, 1);
	assert_host_saw("+48");
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_NOBODY);
}
END_TEST

START_TEST(held_keys_are_released_on_the_host_and_stay_down_for_us)
{
	fakeinput_key(keyboard, KEY_LEFTCTRL, 1);
	fakeinput_key(keyboard, KEY_C, 1);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:29=1 | frame 1:46=1");

	ck_assert_int_eq(grab(), 0);
	assert_host_saw("+29 +46 -46 -29");
	device_report(&device, &sink);
	assert_told("");
	ck_assert(keys_has(&device.down, KEY_LEFTCTRL) && keys_has(&device.down, KEY_C));

	/* the kernel has not forgotten them: their real release is seen, by us alone */
	fakeinput_key(keyboard, KEY_C, 0);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:46=0");
	assert_host_saw("+29 +46 -46 -29");
}
END_TEST

START_TEST(lone_meta_is_not_released_alone)
{
	fakeinput_key(keyboard, KEY_LEFTMETA, 1);
	ck_assert_int_eq(grab(), 0);
	assert_host_saw("+125 +194 -194 -125");
}
END_TEST

START_TEST(queue_of_the_host_is_dropped)
{
	fakeinput_move(keyboard, 5);
	fakeinput_key(keyboard, KEY_A, 1);
	fakeinput_key(keyboard, KEY_A, 0);
	ck_assert_int_eq(grab(), 0);
	fakeinput_move(keyboard, 6);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 2:0=6");
}
END_TEST

START_TEST(half_a_frame_that_was_read_before_is_dropped)
{
	put(EV_REL, REL_X, 1);
	ck_assert_int_eq(read_once(), 0);
	put(EV_REL, REL_Y, 1);
	put_end();
	ck_assert_int_eq(grab(), 0);
	fakeinput_move(keyboard, 6);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 2:0=6");
}
END_TEST

static unsigned press_at;

static void press(struct fakeinput *fakes, unsigned call)
{
	if (call == press_at)
		fakeinput_key(&fakes->v[0], KEY_A, 1);
}

/* Wherever it is in between: the host has no key down, and we know of it. */
START_TEST(key_that_goes_down_in_between_is_released_as_well)
{
	unsigned last = fake.n_calls + 1;

	for (press_at = last; press_at <= last; press_at++) {
		teardown();
		setup();
		fake.before = press;
		ck_assert_int_eq(grab(), 0);
		last = fake.n_calls;
		ck_assert(keys_empty(&keyboard->host_keys));
		ck_assert_int_eq(keyboard->owner, FAKEINPUT_EVGRAB);
		device_report(&device, &sink);
		ck_assert(keys_has(&device.down, KEY_A));
		assert_told("keys 30");
	}
	ck_assert_uint_gt(press_at, 8);
}
END_TEST

/* A finger that presses A whenever the host can see it. */
static void drum(struct fakeinput *fakes, UNUSED unsigned call)
{
	struct fakeinput_device *first = &fakes->v[0];

	if (first->owner == FAKEINPUT_NOBODY && !keys_has(&first->state.keys, KEY_A))
		fakeinput_key(first, KEY_A, 1);
}

START_TEST(key_that_goes_down_each_time_is_named_and_nothing_is_grabbed)
{
	fake.before = drum;
	ck_assert_int_eq(grab(), DEVICE_HELD);
	ck_assert_str_eq(err.msg, "grab '/dev/input/event0' (Some Keyboard): "
				  "KEY_A does not stay up");
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_NOBODY);
	ck_assert(!device.is_grabbed);
}
END_TEST

START_TEST(key_that_goes_down_each_time_is_no_reason_if_it_must_be)
{
	struct device *const devices[] = { &device };

	fake.before = drum;
	ck_assert_int_eq(device_grab_all(devices, 1, DEVICE_GRAB_ANYWAY, &err), 0);
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_EVGRAB);
	ck_assert(keys_has(&device.down, KEY_A));
}
END_TEST

START_TEST(what_somebody_else_has_is_busy_and_says_who)
{
	keyboard->owner = FAKEINPUT_ANOTHER;
	ck_assert_int_eq(grab(), -EBUSY);
	ck_assert_str_eq(err.msg,
			 "grab '/dev/input/event0' (Some Keyboard): somebody else has "
			 "grabbed it; it is open in keyd (pid 812)");
}
END_TEST

START_TEST(who_has_it_is_not_disturbed_by_further_attempts)
{
	keyboard->owner = FAKEINPUT_ANOTHER;
	ck_assert_int_eq(grab(), -EBUSY);
	fakeinput_key(keyboard, KEY_A, 1);
	ck_assert_uint_eq(keyboard->n_another, 1);
	ck_assert_int_eq(grab(), -EBUSY);
	ck_assert_uint_eq(keyboard->n_another, 1);

	/* and when it is given back, the key that is down is treated as ever */
	keyboard->owner = FAKEINPUT_NOBODY;
	keys_set(&keyboard->host_keys, KEY_A, true);
	ck_assert_int_eq(grab(), 0);
	ck_assert(keys_empty(&keyboard->host_keys));
	ck_assert(keys_has(&device.down, KEY_A));
}
END_TEST

START_TEST(ungrab_leaves_keys_down_and_stops_their_repeat)
{
	ck_assert_int_eq(grab(), 0);
	fakeinput_key(keyboard, KEY_A, 1);
	ck_assert_uint_eq(keyboard->repeats, KEY_A);
	ungrab();
	ck_assert_uint_eq(keyboard->repeats, 0);
	device_report(&device, &sink);
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys 30");
	assert_host_saw("");
}
END_TEST

/* The release is taken out of the queue by asking, so nobody would be told of it. */
START_TEST(key_that_goes_up_with_the_ungrab_is_told_with_the_next_reading)
{
	ck_assert_int_eq(grab(), 0);
	fakeinput_key(keyboard, KEY_A, 1);
	ck_assert_int_eq(read_once(), 0);
	fakeinput_key(keyboard, KEY_A, 0);
	ungrab();
	fakeinput_move(keyboard, 1);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:30=1 | keys | frame 2:0=1");
}
END_TEST

START_TEST(closing_gives_it_back)
{
	ck_assert_int_eq(grab(), 0);
	fakeinput_led(keyboard, LED_CAPSL, true);
	device_close(&device);
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_NOBODY);
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_CAPSL);
	device_close(&device);
}
END_TEST

START_TEST(after_a_grab_axes_are_told_as_they_are)
{
	device.info.axes = 1u << ABS_X;
	keyboard->axes[ABS_X] = 7;
	ck_assert_int_eq(grab(), 0);
	device_report(&device, &sink);
	assert_told("keys | frame 3:0=7");
}
END_TEST

/* --- sets --- */

START_TEST(set_is_grabbed_wholly_or_not_at_all)
{
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");
	CLEANUP_DEVICE struct device second = DEVICE_NONE;
	struct device *const devices[] = { &device, &second };

	ck_assert_int_eq(device_open(&second, &fakeinput_ops, &fake, mouse->path, &err),
			 0);
	mouse->owner = FAKEINPUT_ANOTHER;
	ck_assert_int_eq(device_grab_all(devices, 2, DEVICE_GRAB_RELEASED, &err), -EBUSY);
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_NOBODY);
	ck_assert(!device.is_grabbed && !second.is_grabbed);

	mouse->owner = FAKEINPUT_NOBODY;
	fakeinput_key(mouse, BTN_LEFT, 1);
	ck_assert_int_eq(device_grab_all(devices, 2, DEVICE_GRAB_RELEASED, &err), 0);
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_EVGRAB);
	ck_assert_int_eq(mouse->owner, FAKEINPUT_EVGRAB);
	ck_assert(keys_empty(&mouse->host_keys) && keys_has(&second.down, BTN_LEFT));
	device_ungrab_all(devices, 2);
	ck_assert_int_eq(mouse->owner, FAKEINPUT_NOBODY);
}
END_TEST

/* A second node of a keyboard that was plugged in, or was slow. */
START_TEST(set_that_grows_keeps_what_it_has)
{
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");
	CLEANUP_DEVICE struct device second = DEVICE_NONE;
	struct device *const devices[] = { &device, &second };

	ck_assert_int_eq(grab(), 0);
	ck_assert_int_eq(device_open(&second, &fakeinput_ops, &fake, mouse->path, &err),
			 0);
	fakeinput_key(keyboard, KEY_A, 1);
	ck_assert_int_eq(device_grab_all(devices, 2, DEVICE_GRAB_RELEASED, &err), 0);
	ck_assert_int_eq(mouse->owner, FAKEINPUT_EVGRAB);
	device_report(&device, &sink);
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:30=1");

	device_ungrab_all(devices + 1, 1);
	mouse->owner = FAKEINPUT_ANOTHER;
	ck_assert_int_eq(device_grab_all(devices, 2, DEVICE_GRAB_RELEASED, &err), -EBUSY);
	ck_assert_int_eq(keyboard->owner, FAKEINPUT_NOBODY);
	assert_host_saw("");
}
END_TEST

/*
 * Each operation of a grab fails in turn, with each error: the set is then grabbed or it
 * is not, evgrab knows which, and the host has no key that no finger is on.
 */
static void grab_with_fault(unsigned at, int code, bool *ret_more)
{
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");
	CLEANUP_DEVICE struct device second = DEVICE_NONE;
	struct device *const devices[] = { &device, &second };
	unsigned first;
	int r;

	ck_assert_int_eq(device_open(&second, &fakeinput_ops, &fake, mouse->path, &err),
			 0);
	fakeinput_key(keyboard, KEY_A, 1);
	fakeinput_key(mouse, BTN_LEFT, 1);
	first = fake.n_calls;
	fake.fail_at = first + at;
	fake.fail_errno = code;
	r = device_grab_all(devices, 2, DEVICE_GRAB_RELEASED, &err);
	*ret_more = fake.n_calls >= fake.fail_at;
	fake.fail_at = 0;

	ck_assert_int_eq(r == 0, device.is_grabbed);
	ck_assert_int_eq(r == 0, second.is_grabbed);
	for (size_t i = 0; i < fake.n; i++)
		ck_assert_int_eq(fake.v[i].owner,
				 r == 0 ? FAKEINPUT_EVGRAB : FAKEINPUT_NOBODY);
	ck_assert(r == 0 || *err.msg);
	fakeinput_key(keyboard, KEY_A, 0);
	fakeinput_key(mouse, BTN_LEFT, 0);
	if (r == 0)
		device_ungrab_all(devices, 2);
	ck_assert(keys_empty(&keyboard->host_keys) && keys_empty(&mouse->host_keys));
}

START_TEST(fault_at_any_operation_of_a_grab_leaves_all_or_nothing)
{
	static const int codes[] = { EIO, ENODEV, EBUSY, EINTR };
	bool more = true;

	for (unsigned at = 1; more; at++) {
		teardown();
		setup();
		grab_with_fault(at, codes[_i], &more);
		ck_assert_uint_lt(at, 200);
	}
}
END_TEST

START_TEST(device_that_is_gone_is_gone_for_the_set)
{
	fakeinput_unplug(keyboard);
	ck_assert_int_eq(grab(), DEVICE_GONE);
	ck_assert_str_eq(err.msg,
			 "grab '/dev/input/event0' (Some Keyboard): No such device");
}
END_TEST

/* --- LEDs --- */

START_TEST(leds_are_the_guests_while_grabbed_and_the_hosts_after)
{
	fakeinput_led(keyboard, LED_NUML, true);
	device_set_leds(&device, 1u << LED_CAPSL);
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_NUML);

	ck_assert_int_eq(grab(), 0);
	device_set_leds(&device, 1u << LED_CAPSL | 1u << LED_KANA);
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_CAPSL);
	ck_assert_int_eq(read_once(), 0);
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_CAPSL);

	ungrab();
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_NUML);
	assert_told("");
}
END_TEST

START_TEST(led_that_the_host_changes_meanwhile_waits_for_the_host)
{
	ck_assert_int_eq(grab(), 0);
	device_set_leds(&device, 1u << LED_CAPSL);
	fakeinput_led(keyboard, LED_NUML, true);
	fakeinput_led(keyboard, LED_CAPSL, false);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(read_once(), 0);
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_CAPSL);
	ungrab();
	ck_assert_uint_eq(keyboard->state.leds, 1u << LED_NUML);
}
END_TEST

static void add_grabbing(TCase *tc)
{
	tcase_add_test(tc, after_a_grab_axes_are_told_as_they_are);
	tcase_add_test(tc, grab_takes_the_device_and_ungrab_gives_it_back);
	tcase_add_test(tc, held_keys_are_released_on_the_host_and_stay_down_for_us);
	tcase_add_test(tc, lone_meta_is_not_released_alone);
	tcase_add_test(tc, queue_of_the_host_is_dropped);
	tcase_add_test(tc, half_a_frame_that_was_read_before_is_dropped);
	tcase_add_test(tc, key_that_goes_down_in_between_is_released_as_well);
	tcase_add_test(tc, key_that_goes_down_each_time_is_named_and_nothing_is_grabbed);
	tcase_add_test(tc, key_that_goes_down_each_time_is_no_reason_if_it_must_be);
	tcase_add_test(tc, what_somebody_else_has_is_busy_and_says_who);
	tcase_add_test(tc, who_has_it_is_not_disturbed_by_further_attempts);
	tcase_add_test(tc, ungrab_leaves_keys_down_and_stops_their_repeat);
	tcase_add_test(tc,
		       key_that_goes_up_with_the_ungrab_is_told_with_the_next_reading);
	tcase_add_test(tc, closing_gives_it_back);
	tcase_add_test(tc, set_is_grabbed_wholly_or_not_at_all);
	tcase_add_test(tc, set_that_grows_keeps_what_it_has);
	tcase_add_loop_test(tc, fault_at_any_operation_of_a_grab_leaves_all_or_nothing, 0,
			    4);
	tcase_add_test(tc, device_that_is_gone_is_gone_for_the_set);
	tcase_add_test(tc, leds_are_the_guests_while_grabbed_and_the_hosts_after);
	tcase_add_test(tc, led_that_the_host_changes_meanwhile_waits_for_the_host);
}

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_grab");
	TCase *tc = tcase_create("grab");

	tcase_add_checked_fixture(tc, setup, teardown);
	add_grabbing(tc);
	suite_add_tcase(s, tc);
	return s;
}
