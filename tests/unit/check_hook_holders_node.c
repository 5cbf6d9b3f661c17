/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which nodes belong to a device: those below it, of its VFIO group, and of nvidia. */

#include <errno.h>

#include "holderfixture.h"

/* --- below it --- */

START_TEST(keyboards_are_always_open_and_may_go)
{
	make_node(GPU_DIR "usb1/1-1/1-1:1.0/0003:0627:0001.0001/input/input3/event3",
		  "13:67\n", "input/event3", "input");
	make_node(GPU_DIR "usb1/1-1/1-1:1.0/0003:0627:0001.0001/hidraw/hidraw0",
		  "242:0\n", "hidraw0", "hidraw");
	make_holder("9", "systemd-logind\n", "0::/\n", "/dev/input/event3");
	make_holder("10", "steam\n", "0::/\n", "/dev/hidraw0");
	is_free();
}
END_TEST

START_TEST(headset_is_always_open_and_may_go)
{
	make_node(GPU_DIR "usb1/1-2/1-2:1.0/sound/card3/controlC3", "116:8\n",
		  "snd/controlC3", "sound");
	make_holder("9", "wireplumber\n", "0::/\n", "/dev/snd/controlC3");
	is_free();
}
END_TEST

START_TEST(disks_of_a_usb_controller_are_found)
{
	make_node(GPU_DIR "usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb",
		  "8:16\n", "sdb", "block");
	make_holder("9", "dd\n", "0::/\n", "/dev/sdb");
	is_refused(GPU " is in use by dd (pid 9, /dev/sdb); stop it");
}
END_TEST

START_TEST(functions_below_are_others)
{
	make_node(GPU_DIR "0000:02:00.0/drm/card1", "226:1\n", "dri/card1", "drm");
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1");
	is_free();
}
END_TEST

START_TEST(links_lead_elsewhere)
{
	make_node("sys/devices/virtual/x/card1", "226:1\n", "dri/card1", "drm");
	faketree_link(&tree, GPU_DIR "physfn", "../../../virtual/x");
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1");
	is_free();
}
END_TEST

START_TEST(without_name_of_the_kernel_the_directory_names_the_node)
{
	put("226:1\n", GPU_DIR, "misc/foo/dev");
	make_holder("9", "game\n", "0::/\n", "/dev/foo");
	is_refused(GPU " is in use by game (pid 9, /dev/foo); stop it");
}
END_TEST

START_TEST(what_is_no_number_is_no_node)
{
	put("none\n", GPU_DIR, "misc/foo/dev");
	make_holder("9", "game\n", "0::/\n", "/dev/foo");
	is_free();
	put("1:x\n", GPU_DIR, "misc/foo/dev");
	ck_assert_int_eq(holders_step.apply(&hook, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "read '/sys/bus/pci/devices/" GPU
				  "/misc/foo/dev': minor number 'x' is not a number");
}
END_TEST

START_TEST(devices_that_are_not_the_guests_do_not_matter)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1");
	devices[0].is_hostdev = false;
	is_free();
}
END_TEST

/* --- VFIO and nvidia --- */

static void make_group(void)
{
	faketree_link(&tree, GPU_DIR "iommu_group", "../../../kernel/iommu_groups/12");
	faketree_file(&tree, "dev/vfio/12", "");
	make_holder("9", "qemu-system-x86\n", "0::/\n", "/dev/vfio/12");
}

START_TEST(who_has_the_group_has_the_device)
{
	make_group();
	is_refused(GPU " is in use by qemu-system-x86 (pid 9, /dev/vfio/12); stop it");
	ck_assert_int_eq(holders_await_group(&hook, AUDIO, &err), 0);
	ck_assert_int_eq(holders_await_group(&hook, GPU, &err), -EBUSY);
	ck_assert_str_eq(err.msg, GPU " is in use by qemu-system-x86 (pid 9, "
				      "/dev/vfio/12); stop it");
}
END_TEST

START_TEST(who_has_the_function_by_iommufd_has_the_device)
{
	make_node(GPU_DIR "vfio-dev/vfio0", "511:0\n", "vfio/devices/vfio0", "vfio-dev");
	make_holder("9", "qemu-system-x86\n", "0::/system.slice/x.service\n",
		    "/dev/vfio/devices/vfio0");
	hook.needs.name = NULL; /* it is another guest's that is given back */
	ck_assert_int_eq(holders_await_group(&hook, GPU, &err), -EBUSY);
	ck_assert_str_eq(err.msg, GPU " is in use by qemu-system-x86 (pid 9, "
				      "/dev/vfio/devices/vfio0); stop it");
}
END_TEST

START_TEST(group_that_is_let_go_of_is_waited_for)
{
	make_group();
	config.wait_ms = 10000;
	fake.at = 2000;
	fake.vanishes = "proc/9/fd/7";
	ck_assert_int_eq(holders_await_group(&hook, GPU, &err), 0);
	ck_assert_uint_ge(fake.now, 2000);
}
END_TEST

static void make_nvidia(void)
{
	faketree_link(&tree, GPU_DIR "driver", "../../../../bus/pci/drivers/nvidia");
	faketree_link(&tree, "sys/bus/pci/drivers/nvidia/" GPU, "../x");
	faketree_file(&tree, "sys/bus/pci/drivers/nvidia/unbind", "");
	faketree_file(&tree, "proc/devices",
		      "Character devices:\n  1 mem\n195 nvidia\n195 nvidiactl\n"
		      "511 nvidia-uvm\n\nBlock devices:\n  8 sd\n");
	faketree_file(&tree, "proc/driver/nvidia/gpus/" GPU "/information",
		      "Model: \t\t A\nDevice Minor: \t 1\n");
}

START_TEST(all_of_nvidia_is_in_use_by_who_uses_some_of_it)
{
	make_nvidia();
	make_holder("9", "cuda\n", "0::/\n", "/dev/nvidia-uvm");
	is_refused(GPU " is in use by cuda (pid 9, /dev/nvidia-uvm); stop it");
}
END_TEST

START_TEST(beside_another_nvidia_only_its_own_node_counts)
{
	make_nvidia();
	faketree_link(&tree, "sys/bus/pci/drivers/nvidia/0000:09:00.0", "../y");
	make_holder("9", "cuda\n", "0::/\n", "/dev/nvidiactl");
	make_holder("10", "cuda\n", "0::/\n", "/dev/nvidia0");
	make_holder("11", "cuda\n", "0::/\n", "/dev/nvidia-uvm");
	is_free();
}
END_TEST

START_TEST(own_node_beside_another_nvidia)
{
	make_nvidia();
	faketree_link(&tree, "sys/bus/pci/drivers/nvidia/0000:09:00.0", "../y");
	make_holder("9", "cuda\n", "0::/\n", "/dev/nvidia1");
	is_refused(GPU " is in use by cuda (pid 9, /dev/nvidia1); stop it");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_holders_node");
	TCase *tc = tcase_create("nodes");

	tcase_add_checked_fixture(tc, setup_holders, teardown_holders);
	tcase_add_test(tc, keyboards_are_always_open_and_may_go);
	tcase_add_test(tc, headset_is_always_open_and_may_go);
	tcase_add_test(tc, disks_of_a_usb_controller_are_found);
	tcase_add_test(tc, functions_below_are_others);
	tcase_add_test(tc, links_lead_elsewhere);
	tcase_add_test(tc, without_name_of_the_kernel_the_directory_names_the_node);
	tcase_add_test(tc, what_is_no_number_is_no_node);
	tcase_add_test(tc, devices_that_are_not_the_guests_do_not_matter);
	tcase_add_test(tc, who_has_the_group_has_the_device);
	tcase_add_test(tc, who_has_the_function_by_iommufd_has_the_device);
	tcase_add_test(tc, group_that_is_let_go_of_is_waited_for);
	tcase_add_test(tc, all_of_nvidia_is_in_use_by_who_uses_some_of_it);
	tcase_add_test(tc, beside_another_nvidia_only_its_own_node_counts);
	tcase_add_test(tc, own_node_beside_another_nvidia);
	suite_add_tcase(s, tc);
	return s;
}
