/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * All decisions of evgrab: who gets which event, what has to be released where, what is
 * to be grabbed and let go. The router has no descriptors and no clock and allocates
 * nothing after router_new(): frames, answers and the time come in by calls, and what is
 * to be done goes out through a table of operations, in the order in which it has to be
 * done.
 *
 * Target 0 is the host, the others are guests. In the model that is the default the host
 * keeps its physical devices: while it is the current target nothing is grabbed, the
 * router only watches for chords, and nothing is sent. With is_clone everything is
 * grabbed all the time, and the host has a clone of each device.
 *
 * Two promises: a target holds only keys that it was sent and was current for, and what
 * comes in one frame goes to one target.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bits.h"
#include "chord.h"
#include "roles.h"

#define ROUTER_HOST    0u
#define ROUTER_TARGETS 17 /* the host and 16 guests */
#define ROUTER_DEVICES 64 /* event nodes, not keyboards: one of these has up to four */
#define ROUTER_CHORDS  32
#define ROUTER_FRAME   256 /* events of one frame, SYN_REPORT included */
#define ROUTER_SLOTS   16  /* fingers on one device */
#define ROUTER_NEVER   UINT64_MAX

struct router;

/* ---- what the router is told about ---- */

struct router_guest {
	unsigned roles; /* ROLE_BIT() of each node it has */
	/*
	 * QEMU's input-linux reads it: Ctrl and Scroll Lock are never down together
	 * there, as QEMU would give the node back to the host.
	 */
	bool is_input_linux;
};

enum router_chord_kind {
	ROUTER_CHORD_NEXT, /* the next live target, the host among them */
	ROUTER_CHORD_PREV,
	ROUTER_CHORD_TARGET,
	ROUTER_CHORD_BACK, /* to the target before this one */
};

struct router_chord {
	struct chord chord;
	enum router_chord_kind kind;
	unsigned target; /* of ROUTER_CHORD_TARGET */
};

struct router_absinfo {
	int min, max; /* min == max: the device has no such axis */
};

/*
 * One event node. Nodes of one piece of hardware have the same group: they are grabbed
 * together or not at all.
 */
struct router_device {
	unsigned group; /* below ROUTER_DEVICES */
	enum role role; /* where what is not of a keyboard or mouse goes: ROLE_MOUSE,
			   ROLE_TABLET or ROLE_GAMEPAD */
	bool has_leds;
	bool has_wheel_hi_res;  /* REL_WHEEL_HI_RES, and not REL_WHEEL alone */
	bool has_hwheel_hi_res; /* the same for the horizontal one */
	bool has_wheel;         /* REL_WHEEL */
	bool has_hwheel;
	struct key_bits keys; /* down now, from EVIOCGKEY */
	struct router_absinfo abs[ABS_CNT];
};

enum router_refusal {
	ROUTER_BUSY,      /* EBUSY: somebody else has grabbed a node of it */
	ROUTER_KEYS_DOWN, /* the check after grabbing found keys down: ungrabbed again */
	ROUTER_FAILED,    /* anything else, the device going away for instance */
};

enum router_cause {
	ROUTER_BY_CHORD,
	ROUTER_BY_PANIC,
	ROUTER_BY_COMMAND,
	ROUTER_BY_LIFE, /* a guest started, or the current one stopped */
};

/* ---- what the router asks for ---- */

enum router_grab_mode {
	/*
	 * The host gets what is held released before, by key-ups written into the nodes;
	 * a key that comes down in between is a refusal.
	 */
	ROUTER_GRAB_RELEASE,
	/* Grab whatever is down: it was waited for in vain. */
	ROUTER_GRAB_ANYWAY,
};

enum router_notice_kind {
	ROUTER_SWITCHED,  /* from target `from` to `target`, because of `cause` */
	ROUTER_NOT_LIVE,  /* a chord asks for `target`, which does not run */
	ROUTER_PANICKED,  /* the panic chord: everything was let go */
	ROUTER_STUCK_KEY, /* `code` of `device` was down all the time, and is left out */
	ROUTER_WAITS, /* `device`: waits for its keys to come up before it is grabbed */
	ROUTER_UNKNOWN_CODE, /* `type`, `code` of `device`: no node of `target` has it */
};

struct router_notice {
	enum router_notice_kind kind;
	enum router_cause cause;
	unsigned target;
	unsigned from;
	unsigned device;
	unsigned type;
	unsigned code;
};

/*
 * Carried out at once and in the order of the calls, except grab(). None may call the
 * router.
 */
struct router_ops {
	/*
	 * One whole frame, SYN_REPORT at its end, for the node of that role; the clone of
	 * `device` if the role is ROLE_CLONE. An error is the caller's to remember: the
	 * router counts it as sent.
	 */
	void (*send)(void *ctx, unsigned target, enum role role, unsigned device,
		     const struct input_event *events, size_t n);

	/*
	 * All nodes of the group or none. Not done within the call: when the router has
	 * returned, the caller tries and says what became of it by router_grabbed() or
	 * router_not_grabbed(). What was queued before the grab is the host's: it is read
	 * and dropped before router_grabbed().
	 */
	void (*grab)(void *ctx, unsigned group, enum router_grab_mode mode);

	/*
	 * Ends a grab, or a wish for one. The keys that are down must not repeat on the
	 * host, and its LEDs are as it wants them.
	 */
	void (*ungrab)(void *ctx, unsigned group);

	/* LED_* bits, for a physical device that has LEDs and is grabbed. */
	void (*leds)(void *ctx, unsigned device, unsigned leds);

	void (*notice)(void *ctx, const struct router_notice *notice);
};

struct router_options {
	bool is_clone;
	uint64_t release_us; /* how long held keys are waited for */
	uint64_t retry_us;   /* after the first EBUSY; doubles with each up to the next */
	uint64_t retry_max_us;
};

/* ---- life ---- */

/* ops and ctx stay the caller's. NULL when there is no memory. */
struct router *router_new(const struct router_options *options,
			  const struct router_ops *ops, void *ctx);
void router_free(struct router *router);

/* Chords are tried in order. Takes at most ROUTER_CHORDS of them. */
void router_set_chords(struct router *router, const struct router_chord *chords,
		       size_t n);

/* The number of a guest's target, below ROUTER_TARGETS; it begins not live. */
MUST_CHECK int router_guest_add(struct router *router, const struct router_guest *guest,
				unsigned *ret_target, struct error *err);

/* Its number is free again. The current target becomes the host if it was this one. */
void router_guest_remove(struct router *router, unsigned target);

/* A live target can be switched to. If it was the current one, the host becomes that. */
void router_set_live(struct router *router, unsigned target, bool is_live);

/*
 * What a node that outlived an earlier daemon still has down, and its LEDs: it is
 * released. Before the first frame.
 */
void router_adopted(struct router *router, unsigned target, enum role role,
		    const struct key_bits *keys, unsigned leds);

/* ---- devices ---- */

MUST_CHECK int router_device_add(struct router *router,
				 const struct router_device *device, unsigned *ret_device,
				 struct error *err);

/* Unplugged, the device with that number: what it held is released. */
void router_device_remove(struct router *router, unsigned index);

/*
 * What became of a grab. First, for each device of the group by its number, what fingers
 * hold and its LEDs now; then, for the group, one of the other two.
 */
void router_set_state(struct router *router, unsigned index, const struct key_bits *keys,
		      unsigned leds);
void router_grabbed(struct router *router, unsigned index);
void router_not_grabbed(struct router *router, unsigned index, enum router_refusal why,
			uint64_t now);

/*
 * A frame of one device, with or without its SYN_REPORT. More than ROUTER_FRAME events
 * are not looked at: such a frame has to be treated as dropped.
 */
void router_frame(struct router *router, unsigned device,
		  const struct input_event *events, size_t n);

/*
 * After SYN_DROPPED: what is down now. What differs from before goes the way of all
 * events, fingers are lifted, and axes come with the next frame.
 */
void router_resync(struct router *router, unsigned index, const struct key_bits *keys);

/* ---- wishes ---- */

/* -ENOENT: there is no such target; -ENXIO: it is not live. */
MUST_CHECK int router_switch(struct router *router, unsigned target,
			     enum router_cause cause);
/* The live target after (or before) the current one, the host among them. */
void router_switch_next(struct router *router, bool backwards, enum router_cause cause);

/* The target before the current one, if it is live, else the host. */
void router_switch_back(struct router *router, enum router_cause cause);

/* To the host, and everything is let go, in the clone model too until the next switch. */
void router_panic(struct router *router);

/* A reader of a target's node set its LEDs. */
void router_set_leds(struct router *router, unsigned target, unsigned leds);

/* When router_tick() has to be called; ROUTER_NEVER. */
uint64_t router_deadline(const struct router *router);
void router_tick(struct router *router, uint64_t now);

/* ---- questions ---- */

enum router_group_state {
	ROUTER_GROUP_NONE, /* no device has this group */
	ROUTER_GROUP_FREE, /* the host has it */
	ROUTER_GROUP_ASKED,
	ROUTER_GROUP_WAITING, /* for keys to come up */
	ROUTER_GROUP_REFUSED, /* somebody else has it; tried again at a deadline */
	ROUTER_GROUP_GRABBED,
};

unsigned router_current(const struct router *router);
bool router_is_live(const struct router *router, unsigned target);
enum router_group_state router_group(const struct router *router, unsigned group);
/* What a node was sent and has not been released. */
const struct key_bits *router_sent(const struct router *router, unsigned target,
				   enum role role);
