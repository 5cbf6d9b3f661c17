/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The router's inside, shared by the files of it. */

#include "router.h"

/* A device whose fingers the router follows: only clones pass them on. */
struct fingers {
	unsigned slot;    /* the device's current one */
	unsigned shown;   /* the one that the clone's readers take for it */
	unsigned active;  /* slots with a finger, a bit each */
	unsigned orphans; /* of these: came down for somebody else */
};

/* A device, as the router follows it. */
struct tracked {
	bool is_used;
	bool is_grabbed;
	struct router_device info;
	struct key_bits down;
	struct key_bits pressed; /* of these: seen going down, so chords count them */
	/*
	 * Of these: not for the current target, as they went down for another one, or
	 * completed a chord, or were down before the grab. Their repeats and their ups
	 * are swallowed.
	 */
	struct key_bits orphans;
	struct key_bits clone; /* what the host's clone of it was sent */
	struct fingers fingers;
	int wheel_rest[2]; /* high-resolution units that are not a notch yet */
	unsigned leds;     /* before it was grabbed */
	bool has_told_unknown;
};

struct node {
	struct key_bits sent;
	uint64_t axes; /* EV_ABS codes that were sent */
};

struct target {
	bool is_used;
	bool is_live;
	struct router_guest info;
	struct node nodes[N_ROLES];
	unsigned leds;
	unsigned last_down; /* the key that went down last, of all its nodes */
};

struct group {
	enum router_group_state state;
	enum router_grab_mode mode; /* of the grab that was asked for */
	uint64_t deadline;          /* of WAITING and REFUSED */
	uint64_t wait_until;        /* ROUTER_NEVER: nothing was waited for yet */
	uint64_t backoff;
};

/* A frame in the making. A wheel event may become two, a finger's too. */
struct out {
	struct input_event events[2 * ROUTER_FRAME + 1];
	size_t n;
	bool has_content; /* more than MSC_SCAN */
};

struct router {
	struct router_options options;
	const struct router_ops *ops;
	void *ctx;
	struct chord panic;
	struct router_chord chords[ROUTER_CHORDS];
	size_t n_chords;
	struct target targets[ROUTER_TARGETS];
	struct tracked devices[ROUTER_DEVICES];
	struct group groups[ROUTER_DEVICES];
	unsigned current;
	unsigned previous;
	bool is_panicked; /* nothing is grabbed until the next switch */
	struct out outs[N_ROLES + 1];
	struct input_event scratch[ROUTER_FRAME];
};

/* What a chord of the frame asks for, done when the frame is. */
struct wish {
	bool is_panic;
	const struct router_chord *chord;
};

/* ---- router_release.c ---- */

/* Pressed and released alone it opens a menu. */
bool key_opens_menu(unsigned code);

/* The keys that the node was sent. */
struct key_bits *node_sent(struct router *router, unsigned target, enum role role,
			   unsigned device);

/* Adds SYN_REPORT and sends, if there is anything to be sent. */
void out_send(struct router *router, struct out *out, unsigned target, enum role role,
	      unsigned device);
void out_add(struct out *out, const struct timeval *time, unsigned type, unsigned code,
	     int value);

/*
 * Releases those of the keys that the node was sent: what is no modifier first, then the
 * modifiers; none of these opens a menu for having been pressed alone.
 */
void release_keys(struct router *router, unsigned target, enum role role, unsigned device,
		  const struct key_bits *keys);

/* All that the node of a guest was sent. */
void release_node(struct router *router, unsigned target, enum role role);
/* The current target gets the releases of all it was sent. */
void release_current(struct router *router);

/* The current target gets the releases of all that the device holds for it. */
void release_device(struct router *router, unsigned index);

/* The fingers that the clone of the device knows of are lifted. */
void release_fingers(struct router *router, unsigned device);

/* A key between the press and the release of a Meta or Alt that was pressed alone. */
void mask_lone(struct router *router, unsigned target, enum role role, unsigned device);

/* ---- router_frame.c ---- */

/* Whether another device holds the key down for the current target. */
bool key_is_held(const struct router *router, unsigned code, unsigned but_device);

/* ---- router_grab.c ---- */

/* Whether the devices are to be grabbed as things are. */
bool grab_is_wanted(const struct router *router);
/* Asks for what is missing, lets go what is not wanted. */
void grab_update(struct router *router);
/* Keys of a device of the group came up. */
void grab_keys_up(struct router *router, unsigned index);
/* A device joined the group, or left it. */
void grab_member_added(struct router *router, unsigned index);
void grab_member_removed(struct router *router, unsigned index);
/* The current target's LEDs, on all devices that are grabbed. */
void grab_show_leds(struct router *router);

/* ---- router_switch.c ---- */

/* The target is a live one. */
void switch_to(struct router *router, unsigned target, enum router_cause cause);

/* The frame of the device is done: now what its keys ask for. */
void wish_carry_out(struct router *router, const struct wish *wish);
