/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "faketree.h"
#include "host/input.h"
#include "host/sysfs.h"
#include "suite.h"

#define ALL_KEYS "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

/* The desktop's two keyboards, one of which is the mouse's, and its mouse. */
static void check_desktop(bool with_names)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	ck_assert_msg(inputs_read(&inputs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(inputs.n, 3);

	ck_assert_int_eq(inputs.v[0].kind, INPUT_KEYBOARD);
	ck_assert_str_eq(inputs.v[0].path,
			 "/dev/input/by-id/usb-Logitech_USB_Keyboard-event-kbd");
	ck_assert_uint_eq(inputs.v[0].event, 2);
	ck_assert(inputs.v[0].is_stable);
	ck_assert(!inputs.v[0].is_extra);

	ck_assert_int_eq(inputs.v[1].kind, INPUT_KEYBOARD);
	ck_assert_uint_eq(inputs.v[1].event, 6);
	ck_assert(inputs.v[1].is_extra);

	ck_assert_int_eq(inputs.v[2].kind, INPUT_MOUSE);
	ck_assert_str_eq(inputs.v[2].path, "/dev/input/by-id/usb-Logitech_G502_HERO_"
					   "Gaming_Mouse-event-mouse");
	ck_assert_uint_eq(inputs.v[2].event, 5);
	ck_assert(!inputs.v[2].is_extra);

	if (with_names) {
		ck_assert_str_eq(inputs.v[0].name, "Logitech USB Keyboard");
		ck_assert_str_eq(inputs.v[0].phys, "usb-0000:06:00.0-3/input0");
	}
}

static void drop(const char *path)
{
	char moved[64];

	(void)snprintf(moved, sizeof(moved), "gone-%s", strrchr(path, '/') + 1);
	ck_assert_int_eq(renameat(tree.root.fd, path, tree.root.fd, moved), 0);
}

START_TEST(devices_come_from_sysfs)
{
	faketree_host(&tree, "amd-desktop");
	drop("proc/bus");
	check_desktop(true);
}
END_TEST

START_TEST(without_sysfs_devices_come_from_proc)
{
	faketree_host(&tree, "amd-desktop");
	drop("sys/class/input");
	check_desktop(true);
}
END_TEST

START_TEST(without_both_devices_come_from_the_links)
{
	faketree_host(&tree, "amd-desktop");
	drop("sys/class/input");
	drop("proc/bus");
	check_desktop(false);
}
END_TEST

START_TEST(by_path_stands_in_for_by_id)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_host(&tree, "amd-desktop");
	drop("dev/input/by-id");
	ck_assert_int_eq(inputs_read(&inputs, &tree.root, &err), 0);
	ck_assert_str_eq(inputs.v[0].path,
			 "/dev/input/by-path/pci-0000:06:00.0-usb-0:3:1.0-event-kbd");
	ck_assert(inputs.v[0].is_stable);
}
END_TEST

START_TEST(by_path_links_alone_tell_the_extra_keyboard)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_host(&tree, "amd-desktop");
	drop("sys/class/input");
	drop("proc/bus");
	drop("dev/input/by-id");
	ck_assert_int_eq(inputs_read(&inputs, &tree.root, &err), 0);
	ck_assert_uint_eq(inputs.n, 3);
	ck_assert(!inputs.v[0].is_extra);
	ck_assert_uint_eq(inputs.v[1].event, 6);
	ck_assert(inputs.v[1].is_extra);
}
END_TEST

START_TEST(without_links_the_path_is_unstable)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_host(&tree, "amd-desktop");
	drop("dev/input");
	ck_assert_int_eq(inputs_read(&inputs, &tree.root, &err), 0);
	ck_assert_str_eq(inputs.v[0].path, "/dev/input/event2");
	ck_assert(!inputs.v[0].is_stable);
}
END_TEST

#define DEV     "sys/class/input/event3/device"
#define KEYS(k) DEV "/capabilities/ev = 120013\n" DEV "/capabilities/key = " k "\n"
#define MOVES(r)                                                                    \
	DEV "/capabilities/ev = 17\n" DEV "/capabilities/key = 10000 0 0 0 0\n" DEV \
	    "/capabilities/rel = " r "\n"

static const struct {
	const char *manifest;
	size_t n;
	enum input_kind kind;
} kinds[] = {
	{ KEYS(ALL_KEYS), 1, INPUT_KEYBOARD },
	{ KEYS("fffffffe"), 1, INPUT_KEYBOARD },
	{ KEYS("fffffffc"), 0, 0 },         /* no Esc */
	{ KEYS("7ffffffe"), 0, 0 },         /* no D */
	{ KEYS("fffffffe 0"), 0, 0 },       /* other keys */
	{ KEYS("10000000000000 0"), 0, 0 }, /* a power button */
	{ MOVES("3"), 1, INPUT_MOUSE },
	{ MOVES("1"), 0, 0 }, /* no Y */
	{ DEV "/capabilities/ev = b\n" DEV "/capabilities/key = e520 10000 0 0 0 0\n", 0,
	  0 },                                      /* a touchpad */
	{ DEV "/capabilities/ev = 40001\n", 0, 0 }, /* a speaker */
	{ KEYS(ALL_KEYS) DEV "/id/bustype = 0006\n", 0, 0 },
};

START_TEST(capabilities_decide_the_kind)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, kinds[_i].manifest);
	ck_assert_msg(inputs_read(&inputs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(inputs.n, kinds[_i].n);
	if (inputs.n > 0)
		ck_assert_int_eq(inputs.v[0].kind, kinds[_i].kind);
}
END_TEST

static const struct {
	const char *place;
	size_t n;
} places[] = {
	{ "devices/virtual/input/input3", 0 },
	/* a Bluetooth keyboard, by way of bluetoothd */
	{ "devices/virtual/misc/uhid/0005:046D:B35B.0006/input/input3", 1 },
};

START_TEST(what_programs_made_is_left_out)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "sys/%s/event3/device -> ..\n"
		       "sys/%s/capabilities/ev = 120013\n"
		       "sys/%s/capabilities/key = " ALL_KEYS "\n"
		       "sys/class/input/event3 -> ../../%s/event3\n",
		       places[_i].place, places[_i].place, places[_i].place,
		       places[_i].place);
	faketree_unpack(&tree, text);
	ck_assert_msg(inputs_read(&inputs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(inputs.n, places[_i].n);
}
END_TEST

/* A receiver for both: the keyboard is its first interface, and to type on. */
START_TEST(a_keyboard_before_its_mouse_is_a_real_one)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree,
			"proc/bus/input/devices = N: Name=\"Receiver\"\n"
			"proc/bus/input/devices += P: Phys=usb-0000:00:14.0-3/input0\n"
			"proc/bus/input/devices += H: Handlers=sysrq kbd leds event4 \n"
			"proc/bus/input/devices += B: EV=120013\n"
			"proc/bus/input/devices += B: KEY=" ALL_KEYS "\n"
			"proc/bus/input/devices +=\n"
			"proc/bus/input/devices += N: Name=\"Receiver Mouse\"\n"
			"proc/bus/input/devices += P: Phys=usb-0000:00:14.0-3/input1\n"
			"proc/bus/input/devices += H: Handlers=mouse0 event5 \n"
			"proc/bus/input/devices += B: EV=17\n"
			"proc/bus/input/devices += B: KEY=10000 0 0 0 0\n"
			"proc/bus/input/devices += B: REL=3\n");
	ck_assert_msg(inputs_read(&inputs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(inputs.n, 2);
	ck_assert_str_eq(inputs.v[0].name, "Receiver");
	ck_assert(!inputs.v[0].is_extra);
	ck_assert_str_eq(inputs.v[1].name, "Receiver Mouse");
}
END_TEST

START_TEST(a_host_without_inputs_is_an_empty_list)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(inputs_read(&inputs, &tree.root, &err), 0);
	ck_assert_uint_eq(inputs.n, 0);
}
END_TEST

static const struct {
	const char *manifest;
	const char *msg;
} damaged[] = {
	{ DEV "/capabilities/ev = 12zz\n",
	  "read '/" DEV
	  "/capabilities/ev': capability '12zz' is not a hexadecimal number" },
	{ DEV "/capabilities/ev = 3\n" DEV
	      "/capabilities/key = 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
	  "read '/" DEV "/capabilities/key': too many capabilities" },
	{ "proc/bus/input/devices = B: KEY=what\n",
	  "read '/proc/bus/input/devices': capability 'what' is not a hexadecimal "
	  "number" },
};

START_TEST(what_cannot_be_understood_is_named)
{
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, damaged[_i].manifest);
	ck_assert_int_eq(inputs_read(&inputs, &tree.root, &err), -EINVAL);
	ck_assert_str_eq(err.msg, damaged[_i].msg);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("input");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, devices_come_from_sysfs);
	tcase_add_test(tc, without_sysfs_devices_come_from_proc);
	tcase_add_test(tc, without_both_devices_come_from_the_links);
	tcase_add_test(tc, by_path_stands_in_for_by_id);
	tcase_add_test(tc, by_path_links_alone_tell_the_extra_keyboard);
	tcase_add_test(tc, without_links_the_path_is_unstable);
	tcase_add_loop_test(tc, capabilities_decide_the_kind, 0, ARRAY_SIZE(kinds));
	tcase_add_loop_test(tc, what_programs_made_is_left_out, 0, ARRAY_SIZE(places));
	tcase_add_test(tc, a_keyboard_before_its_mouse_is_a_real_one);
	tcase_add_test(tc, a_host_without_inputs_is_an_empty_list);
	tcase_add_loop_test(tc, what_cannot_be_understood_is_named, 0,
			    ARRAY_SIZE(damaged));
	suite_add_tcase(s, tc);
	return s;
}
