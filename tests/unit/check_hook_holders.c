/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faketree.h"
#include "holders.h"
#include "host/sysfs.h"
#include "steps.h"
#include "suite.h"
#include "units.h"

#define GPU   "0000:01:00.0"
#define AUDIO "0000:01:00.1"
#define GPU_DIR                                                          \
	"sys/devices/pci0000:00/0000:00:01.0/" GPU /* behind its port */ \
	"/"
#define AUDIO_DIR "sys/devices/pci0000:00/0000:00:01.0/" AUDIO "/"

static struct faketree tree;

/* A clock, and something that happens at a time. */
static struct {
	uint64_t now;
	uint64_t at;
	const char *vanishes; /* a path */
} fake;

static struct need_device devices[2];
static struct config config;
static struct effects effects;
static struct hook hook;
static struct error err;

/* --- the hook's surroundings --- */

static uint64_t fake_now(UNUSED void *data)
{
	return fake.now;
}

static void fake_wait(UNUSED void *data, unsigned ms)
{
	fake.now += ms;
	if (fake.vanishes && fake.now >= fake.at) {
		ck_assert_int_eq(unlinkat(tree.root.fd, fake.vanishes, 0), 0);
		fake.vanishes = NULL;
	}
}

static void quiet(UNUSED const struct account *account, UNUSED int priority,
		  UNUSED const char *text, UNUSED void *data)
{
}

static void make_function(const char *address, const char *dir)
{
	char link[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	char class[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(link, &err, "sys/bus/pci/devices/%s", address), 0);
	ck_assert_int_eq(sysfs_path(target, &err, "../../../../%s", dir), 0);
	ck_assert_int_eq(sysfs_path(class, &err, "%sclass", dir), 0);
	faketree_file(&tree, class, "0x030000\n");
	target[strlen(target) - 1] = '\0';
	faketree_link(&tree, link, target);
}

static void setup(void)
{
	static const struct effects_ops ops = { .now = fake_now, .wait = fake_wait };

	faketree_setup(&tree);
	make_function(GPU, GPU_DIR);
	make_function(AUDIO, AUDIO_DIR);
	faketree_file(&tree, "proc/self/mountinfo", "");
	devices[0] = (struct need_device){ .address = GPU, .is_hostdev = true };
	devices[1] = (struct need_device){ .address = AUDIO, .is_hostdev = true };
	config = (struct config){ .wait_ms = 1000, .prepare_ms = 60000 };
	effects = (struct effects){ .ops = &ops };
	fake.now = 1000;
	fake.vanishes = NULL;
	hook = HOOK_NONE;
	hook.root = &tree.root;
	hook.effects = &effects;
	hook.config = &config;
	hook.account.send = quiet;
	hook.needs.name = "win";
	hook.needs.devices = devices;
	hook.needs.n_devices = 2;
	hook.end = fake.now + config.prepare_ms;
	err = (struct error){ 0 };
}

static void teardown(void)
{
	undo_logs_done(&hook.logs);
	faketree_teardown(&tree);
}

/* --- what there is --- */

static void put(const char *text, const char *dir, const char *name)
{
	char path[SYSFS_PATH_MAX];

	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/%s", dir, name),
			 (int)sizeof(path));
	faketree_file(&tree, path, text);
}

/* dir is below the function's, or any other in /sys */
static void make_node(const char *dir, const char *number, const char *name,
		      const char *subsystem)
{
	char text[SYSFS_PATH_MAX];
	char path[SYSFS_PATH_MAX];

	put(number, dir, "dev");
	ck_assert_int_eq(sysfs_path(text, &err, "MAJOR=1\nDEVNAME=%s\nDEVTYPE=x\n", name),
			 0);
	put(text, dir, "uevent");
	ck_assert_int_eq(sysfs_path(path, &err, "%s/subsystem", dir), 0);
	ck_assert_int_eq(sysfs_path(text, &err, "../../class/%s", subsystem), 0);
	faketree_link(&tree, path, text);
}

static void make_card(void)
{
	make_node(GPU_DIR "drm/card1", "226:1\n", "dri/card1", "drm");
}

static void put_process(const char *pid, const char *name, const char *text)
{
	char dir[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(dir, &err, "proc/%s", pid), 0);
	put(text, dir, name);
}

static void make_process(const char *pid, const char *comm, const char *cgroup)
{
	put_process(pid, "comm", comm);
	put_process(pid, "cgroup", cgroup);
	put_process(pid, "maps", "");
}

static void make_open(const char *pid, const char *target)
{
	char path[SYSFS_PATH_MAX];

	ck_assert_int_eq(sysfs_path(path, &err, "proc/%s/fd/7", pid), 0);
	faketree_link(&tree, path, target);
}

static void make_holder(const char *pid, const char *comm, const char *cgroup,
			const char *target)
{
	make_process(pid, comm, cgroup);
	make_open(pid, target);
}

/* --- what comes of it --- */

static void is_free(void)
{
	ck_assert_msg(holders_step.apply(&hook, &err) == 0, "%s", err.msg);
}

static void is_refused(const char *text)
{
	ck_assert_int_eq(holders_step.apply(&hook, &err), -EBUSY);
	ck_assert_str_eq(err.msg, text);
	ck_assert_int_eq(err.code, EBUSY);
}

/* --- processes --- */

START_TEST(what_nobody_uses_is_free)
{
	make_card();
	make_holder("1234", "Xorg\n", "0::/\n", "/dev/dri/card0");
	make_process("1235", "bash\n", "0::/\n");
	is_free();
	ck_assert_uint_eq(fake.now, 1000);
}
END_TEST

START_TEST(process_and_its_unit_are_named)
{
	make_card();
	make_holder("1234", "Xorg\n", "0::/system.slice/lightdm.service\n",
		    "/dev/dri/card1");
	is_refused(GPU " is in use by Xorg (pid 1234, /dev/dri/card1); stop it, or name "
		       "its unit: xmltweak --domain 'win' --hook=stop=lightdm.service "
		       "--define");
}
END_TEST

START_TEST(unit_is_the_service_and_not_a_group_below_it)
{
	make_card();
	make_holder(
		"1234", "Xorg\n",
		"12:cpu:/x\n1:name=systemd:/system.slice/system-x.slice/x@1.service/sub\n",
		"/dev/dri/card1");
	is_refused(GPU " is in use by Xorg (pid 1234, /dev/dri/card1); stop it, or name "
		       "its unit: xmltweak --domain 'win' --hook=stop=x@1.service "
		       "--define");
}
END_TEST

START_TEST(without_unit_there_is_none_to_be_named)
{
	make_card();
	make_holder("1234", "Xorg\n", "0::/user.slice/user-1000.slice/session-2.scope\n",
		    "/dev/dri/card1");
	is_refused(GPU " is in use by Xorg (pid 1234, /dev/dri/card1); stop it");
}
END_TEST

START_TEST(services_of_users_are_stopped_by_users)
{
	make_node(AUDIO_DIR "sound/card0/controlC0", "116:5\n", "snd/controlC0", "sound");
	make_holder("77", "wireplumber\n",
		    "0::/user.slice/user-1000.slice/user@1000.service/session.slice/"
		    "wireplumber.service\n",
		    "/dev/snd/controlC0");
	is_refused(AUDIO " is in use by wireplumber (pid 77, /dev/snd/controlC0); stop "
			 "it, as the user 1000: systemctl --user stop "
			 "wireplumber.service");
}
END_TEST

START_TEST(further_processes_are_counted)
{
	make_card();
	make_node(GPU_DIR "drm/renderD129", "226:129\n", "dri/renderD129", "drm");
	make_holder("9", "b\n", "0::/\n", "/dev/dri/renderD129");
	make_holder("10", "c\n", "0::/\n", "/dev/dri/card1");
	make_holder("1234", "Xorg\n", "0::/\n", "/dev/dri/card1");
	is_refused(GPU
		   " is in use by b (pid 9, /dev/dri/renderD129) and 2 more; stop it");
}
END_TEST

START_TEST(session_comes_before_who_opened_for_it)
{
	make_card();
	make_holder("9", "systemd-logind\n", "0::/system.slice/systemd-logind.service\n",
		    "/dev/dri/card1");
	is_refused(GPU " is in use by systemd-logind (pid 9, /dev/dri/card1); end the "
		       "session that it was opened for");
	make_holder("1234", "gnome-shell\n", "0::/\n", "/dev/dri/card1");
	is_refused(GPU " is in use by gnome-shell (pid 1234, /dev/dri/card1) and 1 more; "
		       "stop it");
}
END_TEST

START_TEST(what_is_mapped_is_in_use)
{
	make_card();
	make_process("9", "game\n", "0::/\n");
	put("7f1c2e000000-7f1c2f000000 r-xp 00000000 00:05 4       /usr/lib/libc.so\n"
	    "7f1c2e000000-7f1c2f000000 rw-s 00000000 00:05 412     /dev/dri/card1\n",
	    "proc/9", "maps");
	is_refused(GPU " is in use by game (pid 9, /dev/dri/card1); stop it");
}
END_TEST

START_TEST(node_that_was_removed_is_in_use)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1 (deleted)");
	is_refused(GPU " is in use by game (pid 9, /dev/dri/card1 (deleted)); stop it");
}
END_TEST

START_TEST(names_that_only_begin_alike_are_others)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card10");
	make_holder("10", "vi\n", "0::/\n", "/srv/dev/dri/card1.txt");
	is_free();
}
END_TEST

START_TEST(node_in_chroot_is_the_same)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/srv/old/dev/dri/card1");
	is_refused(GPU " is in use by game (pid 9, /srv/old/dev/dri/card1); stop it");
}
END_TEST

START_TEST(name_of_process_cannot_break_the_line)
{
	make_card();
	make_holder("9", "a\nb\033[2J", "0::/\n", "/dev/dri/card1");
	is_refused(GPU " is in use by a?b?[2J (pid 9, /dev/dri/card1); stop it");
}
END_TEST

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

/* --- time --- */

START_TEST(who_goes_after_three_seconds_was_waited_for)
{
	make_card();
	make_holder("9", "udev-worker\n", "0::/\n", "/dev/dri/card1");
	config.wait_ms = 10000;
	fake.at = 4000;
	fake.vanishes = "proc/9/fd/7";
	is_free();
	ck_assert_uint_ge(fake.now, 4000);
	ck_assert_uint_le(fake.now, 4200);
}
END_TEST

START_TEST(who_does_not_go_is_waited_for_as_long_as_configured)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1");
	config.wait_ms = 3000;
	is_refused(GPU " is in use by game (pid 9, /dev/dri/card1); stop it");
	ck_assert_uint_ge(fake.now, 4000);
	ck_assert_uint_le(fake.now, 4200);
}
END_TEST

START_TEST(what_does_not_go_by_itself_is_refused_at_once)
{
	make_node(GPU_DIR "nvme/nvme0/nvme0n1", "259:0\n", "nvme0n1", "block");
	faketree_file(&tree, "proc/self/mountinfo",
		      "36 35 259:0 / /data rw - ext4 /dev/nvme0n1 rw\n");
	is_refused("'/dev/nvme0n1' of " GPU " is mounted on '/data'; unmount it first");
	ck_assert_uint_eq(fake.now, 1000);
}
END_TEST

START_TEST(before_anything_is_changed_holders_are_refused)
{
	make_card();
	make_holder("9", "game\n", "0::/\n", "/dev/dri/card1");
	ck_assert_int_eq(holders_step.check(&hook, &err), -EBUSY);
	ck_assert_str_eq(err.msg,
			 GPU " is in use by game (pid 9, /dev/dri/card1); stop it");
}
END_TEST

START_TEST(with_units_to_stop_holders_are_looked_for_afterwards)
{
	const char *stop[] = { "display-manager.service" };

	make_card();
	make_holder("9", "Xorg\n", "0::/system.slice/gdm.service\n", "/dev/dri/card1");
	hook.needs.stop = stop;
	hook.needs.n_stop = 1;
	ck_assert_int_eq(holders_step.check(&hook, &err), 0);

	faketree_file(&tree, "run/x", "");
	faketree_file(&tree, "proc/sys/kernel/random/boot_id", "b\n");
	ck_assert_int_eq(undo_logs_open(&hook.logs, &tree.root, true, &err), 0);
	ck_assert_int_eq(undo_logs_add(&hook.log, &hook.logs, "uuid", "win", &err), 0);
	ck_assert_int_eq(
		undo_log_add(hook.log, NULL, &err, UNITS_CLAIM, "gdm.service", NULL), 0);
	is_refused(GPU " is in use by Xorg (pid 9, /dev/dri/card1); it did not end with "
		       "its unit 'gdm.service', so stop it");
}
END_TEST

static void add_processes(TCase *tc)
{
	tcase_add_test(tc, what_nobody_uses_is_free);
	tcase_add_test(tc, process_and_its_unit_are_named);
	tcase_add_test(tc, unit_is_the_service_and_not_a_group_below_it);
	tcase_add_test(tc, without_unit_there_is_none_to_be_named);
	tcase_add_test(tc, services_of_users_are_stopped_by_users);
	tcase_add_test(tc, further_processes_are_counted);
	tcase_add_test(tc, session_comes_before_who_opened_for_it);
	tcase_add_test(tc, what_is_mapped_is_in_use);
	tcase_add_test(tc, node_that_was_removed_is_in_use);
	tcase_add_test(tc, names_that_only_begin_alike_are_others);
	tcase_add_test(tc, node_in_chroot_is_the_same);
	tcase_add_test(tc, name_of_process_cannot_break_the_line);
	tcase_add_test(tc, keyboards_are_always_open_and_may_go);
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
}

static void add_time(TCase *tc)
{
	tcase_add_test(tc, who_goes_after_three_seconds_was_waited_for);
	tcase_add_test(tc, who_does_not_go_is_waited_for_as_long_as_configured);
	tcase_add_test(tc, what_does_not_go_by_itself_is_refused_at_once);
	tcase_add_test(tc, before_anything_is_changed_holders_are_refused);
	tcase_add_test(tc, with_units_to_stop_holders_are_looked_for_afterwards);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_holders");
	TCase *tc = tcase_create("holders");

	tcase_add_checked_fixture(tc, setup, teardown);
	add_processes(tc);
	add_time(tc);
	suite_add_tcase(s, tc);
	return s;
}
