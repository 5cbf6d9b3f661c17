/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a target was sent and has to be given back. */

#include <string.h>

#include "router_impl.h"

bool key_opens_menu(unsigned code)
{
	return code == KEY_LEFTMETA || code == KEY_RIGHTMETA || code == KEY_LEFTALT ||
	       code == KEY_RIGHTALT;
}

struct key_bits *node_sent(struct router *router, unsigned target, enum role role,
			   unsigned device)
{
	return role == ROLE_CLONE ? &router->devices[device].clone
				  : &router->targets[target].nodes[role].sent;
}

void out_add(struct out *out, const struct timeval *time, unsigned type, unsigned code,
	     int value)
{
	struct input_event *event = &out->events[out->n++];

	*event = (struct input_event){
		.type = (__u16)type,
		.code = (__u16)code,
		.value = value,
	};
	if (time)
		event->time = *time;
	if (type != EV_MSC)
		out->has_content = true;
}

void out_send(struct router *router, struct out *out, unsigned target, enum role role,
	      unsigned device)
{
	struct timeval time;

	if (out->has_content) {
		time = out->events[out->n - 1].time;
		out_add(out, &time, EV_SYN, SYN_REPORT, 0);
		router->ops->send(router->ctx, target, role, device, out->events, out->n);
	}
	out->n = 0;
	out->has_content = false;
}

/* One frame, or several when it would be too long for one. */
static void send_ups(struct router *router, unsigned target, enum role role,
		     unsigned device, const struct key_bits *keys, bool modifiers)
{
	struct key_bits *sent = node_sent(router, target, role, device);
	struct out *out = &router->outs[role];

	for (unsigned code = keys_next(keys, 0); code < KEY_CNT;
	     code = keys_next(keys, code + 1)) {
		if (key_is_modifier(code) != modifiers || !keys_has(sent, code))
			continue;
		keys_set(sent, code, false);
		out_add(out, NULL, EV_KEY, code, 0);
		if (out->n == ROUTER_FRAME - 1)
			out_send(router, out, target, role, device);
	}
	out_send(router, out, target, role, device);
}

/*
 * A frame each for press and release: who looks at the state after a frame and not at its
 * events would see nothing of a press that is released in the same one.
 */
void mask_lone(struct router *router, unsigned target, enum role role, unsigned device)
{
	struct target *owner = &router->targets[target];
	const struct key_bits *sent = node_sent(router, target, role, device);
	struct out *out = &router->outs[role];
	unsigned mask = KEY_LEFTCTRL;

	if (!key_opens_menu(owner->last_down) || !keys_has(sent, owner->last_down))
		return;
	if (keys_has(sent, mask))
		mask = KEY_RIGHTCTRL;
	if (keys_has(sent, mask) ||
	    (owner->info.is_input_linux && keys_has(sent, KEY_SCROLLLOCK)))
		return;
	owner->last_down = mask;
	for (int value = 1; value >= 0; value--) {
		out_add(out, NULL, EV_KEY, mask, value);
		out_send(router, out, target, role, device);
	}
}

void release_keys(struct router *router, unsigned target, enum role role, unsigned device,
		  const struct key_bits *keys)
{
	/* a copy: it may be the set that is emptied on the way */
	const struct key_bits wanted = *keys;

	send_ups(router, target, role, device, &wanted, false);
	if (keys_has(&wanted, router->targets[target].last_down))
		mask_lone(router, target, role, device);
	send_ups(router, target, role, device, &wanted, true);
}

void release_fingers(struct router *router, unsigned device)
{
	struct fingers *fingers = &router->devices[device].fingers;
	struct out *out = &router->outs[ROLE_CLONE];

	for (unsigned slot = 0; slot < ROUTER_SLOTS; slot++) {
		if (!((fingers->active & ~fingers->orphans) >> slot & 1))
			continue;
		out_add(out, NULL, EV_ABS, ABS_MT_SLOT, (int)slot);
		out_add(out, NULL, EV_ABS, ABS_MT_TRACKING_ID, -1);
		fingers->shown = slot;
	}
	out_send(router, out, ROUTER_HOST, ROLE_CLONE, device);
	fingers->orphans = fingers->active;
}

static void rest_axes(struct router *router, unsigned target, enum role role)
{
	const struct role_template *template = role_template(role);
	struct node *node = &router->targets[target].nodes[role];
	struct out *out = &router->outs[role];

	for (size_t i = 0; i < template->n_axes; i++) {
		const struct role_axis *axis = &template->axes[i];

		if (axis->has_rest && node->axes >> axis->code & 1)
			out_add(out, NULL, EV_ABS, axis->code, axis->rest);
	}
	node->axes = 0;
	out_send(router, out, target, role, 0);
}

void release_node(struct router *router, unsigned target, enum role role)
{
	release_keys(router, target, role, 0, &router->targets[target].nodes[role].sent);
	rest_axes(router, target, role);
}

static void release_clones(struct router *router)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		if (!router->devices[i].is_used)
			continue;
		release_fingers(router, i);
		release_keys(router, ROUTER_HOST, ROLE_CLONE, i,
			     &router->devices[i].clone);
	}
}

void release_device(struct router *router, unsigned index)
{
	const struct tracked *device = &router->devices[index];
	struct key_bits keys = device->down;

	if (router->current == ROUTER_HOST) {
		release_fingers(router, index);
		release_keys(router, ROUTER_HOST, ROLE_CLONE, index, &device->clone);
		return;
	}
	for (unsigned code = keys_next(&keys, 0); code < KEY_CNT;
	     code = keys_next(&keys, code + 1)) {
		if (key_is_held(router, code, index))
			keys_set(&keys, code, false);
	}
	for (unsigned role = N_ROLES; role-- > 0;)
		release_keys(router, router->current, role, index, &keys);
	/* only one of its kind moves the axes, as a rule */
	if (device->info.role == ROLE_TABLET || device->info.role == ROLE_GAMEPAD)
		rest_axes(router, router->current, device->info.role);
}

void release_current(struct router *router)
{
	unsigned target = router->current;

	if (target == ROUTER_HOST) {
		release_clones(router);
		return;
	}
	/* the keyboard last: what is held with Ctrl ends with Ctrl */
	for (unsigned role = N_ROLES; role-- > 0;)
		release_node(router, target, role);
}
