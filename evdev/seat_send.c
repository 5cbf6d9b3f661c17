/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Frames on their way to the nodes of guests. */

#include <string.h>

#include "log.h"
#include "seat.h"

#define LOOK_US 1000000u /* between two looks at whether a node is read */

/* What types nothing, wherever it goes. */
static bool only_releases(const struct input_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (events[i].type == EV_REL || events[i].type == EV_ABS ||
		    (events[i].type == EV_KEY && events[i].value != 0))
			return false;
	}
	return true;
}

/*
 * A guest that is live always may not run. Its node, which nobody has grabbed then, is a
 * keyboard to the host's text console.
 */
static bool goes_nowhere(struct seat *seat, unsigned target, struct seat_node *node,
			 const struct input_event *events, size_t n)
{
	const struct seat_guest *guest = &seat->guests[target];

	if (!guest->settings.is_always_live || guest->has_started)
		return false;
	seat_wake(seat);
	if (seat->now >= node->look_at) {
		node->is_unread = !vnode_is_grabbed(&node->vnode);
		node->look_at = seat->now + LOOK_US;
	}
	return node->is_unread && !only_releases(events, n);
}

static void count_sent(const struct seat *seat)
{
	const struct seat_outbox *outbox = &seat->outbox;
	size_t first = 0;

	for (size_t i = 0; i < outbox->n; i++) {
		const struct input_event *event = &outbox->events[i];

		if (event->type != EV_SYN || event->code != SYN_REPORT)
			continue;
		outbox->node->frames++;
		if (seat->watch) {
			seat->watch->frame(seat->watch->data,
					   seat_name(seat, outbox->target), outbox->role,
					   outbox->events + first, i + 1 - first);
		}
		first = i + 1;
	}
}

static void count_lost(const struct seat_outbox *outbox, int why)
{
	struct seat_node *node = outbox->node;

	for (size_t i = 0; i < outbox->n; i++) {
		node->lost += outbox->events[i].type == EV_SYN &&
			      outbox->events[i].code == SYN_REPORT;
	}
	if (!node->has_failed) {
		log_warning("cannot write to '%s': %s, its events are lost",
			    node->vnode.place.path, strerror(why));
	}
	node->has_failed = true;
}

void seat_flush(struct seat *seat)
{
	struct seat_outbox *outbox = &seat->outbox;
	int r;

	if (outbox->n == 0)
		return;
	r = vnode_write(&outbox->node->vnode, outbox->events, outbox->n);
	if (r < 0) {
		count_lost(outbox, -r);
	} else {
		count_sent(seat);
	}
	outbox->n = 0;
}

void seat_send(void *ctx, unsigned target, enum role role, unsigned device,
	       const struct input_event *events, size_t n)
{
	struct seat *seat = ctx;
	struct seat_outbox *outbox = &seat->outbox;
	struct seat_node *node = role == ROLE_CLONE ? &seat->taken[device].clone
						    : &seat->guests[target].nodes[role];

	if (node->vnode.fd < 0)
		return;
	if (role != ROLE_CLONE && goes_nowhere(seat, target, node, events, n)) {
		node->lost++;
		return;
	}
	/* what is for another node must not be before it */
	if (node != outbox->node || outbox->n + n > DEVICE_BATCH)
		seat_flush(seat);
	outbox->node = node;
	outbox->target = target;
	outbox->role = role;
	memcpy(outbox->events + outbox->n, events, n * sizeof(*events));
	outbox->n += n;
	if (!outbox->is_open)
		seat_flush(seat);
}
