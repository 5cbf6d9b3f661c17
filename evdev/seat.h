/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The router among real devices: what keyboards and mice send goes into it, and what it
 * decides goes to the nodes of the guests.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "config.h"
#include "devices.h"
#include "loop.h"
#include "router.h"
#include "store.h"
#include "vnode.h"

struct seat;

/* A node of a guest. fd -1: it has none of this role. */
struct seat_node {
	struct vnode vnode;
	struct source source;
	struct seat *seat;
	unsigned target;
	bool was_kept;   /* from before this daemon */
	bool has_failed; /* to write to it, which was told */
	bool is_unread;  /* nobody has grabbed it, as was seen before look_at */
	uint64_t look_at;
	uint64_t frames; /* that went to it */
	uint64_t lost;   /* that could not be written */
};

struct seat_guest {
	bool is_used;
	bool has_started;    /* the hook has said so */
	bool has_lost_input; /* it runs and reads devices that are no more */
	struct config_guest settings;
	struct seat_node nodes[N_ROLES];
};

/* A physical event device that was taken. */
struct seat_device {
	struct devices_entry *entry; /* NULL: none */
	struct source source;
	struct seat *seat;
	struct seat_node clone; /* in the clone model */
	uint64_t frames;
	uint64_t resyncs; /* events were lost */
};

struct seat_options {
	const struct device_ops *device_ops;
	void *device_data;
	const struct vnode_ops *vnode_ops;
	void *vnode_data;
};

/* Told of what happens, for those who watch; may be NULL. */
struct seat_watch {
	/* A frame went to a target. In the path of events. */
	void (*frame)(void *data, const char *target, enum role role,
		      const struct input_event *events, size_t n);
	void (*switched)(void *data, const char *target);
	void *data;
};

/*
 * Frames for one node, one after the other, that are written together: those that came by
 * one read of a device. After a moment in which the daemon did not run there are many,
 * and a write for each would take longer than the device takes to send the next ones.
 */
struct seat_outbox {
	bool is_open; /* a device is being read; else frames are written as they come */
	struct seat_node *node;
	unsigned target;
	enum role role;
	struct input_event events[2 * ROUTER_FRAME + 1]; /* the longest frame */
	size_t n;
};

struct seat {
	const struct seat_options *options;
	struct loop *loop;
	struct store *store;
	struct config *config; /* its own */
	struct router *router;
	struct devices devices;
	struct device_sink sink;
	struct devices_sink devices_sink;
	struct seat_guest guests[ROUTER_TARGETS]; /* by target */
	struct seat_device taken[ROUTER_DEVICES]; /* by the router's number */
	struct seat_outbox outbox;
	bool asked[ROUTER_DEVICES]; /* groups that are to be grabbed */
	enum router_grab_mode modes[ROUTER_DEVICES];
	size_t n_asked;
	bool has_news;  /* the state to be kept is another */
	bool is_ending; /* what is let go is not worth a word */
	uint64_t now;   /* when it was looked at last: not at each frame */
	char busy[ROUTER_DEVICES][ERROR_MSG_MAX]; /* why a group is not grabbed */
	const struct seat_watch *watch;
};

/*
 * Makes the nodes of all guests, or takes them over from the store. config becomes the
 * seat's. loop, store and options stay the caller's.
 */
MUST_CHECK int seat_new(struct seat **ret_seat, struct config *config, struct loop *loop,
			struct store *store, const struct seat_options *options,
			struct error *err);
/* Gives all devices back to the host. */
void seat_free(struct seat *seat);

/* Whether udev has made the links of all nodes. */
bool seat_is_linked(struct seat *seat);

/* Goes on where the daemon before this one was, as far as that can be. */
void seat_resume(struct seat *seat);

/*
 * The hook leaves a file "evgrab-live.GUEST" in dir while a guest runs. One that has its
 * devices from before is live; the others have lost them by a stop, which is told.
 */
void seat_find_running(struct seat *seat, const char *dir);

/* Looks at the clock, where what follows depends on it. */
void seat_wake(struct seat *seat);

/* After each wake-up of the loop. */
void seat_settle(struct seat *seat);

/* When seat_tick() is due; UINT64_MAX. */
uint64_t seat_deadline(const struct seat *seat);
void seat_tick(struct seat *seat);

/* "host", "next", "prev", "back" or a guest. An error says why not. */
MUST_CHECK int seat_switch(struct seat *seat, const char *name, struct error *err);
MUST_CHECK int seat_set_live(struct seat *seat, const char *name, bool is_live,
			     struct error *err);
void seat_release(struct seat *seat);

/*
 * Guests that are new get nodes, those that are no more lose theirs; the others keep what
 * they have. config becomes the seat's, on success.
 */
MUST_CHECK int seat_reload(struct seat *seat, struct config *config, struct error *err);

/* The name of a target. */
const char *seat_name(const struct seat *seat, unsigned target);

/* ---- seat_guests.c ---- */

MUST_CHECK int seat_add_guest(struct seat *seat, const struct config_guest *settings,
			      struct error *err);
void seat_remove_guest(struct seat *seat, unsigned target);
/* ROUTER_TARGETS: there is none. */
unsigned seat_find(const struct seat *seat, const char *name);
void seat_node_close(struct seat *seat, struct seat_node *node);
MUST_CHECK int seat_node_watch(struct seat *seat, struct seat_node *node, unsigned target,
			       struct error *err);

/* ---- seat_send.c ---- */

/* The router's send(): a frame for a node, put into the outbox. */
void seat_send(void *ctx, unsigned target, enum role role, unsigned device,
	       const struct input_event *events, size_t n);
/* Writes what is in the outbox. */
void seat_flush(struct seat *seat);

/* ---- seat_devices.c ---- */

extern const struct router_ops seat_router_ops;
int seat_device_ready(void *data, struct devices_entry *entry, struct error *err);
void seat_device_gone(void *data, struct devices_entry *entry);
void seat_device_frame(void *data, struct device *device,
		       const struct input_event *events, size_t n);
void seat_device_resync(void *data, struct device *device, const struct key_bits *down);
/* Does what the router asked for by grab(). */
void seat_grab_all(struct seat *seat);
void seat_ungrab_everything(struct seat *seat);
