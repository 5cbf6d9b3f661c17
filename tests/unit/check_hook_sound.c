/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "hostfixture.h"

#define CARD   "sys/bus/pci/devices/" FAKEHOST_GPU_AUDIO "/sound/card2"
#define SERVER "proc/1700/fd/8" /* wireplumber has the card open */
#define UNBIND "sys/bus/pci/drivers/snd_hda_intel/unbind=" FAKEHOST_GPU_AUDIO
#define REMOVE CARD "/uevent=remove"
#define CHANGE CARD "/uevent=change"
#define TOLD   "<6> sound: sound servers are told that the sound card of "

static const struct fakeguest gpu = {
	.name = "gpu",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
	.metadata = "<v:stop unit='gdm.service'/>",
};

/* With nothing to be stopped, holders are looked for before anything is done. */
static const struct fakeguest headless = {
	.name = "headless",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
	.metadata = "",
};

static const struct fakeguest nic = {
	.name = "nic",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

static void call(const struct fakeguest *guest, const char *operation)
{
	call_hook(guest, operation, NULL);
}

static void assert_refused(const char *message)
{
	ck_assert_int_lt(last.r, 0);
	ck_assert_str_eq(last.err.msg, message);
	assert_as_before();
}

START_TEST(sound_server_lets_go_and_has_its_card_back)
{
	call(&gpu, "prepare");
	assert_works();
	assert_told(TOLD FAKEHOST_GPU_AUDIO " goes\n");
	ck_assert(!fakefile_has(root, SERVER));
	ck_assert_uint_gt(place_of(REMOVE), 0);
	ck_assert_uint_lt(place_of(REMOVE), place_of(UNBIND));
	call(&gpu, "release");
	assert_works();
	ck_assert(fakefile_has(root, SERVER));
	assert_as_before();
}
END_TEST

START_TEST(sound_server_is_no_holder_before_it_was_told)
{
	fakefile_remove(root, "proc/1200/fd/5"); /* of the display manager */
	again();
	call(&headless, "prepare");
	assert_works();
	ck_assert_uint_lt(last.ms, 1000);
	call(&headless, "release");
	assert_works();
	assert_as_before();
}
END_TEST

START_TEST(who_does_not_listen_is_waited_for_and_named)
{
	fakefile_remove(root, ".kernel/listeners/card2");
	again();
	call(&gpu, "prepare");
	assert_refused(FAKEHOST_GPU_AUDIO
		       " is in use by wireplumber (pid 1700, /dev/snd/controlC2); stop "
		       "it, as the user 1000: systemctl --user stop wireplumber.service");
	ck_assert_uint_ge(last.ms, 10000);
	ck_assert_uint_le(last.ms, 11000);
	ck_assert_uint_eq(place_of(UNBIND), 0);
}
END_TEST

START_TEST(sound_server_has_its_card_back_when_another_keeps_it)
{
	fakefile_put(root, "mpv", "proc/1400/comm");
	fakefile_put(root, "0::/user.slice/session-1.scope", "proc/1400/cgroup");
	fakefile_link(root, "/dev/snd/controlC2", "proc/1400/fd/3");
	again();
	call(&gpu, "prepare");
	assert_refused(FAKEHOST_GPU_AUDIO
		       " is in use by mpv (pid 1400, /dev/snd/controlC2); stop it");
	ck_assert_uint_gt(place_of(CHANGE), 0);
	ck_assert(fakefile_has(root, SERVER));
}
END_TEST

/* Else what it has still to tell of the card would come after what the hook tells. */
START_TEST(udev_is_waited_for_before_servers_are_told)
{
	call(&gpu, "prepare");
	assert_works();
	ck_assert_uint_lt(last.ms, 10000);
	call(&gpu, "release");
	fakefile_put(root, "", "run/udev/queue");
	again();
	call(&gpu, "prepare");
	assert_works();
	ck_assert_uint_ge(last.ms, 10000);
	ck_assert_uint_lt(last.ms, 20000);
	assert_told("<4> sound: udev still has events to deal with: who is told of a "
		    "device now may be told something older of it afterwards\n");
	call(&gpu, "release");
	assert_as_before();
}
END_TEST

/* Its codecs are looked for in the background; the kernel's own events tell of nodes. */
START_TEST(card_that_has_no_node_yet_is_not_announced)
{
	call(&gpu, "prepare");
	fakefile_remove(
		root,
		".kernel/hidden/sys!devices!pci0000:00!0000:00:02.0!" FAKEHOST_GPU_AUDIO
		"!sound!card2/controlC2");
	call(&gpu, "release");
	assert_works();
	ck_assert_uint_gt(place_of("sys/bus/pci/drivers_probe=" FAKEHOST_GPU_AUDIO), 0);
	ck_assert_uint_eq(place_of(CHANGE), 0);
}
END_TEST

START_TEST(event_that_cannot_be_sent_refuses_the_start)
{
	fakefaults_add(&host_faults, FAKEFAULT_EIO, 0, CARD "/uevent")->value = "remove";
	call(&gpu, "prepare");
	assert_refused("write 'remove' to '/" CARD "/uevent': Input/output error");
}
END_TEST

START_TEST(card_that_hangs_is_not_touched_any_more)
{
	fakefaults_add(&host_faults, FAKEFAULT_HANG, 0, CARD "/uevent")->value = "remove";
	call(&gpu, "prepare");
	ck_assert_int_eq(last.r, -ETIMEDOUT);
	ck_assert(!fakekernel_was_wedge_touched(root));
	call(&gpu, "release");
	ck_assert(!fakekernel_was_wedge_touched(root));
}
END_TEST

START_TEST(functions_without_a_card_are_left_alone)
{
	call(&nic, "prepare");
	assert_works();
	ck_assert_ptr_null(strstr(buf_text(&last.account), "sound"));
	call(&nic, "release");
	assert_as_before();
}
END_TEST

/* Another driver has it, or none: there is no card to give back. */
START_TEST(card_that_has_not_come_back_is_no_failure)
{
	call(&gpu, "prepare");
	assert_works();
	fakefaults_add(&host_faults, FAKEFAULT_NOTHING, 0, "sys/bus/pci/drivers_probe")
		->value = FAKEHOST_GPU_AUDIO;
	call(&gpu, "release");
	assert_driver(FAKEHOST_GPU_AUDIO, "");
	ck_assert_uint_eq(place_of(CHANGE), 0);
	host_faults.n = 0;
	call(&gpu, "release");
	assert_works();
	assert_as_before();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_sound");
	TCase *tc = tcase_create("sound");

	tcase_add_checked_fixture(tc, setup_host, teardown_host);
	tcase_add_test(tc, sound_server_lets_go_and_has_its_card_back);
	tcase_add_test(tc, sound_server_is_no_holder_before_it_was_told);
	tcase_add_test(tc, who_does_not_listen_is_waited_for_and_named);
	tcase_add_test(tc, sound_server_has_its_card_back_when_another_keeps_it);
	tcase_add_test(tc, udev_is_waited_for_before_servers_are_told);
	tcase_add_test(tc, card_that_has_no_node_yet_is_not_announced);
	tcase_add_test(tc, event_that_cannot_be_sent_refuses_the_start);
	tcase_add_test(tc, card_that_hangs_is_not_touched_any_more);
	tcase_add_test(tc, functions_without_a_card_are_left_alone);
	tcase_add_test(tc, card_that_has_not_come_back_is_no_failure);
	suite_add_tcase(s, tc);
	return s;
}
