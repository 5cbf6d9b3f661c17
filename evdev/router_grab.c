/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which groups of devices are grabbed, and what is done about those that should be. */

#include "router_impl.h"

bool grab_is_wanted(const struct router *router)
{
	if (router->current != ROUTER_HOST)
		return true;
	return router->options.is_clone && !router->is_panicked;
}

static struct tracked *next_member(struct router *router, unsigned group,
				   struct tracked *after)
{
	struct tracked *end = router->devices + ROUTER_DEVICES;

	for (after = after ? after + 1 : router->devices; after < end; after++) {
		if (after->is_used && after->info.group == group)
			return after;
	}
	return NULL;
}

static unsigned device_index(const struct router *router, const struct tracked *device)
{
	return (unsigned)(device - router->devices);
}

static void ask(struct router *router, unsigned index, enum router_grab_mode mode)
{
	struct group *group = &router->groups[index];

	group->state = ROUTER_GROUP_ASKED;
	group->mode = mode;
	group->deadline = ROUTER_NEVER;
	router->ops->grab(router->ctx, index, mode);
}

static void forget_trouble(struct group *group)
{
	group->deadline = ROUTER_NEVER;
	group->wait_until = ROUTER_NEVER;
	group->backoff = 0;
}

/* What a target was sent of these devices has been released before. */
static void let_go(struct router *router, unsigned index)
{
	struct group *group = &router->groups[index];

	router->ops->ungrab(router->ctx, index);
	for (struct tracked *device = next_member(router, index, NULL); device;
	     device = next_member(router, index, device))
		device->is_grabbed = false;
	group->state = ROUTER_GROUP_FREE;
	forget_trouble(group);
}

void grab_update(struct router *router)
{
	bool is_wanted = grab_is_wanted(router);

	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		enum router_group_state state = router->groups[i].state;

		if (state == ROUTER_GROUP_NONE)
			continue;
		if (is_wanted && state == ROUTER_GROUP_FREE) {
			ask(router, i, ROUTER_GRAB_RELEASE);
		} else if (!is_wanted && state != ROUTER_GROUP_FREE) {
			let_go(router, i);
		}
	}
}

void grab_keys_up(struct router *router, unsigned index)
{
	if (router->groups[index].state != ROUTER_GROUP_WAITING)
		return;
	for (struct tracked *device = next_member(router, index, NULL); device;
	     device = next_member(router, index, device)) {
		if (!keys_empty(&device->down))
			return;
	}
	ask(router, index, ROUTER_GRAB_RELEASE);
}

void grab_member_added(struct router *router, unsigned index)
{
	struct group *group = &router->groups[index];

	if (group->state == ROUTER_GROUP_NONE) {
		group->state = ROUTER_GROUP_FREE;
		forget_trouble(group);
	} else if (group->state == ROUTER_GROUP_GRABBED) {
		ask(router, index, ROUTER_GRAB_RELEASE);
	}
	grab_update(router);
}

void grab_member_removed(struct router *router, unsigned index)
{
	if (next_member(router, index, NULL)) {
		grab_keys_up(router, index);
		return;
	}
	/* the grab went with the last device, a wish for one goes too */
	router->ops->ungrab(router->ctx, index);
	router->groups[index].state = ROUTER_GROUP_NONE;
	forget_trouble(&router->groups[index]);
}

static void tell(struct router *router, enum router_notice_kind kind, unsigned device,
		 unsigned code)
{
	struct router_notice notice = {
		.kind = kind,
		.target = router->current,
		.device = device,
		.type = EV_KEY,
		.code = code,
	};

	router->ops->notice(router->ctx, &notice);
}

void router_set_state(struct router *router, unsigned index, const struct key_bits *keys,
		      unsigned leds)
{
	struct tracked *device = &router->devices[index];

	if (!device->is_used || device->is_grabbed)
		return;
	device->down = *keys;
	device->leds = leds;
	for (size_t i = 0; i < BITS_WORDS(KEY_CNT); i++)
		device->pressed.words[i] &= keys->words[i];
}

/* What is down was down before: the host was told of it and has had it released. */
static void begin(struct router *router, struct tracked *device, bool anyway)
{
	unsigned index = device_index(router, device);

	device->is_grabbed = true;
	device->orphans = device->down;
	for (unsigned code = keys_next(&device->down, 0); anyway && code < KEY_CNT;
	     code = keys_next(&device->down, code + 1))
		tell(router, ROUTER_STUCK_KEY, index, code);
	if (!device->info.has_leds)
		return;
	if (router->current == ROUTER_HOST) {
		router->targets[ROUTER_HOST].leds = device->leds;
	} else {
		router->ops->leds(router->ctx, index,
				  router->targets[router->current].leds);
	}
}

void router_grabbed(struct router *router, unsigned index)
{
	struct group *group = &router->groups[index];

	if (group->state != ROUTER_GROUP_ASKED || !grab_is_wanted(router)) {
		if (group->state != ROUTER_GROUP_NONE)
			let_go(router, index);
		return;
	}
	group->state = ROUTER_GROUP_GRABBED;
	forget_trouble(group);
	for (struct tracked *device = next_member(router, index, NULL); device;
	     device = next_member(router, index, device)) {
		if (!device->is_grabbed)
			begin(router, device, group->mode == ROUTER_GRAB_ANYWAY);
	}
}

/* A group that grew: all of it or none, so those that were grabbed are let go too. */
static void lose_members(struct router *router, unsigned index)
{
	bool had_any = false;

	for (struct tracked *device = next_member(router, index, NULL); device;
	     device = next_member(router, index, device)) {
		if (!device->is_grabbed)
			continue;
		release_device(router, device_index(router, device));
		device->is_grabbed = false;
		had_any = true;
	}
	if (had_any)
		router->ops->ungrab(router->ctx, index);
}

static void wait_for_keys(struct router *router, unsigned index, uint64_t now)
{
	struct group *group = &router->groups[index];

	group->state = ROUTER_GROUP_WAITING;
	if (group->wait_until == ROUTER_NEVER) {
		group->wait_until = now + router->options.release_us;
		tell(router, ROUTER_WAITS,
		     device_index(router, next_member(router, index, NULL)), 0);
	}
	group->deadline = group->wait_until;
}

void router_not_grabbed(struct router *router, unsigned index, enum router_refusal why,
			uint64_t now)
{
	struct group *group = &router->groups[index];

	if (group->state != ROUTER_GROUP_ASKED)
		return;
	lose_members(router, index);
	if (why == ROUTER_KEYS_DOWN && group->mode == ROUTER_GRAB_RELEASE) {
		wait_for_keys(router, index, now);
		return;
	}
	group->state = ROUTER_GROUP_REFUSED;
	group->backoff = group->backoff ? 2 * group->backoff : router->options.retry_us;
	if (group->backoff > router->options.retry_max_us)
		group->backoff = router->options.retry_max_us;
	group->deadline = now + group->backoff;
}

void grab_show_leds(struct router *router)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		const struct tracked *device = &router->devices[i];

		if (device->is_used && device->is_grabbed && device->info.has_leds) {
			router->ops->leds(router->ctx, i,
					  router->targets[router->current].leds);
		}
	}
}

uint64_t router_deadline(const struct router *router)
{
	uint64_t deadline = ROUTER_NEVER;

	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (router->groups[i].deadline < deadline)
			deadline = router->groups[i].deadline;
	}
	return deadline;
}

void router_tick(struct router *router, uint64_t now)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		const struct group *group = &router->groups[i];

		if (group->deadline > now)
			continue;
		ask(router, i,
		    group->state == ROUTER_GROUP_WAITING ? ROUTER_GRAB_ANYWAY
							 : ROUTER_GRAB_RELEASE);
	}
}
