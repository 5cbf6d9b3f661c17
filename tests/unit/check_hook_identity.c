/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Every refusal of a whole prepare that concerns which devices these are. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fakehost.h"
#include "suite.h"

#define DEVICE(address) "sys/bus/pci/devices/" address

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakeguest guest;
static struct fakecall call;

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	guest = (struct fakeguest){ .name = "win",
				    .uuid = "00000000-0000-0000-0000-000000000001",
				    .devices = { FAKEHOST_NIC },
				    .metadata = "" };
	call = (struct fakecall){ .guest = &guest, .operation = "prepare" };
}

static void teardown(void)
{
	fakecall_done(&call);
	faketree_teardown(&tree);
}

static void want(const char *first, const char *second)
{
	guest.devices[0] = first;
	guest.devices[1] = second;
}

/* Refused, and the host is as it was. */
static void assert_refused(int code, const char *message)
{
	CLEANUP_FREE char *before = fakehost_snapshot(root);
	CLEANUP_FREE char *after = NULL;
	CLEANUP_FREE char *difference = NULL;

	ck_assert_msg(fakehost_call(root, &call) == -code, "%d %s", call.r, call.err.msg);
	ck_assert_str_eq(call.err.msg, message);
	after = fakehost_snapshot(root);
	difference = fakehost_difference(before, after, NULL);
	ck_assert_str_eq(difference, "");
}

static void assert_taken(void)
{
	ck_assert_msg(fakehost_call(root, &call) == 0, "%s", call.err.msg);
}

/* The domain as it is, with another text in one place. */
static char *with(const char *old, const char *new)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &guest);
	struct buf out = BUF_NONE;
	const char *at = strstr(xml, old);

	ck_assert_ptr_nonnull(at);
	buf_add(&out, xml, (size_t)(at - xml));
	buf_adds(&out, new);
	buf_adds(&out, at + strlen(old));
	return buf_take(&out);
}

START_TEST(a_device_that_is_not_there)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &guest);

	call.xml = xml;
	fakefile_remove(root, DEVICE(FAKEHOST_NIC));
	assert_refused(ENODEV,
		       "the host has no device 0000:05:00.0, which was 8086:10d3");
}
END_TEST

START_TEST(a_device_that_is_another)
{
	CLEANUP_FREE char *xml = with("8086:10d3", "8086:15f3");

	call.xml = xml;
	assert_refused(ENODEV,
		       "0000:05:00.0 is 8086:10d3, and the guest means 8086:15f3: "
		       "the addresses of the host have changed; see xmltweak "
		       "--list");
}
END_TEST

START_TEST(another_card_of_the_same_kind)
{
	CLEANUP_FREE char *xml = with("8086:a01f", "1043:a01f");

	call.xml = xml;
	assert_refused(ENODEV, "0000:05:00.0 (8086:10d3) is of the subsystem 8086:a01f, "
			       "and the guest means 1043:a01f: another card of the same "
			       "kind is there; see xmltweak --list");
}
END_TEST

START_TEST(a_device_without_an_identity_is_taken_with_a_warning)
{
	CLEANUP_FREE char *xml = with(" id='8086:10d3' subsystem='8086:a01f'", "");

	call.xml = xml;
	assert_taken();
	ck_assert_msg(strstr(buf_text(&call.account),
			     "<4> identity: <metadata> does not say which device "
			     "0000:05:00.0 is, so that is not checked; run: xmltweak "
			     "--domain 'win' --hook --define\n"),
		      "%s", buf_text(&call.account));
}
END_TEST

START_TEST(a_device_that_the_guest_does_not_have_is_skipped_with_a_warning)
{
	CLEANUP_FREE char *xml = with("</v:guest>", "<v:device address='0000:06:00.0'/>"
						    "</v:guest>");

	call.xml = xml;
	assert_taken();
	ck_assert_msg(
		strstr(buf_text(&call.account),
		       "<4> identity: 0000:06:00.0 is named in <metadata> and is no "
		       "device of the guest, skipping it\n"),
		"%s", buf_text(&call.account));
	ck_assert(!fakefile_has(root, "dev/vfio/16"));
}
END_TEST

START_TEST(a_bridge)
{
	want("0000:00:01.0", NULL);
	assert_refused(EINVAL, "0000:00:01.0 is a bridge, which stays with the host");
}
END_TEST

START_TEST(a_device_that_the_administrator_keeps)
{
	fakefile_put(root, "[allow]\ndevices = 0000:02:00.0 1002:aaf0",
		     "etc/vfiokit/hook.conf");
	assert_refused(EPERM, "0000:05:00.0 may not be taken; to allow it add "
			      "'0000:05:00.0' to 'devices =' in section [allow] of "
			      "/etc/vfiokit/hook.conf");
	fakefile_put(root, "[allow]\ndevices = 8086:10D3", "etc/vfiokit/hook.conf");
	assert_taken();
}
END_TEST

START_TEST(a_group_of_which_the_host_keeps_a_part)
{
	want(FAKEHOST_GPU_AUDIO, NULL);
	assert_refused(EBUSY, "0000:02:00.1 is in IOMMU group 12 together with "
			      "0000:02:00.0, which the guest does not take and the host "
			      "uses: only whole groups can be handed over; run: xmltweak "
			      "--domain 'win' --hostdev=0000:02:00.1,group=all --hook "
			      "--define");
}
END_TEST

START_TEST(what_has_no_driver_may_stand_in_the_group)
{
	fakekernel_unbind(root, "pci", FAKEHOST_GPU);
	want(FAKEHOST_GPU_AUDIO, NULL);
	assert_taken();
}
END_TEST

START_TEST(no_iommu)
{
	fakefile_remove(root, "sys/kernel/iommu_groups");
	fakefile_put(root, "vendor_id : GenuineIntel", "proc/cpuinfo");
	fakefile_put(root, "quiet", "proc/cmdline");
	assert_refused(ENODEV,
		       "0000:05:00.0 is in no IOMMU group: add 'intel_iommu=on' to "
		       "the kernel command line, and enable VT-d in the firmware "
		       "setup");
}
END_TEST

/* --- the host's own GPU --- */

#define MEANT                                                                            \
	", which is left without a picture; if that is meant set boot-gpu='yes' on its " \
	"<device> of the guest element in <metadata>"

START_TEST(the_boot_gpu)
{
	want(FAKEHOST_BOOT_GPU, "0000:01:00.1");
	assert_refused(EPERM, "0000:01:00.0 is the GPU the host has booted with" MEANT);
}
END_TEST

START_TEST(the_only_gpu)
{
	fakefile_put(root, "0", DEVICE(FAKEHOST_BOOT_GPU) "/boot_vga");
	fakefile_put(root, "0x020000", DEVICE(FAKEHOST_BOOT_GPU) "/class");
	want(FAKEHOST_GPU, FAKEHOST_GPU_AUDIO);
	assert_refused(EPERM, "0000:02:00.0 is the only GPU of the host" MEANT);
}
END_TEST

START_TEST(all_gpus_together)
{
	fakefile_put(root, "0", DEVICE(FAKEHOST_BOOT_GPU) "/boot_vga");
	want(FAKEHOST_BOOT_GPU, "0000:01:00.1");
	guest.devices[2] = FAKEHOST_GPU;
	guest.devices[3] = FAKEHOST_GPU_AUDIO;
	assert_refused(EPERM, "0000:01:00.0 is the only GPU of the host" MEANT);
}
END_TEST

START_TEST(the_processors_own_gpu)
{
	fakefile_put(root, "0x108000", DEVICE(FAKEHOST_GPU_AUDIO) "/class");
	want(FAKEHOST_GPU, FAKEHOST_GPU_AUDIO);
	assert_refused(EPERM, "0000:02:00.0 is the processor's own GPU" MEANT);
}
END_TEST

/* --- other guests --- */

static void other_has(const char *first, const char *second)
{
	struct fakeguest other = { .name = "other",
				   .uuid = "00000000-0000-0000-0000-000000000002",
				   .devices = { first, second },
				   .metadata = "<v:stop unit='gdm.service'/>" };
	struct fakecall prepare = { .guest = &other, .operation = "prepare" };

	ck_assert_msg(fakehost_call(root, &prepare) == 0, "%s", prepare.err.msg);
	fakecall_done(&prepare);
}

START_TEST(a_device_of_another_guest)
{
	other_has(FAKEHOST_NIC, NULL);
	assert_refused(EBUSY, "0000:05:00.0 is in use by the guest 'other'");
}
END_TEST

START_TEST(a_device_in_the_group_of_another_guest)
{
	fakekernel_unbind(root, "pci", FAKEHOST_GPU);
	other_has(FAKEHOST_GPU_AUDIO, NULL);
	want(FAKEHOST_GPU, NULL);
	assert_refused(EBUSY, "0000:02:00.0 is in use by the guest 'other', which has "
			      "0000:02:00.1");
}
END_TEST

START_TEST(a_device_in_which_the_kernel_hangs)
{
	struct fakefaults faults = { 0 };

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "sys/bus/pci/drivers/*/unbind");
	call.faults = &faults;
	ck_assert_int_eq(fakehost_call(root, &call), -ETIMEDOUT);
	ck_assert_str_eq(call.err.msg,
			 "take 0000:05:00.0 from the driver e1000e: write to "
			 "'/sys/bus/pci/drivers/e1000e/unbind': the kernel "
			 "has not come back for 10.0 s");
	call.faults = NULL;
	assert_refused(EBUSY,
		       "0000:05:00.0 hangs in the kernel since the guest 'win' had "
		       "it; only a reboot helps");
	ck_assert(!fakekernel_was_wedge_touched(root));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_identity");
	TCase *tc = tcase_create("identity");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_device_that_is_not_there);
	tcase_add_test(tc, a_device_that_is_another);
	tcase_add_test(tc, another_card_of_the_same_kind);
	tcase_add_test(tc, a_device_without_an_identity_is_taken_with_a_warning);
	tcase_add_test(tc,
		       a_device_that_the_guest_does_not_have_is_skipped_with_a_warning);
	tcase_add_test(tc, a_bridge);
	tcase_add_test(tc, a_device_that_the_administrator_keeps);
	tcase_add_test(tc, a_group_of_which_the_host_keeps_a_part);
	tcase_add_test(tc, what_has_no_driver_may_stand_in_the_group);
	tcase_add_test(tc, no_iommu);
	tcase_add_test(tc, the_boot_gpu);
	tcase_add_test(tc, the_only_gpu);
	tcase_add_test(tc, all_gpus_together);
	tcase_add_test(tc, the_processors_own_gpu);
	tcase_add_test(tc, a_device_of_another_guest);
	tcase_add_test(tc, a_device_in_the_group_of_another_guest);
	tcase_add_test(tc, a_device_in_which_the_kernel_hangs);
	suite_add_tcase(s, tc);
	return s;
}
