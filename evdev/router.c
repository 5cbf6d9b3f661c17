/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "router_impl.h"

struct router *router_new(const struct router_options *options,
			  const struct router_ops *ops, void *ctx)
{
	struct router *router = calloc(1, sizeof(*router));

	if (!router)
		return NULL;
	router->options = *options;
	router->ops = ops;
	router->ctx = ctx;
	router->panic = chord_panic();
	router->targets[ROUTER_HOST].is_used = true;
	router->targets[ROUTER_HOST].is_live = true;
	for (size_t i = 0; i < ROUTER_DEVICES; i++)
		router->groups[i].deadline = ROUTER_NEVER;
	return router;
}

void router_free(struct router *router)
{
	free(router);
}

void router_set_chords(struct router *router, const struct router_chord *chords, size_t n)
{
	router->n_chords = n < ROUTER_CHORDS ? n : ROUTER_CHORDS;
	memcpy(router->chords, chords, router->n_chords * sizeof(*chords));
}

int router_guest_add(struct router *router, const struct router_guest *guest,
		     unsigned *ret_target, struct error *err)
{
	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		if (router->targets[i].is_used)
			continue;
		router->targets[i] = (struct target){ .is_used = true, .info = *guest };
		*ret_target = i;
		return 0;
	}
	return error_set(err, ENOSPC, "there are %u guests already, more cannot be",
			 ROUTER_TARGETS - 1);
}

void router_set_live(struct router *router, unsigned target, bool is_live)
{
	if (target == ROUTER_HOST || !router->targets[target].is_used)
		return;
	router->targets[target].is_live = is_live;
	if (!is_live && router->current == target)
		switch_to(router, ROUTER_HOST, ROUTER_BY_LIFE);
}

void router_guest_remove(struct router *router, unsigned target)
{
	if (target == ROUTER_HOST)
		return;
	router_set_live(router, target, false);
	router->targets[target].is_used = false;
	if (router->previous == target)
		router->previous = ROUTER_HOST;
}

void router_adopted(struct router *router, unsigned target, enum role role,
		    const struct key_bits *keys, unsigned leds)
{
	struct target *owner = &router->targets[target];
	struct node *node = &owner->nodes[role];

	node->sent = *keys;
	for (size_t i = 0; i < role_template(role)->n_axes; i++)
		node->axes |= 1ULL << role_template(role)->axes[i].code;
	if (role == ROLE_KEYBOARD)
		owner->leds = leds;
	/* which of them went down last is not known, so any may open a menu */
	for (unsigned code = keys_next(keys, 0); code < KEY_CNT;
	     code = keys_next(keys, code + 1)) {
		if (key_opens_menu(code))
			owner->last_down = code;
	}
	release_node(router, target, role);
}

int router_device_add(struct router *router, const struct router_device *info,
		      unsigned *ret_device, struct error *err)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (router->devices[i].is_used)
			continue;
		router->devices[i] = (struct tracked){
			.is_used = true,
			.info = *info,
			.down = info->keys,
		};
		*ret_device = i;
		grab_member_added(router, info->group);
		return 0;
	}
	return error_set(err, ENOSPC, "there are %d devices already, more cannot be",
			 ROUTER_DEVICES);
}

void router_device_remove(struct router *router, unsigned index)
{
	struct tracked *device = &router->devices[index];

	if (!device->is_used)
		return;
	if (device->is_grabbed)
		release_device(router, index);
	device->is_used = false;
	device->is_grabbed = false;
	grab_member_removed(router, device->info.group);
}

/* The events that lead from what was down to what is, modifiers around the others. */
static size_t make_delta(const struct tracked *device, const struct key_bits *keys,
			 bool are_downs, bool modifiers, struct input_event *events)
{
	const struct key_bits *from = are_downs ? &device->down : keys;
	const struct key_bits *to = are_downs ? keys : &device->down;
	size_t n = 0;

	for (unsigned code = keys_next(to, 0); code < KEY_CNT && n < ROUTER_FRAME;
	     code = keys_next(to, code + 1)) {
		if (keys_has(from, code) || key_is_modifier(code) != modifiers)
			continue;
		events[n++] = (struct input_event){
			.type = EV_KEY,
			.code = (__u16)code,
			.value = are_downs,
		};
	}
	return n;
}

void router_resync(struct router *router, unsigned index, const struct key_bits *keys)
{
	static const struct {
		bool are_downs, modifiers;
	} parts[] = {
		{ false, false }, { false, true }, { true, true }, { true, false }
	};
	struct tracked *device = &router->devices[index];
	size_t n;

	if (!device->is_used)
		return;
	if (router->current == ROUTER_HOST)
		release_fingers(router, index);
	device->fingers.active = 0;
	device->fingers.orphans = 0;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		/* a frame takes so many; a keyboard with all keys down needs several */
		while ((n = make_delta(device, keys, parts[i].are_downs,
				       parts[i].modifiers, router->scratch)) > 0)
			router_frame(router, index, router->scratch, n);
	}
}

void router_set_leds(struct router *router, unsigned target, unsigned leds)
{
	if (target >= ROUTER_TARGETS || router->targets[target].leds == leds)
		return;
	router->targets[target].leds = leds;
	if (target == router->current)
		grab_show_leds(router);
}

unsigned router_current(const struct router *router)
{
	return router->current;
}

bool router_is_live(const struct router *router, unsigned target)
{
	return target < ROUTER_TARGETS && router->targets[target].is_live;
}

enum router_group_state router_group(const struct router *router, unsigned group)
{
	return router->groups[group].state;
}

const struct key_bits *router_sent(const struct router *router, unsigned target,
				   enum role role)
{
	return &router->targets[target].nodes[role].sent;
}
