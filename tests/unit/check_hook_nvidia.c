/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fakehost.h"
#include "suite.h"

#define NVIDIA "sys/bus/pci/drivers/nvidia"
#define OTHER  "0000:07:00.0"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakefaults faults;
static char *before;

static const struct fakeguest guest = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_BOOT_GPU, "0000:01:00.1" },
	.metadata = "",
	.is_boot_gpu = true,
};

/* The framebuffer of a boot GPU does not come back, which is another story. */
static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	fakefile_remove(root, ".kernel/firmware-framebuffer");
	before = fakehost_snapshot(root);
	faults = (struct fakefaults){ 0 };
}

static void teardown(void)
{
	free(before);
	faketree_teardown(&tree);
}

static void call(const char *operation, int want, const char *message)
{
	struct fakecall call = { .guest = &guest,
				 .operation = operation,
				 .faults = &faults };

	(void)!fakehost_call(root, &call);
	ck_assert_msg(call.r == want, "%s: %d %s\n%s", operation, call.r, call.err.msg,
		      buf_text(&call.account));
	if (want < 0)
		ck_assert_str_eq(call.err.msg, message);
	fakecall_done(&call);
}

static void assert_as_before(void)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);

	ck_assert_str_eq(difference, "");
}

/* Where it comes among the effects, 0: it does not. */
static size_t effect(const char *name)
{
	for (size_t i = 0; i < faults.n_effects; i++) {
		if (strcmp(faults.effects[i].name, name) == 0)
			return i + 1;
	}
	return 0;
}

static void assert_driver(const char *want)
{
	char driver[FAKEFILE_MAX];

	(void)fakefile_link_name(root, driver,
				 "sys/bus/pci/devices/" FAKEHOST_BOOT_GPU "/driver");
	ck_assert_str_eq(driver, want);
}

START_TEST(modules_are_unloaded_in_order_and_come_back)
{
	call("prepare", 0, "");
	assert_driver("vfio-pci");
	ck_assert(!fakefile_has(root, NVIDIA));
	ck_assert_uint_gt(effect("unload nvidia_drm"), 0);
	ck_assert_uint_gt(effect("unload nvidia_modeset"), effect("unload nvidia_drm"));
	ck_assert_uint_gt(effect("unload nvidia"), effect("unload nvidia_modeset"));
	ck_assert_uint_eq(effect("unload nvidia_uvm"), 0); /* it was not loaded */
	ck_assert_uint_eq(effect(NVIDIA "/unbind"), 0);

	faults.n_effects = 0;
	call("release", 0, "");
	assert_driver("nvidia");
	ck_assert_uint_gt(effect("load nvidia"), 0);
	ck_assert_uint_gt(effect("load nvidia_modeset"), effect("load nvidia"));
	ck_assert_uint_gt(effect("load nvidia_drm"), effect("load nvidia_modeset"));
	ck_assert_uint_gt(effect("load nvidia"),
			  effect("sys/bus/pci/drivers/vfio-pci/unbind"));
	assert_as_before();
}
END_TEST

START_TEST(nobody_can_probe_it_meanwhile)
{
	char override[FAKEFILE_MAX];

	fakefaults_add(&faults, FAKEFAULT_EBUSY, 0, "unload nvidia");
	fakefaults_add(&faults, FAKEFAULT_EIO, 0,
		       "sys/bus/pci/devices/" FAKEHOST_BOOT_GPU "/driver_override");
	call("prepare", -EIO,
	     "write 'vfio-pci' to '/sys/bus/pci/devices/" FAKEHOST_BOOT_GPU
	     "/driver_override': Input/output error");
	ck_assert_uint_eq(effect("unload nvidia_drm"), 0);
	(void)fakefile_get(root, override,
			   "sys/bus/pci/devices/" FAKEHOST_BOOT_GPU "/driver_override");
	ck_assert_str_eq(override, "(null)");
	assert_as_before();
}
END_TEST

START_TEST(module_in_use_by_the_kernel_is_refused)
{
	fakefile_put(root, "1", "sys/module/nvidia_drm/refcnt");
	free(before);
	before = fakehost_snapshot(root);
	call("prepare", -EBUSY,
	     "the module 'nvidia_drm' is in use by the kernel itself; the GPU can only "
	     "be had without it");
	assert_driver("nvidia");
	assert_as_before();
}
END_TEST

START_TEST(module_in_use_by_another_is_refused)
{
	fakefile_put(root, "1", "sys/module/nvidia_modeset/refcnt");
	fakefile_put(root, "2", "sys/module/nvidia/refcnt");
	fakefile_dir(root, "sys/module/nvidia/holders/nvidia_fs");
	call("prepare", -EBUSY,
	     "the module 'nvidia' is in use by the module 'nvidia_fs'; the GPU can only "
	     "be had without it");
	assert_driver("nvidia");
	ck_assert(fakefile_has(root, "sys/module/nvidia_drm"));
	ck_assert(fakefile_has(root, "sys/module/nvidia_modeset"));
}
END_TEST

START_TEST(process_is_refused_before_anything_happens)
{
	fakefile_put(root, "cuda", "proc/1300/comm");
	fakefile_put(root, "", "proc/1300/maps");
	fakefile_link(root, "/dev/nvidiactl", "proc/1300/fd/3");
	free(before);
	before = fakehost_snapshot(root);
	call("prepare", -EBUSY,
	     FAKEHOST_BOOT_GPU " is in use by cuda (pid 1300, /dev/nvidiactl); stop it");
	ck_assert_uint_eq(faults.n_effects, 0);
	assert_as_before();
}
END_TEST

START_TEST(with_another_gpu_of_the_driver_it_is_unbound)
{
	fakefile_link(root, "/sys/devices/x/" OTHER, NVIDIA "/" OTHER);
	call("prepare", 0, "");
	assert_driver("vfio-pci");
	ck_assert_uint_gt(effect(NVIDIA "/unbind"), 0);
	ck_assert_uint_eq(effect("unload nvidia_drm"), 0);
	ck_assert(fakefile_has(root, "sys/module/nvidia_drm"));
	call("release", 0, "");
	assert_driver("nvidia");
}
END_TEST

START_TEST(unload_that_hangs_is_not_touched_again)
{
	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "unload nvidia_modeset");
	call("prepare", -ETIMEDOUT,
	     "unload nvidia_modeset: the kernel has not come back for "
	     "10.0 s");
	faults.n_effects = 0;
	call("release", 0, "");
	ck_assert_uint_eq(effect("load nvidia_modeset"), 0);
	ck_assert_uint_eq(effect("load nvidia_drm"), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_nvidia");
	TCase *tc = tcase_create("nvidia");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, modules_are_unloaded_in_order_and_come_back);
	tcase_add_test(tc, nobody_can_probe_it_meanwhile);
	tcase_add_test(tc, module_in_use_by_the_kernel_is_refused);
	tcase_add_test(tc, module_in_use_by_another_is_refused);
	tcase_add_test(tc, process_is_refused_before_anything_happens);
	tcase_add_test(tc, with_another_gpu_of_the_driver_it_is_unbound);
	tcase_add_test(tc, unload_that_hangs_is_not_touched_again);
	suite_add_tcase(s, tc);
	return s;
}
