/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Who is the current target. */

#include <errno.h>

#include "router_impl.h"

static void tell(struct router *router, enum router_notice_kind kind,
		 enum router_cause cause, unsigned target, unsigned from)
{
	struct router_notice notice = {
		.kind = kind,
		.cause = cause,
		.target = target,
		.from = from,
	};

	router->ops->notice(router->ctx, &notice);
}

/* What is down now is nobody's any more: its ups and repeats mean nothing to the next
 * one. */
static void orphan_all(struct router *router)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		struct tracked *device = &router->devices[i];

		device->orphans = device->down;
		device->fingers.orphans = device->fingers.active;
		device->wheel_rest[0] = 0;
		device->wheel_rest[1] = 0;
	}
}

void switch_to(struct router *router, unsigned target, enum router_cause cause)
{
	unsigned from = router->current;
	bool was_panicked = router->is_panicked;

	router->is_panicked = cause == ROUTER_BY_PANIC;
	if (target == from) {
		if (was_panicked != router->is_panicked)
			grab_update(router);
		return;
	}
	release_current(router);
	orphan_all(router);
	router->targets[target].last_down = 0;
	router->previous = from;
	router->current = target;
	tell(router, ROUTER_SWITCHED, cause, target, from);
	if (grab_is_wanted(router))
		grab_show_leds(router);
	grab_update(router);
}

int router_switch(struct router *router, unsigned target, enum router_cause cause)
{
	if (target >= ROUTER_TARGETS || !router->targets[target].is_used)
		return -ENOENT;
	if (!router->targets[target].is_live)
		return -ENXIO;
	switch_to(router, target, cause);
	return 0;
}

static unsigned next_target(const struct router *router, bool backwards)
{
	unsigned step = backwards ? ROUTER_TARGETS - 1 : 1;
	unsigned target = router->current;

	do {
		target = (target + step) % ROUTER_TARGETS;
	} while (!router->targets[target].is_live); /* the host always is */
	return target;
}

void router_switch_next(struct router *router, bool backwards, enum router_cause cause)
{
	switch_to(router, next_target(router, backwards), cause);
}

static unsigned target_before(const struct router *router)
{
	return router->targets[router->previous].is_live ? router->previous : ROUTER_HOST;
}

void router_switch_back(struct router *router, enum router_cause cause)
{
	switch_to(router, target_before(router), cause);
}

void router_panic(struct router *router)
{
	unsigned from = router->current;

	/* in the clone model the clones hold keys while the host is the current target */
	if (from == ROUTER_HOST) {
		release_current(router);
		orphan_all(router);
	}
	switch_to(router, ROUTER_HOST, ROUTER_BY_PANIC);
	tell(router, ROUTER_PANICKED, ROUTER_BY_PANIC, ROUTER_HOST, from);
}

static void mask_current(struct router *router)
{
	if (router->current != ROUTER_HOST) {
		mask_lone(router, router->current, ROLE_KEYBOARD, 0);
		return;
	}
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (router->devices[i].is_used)
			mask_lone(router, ROUTER_HOST, ROLE_CLONE, i);
	}
}

static unsigned chord_target(const struct router *router,
			     const struct router_chord *chord)
{
	switch (chord->kind) {
	case ROUTER_CHORD_NEXT:
		return next_target(router, false);
	case ROUTER_CHORD_PREV:
		return next_target(router, true);
	case ROUTER_CHORD_BACK:
		return target_before(router);
	default:
		return chord->target;
	}
}

void wish_carry_out(struct router *router, const struct wish *wish)
{
	unsigned target;

	if (wish->is_panic) {
		router_panic(router);
		return;
	}
	if (!wish->chord)
		return;
	target = chord_target(router, wish->chord);
	/* its modifiers stay with a target that was sent nothing else */
	if (target == router->current || !router->targets[target].is_live)
		mask_current(router);
	if (!router->targets[target].is_live) {
		tell(router, ROUTER_NOT_LIVE, ROUTER_BY_CHORD, target, router->current);
		return;
	}
	switch_to(router, target, ROUTER_BY_CHORD);
}
