/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>

#include "faketree.h"
#include "host/usb.h"
#include "suite.h"

#define DEVICES "sys/bus/usb/devices/"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static void put(const char *name, const char *attr, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), DEVICES "%s/%s", name, attr);
	faketree_file(&tree, path, text);
}

static void plug_in(const char *name, const char *bus, const char *device,
		    const char *vendor, const char *product)
{
	put(name, "busnum", bus);
	put(name, "devnum", device);
	put(name, "idVendor", vendor);
	put(name, "idProduct", product);
}

START_TEST(a_host_without_usb_has_no_devices)
{
	CLEANUP_USBDEVS struct usbdevs devs = USBDEVS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(usbdevs_read(&devs, &tree.root, &err), 0);
	ck_assert_uint_eq(devs.n, 0);
}
END_TEST

START_TEST(devices_are_sorted_by_number_not_by_port)
{
	CLEANUP_USBDEVS struct usbdevs devs = USBDEVS_NONE;
	struct error err = { 0 };

	plug_in("1-1", "1\n", "14\n", "046d\n", "c52b\n");
	plug_in("1-10.2", "1\n", "4\n", "046d\n", "C08B\n");
	plug_in("usb1", "1\n", "1\n", "1d6b\n", "0002\n");
	ck_assert_int_eq(usbdevs_read(&devs, &tree.root, &err), 0);
	ck_assert_uint_eq(devs.n, 3);
	ck_assert_uint_eq(devs.v[0].device, 1);
	ck_assert_uint_eq(devs.v[1].device, 4);
	ck_assert_uint_eq(devs.v[1].product, 0xc08b);
	ck_assert_uint_eq(devs.v[2].device, 14);
	ck_assert_uint_eq(devs.v[2].vendor, 0x046d);
}
END_TEST

START_TEST(interfaces_and_what_was_just_unplugged_are_no_devices)
{
	CLEANUP_USBDEVS struct usbdevs devs = USBDEVS_NONE;
	struct error err = { 0 };

	plug_in("1-1", "1\n", "2\n", "046d\n", "c52b\n");
	plug_in("1-1:1.0", "1\n", "2\n", "046d\n", "c52b\n");
	put("1-2", "idVendor", "046d\n");
	ck_assert_int_eq(usbdevs_read(&devs, &tree.root, &err), 0);
	ck_assert_uint_eq(devs.n, 1);
}
END_TEST

START_TEST(a_damaged_tree_is_an_error_that_names_the_file)
{
	CLEANUP_USBDEVS struct usbdevs devs = USBDEVS_NONE;
	struct error err = { 0 };

	plug_in("1-1", "1\n", "2\n", "no id\n", "c52b\n");
	ck_assert_int_eq(usbdevs_read(&devs, &tree.root, &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, DEVICES "1-1/idVendor"));
	ck_assert_ptr_null(devs.v);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("usb");
	TCase *tc = tcase_create("usb");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_host_without_usb_has_no_devices);
	tcase_add_test(tc, devices_are_sorted_by_number_not_by_port);
	tcase_add_test(tc, interfaces_and_what_was_just_unplugged_are_no_devices);
	tcase_add_test(tc, a_damaged_tree_is_an_error_that_names_the_file);
	suite_add_tcase(s, tc);
	return s;
}
