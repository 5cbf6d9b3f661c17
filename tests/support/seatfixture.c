/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "seatfixture.h"

#include <stdio.h>
#include <sys/epoll.h>

#include <check.h>

static void plug_or_not(struct seatfixture *fixture,
			const struct fakeinput_device *device, bool is_there)
{
	struct hotplug_node node = { .rdev = device->info.rdev };

	(void)snprintf(node.path, sizeof(node.path), "%s", device->path);
	(void)snprintf(node.syspath, sizeof(node.syspath), "/sys/devices%s",
		       device->path);
	seat_wake(fixture->seat);
	if (is_there) {
		devices_added(&fixture->seat->devices, &node, fixture->seat->now);
	} else {
		devices_removed(&fixture->seat->devices, &node);
	}
	seatfixture_pump(fixture);
}

void seatfixture_plug(struct seatfixture *fixture, const struct fakeinput_device *device)
{
	plug_or_not(fixture, device, true);
}

void seatfixture_unplug(struct seatfixture *fixture,
			const struct fakeinput_device *device)
{
	plug_or_not(fixture, device, false);
}

void seatfixture_setup(struct seatfixture *fixture, const char *text)
{
	struct config *config;
	struct error err = { 0 };

	*fixture = (struct seatfixture){ .loop = LOOP_NONE, .store = STORE_NONE };
	fakeinput_init(&fixture->input);
	fakenodes_init(&fixture->nodes);
	fixture->options = (struct seat_options){
		.device_ops = &fakeinput_ops,
		.device_data = &fixture->input,
		.vnode_ops = &fakenode_ops,
		.vnode_data = &fixture->nodes,
	};
	ck_assert_msg(config_parse(&config, text, "evgrab.conf", &err) == 0, "%s",
		      err.msg);
	ck_assert_int_eq(loop_init(&fixture->loop, &err), 0);
	ck_assert_int_eq(store_init(&fixture->store, &err), 0);
	ck_assert_msg(seat_new(&fixture->seat, config, &fixture->loop, &fixture->store,
			       &fixture->options, &err) == 0,
		      "%s", err.msg);
	fixture->keyboard = fakeinput_keyboard(&fixture->input, "Some Keyboard");
	fixture->mouse = fakeinput_mouse(&fixture->input, "Some Mouse");
	seatfixture_plug(fixture, fixture->keyboard);
	seatfixture_plug(fixture, fixture->mouse);
}

void seatfixture_teardown(struct seatfixture *fixture)
{
	if (fixture->seat)
		seat_free(fixture->seat);
	store_close(&fixture->store);
	loop_done(&fixture->loop);
	fakenodes_done(&fixture->nodes);
	fakeinput_done(&fixture->input);
}

void seatfixture_pump(struct seatfixture *fixture)
{
	struct error err = { 0 };
	struct epoll_event event;

	seat_settle(fixture->seat);
	while (epoll_wait(fixture->loop.epoll_fd, &event, 1, 0) == 1) {
		struct source *source = event.data.ptr;

		ck_assert_int_eq(source->ready(source, event.events, &err), 0);
		seat_settle(fixture->seat);
	}
}

void seatfixture_assert_sent(struct seatfixture *fixture, const char *expected)
{
	seatfixture_pump(fixture);
	ck_assert_str_eq(buf_text(&fixture->nodes.log), expected);
	buf_cut(&fixture->nodes.log, 0);
}
