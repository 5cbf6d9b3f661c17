/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What those see who watch: who gets the input, how much of it, and to root which keys.
 */

#include <libevdev/libevdev.h>

#include "control_impl.h"
#include "status.h"

static void tell(struct control *control, enum client_watch least, const char *text)
{
	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		struct client *client = &control->clients[i];

		if (client->source.fd < 0 || client->watch < least ||
		    client->watch == CLIENT_NONE)
			continue;
		buf_adds(&client->out, text);
		client_flush(client);
	}
}

/* In the path of events, for as long as somebody who may watches keys. */
static void on_frame(void *data, const char *target, enum role role,
		     const struct input_event *events, size_t n)
{
	struct control *control = data;
	CLEANUP_BUF struct buf text = BUF_NONE;

	(void)role;
	for (size_t i = 0; i < n; i++) {
		const char *name;

		if (events[i].type != EV_KEY)
			continue;
		name = libevdev_event_code_get_name(EV_KEY, events[i].code);
		buf_addf(&text, "data {\"target\":\"%s\",\"key\":\"%s\",\"value\":%d}\n",
			 target, name ? name : "?", events[i].value);
	}
	if (text.len == 0)
		return;
	seat_wake(control->seat);
	tell(control, CLIENT_KEYS, buf_text(&text));
}

static void on_frame_unseen(void *data, const char *target, enum role role,
			    const struct input_event *events, size_t n)
{
	(void)data;
	(void)target;
	(void)role;
	(void)events;
	(void)n;
}

static void on_switched(void *data, const char *target)
{
	struct control *control = data;
	CLEANUP_BUF struct buf text = BUF_NONE;

	seat_wake(control->seat);
	buf_addf(&text, "data {\"current\":\"%s\"}\n", target);
	tell(control, CLIENT_RATES, buf_text(&text));
}

static void remember_frames(struct control *control)
{
	for (unsigned i = 0; i < ROUTER_TARGETS; i++)
		control->frames[i] = status_frames(control->seat, i);
}

void monitor_update(struct control *control)
{
	enum client_watch most = CLIENT_NONE;

	for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
		const struct client *client = &control->clients[i];

		if (client->source.fd >= 0 && client->watch > most)
			most = client->watch;
	}
	control->watch = (struct seat_watch){
		.frame = most == CLIENT_KEYS ? on_frame : on_frame_unseen,
		.switched = on_switched,
		.data = control,
	};
	control->seat->watch = most == CLIENT_NONE ? NULL : &control->watch;
	if (most == CLIENT_NONE) {
		control->rates_at = UINT64_MAX;
	} else if (control->rates_at == UINT64_MAX) {
		remember_frames(control);
		control->rates_at = control->seat->now + CONTROL_RATE_US;
	}
}

void monitor_tick(struct control *control)
{
	const struct seat *seat = control->seat;
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (unsigned i = 0; i < ROUTER_TARGETS; i++) {
		uint64_t frames = status_frames(seat, i);

		if (frames != control->frames[i]) {
			buf_addf(&text, "data {\"target\":\"%s\",\"frames\":%llu}\n",
				 seat_name(seat, i),
				 (unsigned long long)(frames - control->frames[i]));
		}
	}
	remember_frames(control);
	control->rates_at = seat->now + CONTROL_RATE_US;
	if (text.len > 0)
		tell(control, CLIENT_RATES, buf_text(&text));
}
