/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostfixture.h"

#define CONSOLE  "sys/class/vtconsole/vtcon1"
#define TAKE     CONSOLE "/bind=0"
#define BIND     CONSOLE "/bind=1"
#define FIRMWARE "sys/bus/platform/drivers/efi-framebuffer/"
#define EVICT    FIRMWARE "unbind=efi-framebuffer.0"
#define GPU_DIR  "sys/devices/pci0000:00/0000:00:02.0/" FAKEHOST_GPU
#define OBJECTS  ".kernel/objects/pci/" FAKEHOST_GPU "/amdgpu"
#define NAME     "(M) frame buffer device"
#define NOT_BACK "<4> console: the console '" NAME "' has not come back with "
#define UNBIND   "sys/bus/pci/drivers/amdgpu/unbind=" FAKEHOST_GPU

static const struct fakeguest boot = {
	.name = "boot",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_BOOT_GPU, "0000:01:00.1" },
	.metadata = "",
	.is_boot_gpu = true,
};

static const struct fakeguest gpu = {
	.name = "gpu",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
	.metadata = "<v:stop unit='gdm.service'/>",
};

static void move_console(void)
{
	fakehost_move_console(root);
	again();
}

static void call(const struct fakeguest *guest, const char *operation)
{
	call_hook(guest, operation, NULL);
}

/* --- of a graphics driver --- */

START_TEST(console_goes_before_its_gpu_and_comes_back)
{
	move_console();
	call_works(&gpu, "prepare");
	ck_assert_uint_gt(place_of(TAKE), 0);
	ck_assert_uint_gt(place_of(UNBIND), place_of(TAKE));
	call_works(&gpu, "release");
	assert_told("<6> console: console '" NAME "': back");
	assert_as_before();
}
END_TEST

START_TEST(console_on_another_gpu_stays)
{
	call_works(&gpu, "prepare");
	ck_assert_uint_eq(place_of(TAKE), 0);
	ck_assert_uint_eq(place_of(EVICT), 0);
	call_works(&gpu, "release");
	assert_as_before();
}
END_TEST

START_TEST(console_of_two_framebuffers_is_on_the_first)
{
	fakefile_link(root, "../../../" GPU_DIR "/graphics/fb1",
		      "sys/class/graphics/fb1");
	fakefile_put(root, GPU_DIR "/drm\nsys/class/graphics/fb1", OBJECTS);
	again();
	call_works(&gpu, "prepare");
	ck_assert_uint_eq(place_of(TAKE), 0);
	call_works(&gpu, "release");
	assert_as_before();
}
END_TEST

START_TEST(console_that_nobody_uses_stays_so)
{
	move_console();
	fakefile_put(root, "0", CONSOLE "/bind");
	again();
	call_works(&gpu, "prepare");
	ck_assert_uint_eq(place_of(TAKE), 0);
	call_works(&gpu, "release");
	ck_assert_uint_eq(place_of(BIND), 0);
	assert_as_before();
}
END_TEST

START_TEST(console_is_found_again_by_name)
{
	move_console();
	call_works(&gpu, "prepare");
	fakefile_move(root, ".kernel/hidden/sys!class!vtconsole!vtcon1",
		      ".kernel/hidden/sys!class!vtconsole!vtcon7");
	fakefile_put(root,
		     GPU_DIR "/drm\nsys/class/graphics/fb0\n"
			     "sys/class/vtconsole/vtcon7",
		     OBJECTS);
	call_works(&gpu, "release");
	ck_assert_uint_gt(place_of("sys/class/vtconsole/vtcon7/bind=1"), 0);
}
END_TEST

START_TEST(console_that_comes_late_is_waited_for)
{
	move_console();
	call_works(&gpu, "prepare");
	fakefile_remove(root, ".kernel/hidden/sys!class!vtconsole!vtcon1");
	fakekernel_later(root, 300, NAME, CONSOLE "/name");
	fakekernel_later(root, 300, "0", CONSOLE "/bind");
	call_works(&gpu, "release");
	ck_assert_uint_ge(last.ms, 300);
	ck_assert_uint_gt(place_of(BIND), 0);
	assert_as_before();
}
END_TEST

START_TEST(console_that_never_comes_is_told)
{
	move_console();
	call_works(&gpu, "prepare");
	fakefile_remove(root, ".kernel/hidden/sys!class!vtconsole!vtcon1");
	call_works(&gpu, "release");
	assert_told(NOT_BACK FAKEHOST_GPU "\n");
	ck_assert_uint_ge(last.ms, 10000);
	ck_assert(!fakefile_has(root, "run/vfiokit/%s", gpu.uuid));
}
END_TEST

START_TEST(console_waits_for_its_gpu)
{
	move_console();
	call_works(&gpu, "prepare");
	fakefaults_add(&host_faults, FAKEFAULT_EIO, 0,
		       "sys/bus/pci/drivers/vfio-pci/unbind");
	call(&gpu, "release");
	assert_told("the console '" NAME "' has to wait for its GPU " FAKEHOST_GPU
		    " to be back\n");
	host_faults = (struct fakefaults){ 0 };
	call_works(&gpu, "release");
	assert_as_before();
}
END_TEST

START_TEST(console_that_stays_bound_refuses_the_start)
{
	move_console();
	fakefaults_add(&host_faults, FAKEFAULT_NOTHING, 0, CONSOLE "/bind");
	call(&gpu, "prepare");
	ck_assert_str_eq(last.err.msg, "take the console '" NAME "' from " FAKEHOST_GPU
				       ": the kernel took no notice");
	assert_as_before();
}
END_TEST

START_TEST(console_that_hangs_is_not_touched_again)
{
	move_console();
	fakefaults_add(&host_faults, FAKEFAULT_HANG, 0, CONSOLE "/bind");
	call(&gpu, "prepare");
	ck_assert_int_eq(last.r, -ETIMEDOUT);
	call(&gpu, "release");
	ck_assert(!fakekernel_was_wedge_touched(root));
}
END_TEST

START_TEST(console_without_effect_on_the_way_back_is_told)
{
	move_console();
	call_works(&gpu, "prepare");
	fakefaults_add(&host_faults, FAKEFAULT_NOTHING, 0, CONSOLE "/bind");
	call_works(&gpu, "release");
	assert_told("<4> console: give the console '" NAME
		    "' back: the kernel took no notice; try: echo 1 >/" CONSOLE
		    "/bind\n");
}
END_TEST

/* --- of the firmware --- */

START_TEST(firmware_framebuffer_goes_with_the_boot_gpu_for_good)
{
	call_works(&boot, "prepare");
	assert_told(
		"<4> framebuffer: the host's picture on " FAKEHOST_BOOT_GPU
		" comes from its firmware (efi-framebuffer.0): once the guest has had "
		"the GPU it does not come back before the host boots again\n");
	ck_assert_uint_gt(place_of(TAKE), 0);
	ck_assert_uint_gt(place_of(EVICT), place_of(TAKE));
	call_works(&boot, "release");
	assert_told(
		"<5> framebuffer: the framebuffer efi-framebuffer.0 on " FAKEHOST_BOOT_GPU
		" is gone since a guest had the GPU; it comes back "
		"when the host boots\n");
	assert_told(NOT_BACK "efi-framebuffer.0\n");
	ck_assert_uint_lt(last.ms, 1000); /* nobody waits for what cannot come */
	ck_assert(!fakefile_has(root, "run/vfiokit/%s", boot.uuid));
}
END_TEST

START_TEST(second_start_finds_no_firmware_framebuffer)
{
	call_works(&boot, "prepare");
	call_works(&boot, "release");
	again();
	call_works(&boot, "prepare");
	ck_assert_uint_eq(place_of(EVICT), 0);
	call_works(&boot, "release");
	assert_as_before();
}
END_TEST

START_TEST(failed_start_gives_framebuffer_and_console_back)
{
	fakefaults_add(&host_faults, FAKEFAULT_EIO, 0, "load vfio-pci");
	call(&boot, "prepare");
	ck_assert_int_lt(last.r, 0);
	ck_assert_uint_gt(place_of(EVICT), 0);
	ck_assert_uint_gt(place_of(FIRMWARE "bind=efi-framebuffer.0"), place_of(EVICT));
	ck_assert_uint_gt(place_of(BIND), place_of(FIRMWARE "bind=efi-framebuffer.0"));
	assert_as_before();
}
END_TEST

START_TEST(framebuffer_in_memory_of_others_stays)
{
	fakefile_put(root,
		     "b0000000-b07fffff : 0000:07:00.0\n  b0000000-b07e8fff : BOOTFB",
		     "proc/iomem");
	call_works(&boot, "prepare");
	ck_assert_uint_eq(place_of(EVICT), 0);
	ck_assert_uint_eq(place_of(TAKE), 0);
}
END_TEST

START_TEST(framebuffer_without_memory_is_the_boot_gpus)
{
	fakefile_put(root, "00000000-00000000 : BOOTFB", "proc/iomem");
	call_works(&boot, "prepare");
	ck_assert_uint_gt(place_of(EVICT), 0);
}
END_TEST

START_TEST(framebuffer_that_is_a_child_of_its_gpu_tells_by_that)
{
	fakefile_put(root, "", "proc/iomem");
	fakefile_put(root, "0", "sys/bus/pci/devices/" FAKEHOST_BOOT_GPU "/boot_vga");
	fakefile_remove(root, "sys/bus/platform/devices/efi-framebuffer.0");
	fakefile_move(root, "sys/devices/platform/efi-framebuffer.0",
		      "sys/devices/pci0000:00/0000:00:01.0/" FAKEHOST_BOOT_GPU
		      "/efi-framebuffer.0");
	fakefile_link(root,
		      "/sys/devices/pci0000:00/0000:00:01.0/" FAKEHOST_BOOT_GPU
		      "/efi-framebuffer.0",
		      "sys/bus/platform/devices/efi-framebuffer.0");
	call_works(&boot, "prepare");
	ck_assert_uint_gt(place_of(EVICT), 0);
}
END_TEST

START_TEST(framebuffer_that_stays_refuses_the_start)
{
	fakefaults_add(&host_faults, FAKEFAULT_NOTHING, 0, FIRMWARE "unbind");
	call(&boot, "prepare");
	ck_assert_str_eq(last.err.msg,
			 "take the framebuffer efi-framebuffer.0 from " FAKEHOST_BOOT_GPU
			 ": it is still with the driver efi-framebuffer");
	assert_as_before();
}
END_TEST

START_TEST(framebuffer_that_hangs_is_not_touched_again)
{
	fakefaults_add(&host_faults, FAKEFAULT_HANG, 0, FIRMWARE "unbind");
	call(&boot, "prepare");
	ck_assert_int_eq(last.r, -ETIMEDOUT);
	call(&boot, "release");
	ck_assert(!fakekernel_was_wedge_touched(root));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_console");
	TCase *tc = tcase_create("driver");

	tcase_add_checked_fixture(tc, setup_host, teardown_host);
	tcase_add_test(tc, console_goes_before_its_gpu_and_comes_back);
	tcase_add_test(tc, console_on_another_gpu_stays);
	tcase_add_test(tc, console_of_two_framebuffers_is_on_the_first);
	tcase_add_test(tc, console_that_nobody_uses_stays_so);
	tcase_add_test(tc, console_is_found_again_by_name);
	tcase_add_test(tc, console_that_comes_late_is_waited_for);
	tcase_add_test(tc, console_that_never_comes_is_told);
	tcase_add_test(tc, console_waits_for_its_gpu);
	tcase_add_test(tc, console_that_stays_bound_refuses_the_start);
	tcase_add_test(tc, console_that_hangs_is_not_touched_again);
	tcase_add_test(tc, console_without_effect_on_the_way_back_is_told);
	suite_add_tcase(s, tc);

	tc = tcase_create("firmware");
	tcase_add_checked_fixture(tc, setup_host, teardown_host);
	tcase_add_test(tc, firmware_framebuffer_goes_with_the_boot_gpu_for_good);
	tcase_add_test(tc, second_start_finds_no_firmware_framebuffer);
	tcase_add_test(tc, failed_start_gives_framebuffer_and_console_back);
	tcase_add_test(tc, framebuffer_in_memory_of_others_stays);
	tcase_add_test(tc, framebuffer_without_memory_is_the_boot_gpus);
	tcase_add_test(tc, framebuffer_that_is_a_child_of_its_gpu_tells_by_that);
	tcase_add_test(tc, framebuffer_that_stays_refuses_the_start);
	tcase_add_test(tc, framebuffer_that_hangs_is_not_touched_again);
	suite_add_tcase(s, tc);
	return s;
}
