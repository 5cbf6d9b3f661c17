/* SPDX-License-Identifier: GPL-2.0-or-later */

/* A frame of a device, sorted into the frames of the current target's nodes. */

#include "base/macro.h"
#include "router_impl.h"

#define NOTCH       120 /* high-resolution units, since 5.0 */
#define MAX_NOTCHES 32  /* that one frame becomes for input-linux */

/* What stays the same for the events of one frame. */
struct pass {
	struct router *router;
	struct tracked *device;
	unsigned index; /* of the device */
	struct wish wish;
	bool is_sent; /* the device's events go to the current target */
	bool has_ups;
	int notches; /* still to be sent, a frame each */
};

static bool is_clone(const struct pass *pass)
{
	return pass->router->current == ROUTER_HOST;
}

/* The node of the current target that has the code; ROLE_CLONE; or -1. */
static int find_role(const struct pass *pass, unsigned type, unsigned code)
{
	const struct router *router = pass->router;
	unsigned roles = router->targets[router->current].info.roles;
	const enum role order[] = { pass->device->info.role, ROLE_KEYBOARD, ROLE_MOUSE };

	if (is_clone(pass))
		return ROLE_CLONE;
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if ((roles & ROLE_BIT(order[i])) && role_has(order[i], type, code))
			return (int)order[i];
	}
	return -1;
}

static void tell_unknown(struct pass *pass, unsigned type, unsigned code)
{
	struct router *router = pass->router;
	struct router_notice notice = {
		.kind = ROUTER_UNKNOWN_CODE,
		.target = router->current,
		.device = pass->index,
		.type = type,
		.code = code,
	};

	if (pass->device->has_told_unknown)
		return;
	pass->device->has_told_unknown = true;
	router->ops->notice(router->ctx, &notice);
}

bool key_is_held(const struct router *router, unsigned code, unsigned but_device)
{
	for (unsigned i = 0; i < ROUTER_DEVICES; i++) {
		const struct tracked *device = &router->devices[i];

		if (i != but_device && device->is_used && device->is_grabbed &&
		    keys_has(&device->down, code) && !keys_has(&device->orphans, code))
			return true;
	}
	return false;
}

static void find_chord(struct pass *pass, unsigned code)
{
	struct router *router = pass->router;
	struct key_bits held = KEY_BITS_NONE;

	for (size_t i = 0; i < ROUTER_DEVICES; i++) {
		if (!router->devices[i].is_used)
			continue;
		for (size_t j = 0; j < BITS_WORDS(KEY_CNT); j++)
			held.words[j] |= router->devices[i].pressed.words[j];
	}
	if (chord_matches(&router->panic, &held, code)) {
		pass->wish.is_panic = true;
		keys_set(&pass->device->orphans, code, true);
		return;
	}
	for (size_t i = 0; i < router->n_chords; i++) {
		if (!chord_matches(&router->chords[i].chord, &held, code))
			continue;
		if (!pass->wish.chord)
			pass->wish.chord = &router->chords[i];
		keys_set(&pass->device->orphans, code, true);
		return;
	}
}

/* With both down QEMU would let the node go. */
static bool would_toggle_qemu(const struct target *target, unsigned code)
{
	const struct key_bits *sent = &target->nodes[ROLE_KEYBOARD].sent;

	if (!target->info.is_input_linux)
		return false;
	if (code == KEY_SCROLLLOCK)
		return keys_has(sent, KEY_LEFTCTRL) || keys_has(sent, KEY_RIGHTCTRL);
	return (code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL) &&
	       keys_has(sent, KEY_SCROLLLOCK);
}

/* Whether it changes something for the node, or repeats what is down there. */
static bool is_news(const struct pass *pass, const struct input_event *event,
		    const struct key_bits *sent, int role)
{
	bool is_down = keys_has(sent, event->code);

	if (event->value == 1)
		return !is_down;
	if (event->value == 0 && role != ROLE_CLONE &&
	    key_is_held(pass->router, event->code, pass->index))
		return false;
	return is_down;
}

static void send_key(struct pass *pass, const struct input_event *event)
{
	struct router *router = pass->router;
	struct target *target = &router->targets[router->current];
	int role = find_role(pass, EV_KEY, event->code);
	struct key_bits *sent;

	if (role < 0) {
		tell_unknown(pass, EV_KEY, event->code);
		return;
	}
	sent = node_sent(router, router->current, role, pass->index);
	if (!is_news(pass, event, sent, role))
		return;
	if (event->value == 1) {
		if (would_toggle_qemu(target, event->code)) {
			keys_set(&pass->device->orphans, event->code, true);
			return;
		}
		target->last_down = event->code;
	}
	if (event->value != 2)
		keys_set(sent, event->code, event->value == 1);
	out_add(&router->outs[role], &event->time, EV_KEY, event->code, event->value);
}

static void take_key(struct pass *pass, const struct input_event *event)
{
	struct tracked *device = pass->device;
	unsigned code = event->code;
	bool is_orphan;

	if (code >= KEY_CNT || event->value < 0 || event->value > 2)
		return;
	if (event->value == 1) {
		keys_set(&device->down, code, true);
		keys_set(&device->pressed, code, true);
		keys_set(&device->orphans, code, false);
		find_chord(pass, code);
	}
	is_orphan = keys_has(&device->orphans, code);
	if (event->value == 0) {
		keys_set(&device->down, code, false);
		keys_set(&device->pressed, code, false);
		keys_set(&device->orphans, code, false);
		pass->has_ups = true;
	}
	if (pass->is_sent && !is_orphan)
		send_key(pass, event);
}

/* QEMU's input-linux takes a wheel event for one notch, however many it is. */
static void send_notches(struct pass *pass, const struct timeval *time, unsigned code,
			 int notches, struct out *out)
{
	const struct router *router = pass->router;

	if (code == REL_WHEEL && router->targets[router->current].info.is_input_linux) {
		int one = notches > 0 ? 1 : -1;

		pass->notches += notches - one;
		notches = one;
	}
	out_add(out, time, EV_REL, code, notches);
}

/*
 * A node has both the wheel and its high-resolution twin. A device that has one only gets
 * the other made; of one that has both they go through as they come.
 */
static void send_wheel(struct pass *pass, const struct input_event *event,
		       struct out *out)
{
	const struct router_device *info = &pass->device->info;
	bool is_horizontal =
		event->code == REL_HWHEEL || event->code == REL_HWHEEL_HI_RES;
	bool is_hi_res =
		event->code == REL_WHEEL_HI_RES || event->code == REL_HWHEEL_HI_RES;
	bool has_twin = is_hi_res ? (is_horizontal ? info->has_hwheel : info->has_wheel)
				  : (is_horizontal ? info->has_hwheel_hi_res
						   : info->has_wheel_hi_res);
	int *rest = &pass->device->wheel_rest[is_horizontal];
	int hi_res = 0;

	if (!is_hi_res) {
		send_notches(pass, &event->time, event->code, event->value, out);
		if (!has_twin && !__builtin_mul_overflow(event->value, NOTCH, &hi_res)) {
			out_add(out, &event->time, EV_REL,
				is_horizontal ? REL_HWHEEL_HI_RES : REL_WHEEL_HI_RES,
				hi_res);
		}
		return;
	}
	out_add(out, &event->time, EV_REL, event->code, event->value);
	if (has_twin)
		return;
	/* who turns back does not have to make up for what was turned before */
	if ((*rest > 0) != (event->value > 0))
		*rest = 0;
	if (__builtin_add_overflow(*rest, event->value, rest))
		*rest = 0;
	if (*rest / NOTCH) {
		out_add(out, &event->time, EV_REL, is_horizontal ? REL_HWHEEL : REL_WHEEL,
			*rest / NOTCH);
		*rest %= NOTCH;
	}
}

static void take_rel(struct pass *pass, const struct input_event *event)
{
	int role = find_role(pass, EV_REL, event->code);
	struct out *out;

	if (role < 0) {
		tell_unknown(pass, EV_REL, event->code);
		return;
	}
	out = &pass->router->outs[role];
	if (role == ROLE_MOUSE &&
	    (event->code == REL_WHEEL || event->code == REL_HWHEEL ||
	     event->code == REL_WHEEL_HI_RES || event->code == REL_HWHEEL_HI_RES)) {
		send_wheel(pass, event, out);
		return;
	}
	out_add(out, &event->time, EV_REL, event->code, event->value);
}

static int scale(const struct router_absinfo *from, const struct role_axis *to, int value)
{
	int64_t span = (int64_t)from->max - from->min;
	int64_t above;

	if (span <= 0)
		return to->rest;
	if (value < from->min)
		value = from->min;
	if (value > from->max)
		value = from->max;
	above = (int64_t)value - from->min;
	return to->min + (int)(above * ((int64_t)to->max - to->min) / span);
}

/*
 * The clone's readers are told the slot when something is said about a finger in it that
 * is theirs: what the device said meanwhile was for others.
 */
static void send_finger(struct pass *pass, const struct input_event *event)
{
	struct fingers *fingers = &pass->device->fingers;
	struct out *out = &pass->router->outs[ROLE_CLONE];

	if (fingers->shown != fingers->slot) {
		out_add(out, &event->time, EV_ABS, ABS_MT_SLOT, (int)fingers->slot);
		fingers->shown = fingers->slot;
	}
	out_add(out, &event->time, EV_ABS, event->code, event->value);
}

static void take_finger(struct pass *pass, const struct input_event *event)
{
	struct fingers *fingers = &pass->device->fingers;
	bool is_orphan;

	if (event->code == ABS_MT_SLOT) {
		fingers->slot = (unsigned)event->value;
		return;
	}
	if (fingers->slot >= ROUTER_SLOTS)
		return;
	is_orphan = fingers->orphans >> fingers->slot & 1;
	if (event->code == ABS_MT_TRACKING_ID) {
		unsigned bit = 1u << fingers->slot;
		bool is_down = event->value >= 0;

		fingers->orphans &= ~bit;
		if (is_down && !pass->is_sent)
			fingers->orphans |= bit;
		is_orphan = is_down ? !pass->is_sent : is_orphan;
		fingers->active =
			is_down ? fingers->active | bit : fingers->active & ~bit;
	}
	if (pass->is_sent && is_clone(pass) && !is_orphan)
		send_finger(pass, event);
}

static void take_abs(struct pass *pass, const struct input_event *event)
{
	struct router *router = pass->router;
	const struct role_axis *axis;
	int role;

	if (event->code >= ABS_CNT)
		return;
	if (event->code >= ABS_MT_SLOT) {
		take_finger(pass, event);
		return;
	}
	if (!pass->is_sent)
		return;
	role = find_role(pass, EV_ABS, event->code);
	if (role < 0) {
		tell_unknown(pass, EV_ABS, event->code);
	} else if (role == ROLE_CLONE) {
		out_add(&router->outs[role], &event->time, EV_ABS, event->code,
			event->value);
	} else {
		axis = role_axis(role, event->code);
		router->targets[router->current].nodes[role].axes |= 1ULL << event->code;
		out_add(&router->outs[role], &event->time, EV_ABS, event->code,
			scale(&pass->device->info.abs[event->code], axis, event->value));
	}
}

static void take_event(struct pass *pass, const struct input_event *event)
{
	switch (event->type) {
	case EV_KEY:
		take_key(pass, event);
		break;
	case EV_REL:
		if (pass->is_sent && event->value)
			take_rel(pass, event);
		break;
	case EV_ABS:
		take_abs(pass, event);
		break;
	case EV_MSC:
	case EV_SW:
		/* a guest's node has neither; scan codes are of no use without the table
		 */
		if (pass->is_sent && is_clone(pass)) {
			out_add(&pass->router->outs[ROLE_CLONE], &event->time,
				event->type, event->code, event->value);
		}
		break;
	default:
		break;
	}
}

static bool goes_to_current(const struct router *router, const struct tracked *device)
{
	if (!device->is_grabbed)
		return false;
	return router->current != ROUTER_HOST || router->options.is_clone;
}

static void send_more_notches(struct pass *pass)
{
	struct router *router = pass->router;
	struct out *out = &router->outs[ROLE_MOUSE];
	int one = pass->notches > 0 ? 1 : -1;

	for (int i = 0; i < MAX_NOTCHES && pass->notches; i++) {
		out_add(out, NULL, EV_REL, REL_WHEEL, one);
		out_send(router, out, router->current, ROLE_MOUSE, pass->index);
		pass->notches -= one;
	}
}

void router_frame(struct router *router, unsigned device,
		  const struct input_event *events, size_t n)
{
	struct pass pass = {
		.router = router,
		.device = &router->devices[device],
		.index = device,
	};

	if (!pass.device->is_used || n > ROUTER_FRAME)
		return;
	pass.is_sent = goes_to_current(router, pass.device);
	for (size_t i = 0; i < n; i++)
		take_event(&pass, &events[i]);
	for (unsigned role = 0; role <= ROLE_CLONE; role++)
		out_send(router, &router->outs[role], router->current, role, device);
	send_more_notches(&pass);
	wish_carry_out(router, &pass.wish);
	if (pass.has_ups)
		grab_keys_up(router, pass.device->info.group);
}
