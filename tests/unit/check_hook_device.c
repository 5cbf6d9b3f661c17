/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hostfixture.h"

#define DEVICE(address) "sys/bus/pci/devices/" address
#define GPU             DEVICE(FAKEHOST_GPU)
#define NIC             DEVICE(FAKEHOST_NIC)
#define LOST            "sys/devices/pci0000:00/" FAKEHOST_NIC

static const struct fakeguest nic = {
	.name = "nic",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

static const struct fakeguest gpu = {
	.name = "gpu",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
	.metadata = "<v:stop unit='gdm.service'/>",
};

static const struct fakeguest bare = {
	.name = "bare",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.devices = { FAKEHOST_BARE },
	.metadata = "",
};

static void call(const struct fakeguest *guest, const char *operation, int want,
		 const char *message)
{
	call_hook(guest, operation, NULL);
	ck_assert_msg(last.r == want, "%s of %s: %d %s\n%s", operation, guest->name,
		      last.r, last.err.msg, buf_text(&last.account));
	if (want < 0)
		ck_assert_str_eq(last.err.msg, message);
}

static void assert_file(const char *path, const char *want)
{
	char text[FAKEFILE_MAX];

	ck_assert_msg(fakefile_get(root, text, "%s", path), "no %s", path);
	ck_assert_str_eq(text, want);
}

START_TEST(devices_go_there_and_back)
{
	call(&gpu, "prepare", 0, "");
	assert_driver(FAKEHOST_GPU, "vfio-pci");
	assert_driver(FAKEHOST_GPU_AUDIO, "vfio-pci");
	assert_file(GPU "/driver_override", "vfio-pci");
	assert_file(GPU "/power/control", "on");
	assert_file(GPU "/d3cold_allowed", "0");
	ck_assert(fakefile_has(root, "dev/vfio/12"));
	ck_assert(!fakefile_has(root, "dev/dri/card1") ||
		  !fakefile_has(root, GPU "/drm"));
	call(&gpu, "release", 0, "");
	assert_as_before();
}
END_TEST

START_TEST(of_two_alike_only_the_one_that_is_meant_goes)
{
	call(&nic, "prepare", 0, "");
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	assert_driver(FAKEHOST_ROUTE_NIC, "e1000e");
	call(&nic, "release", 0, "");
	assert_as_before();
}
END_TEST

START_TEST(release_without_prepare_changes_nothing)
{
	call(&nic, "release", 0, "");
	assert_as_before();
	call(&nic, "prepare", 0, "");
	call(&nic, "release", 0, "");
	call(&nic, "release", 0, "");
	assert_as_before();
}
END_TEST

START_TEST(a_device_without_driver_is_left_without_one)
{
	call(&bare, "prepare", 0, "");
	assert_driver(FAKEHOST_BARE, "vfio-pci");
	call(&bare, "release", 0, "");
	assert_driver(FAKEHOST_BARE, "");
	assert_as_before();
}
END_TEST

/* Bound at boot, as by vfio-pci.ids= or an initramfs: so it stays. */
START_TEST(a_device_that_is_with_vfio_already_stays_there)
{
	struct fakekernel kernel = { .root = root };
	struct effects effects = fakekernel_effects(&kernel);
	struct error err = { 0 };

	ck_assert_int_eq(effects_load(&effects, "vfio-pci", 1000, &err), 0);
	ck_assert_int_eq(
		effects_write(&effects, NIC "/driver_override", "vfio-pci", 1000, &err),
		0);
	ck_assert_int_eq(
		effects_write(&effects, NIC "/driver/unbind", FAKEHOST_NIC, 1000, &err),
		0);
	ck_assert_int_eq(effects_write(&effects, "sys/bus/pci/drivers_probe",
				       FAKEHOST_NIC, 1000, &err),
			 0);
	again();
	call(&nic, "prepare", 0, "");
	call(&nic, "release", 0, "");
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	ck_assert(fakefile_has(root, "dev/vfio/15"));
	assert_as_before();
}
END_TEST

START_TEST(an_override_that_was_there_is_there_again)
{
	fakefile_put(root, "e1000e", NIC "/driver_override");
	again();
	call(&nic, "prepare", 0, "");
	assert_file(NIC "/driver_override", "vfio-pci");
	call(&nic, "release", 0, "");
	assert_as_before();
}
END_TEST

START_TEST(attributes_that_are_not_there_are_not_missed)
{
	fakefile_remove(root, NIC "/d3cold_allowed");
	fakefile_remove(root, NIC "/power");
	again();
	call(&nic, "prepare", 0, "");
	call(&nic, "release", 0, "");
	assert_as_before();
}
END_TEST

/* Unplugged, or fallen off the bus, while the guest had it. */
START_TEST(a_device_that_has_vanished_holds_nothing_up)
{
	call(&nic, "prepare", 0, "");
	fakefile_remove(root, "sys/bus/pci/drivers/vfio-pci/" FAKEHOST_NIC);
	fakefile_remove(root, NIC);
	fakefile_remove(root, LOST);
	call(&nic, "release", 0, "");
	ck_assert(!fakefile_has(root, "run/vfiokit/%s", nic.uuid));
}
END_TEST

/* Somebody bound it by hand: it is theirs now, but no override of ours stays. */
START_TEST(a_device_that_somebody_took_is_left_to_them)
{
	call(&nic, "prepare", 0, "");
	fakefile_remove(root, NIC "/driver");
	fakefile_link(root, "/sys/bus/pci/drivers/snd_hda_intel", NIC "/driver");
	call(&nic, "release", 0, "");
	assert_driver(FAKEHOST_NIC, "snd_hda_intel");
	assert_file(NIC "/driver_override", "(null)");
	ck_assert(!fakefile_has(root, "run/vfiokit/%s", nic.uuid));
}
END_TEST

START_TEST(the_driver_is_loaded_again_when_it_is_gone)
{
	struct fakekernel kernel = { .root = root };
	struct effects effects = fakekernel_effects(&kernel);
	struct error err = { 0 };

	call(&gpu, "prepare", 0, "");
	ck_assert_int_eq(effects_unload(&effects, "amdgpu", 1000, &err), 0);
	call(&gpu, "release", 0, "");
	assert_as_before();
}
END_TEST

START_TEST(without_vfio_nothing_is_touched)
{
	fakefile_remove(root, ".kernel/modules/vfio-pci");
	again();
	call(&nic, "prepare", -ENOENT,
	     "load the kernel module 'vfio-pci': No such file or directory");
	assert_as_before();
}
END_TEST

START_TEST(two_guests_cannot_have_one_device)
{
	struct fakeguest other = nic;

	other.name = "other";
	other.uuid = "00000000-0000-0000-0000-000000000009";
	call(&nic, "prepare", 0, "");
	call(&other, "prepare", -EBUSY, FAKEHOST_NIC " is in use by the guest 'nic'");
	call(&other, "release", 0, "");
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	call(&nic, "release", 0, "");
	assert_as_before();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_device");
	TCase *tc = tcase_create("device");

	tcase_add_checked_fixture(tc, setup_host, teardown_host);
	tcase_add_test(tc, devices_go_there_and_back);
	tcase_add_test(tc, of_two_alike_only_the_one_that_is_meant_goes);
	tcase_add_test(tc, release_without_prepare_changes_nothing);
	tcase_add_test(tc, a_device_without_driver_is_left_without_one);
	tcase_add_test(tc, a_device_that_is_with_vfio_already_stays_there);
	tcase_add_test(tc, an_override_that_was_there_is_there_again);
	tcase_add_test(tc, attributes_that_are_not_there_are_not_missed);
	tcase_add_test(tc, a_device_that_has_vanished_holds_nothing_up);
	tcase_add_test(tc, a_device_that_somebody_took_is_left_to_them);
	tcase_add_test(tc, the_driver_is_loaded_again_when_it_is_gone);
	tcase_add_test(tc, without_vfio_nothing_is_touched);
	tcase_add_test(tc, two_guests_cannot_have_one_device);
	suite_add_tcase(s, tc);
	return s;
}
