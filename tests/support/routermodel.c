/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "routermodel.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "router.h"

#define GUESTS  3
#define DEVICES 4
#define TARGETS (GUESTS + 1)
#define NOBODY  UINT32_MAX

enum grab_state { GRAB_NONE, GRAB_ASKED, GRAB_DONE };

struct hand {
	bool is_plugged;
	bool is_grabbed;
	unsigned device; /* the router's number */
	unsigned group;
	struct key_bits fingers;
	struct key_bits swallowed; /* last keys of chords, until they come up */
	struct key_bits clone;     /* what the host's clone of it has down */
};

struct routermodel {
	struct router *router;
	bool is_clone;
	struct hand hands[DEVICES];
	struct key_bits nodes[TARGETS][N_ROLES];
	enum grab_state grabs[DEVICES];
	uint64_t now;
	const char *broken;
	/* while a frame is with the router */
	unsigned frame_hand;
	unsigned frame_target;
	unsigned frame_key; /* of a frame that is one press, else KEY_CNT */
	bool frame_key_was_sent;
	unsigned long presses, switches;
};

/* Keys of the chords and others, modifiers, buttons, what a keyboard's template has not.
 */
static const unsigned short codes[] = {
	KEY_A,          KEY_B,         KEY_F1,       KEY_F2,        KEY_F3,
	KEY_LEFTCTRL,   KEY_RIGHTCTRL, KEY_LEFTALT,  KEY_LEFTMETA,  KEY_LEFTSHIFT,
	BTN_LEFT,       BTN_EXTRA,     KEY_ESC,      KEY_BACKSPACE, KEY_ENTER,
	KEY_SCROLLLOCK, KEY_MAX,       BTN_TOOL_PEN,
};

static void broken(struct routermodel *model, const char *promise)
{
	if (!model->broken)
		model->broken = promise;
}

/* ---- what the router does ---- */

static void check_press(struct routermodel *model, unsigned target, unsigned code)
{
	const struct hand *hand;

	/* of the harmless key nobody's finger is the cause */
	if (code == KEY_LEFTCTRL || code == KEY_RIGHTCTRL)
		return;
	if (model->frame_hand == NOBODY) {
		broken(model, "a press comes from a finger");
		return;
	}
	hand = &model->hands[model->frame_hand];
	if (target != model->frame_target)
		broken(model, "a frame is for the target that was current");
	if (!hand->is_grabbed)
		broken(model, "a press comes from a device that is grabbed");
	if (code == model->frame_key)
		model->frame_key_was_sent = true;
}

static void check_key(struct routermodel *model, unsigned target, struct key_bits *down,
		      const struct input_event *event)
{
	bool is_down = keys_has(down, event->code);

	if (event->value == 1 ? is_down : !is_down)
		broken(model, "presses and releases take turns");
	if (event->value == 1) {
		check_press(model, target, event->code);
		model->presses += target != ROUTER_HOST;
	}
	if (event->value != 2) {
		keys_set(down, event->code, event->value == 1);
	} else if (model->frame_hand != NOBODY &&
		   keys_has(&model->hands[model->frame_hand].swallowed, event->code)) {
		broken(model, "a chord's last key does not repeat");
	}
}

static struct hand *find_hand(struct routermodel *model, unsigned device)
{
	for (size_t i = 0; i < DEVICES; i++) {
		if (model->hands[i].is_plugged && model->hands[i].device == device)
			return &model->hands[i];
	}
	return NULL;
}

static void on_send(void *ctx, unsigned target, enum role role, unsigned device,
		    const struct input_event *events, size_t n)
{
	struct routermodel *model = ctx;
	struct hand *hand = find_hand(model, device);
	struct key_bits *down;

	if (target != router_current(model->router))
		broken(model, "only the current target gets something");
	if ((target == ROUTER_HOST) != (role == ROLE_CLONE))
		broken(model, "the host has clones and guests have roles");
	if (target == ROUTER_HOST && (!model->is_clone || !hand)) {
		broken(model, "a host that keeps its devices gets nothing");
		return;
	}
	if (n < 2 || events[n - 1].type != EV_SYN || events[n - 1].code != SYN_REPORT)
		broken(model, "a frame has content and an end");
	down = role == ROLE_CLONE ? &hand->clone : &model->nodes[target][role];
	for (size_t i = 0; i < n; i++) {
		if (i < n - 1 && events[i].type == EV_SYN)
			broken(model, "a frame has one end");
		if (role != ROLE_CLONE && !role_has(role, events[i].type, events[i].code))
			broken(model, "a node gets what it can have");
		if (events[i].type == EV_KEY)
			check_key(model, target, down, &events[i]);
	}
}

static void on_grab(void *ctx, unsigned group, enum router_grab_mode mode)
{
	struct routermodel *model = ctx;

	(void)mode;
	model->grabs[group] = GRAB_ASKED;
}

static void on_ungrab(void *ctx, unsigned group)
{
	struct routermodel *model = ctx;

	model->grabs[group] = GRAB_NONE;
	for (size_t i = 0; i < DEVICES; i++) {
		if (model->hands[i].group == group)
			model->hands[i].is_grabbed = false;
	}
}

static void on_leds(void *ctx, unsigned device, unsigned leds)
{
	struct routermodel *model = ctx;
	const struct hand *hand = find_hand(model, device);

	(void)leds;
	if (!hand || !hand->is_grabbed)
		broken(model, "LEDs are set of devices that are grabbed");
}

static void on_notice(void *ctx, const struct router_notice *notice)
{
	struct routermodel *model = ctx;

	model->switches += notice->kind == ROUTER_SWITCHED;
	if (notice->kind == ROUTER_SWITCHED && notice->cause == ROUTER_BY_CHORD &&
	    model->frame_key < KEY_CNT) {
		if (model->frame_key_was_sent)
			broken(model, "a chord's last key is not sent");
		keys_set(&model->hands[model->frame_hand].swallowed, model->frame_key,
			 true);
	}
}

static const struct router_ops ops = {
	.send = on_send,
	.grab = on_grab,
	.ungrab = on_ungrab,
	.leds = on_leds,
	.notice = on_notice,
};

/* ---- what the world does ---- */

static void answer(struct routermodel *model, unsigned group, unsigned how)
{
	if (model->grabs[group] != GRAB_ASKED)
		return;
	if (how < 3) {
		static const enum router_refusal whys[] = { ROUTER_BUSY, ROUTER_KEYS_DOWN,
							    ROUTER_FAILED };

		model->grabs[group] = GRAB_NONE;
		router_not_grabbed(model->router, group, whys[how], model->now);
		return;
	}
	model->grabs[group] = GRAB_DONE;
	for (size_t i = 0; i < DEVICES; i++) {
		struct hand *hand = &model->hands[i];

		if (!hand->is_plugged || hand->group != group)
			continue;
		hand->is_grabbed = true;
		router_set_state(model->router, hand->device, &hand->fingers, 0);
	}
	router_grabbed(model->router, group);
}

static void plug(struct routermodel *model, struct hand *hand, uint32_t word)
{
	struct router_device info = {
		.group = (unsigned)(word % 3),
		.role = ROLE_MOUSE,
		.has_leds = word & 4,
		.has_wheel = word & 8,
		.has_wheel_hi_res = word & 16,
	};
	struct error err = { 0 };

	*hand = (struct hand){ .group = info.group };
	if (word & 32)
		keys_set(&hand->fingers, KEY_A, true);
	info.keys = hand->fingers;
	/* the router asks for a grab in the call: the number is known by then */
	hand->is_plugged = true;
	if (router_device_add(model->router, &info, &hand->device, &err) < 0)
		hand->is_plugged = false;
}

static void unplug(struct routermodel *model, struct hand *hand)
{
	router_device_remove(model->router, hand->device);
	hand->is_plugged = false;
}

static void give_frame(struct routermodel *model, struct hand *hand,
		       const struct input_event *events, size_t n)
{
	model->frame_hand = (unsigned)(hand - model->hands);
	model->frame_target = router_current(model->router);
	model->frame_key_was_sent = false;
	model->frame_key = n == 1 && events[0].type == EV_KEY && events[0].value == 1
				   ? events[0].code
				   : KEY_CNT;
	router_frame(model->router, hand->device, events, n);
	model->frame_hand = NOBODY;
	model->frame_key = KEY_CNT;
}

static struct input_event make_key(struct hand *hand, unsigned code, bool repeat)
{
	struct input_event event = { .type = EV_KEY, .code = (__u16)code };

	if (repeat && keys_has(&hand->fingers, code)) {
		event.value = 2;
		return event;
	}
	event.value = !keys_has(&hand->fingers, code);
	keys_set(&hand->fingers, code, event.value);
	if (event.value == 0)
		keys_set(&hand->swallowed, code, false);
	return event;
}

/* One to three events. */
static void use(struct routermodel *model, struct hand *hand, uint32_t word)
{
	struct input_event events[3] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i <= (word & 0x100 ? word >> 9 & 1 : 0); i++) {
		unsigned code = codes[(word >> (10 + 5 * i)) % ARRAY_SIZE(codes)];

		if (i > 0 && events[0].code == code)
			break;
		events[n++] = make_key(hand, code, word >> 20 & 1);
	}
	if (word & 1 << 21) {
		events[n++] = (struct input_event){
			.type = EV_REL,
			.code = (word & 1 << 22) ? REL_WHEEL : REL_X,
			.value = (int)(word >> 24) - 128,
		};
	}
	give_frame(model, hand, events, n);
}

static void lose_events(struct routermodel *model, struct hand *hand, uint32_t word)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (word >> i & 1)
			keys_set(&hand->fingers, codes[i], false);
	}
	if (word & 1 << 20)
		keys_set(&hand->fingers, codes[word % ARRAY_SIZE(codes)], true);
	hand->swallowed = KEY_BITS_NONE;
	model->frame_hand = (unsigned)(hand - model->hands);
	model->frame_target = router_current(model->router);
	router_resync(model->router, hand->device, &hand->fingers);
	model->frame_hand = NOBODY;
}

static void command(struct routermodel *model, uint32_t word)
{
	unsigned target = word % (TARGETS + 1);

	switch (word >> 8 & 7) {
	case 0:
		router_panic(model->router);
		break;
	case 1:
		router_switch_next(model->router, word & 1, ROUTER_BY_COMMAND);
		break;
	case 2:
	case 3:
		router_set_live(model->router, target, (word >> 11 & 3) != 0);
		break;
	case 4:
		router_set_leds(model->router, target, word >> 16 & 7);
		break;
	case 5:
		model->now += word >> 11;
		if (router_deadline(model->router) <= model->now)
			router_tick(model->router, model->now);
		break;
	default:
		if (router_switch(model->router, target, ROUTER_BY_COMMAND) < 0 &&
		    target < TARGETS && router_is_live(model->router, target))
			broken(model, "a live target can be switched to");
		break;
	}
}

static void check_all(struct routermodel *model, bool nobody_has_keys)
{
	unsigned current = router_current(model->router);

	for (unsigned target = 0; target < TARGETS; target++) {
		if (target == current && !nobody_has_keys)
			continue;
		for (unsigned role = 0; role < N_ROLES; role++) {
			if (!keys_empty(&model->nodes[target][role]))
				broken(model, "only the current target has keys down");
		}
	}
	for (size_t i = 0; i < DEVICES; i++) {
		if ((current != ROUTER_HOST || nobody_has_keys) &&
		    !keys_empty(&model->hands[i].clone))
			broken(model, "the host has keys down for itself only");
	}
}

const char *routermodel_step(struct routermodel *model, uint32_t word)
{
	struct hand *hand = &model->hands[word >> 30];
	unsigned what = word & 0xff;

	model->now += 1000;
	if (what < 16) {
		command(model, word >> 8);
	} else if (what < 48) {
		answer(model, (word >> 8) % 3, (word >> 10) % 16);
	} else if (!hand->is_plugged) {
		plug(model, hand, word >> 8);
	} else if (what < 52) {
		unplug(model, hand);
	} else if (what < 56) {
		lose_events(model, hand, word >> 8);
	} else {
		use(model, hand, word);
	}
	check_all(model, false);
	return model->broken;
}

const char *routermodel_rest(struct routermodel *model)
{
	for (size_t i = 0; i < DEVICES; i++) {
		struct hand *hand = &model->hands[i];

		for (unsigned code = keys_next(&hand->fingers, 0);
		     hand->is_plugged && code < KEY_CNT;
		     code = keys_next(&hand->fingers, code + 1)) {
			struct input_event up = make_key(hand, code, false);

			give_frame(model, hand, &up, 1);
		}
	}
	check_all(model, true);
	return model->broken;
}

static const struct router_chord chords[] = {
	{ .chord = { { { KEY_F1, 0 }, { KEY_F2, 0 } }, 2, false },
	  .kind = ROUTER_CHORD_NEXT },
	{ .chord = { { { KEY_LEFTMETA, KEY_RIGHTMETA }, { KEY_F3, 0 } }, 2, true },
	  .kind = ROUTER_CHORD_TARGET,
	  .target = 2 },
	{ .chord = { { { BTN_EXTRA, 0 }, { KEY_B, 0 } }, 2, false },
	  .kind = ROUTER_CHORD_BACK },
};

struct routermodel *routermodel_new(bool is_clone)
{
	struct routermodel *model = calloc(1, sizeof(*model));
	struct router_options options = { .is_clone = is_clone,
					  .release_us = 20000,
					  .retry_us = 5000,
					  .retry_max_us = 20000 };
	struct router_guest guest = { .roles = ROLE_BIT(ROLE_KEYBOARD) |
					       ROLE_BIT(ROLE_MOUSE) };
	struct error err = { 0 };

	if (!model)
		return NULL;
	model->is_clone = is_clone;
	model->frame_hand = NOBODY;
	model->frame_key = KEY_CNT;
	model->router = router_new(&options, &ops, model);
	if (!model->router) {
		free(model);
		return NULL;
	}
	router_set_chords(model->router, chords, ARRAY_SIZE(chords));
	for (unsigned i = 0; i < GUESTS; i++) {
		unsigned target;

		guest.is_input_linux = i == 1;
		if (router_guest_add(model->router, &guest, &target, &err) == 0)
			router_set_live(model->router, target, true);
	}
	return model;
}

void routermodel_free(struct routermodel *model)
{
	if (model)
		router_free(model->router);
	free(model);
}

unsigned long routermodel_presses(const struct routermodel *model)
{
	return model->presses;
}

unsigned long routermodel_switches(const struct routermodel *model)
{
	return model->switches;
}
