/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>

#include "devicefixture.h"

/* --- reading --- */

START_TEST(frame_is_told_whole_and_without_its_end)
{
	put(EV_MSC, MSC_SCAN, 7);
	put(EV_KEY, KEY_A, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 4:4=7 1:30=1");
}
END_TEST

START_TEST(frame_that_has_not_ended_is_not_told)
{
	put(EV_KEY, KEY_A, 1);
	ck_assert_int_eq(read_once(), 0);
	assert_told("");
	put(EV_KEY, KEY_B, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:30=1 1:48=1");
}
END_TEST

START_TEST(one_reading_takes_a_batch_and_no_more)
{
	unsigned calls = fake.n_calls;

	for (unsigned i = 0; i < DEVICE_BATCH; i++) {
		put(EV_REL, REL_X, (int)i);
		put_end();
	}
	ck_assert_int_eq(read_once(), 0);
	ck_assert_uint_eq(fake.n_calls, calls + 1);
	ck_assert_ptr_nonnull(strstr(buf_text(&told), "frame 2:0=31"));
	ck_assert_ptr_null(strstr(buf_text(&told), "frame 2:0=32"));
}
END_TEST

START_TEST(empty_queue_is_no_error)
{
	ck_assert_int_eq(read_once(), 0);
	assert_told("");
}
END_TEST

START_TEST(empty_frames_and_what_is_no_input_are_not_told)
{
	put_end();
	put(EV_LED, LED_NUML, 1);
	put(EV_REP, REP_DELAY, 250);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("");
}
END_TEST

START_TEST(repeats_are_told_and_keep_the_key_down)
{
	put(EV_KEY, KEY_A, 1);
	put_end();
	put(EV_KEY, KEY_A, 2);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:30=1 | frame 1:30=2");
	ck_assert(keys_has(&device.down, KEY_A));
}
END_TEST

START_TEST(frame_that_is_too_long_counts_as_lost)
{
	for (unsigned i = 0; i < DEVICE_FRAME_MAX + 1; i++)
		put(EV_REL, REL_X, 1);
	keys_set(&keyboard->state.keys, KEY_A, true);
	put_end();
	put(EV_REL, REL_Y, 5);
	put_end();
	for (unsigned i = 0; i < 6; i++)
		ck_assert_int_eq(read_once(), 0);
	assert_told("keys 30 | frame 2:1=5");
}
END_TEST

START_TEST(longest_frame_is_told)
{
	for (unsigned i = 0; i < DEVICE_FRAME_MAX; i++)
		put(EV_REL, REL_X, 1);
	put_end();
	for (unsigned i = 0; i < 4; i++)
		ck_assert_int_eq(read_once(), 0);
	ck_assert_uint_eq(told.len,
			  strlen("frame") + DEVICE_FRAME_MAX * strlen(" 2:0=1"));
}
END_TEST

START_TEST(read_error_names_the_device)
{
	fake.fail_at = fake.n_calls + 1;
	fake.fail_errno = EIO;
	ck_assert_int_eq(read_once(), -EIO);
	ck_assert_str_eq(err.msg, "read '/dev/input/event0' (Some Keyboard): "
				  "Input/output error");
}
END_TEST

START_TEST(interrupted_read_is_none)
{
	fake.fail_at = fake.n_calls + 1;
	fake.fail_errno = EINTR;
	ck_assert_int_eq(read_once(), 0);
}
END_TEST

START_TEST(device_that_is_gone_says_so_after_what_was_read)
{
	put(EV_KEY, KEY_A, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	fakeinput_unplug(keyboard);
	ck_assert_int_eq(read_once(), DEVICE_GONE);
	assert_told("frame 1:30=1");
	ck_assert_str_eq(err.msg,
			 "read '/dev/input/event0' (Some Keyboard): No such device");
}
END_TEST

/* --- SYN_DROPPED --- */

START_TEST(after_a_loss_the_kernel_is_asked)
{
	put(EV_KEY, KEY_A, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("frame 1:30=1");

	put(EV_REL, REL_X, 1);
	put(EV_SYN, SYN_DROPPED, 0);
	put(EV_KEY, KEY_C, 1);
	keys_set(&keyboard->state.keys, KEY_B, true);
	put_end();
	put(EV_REL, REL_Y, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys 48 | frame 2:1=1");
	ck_assert(!keys_has(&device.down, KEY_A));
}
END_TEST

START_TEST(loss_ends_with_the_frame_even_if_that_comes_later)
{
	put(EV_SYN, SYN_DROPPED, 0);
	put(EV_REL, REL_X, 1);
	ck_assert_int_eq(read_once(), 0);
	put(EV_REL, REL_Y, 1);
	put_end();
	put(EV_REL, REL_WHEEL, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys | frame 2:8=1");
}
END_TEST

/* They were read before the kernel was asked, and its answer has them. */
START_TEST(keys_of_the_rest_of_the_batch_are_known_and_its_motion_is_not)
{
	put(EV_SYN, SYN_DROPPED, 0);
	put_end();
	put(EV_KEY, KEY_C, 1);
	put(EV_REL, REL_X, 3);
	put_end();
	put(EV_KEY, KEY_D, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys | frame 2:0=3");
	ck_assert(keys_empty(&device.down));
}
END_TEST

/* A stick that was let go during the loss would stay where it was. */
START_TEST(after_a_loss_axes_are_told_as_they_are)
{
	device.info.axes = 1u << ABS_X | 1u << ABS_RZ;
	keyboard->axes[ABS_X] = 7;
	put(EV_SYN, SYN_DROPPED, 0);
	put(EV_ABS, ABS_X, 100);
	put_end();
	put(EV_ABS, ABS_X, 50);
	put(EV_REL, REL_X, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys | frame 3:0=7 3:5=0 | frame 2:0=1");
}
END_TEST

START_TEST(device_that_is_gone_when_asked_says_so)
{
	put(EV_SYN, SYN_DROPPED, 0);
	put_end();
	fake.fail_at = fake.n_calls + 2;
	fake.fail_errno = ENODEV;
	ck_assert_int_eq(read_once(), DEVICE_GONE);
	assert_told("");
}
END_TEST

START_TEST(refresh_tells_what_is_down_without_an_event)
{
	fakeinput_key(keyboard, KEY_A, 1);
	ck_assert_int_eq(device_refresh(&device, &err), 0);
	device_report(&device, &sink);
	device_report(&device, &sink);
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys 30");
}
END_TEST

START_TEST(half_a_frame_is_out_of_date_when_the_kernel_was_asked)
{
	put(EV_KEY, KEY_A, 1);
	ck_assert_int_eq(read_once(), 0);
	ck_assert_int_eq(device_refresh(&device, &err), 0);
	put(EV_REL, REL_X, 1);
	put_end();
	put(EV_REL, REL_Y, 1);
	put_end();
	ck_assert_int_eq(read_once(), 0);
	assert_told("keys | frame 2:1=1");
}
END_TEST

START_TEST(what_is_down_when_opened_is_no_news)
{
	CLEANUP_DEVICE struct device second = DEVICE_NONE;
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");

	fakeinput_key(mouse, BTN_LEFT, 1);
	ck_assert_int_eq(device_open(&second, &fakeinput_ops, &fake, mouse->path, &err),
			 0);
	ck_assert(keys_has(&second.down, BTN_LEFT));
	ck_assert_int_eq(device_refresh(&second, &err), 0);
	device_report(&second, &sink);
	assert_told("");
}
END_TEST

/* --- opening --- */

START_TEST(device_that_cannot_be_opened_is_named)
{
	CLEANUP_DEVICE struct device other = DEVICE_NONE;

	ck_assert_int_eq(
		device_open(&other, &fakeinput_ops, &fake, "/dev/input/event7", &err),
		-ENOENT);
	ck_assert_str_eq(err.msg, "open '/dev/input/event7': No such file or directory");
}
END_TEST

START_TEST(device_that_does_not_describe_itself_is_closed)
{
	CLEANUP_DEVICE struct device other = DEVICE_NONE;
	struct fakeinput_device *mouse = fakeinput_mouse(&fake, "Some Mouse");

	for (unsigned at = 2; at <= 3; at++) {
		fake.fail_at = fake.n_calls + at;
		fake.fail_errno = EIO;
		ck_assert_int_eq(
			device_open(&other, &fakeinput_ops, &fake, mouse->path, &err),
			-EIO);
		ck_assert_str_eq(err.msg, "ask '/dev/input/event1' what it is: "
					  "Input/output error");
		ck_assert_uint_eq(mouse->n_open, 0);
	}
}
END_TEST

static void add_reading(TCase *tc)
{
	tcase_add_test(tc, frame_is_told_whole_and_without_its_end);
	tcase_add_test(tc, frame_that_has_not_ended_is_not_told);
	tcase_add_test(tc, one_reading_takes_a_batch_and_no_more);
	tcase_add_test(tc, empty_queue_is_no_error);
	tcase_add_test(tc, empty_frames_and_what_is_no_input_are_not_told);
	tcase_add_test(tc, repeats_are_told_and_keep_the_key_down);
	tcase_add_test(tc, frame_that_is_too_long_counts_as_lost);
	tcase_add_test(tc, longest_frame_is_told);
	tcase_add_test(tc, read_error_names_the_device);
	tcase_add_test(tc, interrupted_read_is_none);
	tcase_add_test(tc, device_that_is_gone_says_so_after_what_was_read);
	tcase_add_test(tc, after_a_loss_the_kernel_is_asked);
	tcase_add_test(tc, loss_ends_with_the_frame_even_if_that_comes_later);
	tcase_add_test(tc, keys_of_the_rest_of_the_batch_are_known_and_its_motion_is_not);
	tcase_add_test(tc, after_a_loss_axes_are_told_as_they_are);
	tcase_add_test(tc, device_that_is_gone_when_asked_says_so);
	tcase_add_test(tc, refresh_tells_what_is_down_without_an_event);
	tcase_add_test(tc, half_a_frame_is_out_of_date_when_the_kernel_was_asked);
	tcase_add_test(tc, what_is_down_when_opened_is_no_news);
	tcase_add_test(tc, device_that_cannot_be_opened_is_named);
	tcase_add_test(tc, device_that_does_not_describe_itself_is_closed);
}

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_device");
	TCase *tc = tcase_create("device");

	tcase_add_checked_fixture(tc, setup, teardown);
	add_reading(tc);
	suite_add_tcase(s, tc);
	return s;
}
