/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "seatfixture.h"
#include "suite.h"

#define WIN11_KBD "vfiokit-win11-event-kbd"
#define TWO       "[guest win11]\nlive = always\n[guest linux]\nreads = passthrough\n"

static struct seatfixture fixture;
static struct error err;

static void setup(void)
{
	err = (struct error){ 0 };
	seatfixture_setup(&fixture, TWO);
}

static void teardown(void)
{
	seatfixture_teardown(&fixture);
}

static void do_switch(const char *name)
{
	seat_wake(fixture.seat);
	ck_assert_msg(seat_switch(fixture.seat, name, &err) == 0, "%s", err.msg);
	seatfixture_pump(&fixture);
}

static void press(unsigned code)
{
	fakeinput_key(fixture.keyboard, code, 1);
	fakeinput_key(fixture.keyboard, code, 0);
	seatfixture_pump(&fixture);
}

static void assert_host_saw(const struct fakeinput_device *device, const char *expected)
{
	CLEANUP_BUF struct buf saw = BUF_NONE;

	fakeinput_host_log(device, &saw);
	ck_assert_str_eq(buf_text(&saw), expected);
}

START_TEST(every_guest_has_its_nodes_from_the_start)
{
	ck_assert_uint_eq(fixture.nodes.n, 4);
	ck_assert_str_eq(fixture.nodes.v[0].name, WIN11_KBD);
	ck_assert_str_eq(fixture.nodes.v[0].phys, "vfiokit/win11/keyboard");
	ck_assert_str_eq(fixture.nodes.v[3].name, "vfiokit-linux-event-mouse");
	ck_assert(seat_is_linked(fixture.seat));
}
END_TEST

START_TEST(what_is_typed_goes_to_who_has_the_input)
{
	press(KEY_A);
	seatfixture_assert_sent(&fixture, "");
	assert_host_saw(fixture.keyboard, "+30 -30");
	do_switch("win11");
	press(KEY_B);
	fakeinput_move(fixture.mouse, 7);
	seatfixture_assert_sent(&fixture,
				WIN11_KBD ": b+\n" WIN11_KBD ": b-\n"
					  "vfiokit-win11-event-mouse: rel_x:7\n");
	do_switch("host");
	press(KEY_C);
	seatfixture_assert_sent(&fixture, "");
	assert_host_saw(fixture.keyboard, "+30 -30 +46 -46");
}
END_TEST

START_TEST(a_chord_held_at_the_switch_is_released_on_the_host)
{
	fakeinput_key(fixture.keyboard, KEY_LEFTCTRL, 1);
	fakeinput_key(fixture.keyboard, KEY_RIGHTCTRL, 1);
	seatfixture_pump(&fixture);
	ck_assert_uint_eq(router_current(fixture.seat->router), 1);
	ck_assert_int_eq(fixture.keyboard->owner, FAKEINPUT_EVGRAB);
	assert_host_saw(fixture.keyboard, "+29 +97 -29 -97");
	fakeinput_key(fixture.keyboard, KEY_RIGHTCTRL, 0);
	fakeinput_key(fixture.keyboard, KEY_LEFTCTRL, 0);
	press(KEY_A);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a+\n" WIN11_KBD ": a-\n");
}
END_TEST

START_TEST(an_unplugged_keyboard_leaves_nothing_down)
{
	do_switch("win11");
	fakeinput_key(fixture.keyboard, KEY_A, 1);
	seatfixture_pump(&fixture);
	fakeinput_unplug(fixture.keyboard);
	seatfixture_pump(&fixture);
	seatfixture_unplug(&fixture, fixture.keyboard);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a+\n" WIN11_KBD ": a-\n");
}
END_TEST

START_TEST(a_busy_device_is_said_and_tried_again)
{
	struct seat *seat = fixture.seat;

	fixture.keyboard->owner = FAKEINPUT_ANOTHER;
	do_switch("win11");
	ck_assert_int_eq(router_group(seat->router, 0), ROUTER_GROUP_REFUSED);
	ck_assert_int_eq(router_group(seat->router, 1), ROUTER_GROUP_GRABBED);
	ck_assert_ptr_nonnull(strstr(seat->busy[0], "somebody else has grabbed it"));
	fixture.keyboard->owner = FAKEINPUT_NOBODY;
	ck_assert_uint_lt(seat_deadline(seat), UINT64_MAX);
	seat->now = seat_deadline(seat);
	seat_tick(seat);
	seatfixture_pump(&fixture);
	ck_assert_int_eq(router_group(seat->router, 0), ROUTER_GROUP_GRABBED);
	ck_assert_str_eq(seat->busy[0], "");
}
END_TEST

START_TEST(leds_that_a_guest_sets_are_on_the_keyboard_while_it_has_it)
{
	fakenode_led(&fixture.nodes, WIN11_KBD, LED_CAPSL, true);
	seatfixture_pump(&fixture);
	ck_assert_uint_eq(fixture.keyboard->state.leds, 0);
	do_switch("win11");
	ck_assert_uint_eq(fixture.keyboard->state.leds, 1u << LED_CAPSL);
	fakenode_led(&fixture.nodes, WIN11_KBD, LED_NUML, true);
	seatfixture_pump(&fixture);
	ck_assert_uint_eq(fixture.keyboard->state.leds, 1u << LED_CAPSL | 1u << LED_NUML);
	do_switch("host");
	ck_assert_uint_eq(fixture.keyboard->state.leds, 0);
}
END_TEST

/* The consoles set those of all keyboards with the end of each grab. */
START_TEST(the_host_has_the_leds_of_all_its_keyboards_back)
{
	struct fakeinput_device *second =
		fakeinput_keyboard(&fixture.input, "Another Keyboard");

	seatfixture_plug(&fixture, second);
	fakeinput_led(fixture.keyboard, LED_NUML, true);
	fakeinput_led(second, LED_NUML, true);
	fakeinput_led(second, LED_SCROLLL, true);
	for (int i = 0; i < 2; i++) {
		do_switch("win11");
		ck_assert_uint_eq(fixture.keyboard->state.leds, 0);
		ck_assert_uint_eq(second->state.leds, 0);
		do_switch("host");
		ck_assert_uint_eq(fixture.keyboard->state.leds, 1u << LED_NUML);
		ck_assert_uint_eq(second->state.leds, 1u << LED_NUML | 1u << LED_SCROLLL);
	}
	/* nor does an attempt that fails cost any */
	second->owner = FAKEINPUT_ANOTHER;
	do_switch("win11");
	ck_assert_uint_eq(second->state.leds, 1u << LED_NUML | 1u << LED_SCROLLL);
	do_switch("host");
	ck_assert_uint_eq(fixture.keyboard->state.leds, 1u << LED_NUML);
}
END_TEST

START_TEST(a_node_that_cannot_be_written_costs_its_frames_only)
{
	const struct seat_node *node = &fixture.seat->guests[1].nodes[ROLE_KEYBOARD];

	do_switch("win11");
	fixture.nodes.write_errno = ENODEV;
	press(KEY_A);
	ck_assert_uint_eq(node->lost, 2);
	fixture.nodes.write_errno = 0;
	press(KEY_B);
	ck_assert_uint_eq(node->frames, 2);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": b+\n" WIN11_KBD ": b-\n");
}
END_TEST

/* As after a moment in which the daemon did not run. */
START_TEST(frames_that_were_read_together_are_written_together)
{
	CLEANUP_BUF struct buf expected = BUF_NONE;

	do_switch("win11");
	for (int i = 1; i <= DEVICE_BATCH; i++) {
		fakeinput_move(fixture.mouse, i);
		buf_addf(&expected, "vfiokit-win11-event-mouse: rel_x:%d\n", i);
	}
	seatfixture_assert_sent(&fixture, buf_text(&expected));
	ck_assert_uint_eq(fixture.nodes.n_writes, 2);
	ck_assert_uint_eq(fixture.seat->guests[1].nodes[ROLE_MOUSE].frames, DEVICE_BATCH);
}
END_TEST

START_TEST(frames_for_two_nodes_keep_their_order)
{
	const struct input_event events[] = {
		{ .type = EV_KEY, .code = KEY_A, .value = 1 },
		{ .type = EV_SYN, .code = SYN_REPORT },
		{ .type = EV_KEY, .code = BTN_LEFT, .value = 1 },
		{ .type = EV_SYN, .code = SYN_REPORT },
		{ .type = EV_KEY, .code = KEY_A, .value = 0 },
		{ .type = EV_SYN, .code = SYN_REPORT },
	};

	do_switch("win11");
	fakeinput_queue(fixture.keyboard, events, ARRAY_SIZE(events));
	seatfixture_assert_sent(&fixture, WIN11_KBD
				": a+\nvfiokit-win11-event-mouse: btn_left+\n" WIN11_KBD
				": a-\n");
}
END_TEST

static size_t sent_when_ungrabbed;

static void look_before(struct fakeinput *fake, UNUSED unsigned call)
{
	if (fake->v[0].owner == FAKEINPUT_EVGRAB)
		sent_when_ungrabbed = fixture.nodes.log.len;
}

/* What was read in the same moment, and its releases, are the guest's before that. */
START_TEST(the_guest_lets_go_before_the_host_gets_hold)
{
	do_switch("win11");
	press(KEY_B);
	buf_cut(&fixture.nodes.log, 0);
	fakeinput_key(fixture.keyboard, KEY_A, 1);
	fakeinput_key(fixture.keyboard, KEY_A, 0);
	fakeinput_key(fixture.keyboard, KEY_LEFTCTRL, 1);
	fakeinput_key(fixture.keyboard, KEY_RIGHTCTRL, 1);
	fixture.input.before = look_before;
	seatfixture_pump(&fixture);
	fixture.input.before = NULL;
	ck_assert_int_eq(fixture.keyboard->owner, FAKEINPUT_NOBODY);
	ck_assert_uint_gt(sent_when_ungrabbed, 0);
	ck_assert_uint_eq(sent_when_ungrabbed, fixture.nodes.log.len);
	seatfixture_assert_sent(&fixture,
				WIN11_KBD ": a+\n" WIN11_KBD ": a-\n" WIN11_KBD
					  ": leftctrl+\n" WIN11_KBD ": leftctrl-\n");
}
END_TEST

/* The descriptor of a node as systemd would give it to the next daemon. */
static void keep(const char *name, enum role role, unsigned target)
{
	struct store *store = &fixture.store;

	store->v[store->n].fd = dup(fixture.seat->guests[target].nodes[role].vnode.fd);
	strcpy(store->v[store->n++].name, name);
}

START_TEST(the_next_daemon_goes_on_with_the_same_nodes)
{
	struct config *config;

	do_switch("win11");
	seat_wake(fixture.seat);
	ck_assert_int_eq(seat_set_live(fixture.seat, "linux", true, &err), 0);
	fakeinput_key(fixture.keyboard, KEY_A, 1);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a+\n");
	ck_assert_str_eq(fixture.store.state, "current win11\nlive win11\nlive linux\n");
	keep("linux.mouse", ROLE_MOUSE, 2);
	keep("win11.keyboard", ROLE_KEYBOARD, 1);

	/* killed: nothing was released, the kernel has ended the grabs */
	seat_free(TAKE_PTR(fixture.seat));
	buf_cut(&fixture.nodes.log, 0);
	keys_set(&fixture.nodes.v[0].state.keys, KEY_A, true);
	ck_assert_int_eq(config_parse(&config, TWO, "evgrab.conf", &err), 0);
	ck_assert_int_eq(seat_new(&fixture.seat, config, &fixture.loop, &fixture.store,
				  &fixture.options, &err),
			 0);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a-\n");
	ck_assert(fixture.seat->guests[1].nodes[ROLE_KEYBOARD].was_kept);
	ck_assert(fixture.seat->guests[2].nodes[ROLE_MOUSE].was_kept);
	/* what was not kept is made anew */
	ck_assert_uint_eq(fixture.nodes.n, 6);
	seatfixture_plug(&fixture, fixture.keyboard);
	seat_resume(fixture.seat);
	seatfixture_pump(&fixture);
	ck_assert_uint_eq(router_current(fixture.seat->router), 1);
	ck_assert(router_is_live(fixture.seat->router, 2));
	press(KEY_B);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": b+\n" WIN11_KBD ": b-\n");
}
END_TEST

/* Nobody has grabbed its node, so the host's text console would read it. */
START_TEST(a_guest_that_is_live_but_not_there_is_not_typed_at)
{
	fixture.nodes.v[0].is_free = true;
	do_switch("win11");
	press(KEY_A);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a-\n");
	ck_assert_uint_eq(fixture.seat->guests[1].nodes[ROLE_KEYBOARD].lost, 1);

	/* QEMU has come, and is seen to within a second */
	fixture.nodes.v[0].is_free = false;
	fixture.seat->guests[1].nodes[ROLE_KEYBOARD].look_at = 0;
	fakeinput_key(fixture.keyboard, KEY_B, 1);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": b+\n");
	/* and has gone: what is down comes up, as the next one would find it down */
	fixture.nodes.v[0].is_free = true;
	fixture.seat->guests[1].nodes[ROLE_KEYBOARD].look_at = 0;
	fakeinput_key(fixture.keyboard, KEY_B, 0);
	press(KEY_C);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": b-\n" WIN11_KBD ": c-\n");

	/* who the hook says runs is sent everything: QEMU is not the only reader */
	ck_assert_int_eq(seat_set_live(fixture.seat, "win11", true, &err), 0);
	press(KEY_D);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": d+\n" WIN11_KBD ": d-\n");
}
END_TEST

/* The files that the hook leaves while guests run. */
START_TEST(who_runs_without_its_devices_since_a_stop_is_known)
{
	char dir[] = "/tmp/evgrab.XXXXXX", path[64];
	struct seat_guest *guests = fixture.seat->guests;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/evgrab-live.linux", dir);
	(void)close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	seat_find_running(fixture.seat, dir);
	ck_assert(guests[2].has_lost_input);
	ck_assert(!guests[1].has_lost_input);
	seat_wake(fixture.seat);
	ck_assert_int_eq(seat_switch(fixture.seat, "linux", &err), -ENXIO);

	/* started anew it reads the new ones */
	ck_assert_int_eq(seat_set_live(fixture.seat, "linux", false, &err), 0);
	ck_assert(!guests[2].has_lost_input);

	/* devices that were kept: only the word of the hook has not come through */
	guests[2].nodes[ROLE_MOUSE].was_kept = true;
	seat_find_running(fixture.seat, dir);
	ck_assert(!guests[2].has_lost_input);
	ck_assert_int_eq(seat_switch(fixture.seat, "linux", &err), 0);
	(void)unlink(path);
	(void)rmdir(dir);
}
END_TEST

START_TEST(a_reload_keeps_what_is_the_same)
{
	struct config *config;

	do_switch("win11");
	ck_assert_int_eq(config_parse(&config,
				      "[guest win11]\nlive = always\n[guest third]\n",
				      "evgrab.conf", &err),
			 0);
	seat_wake(fixture.seat);
	ck_assert_msg(seat_reload(fixture.seat, config, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(fixture.nodes.n, 6);
	ck_assert_uint_eq(seat_find(fixture.seat, "linux"), ROUTER_TARGETS);
	ck_assert_uint_eq(router_current(fixture.seat->router), 1);
	press(KEY_A);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a+\n" WIN11_KBD ": a-\n");
}
END_TEST

START_TEST(a_reload_that_fails_changes_nothing)
{
	CLEANUP_CONFIG struct config *config = NULL;

	do_switch("win11");
	fixture.nodes.n_made = 5;
	ck_assert_int_eq(config_parse(&config,
				      "[guest third]\n[guest win11]\nlive = always\n",
				      "evgrab.conf", &err),
			 0);
	ck_assert_int_eq(seat_reload(fixture.seat, config, &err), -ENOMEM);
	ck_assert_str_eq(err.msg, "guest 'third': make the virtual device "
				  "'vfiokit-third-event-mouse' by '/dev/uinput': "
				  "Cannot allocate memory");
	ck_assert_uint_eq(seat_find(fixture.seat, "third"), ROUTER_TARGETS);
	ck_assert_uint_eq(seat_find(fixture.seat, "linux"), 2);
	press(KEY_A);
	seatfixture_assert_sent(&fixture, WIN11_KBD ": a+\n" WIN11_KBD ": a-\n");
}
END_TEST

START_TEST(what_only_a_restart_can_change_is_refused)
{
	CLEANUP_CONFIG struct config *config = NULL;

	ck_assert_int_eq(config_parse(&config, "[guest win11]\nreads = passthrough\n",
				      "evgrab.conf", &err),
			 0);
	ck_assert_int_eq(seat_reload(fixture.seat, config, &err), -EBUSY);
	ck_assert_str_eq(err.msg,
			 "guest 'win11': what its devices are and who reads them "
			 "can be changed by a restart only");
}
END_TEST

START_TEST(with_clones_the_host_gets_its_input_from_them)
{
	seatfixture_teardown(&fixture);
	seatfixture_setup(&fixture,
			  "[general]\nhost = clone\n[guest a]\nlive = always\n");
	press(KEY_A);
	ck_assert_int_eq(fixture.keyboard->owner, FAKEINPUT_EVGRAB);
	assert_host_saw(fixture.keyboard, "");
	ck_assert_uint_eq(fixture.nodes.n, 4);
	ck_assert_ptr_nonnull(strstr(buf_text(&fixture.nodes.log), ": a+\n"));
	ck_assert_str_eq(fixture.nodes.v[2].phys,
			 "vfiokit/host/usb-0000:06:00.0-1/input0");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_seat");
	TCase *tc = tcase_create("seat");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_guest_has_its_nodes_from_the_start);
	tcase_add_test(tc, what_is_typed_goes_to_who_has_the_input);
	tcase_add_test(tc, a_chord_held_at_the_switch_is_released_on_the_host);
	tcase_add_test(tc, an_unplugged_keyboard_leaves_nothing_down);
	tcase_add_test(tc, a_busy_device_is_said_and_tried_again);
	tcase_add_test(tc, leds_that_a_guest_sets_are_on_the_keyboard_while_it_has_it);
	tcase_add_test(tc, the_host_has_the_leds_of_all_its_keyboards_back);
	tcase_add_test(tc, a_node_that_cannot_be_written_costs_its_frames_only);
	tcase_add_test(tc, frames_that_were_read_together_are_written_together);
	tcase_add_test(tc, frames_for_two_nodes_keep_their_order);
	tcase_add_test(tc, the_guest_lets_go_before_the_host_gets_hold);
	tcase_add_test(tc, the_next_daemon_goes_on_with_the_same_nodes);
	tcase_add_test(tc, a_guest_that_is_live_but_not_there_is_not_typed_at);
	tcase_add_test(tc, who_runs_without_its_devices_since_a_stop_is_known);
	tcase_add_test(tc, a_reload_keeps_what_is_the_same);
	tcase_add_test(tc, a_reload_that_fails_changes_nothing);
	tcase_add_test(tc, what_only_a_restart_can_change_is_refused);
	tcase_add_test(tc, with_clones_the_host_gets_its_input_from_them);
	suite_add_tcase(s, tc);
	return s;
}
