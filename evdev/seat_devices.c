/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The physical devices of a seat, and what the router wants done with them. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include <libevdev/libevdev.h>

#include "log.h"
#include "seat.h"

#define READS 4 /* of a device, before others have their turn */

/* ---- what the router asks for ---- */

static void grab(void *ctx, unsigned group, enum router_grab_mode mode)
{
	struct seat *seat = ctx;

	seat->n_asked += !seat->asked[group];
	seat->asked[group] = true;
	seat->modes[group] = mode;
}

/* The nodes of a group; what is given to the kernel together. */
static size_t find_group(struct seat *seat, unsigned group,
			 struct device *devices[static ROUTER_DEVICES])
{
	size_t n = 0;

	for (size_t i = 0; i < ROUTER_DEVICES; i++) {
		struct devices_entry *entry = seat->taken[i].entry;

		if (entry && entry->group == group)
			devices[n++] = &entry->device;
	}
	return n;
}

/* Of all keyboards that are the host's, around what may end a grab. */
static void keep_leds(struct seat *seat)
{
	for (size_t i = 0; i < ROUTER_DEVICES; i++) {
		if (seat->taken[i].entry)
			device_keep_leds(&seat->taken[i].entry->device);
	}
}

static void put_leds_back(struct seat *seat)
{
	for (size_t i = 0; i < ROUTER_DEVICES; i++) {
		if (seat->taken[i].entry)
			device_put_leds_back(&seat->taken[i].entry->device);
	}
}

static void ungrab(void *ctx, unsigned group)
{
	struct seat *seat = ctx;
	struct device *devices[ROUTER_DEVICES];
	size_t n = find_group(seat, group, devices);

	seat->n_asked -= seat->asked[group];
	seat->asked[group] = false;
	seat->busy[group][0] = '\0';
	/* the guest lets go before the host gets hold of it */
	seat_flush(seat);
	if (n > 0) {
		keep_leds(seat);
		device_ungrab_all(devices, n);
		put_leds_back(seat);
	}
	/* what is news of them comes with the next read, or is no news to the router */
}

static void set_leds(void *ctx, unsigned device, unsigned leds)
{
	struct seat *seat = ctx;

	if (seat->taken[device].entry)
		device_set_leds(&seat->taken[device].entry->device, leds);
}

static const char *device_name(const struct seat *seat, unsigned device)
{
	const struct devices_entry *entry = seat->taken[device].entry;

	return entry ? entry->device.info.name : "a device";
}

static const char *code_name(unsigned type, unsigned code)
{
	const char *name = libevdev_event_code_get_name(type, code);

	return name ? name : "a code without a name";
}

static void tell_switched(struct seat *seat, const struct router_notice *notice)
{
	static const char *const causes[] = {
		[ROUTER_BY_CHORD] = "by chord",
		[ROUTER_BY_PANIC] = "by the panic chord, or 'evgrab release'",
		[ROUTER_BY_COMMAND] = "by command",
		[ROUTER_BY_LIFE] = "as a guest started or stopped",
	};
	const char *name = seat_name(seat, notice->target);

	log_info("input goes to %s %s", name, causes[notice->cause]);
	seat->has_news = true;
	if (seat->watch)
		seat->watch->switched(seat->watch->data, name);
}

static void notice(void *ctx, const struct router_notice *notice)
{
	struct seat *seat = ctx;

	if (seat->is_ending)
		return;
	switch (notice->kind) {
	case ROUTER_SWITCHED:
		tell_switched(seat, notice);
		break;
	case ROUTER_NOT_LIVE:
		log_info("input stays where it is: guest '%s' does not run",
			 seat_name(seat, notice->target));
		break;
	case ROUTER_PANICKED:
		log_info("all devices are the host's until the next switch");
		break;
	case ROUTER_STUCK_KEY:
		log_warning("%s of '%s' does not come up, it is left out until it does",
			    code_name(EV_KEY, notice->code),
			    device_name(seat, notice->device));
		break;
	case ROUTER_WAITS:
		log_info("'%s' is grabbed when its keys are up",
			 device_name(seat, notice->device));
		break;
	case ROUTER_UNKNOWN_CODE:
		log_warning("'%s' sends %s, which no device of guest '%s' has: left out",
			    device_name(seat, notice->device),
			    code_name(notice->type, notice->code),
			    seat_name(seat, notice->target));
		break;
	}
}

const struct router_ops seat_router_ops = {
	.send = seat_send,
	.grab = grab,
	.ungrab = ungrab,
	.leds = set_leds,
	.notice = notice,
};

/* ---- grabbing ---- */

static void tell_refused(struct seat *seat, unsigned group, const struct error *err)
{
	/* it is tried again and again, and told once */
	if (strcmp(seat->busy[group], err->msg) != 0)
		log_warning("%s, it stays with the host and is tried again", err->msg);
	(void)snprintf(seat->busy[group], sizeof(seat->busy[group]), "%s", err->msg);
}

static void set_states(struct seat *seat, unsigned group)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		const struct devices_entry *entry = seat->taken[i].entry;

		if (entry && entry->group == group) {
			router_set_state(seat->router, i, &entry->device.down,
					 entry->device.leds_host);
		}
	}
}

static void grab_group(struct seat *seat, unsigned group)
{
	struct device *devices[ROUTER_DEVICES];
	size_t n = find_group(seat, group, devices);
	struct error err = { 0 };
	int r;

	if (n == 0)
		return;
	keep_leds(seat);
	r = device_grab_all(devices, n,
			    seat->modes[group] == ROUTER_GRAB_ANYWAY
				    ? DEVICE_GRAB_ANYWAY
				    : DEVICE_GRAB_RELEASED,
			    &err);
	put_leds_back(seat);
	if (r == 0) {
		seat->busy[group][0] = '\0';
		set_states(seat, group);
		router_grabbed(seat->router, group);
	} else if (r == DEVICE_HELD) {
		router_not_grabbed(seat->router, group, ROUTER_KEYS_DOWN, seat->now);
	} else {
		tell_refused(seat, group, &err);
		router_not_grabbed(seat->router, group,
				   r == -EBUSY ? ROUTER_BUSY : ROUTER_FAILED, seat->now);
	}
	for (size_t i = 0; i < n; i++)
		device_report(devices[i], &seat->sink);
}

void seat_grab_all(struct seat *seat)
{
	seat_wake(seat);
	for (unsigned group = 0; group < ROUTER_DEVICES; group++) {
		if (!seat->asked[group])
			continue;
		seat->asked[group] = false;
		seat->n_asked--;
		grab_group(seat, group);
	}
}

void seat_ungrab_everything(struct seat *seat)
{
	for (unsigned group = 0; group < ROUTER_DEVICES; group++)
		ungrab(seat, group);
}

/* ---- devices come and go ---- */

static unsigned find_taken(const struct seat *seat, const struct devices_entry *entry)
{
	unsigned i = 0;

	while (i < ROUTER_DEVICES && seat->taken[i].entry != entry)
		i++;
	return i;
}

void seat_device_frame(void *data, struct device *device,
		       const struct input_event *events, size_t n)
{
	struct seat *seat = data;
	unsigned i = find_taken(seat, device->owner);

	if (i == ROUTER_DEVICES)
		return;
	seat->taken[i].frames++;
	router_frame(seat->router, i, events, n);
}

void seat_device_resync(void *data, struct device *device, const struct key_bits *down)
{
	struct seat *seat = data;
	unsigned i = find_taken(seat, device->owner);

	if (i == ROUTER_DEVICES)
		return;
	seat->taken[i].resyncs++;
	router_resync(seat->router, i, down);
}

static int on_readable(struct source *source, uint32_t events, struct error *err)
{
	struct seat_device *taken = source->data;
	struct seat *seat = taken->seat;
	struct device *device = &taken->entry->device;
	struct error said = { 0 };
	int r = 0;

	(void)events;
	(void)err;
	/* the time is left alone: on some machines to ask for it is a system call */
	seat->outbox.is_open = true;
	for (unsigned i = 0; i < READS; i++) {
		r = device_read(device, &seat->sink, &said);
		seat_flush(seat);
		/* one that sends faster than it is read need not be waited for */
		if (r != 0 || !device->is_behind || seat->n_asked > 0)
			break;
	}
	seat->outbox.is_open = false;
	if (r < 0)
		log_warning("%s, it is opened anew", said.msg);
	if (r != 0) {
		seat_wake(seat);
		devices_lost(&seat->devices, device, seat->now);
	}
	return 0;
}

static void describe(struct router_device *ret_info, const struct devices_entry *entry)
{
	const struct device_info *info = &entry->device.info;

	*ret_info = (struct router_device){
		.group = entry->group,
		.role = match_role(entry->match.kind),
		.has_leds = info->leds != 0,
		.has_wheel = info->rel >> REL_WHEEL & 1,
		.has_hwheel = info->rel >> REL_HWHEEL & 1,
		.has_wheel_hi_res = info->rel >> REL_WHEEL_HI_RES & 1,
		.has_hwheel_hi_res = info->rel >> REL_HWHEEL_HI_RES & 1,
		.keys = entry->device.down,
	};
	for (size_t i = 0; i < ABS_CNT; i++) {
		ret_info->abs[i].min = info->abs[i].minimum;
		ret_info->abs[i].max = info->abs[i].maximum;
	}
}

static int make_clone(struct seat *seat, struct seat_device *taken, struct error *err)
{
	const struct seat_options *options = seat->options;
	struct device_info info;
	int r;

	if (!seat->config->is_clone)
		return 0;
	r = vnode_describe(&info, "host", ROLE_CLONE, &taken->entry->device.info, err);
	if (r == 0) {
		r = vnode_create(&taken->clone.vnode, options->vnode_ops,
				 options->vnode_data, &info, err);
	}
	if (r == 0)
		r = seat_node_watch(seat, &taken->clone, ROUTER_HOST, err);
	return r;
}

static void leave(struct seat *seat, unsigned i)
{
	struct seat_device *taken = &seat->taken[i];

	loop_del(seat->loop, &taken->source);
	seat_node_close(seat, &taken->clone);
	*taken = (struct seat_device){ .clone.vnode = VNODE_NONE };
}

int seat_device_ready(void *data, struct devices_entry *entry, struct error *err)
{
	struct seat *seat = data;
	struct router_device info;
	unsigned i;
	int r;

	if (entry->group >= ROUTER_DEVICES) {
		return error_set(err, ENOSPC, "there are %d devices already",
				 ROUTER_DEVICES);
	}
	describe(&info, entry);
	r = router_device_add(seat->router, &info, &i, err);
	if (r < 0)
		return r;
	seat->taken[i] = (struct seat_device){
		.entry = entry,
		.seat = seat,
		.source = { .fd = entry->device.fd, .ready = on_readable },
		.clone.vnode = VNODE_NONE,
	};
	seat->taken[i].source.data = &seat->taken[i];
	r = make_clone(seat, &seat->taken[i], err);
	if (r == 0)
		r = loop_add(seat->loop, &seat->taken[i].source, EPOLLIN, err);
	if (r < 0) {
		router_device_remove(seat->router, i);
		leave(seat, i);
		return r;
	}
	log_info("'%s' (%s) is taken", entry->device.info.name, entry->node.path);
	return 0;
}

void seat_device_gone(void *data, struct devices_entry *entry)
{
	struct seat *seat = data;
	unsigned i = find_taken(seat, entry);

	if (i == ROUTER_DEVICES)
		return;
	log_info("'%s' (%s) is gone", entry->device.info.name, entry->node.path);
	router_device_remove(seat->router, i);
	leave(seat, i);
}
