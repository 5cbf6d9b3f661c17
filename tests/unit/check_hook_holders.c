/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "holderfixture.h"
#include "units.h"

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

/* The module of the driver that made a node counts who has it open, by whatever. */
static const struct {
	const char *name;  /* of a node */
	const char *dir;   /* below the GPU's */
	const char *count; /* a directory below that, with the module's count */
	const char *refcnt;
	bool is_found; /* in the maps */
} counts[] = {
	{ "dri/card1", "drm/card1", "device/driver/module", "0\n", false },
	{ "dri/card1", "drm/card1", "device/driver/module", "1\n", true },
	{ "dri/card1", "drm/card1", "device/driver", "0\n", true },
	{ "dri/card1", "virtio0/drm/card1", "device/driver/module", "2\n", true },
	{ "fb1", "graphics/fb1", "device/driver/module", "0\n", false },
	{ "snd/pcmC9D0p", "sound/card9/pcmC9D0p", "device/device/driver/module", "0\n",
	  false },
	{ "snd/pcmC9D0p", "sound/card9/pcmC9D0p", "device/driver/module", "0\n", true },
	{ "snd/pcmC9D0p", "usb3/3-1/pcmC9D0p", "device/device/driver/module", "0\n",
	  true },
	{ "nvidia7", "x/nvidia7", "device/driver/module", "0\n", true },
	{ "i2c-3", "i2c-3/i2c-dev/i2c-3", "device/driver/module", "1\n", false },
};

START_TEST(maps_are_read_only_of_what_has_users)
{
	char dir[256], count[512], text[256];

	(void)snprintf(dir, sizeof(dir), GPU_DIR "%s", counts[_i].dir);
	make_node(dir, "226:1\n", counts[_i].name, "drm");
	(void)snprintf(count, sizeof(count), "%s/%s", dir, counts[_i].count);
	put(counts[_i].refcnt, count, "refcnt");
	make_process("9", "game\n", "0::/\n");
	(void)snprintf(text, sizeof(text),
		       "7f1c2e000000-7f1c2f000000 rw-s 00000000 00:05 412     /dev/%s\n",
		       counts[_i].name);
	put(text, "proc/9", "maps");
	if (!counts[_i].is_found) {
		is_free();
		return;
	}
	(void)snprintf(text, sizeof(text),
		       GPU " is in use by game (pid 9, /dev/%s); stop it",
		       counts[_i].name);
	is_refused(text);
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

/* Sound servers are told to let go of cards first; maps are long. */
START_TEST(what_may_go_yet_is_no_holder_before_anything_is_changed)
{
	make_card();
	make_node(AUDIO_DIR "sound/card0/controlC0", "116:5\n", "snd/controlC0", "sound");
	make_holder("9", "wireplumber\n", "0::/\n", "/dev/snd/controlC0");
	make_process("10", "game\n", "0::/\n");
	put("7f1c2e000000-7f1c2f000000 rw-s 00000000 00:05 412     /dev/dri/card1\n",
	    "proc/10", "maps");
	ck_assert_msg(holders_step.check(&hook, &err) == 0, "%s", err.msg);
	is_refused(AUDIO
		   " is in use by wireplumber (pid 9, /dev/snd/controlC0); stop it");
	ck_assert_int_eq(unlinkat(tree.root.fd, "proc/9/fd/7", 0), 0);
	is_refused(GPU " is in use by game (pid 10, /dev/dri/card1); stop it");
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
	tcase_add_loop_test(tc, maps_are_read_only_of_what_has_users, 0,
			    ARRAY_SIZE(counts));
	tcase_add_test(tc, node_that_was_removed_is_in_use);
	tcase_add_test(tc, names_that_only_begin_alike_are_others);
	tcase_add_test(tc, node_in_chroot_is_the_same);
	tcase_add_test(tc, name_of_process_cannot_break_the_line);
}

static void add_time(TCase *tc)
{
	tcase_add_test(tc, who_goes_after_three_seconds_was_waited_for);
	tcase_add_test(tc, who_does_not_go_is_waited_for_as_long_as_configured);
	tcase_add_test(tc, what_does_not_go_by_itself_is_refused_at_once);
	tcase_add_test(tc, before_anything_is_changed_holders_are_refused);
	tcase_add_test(tc, what_may_go_yet_is_no_holder_before_anything_is_changed);
	tcase_add_test(tc, with_units_to_stop_holders_are_looked_for_afterwards);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_holders");
	TCase *tc = tcase_create("holders");

	tcase_add_checked_fixture(tc, setup_holders, teardown_holders);
	add_processes(tc);
	add_time(tc);
	suite_add_tcase(s, tc);
	return s;
}
