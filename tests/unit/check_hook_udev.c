/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A guest that starts before udev has loaded its devices' drivers. */

#include <errno.h>
#include <string.h>

#include "fakehost.h"
#include "steps.h"
#include "suite.h"

#define QUEUE "run/udev/queue"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakekernel kernel;
static struct effects_ops ops;
static struct effects effects;
static struct config config;
static struct need_device device;
static struct hook hook;
static struct error err;
static unsigned long
	arrival;           /* when the driver does, by the clock of the tree; 0: never */
static unsigned long idle; /* when udev has nothing to do any more */

/* Time passes, and udev works. */
static void wait(void *data, unsigned ms)
{
	(void)data;
	fakekernel_pass(root, ms);
	if (arrival != 0 && fakekernel_now(root) >= arrival) {
		fakekernel_probe(root, "pci", FAKEHOST_NIC);
		arrival = 0;
	}
	if (idle != 0 && fakekernel_now(root) >= idle)
		fakefile_remove(root, QUEUE);
}

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	fakekernel_unbind(root, "pci", FAKEHOST_NIC);
	fakefile_put(root, "", QUEUE);
	kernel = (struct fakekernel){ .root = root };
	effects = fakekernel_effects(&kernel);
	ops = *effects.ops;
	ops.wait = wait;
	effects.ops = &ops;
	arrival = idle = 0;
	err = (struct error){ 0 };
	ck_assert_int_eq(config_default(&config, &err), 0);
	device = (struct need_device){ .is_hostdev = true };
	strcpy(device.address, FAKEHOST_NIC);
	hook = HOOK_NONE;
	hook.root = root;
	hook.effects = &effects;
	hook.config = &config;
	hook.needs.devices = &device;
	hook.needs.n_devices = 1;
	hook.end = effects_now(&effects) + config.prepare_ms;
}

static void teardown(void)
{
	hook.needs = NEEDS_NONE;
	hook_done(&hook);
	config_done(&config);
	faketree_teardown(&tree);
}

/* Returns how long it took. */
static unsigned long check(void)
{
	unsigned long begin = fakekernel_now(root);

	ck_assert_msg(udev_step.check(&hook, &err) == 0, "%s", err.msg);
	return fakekernel_now(root) - begin;
}

START_TEST(driver_that_is_on_its_way_is_waited_for)
{
	unsigned long ms;

	arrival = fakekernel_now(root) + 3000;
	ms = check();
	ck_assert_uint_ge(ms, 3000);
	ck_assert_uint_lt(ms, 3500);
	ck_assert_uint_eq(hook.notes.n, 0);
}
END_TEST

START_TEST(device_that_gets_none_is_waited_for_until_udev_is_done)
{
	unsigned long ms;

	idle = fakekernel_now(root) + 2000;
	ms = check();
	ck_assert_uint_ge(ms, 2000);
	ck_assert_uint_lt(ms, 2500);
	ck_assert_uint_eq(hook.notes.n, 0);
}
END_TEST

START_TEST(udev_that_is_never_done_is_a_warning)
{
	ck_assert_uint_lt(check(), config.wait_ms + 500);
	ck_assert_uint_eq(hook.notes.n, 1);
	ck_assert_int_eq(hook.notes.v[0].kind, NOTE_WARNING);
	ck_assert_str_eq(hook.notes.v[0].topic, "udev");
	ck_assert_str_eq(hook.notes.v[0].text,
			 "0000:05:00.0 has no driver, and udev, which may be loading "
			 "one, is not done yet: it will come back without");
}
END_TEST

START_TEST(nobody_waits_while_udev_has_nothing_to_do)
{
	fakefile_remove(root, QUEUE);
	ck_assert_uint_eq(check(), 0);
}
END_TEST

START_TEST(nobody_waits_for_devices_that_have_drivers)
{
	fakekernel_probe(root, "pci", FAKEHOST_NIC);
	ck_assert_uint_eq(check(), 0);
}
END_TEST

START_TEST(nobody_waits_for_devices_that_are_not_the_guests)
{
	device.is_hostdev = false;
	ck_assert_uint_eq(check(), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_udev");
	TCase *tc = tcase_create("udev");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, driver_that_is_on_its_way_is_waited_for);
	tcase_add_test(tc, device_that_gets_none_is_waited_for_until_udev_is_done);
	tcase_add_test(tc, udev_that_is_never_done_is_a_warning);
	tcase_add_test(tc, nobody_waits_while_udev_has_nothing_to_do);
	tcase_add_test(tc, nobody_waits_for_devices_that_have_drivers);
	tcase_add_test(tc, nobody_waits_for_devices_that_are_not_the_guests);
	suite_add_tcase(s, tc);
	return s;
}
