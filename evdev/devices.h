/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * All event devices of the host: which are there, which of them are taken, and those that
 * could not be opened yet. What comes and goes is told by hotplug.h; a sink hears of
 * devices that are ready, and of those that are so no longer.
 *
 * Times are in microseconds of CLOCK_MONOTONIC.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backoff.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "device.h"
#include "hotplug.h"
#include "match.h"

#define DEVICES_MAX 256 /* far more than a host has; what is beyond is not looked at */

enum devices_state {
	DEVICES_LEFT,  /* not taken, why says it */
	DEVICES_RETRY, /* to be taken or asked, but it cannot be opened; why says it */
	DEVICES_READY,
};

struct devices_entry {
	struct hotplug_node node;
	enum devices_state state;
	struct device device; /* open when ready; else info only, if it was ever open */
	struct match match;
	char group_text[DEVICE_TEXT_MAX];
	unsigned group; /* while ready: the same for the nodes of one piece of hardware */
	struct backoff backoff;
	char why[ERROR_MSG_MAX];
};

struct devices_sink {
	/* It is open. An error leaves it alone, and becomes the entry's why. */
	int (*ready)(void *data, struct devices_entry *entry, struct error *err);

	/* It will be closed after this. Not for those that ready() refused. */
	void (*gone)(void *data, struct devices_entry *entry);
	void *data;
};

struct devices {
	const struct device_ops *ops;
	void *ops_data;
	const struct devices_sink *sink;
	const struct selector *selectors;
	size_t n_selectors;
	struct devices_entry *v[DEVICES_MAX];
	size_t n;
};

/* ops, sink and selectors stay the caller's. */
void devices_init(struct devices *devices, const struct device_ops *ops, void *ops_data,
		  const struct devices_sink *sink);

/* Closes all of them; the sink hears nothing of that. */
void devices_done(struct devices *devices);

/* What is taken now and was before is not touched. */
void devices_set_selectors(struct devices *devices, const struct selector *selectors,
			   size_t n, uint64_t now);

/* A node is there, or has changed. */
void devices_added(struct devices *devices, const struct hotplug_node *node,
		   uint64_t now);
void devices_removed(struct devices *devices, const struct hotplug_node *node);

/*
 * Reading a device has failed, or said that it is gone: the sink hears that, and it is
 * tried again until it comes back, or is removed.
 */
void devices_lost(struct devices *devices, struct device *device, uint64_t now);

/* When devices_tick() is due; BACKOFF_NEVER. */
uint64_t devices_deadline(const struct devices *devices);
void devices_tick(struct devices *devices, uint64_t now);

#define CLEANUP_DEVICES CLEANUP(devices_done)
