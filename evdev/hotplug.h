/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Event devices that come and go, as udev tells: when it does, its rules have run, links
 * are made and permissions are final.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

#define HOTPLUG_PATH_MAX 512

/*
 * A node and what makes it this one and no other: a path is used again by the next
 * device, and an old one may still be read when that is there.
 */
struct hotplug_node {
	char path[HOTPLUG_PATH_MAX];    /* "/dev/input/event3" */
	char syspath[HOTPLUG_PATH_MAX]; /* "/sys/devices/.../input/input7/event3" */
	dev_t rdev;
	bool is_virtual; /* made by a program */
};

struct hotplug_sink {
	/* Also when something about it has changed; it may be known. */
	void (*added)(void *data, const struct hotplug_node *node);
	void (*removed)(void *data, const struct hotplug_node *node);
	void *data;
};

struct hotplug;

/* Listens from now on; sink is the caller's. */
MUST_CHECK int hotplug_new(struct hotplug **ret_hotplug, const struct hotplug_sink *sink,
			   struct error *err);
void hotplug_free(struct hotplug *hotplug);

/* Becomes readable when there is something to dispatch. */
int hotplug_fd(const struct hotplug *hotplug);

/* Tells of all devices that are there. */
MUST_CHECK int hotplug_enumerate(struct hotplug *hotplug, struct error *err);

/*
 * Tells of what has happened, until there is no more. Messages that were lost are made up
 * for by telling of all devices that are there.
 */
MUST_CHECK int hotplug_dispatch(struct hotplug *hotplug, struct error *err);
