/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "devices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void devices_init(struct devices *devices, const struct device_ops *ops, void *ops_data,
		  const struct devices_sink *sink)
{
	*devices = (struct devices){ .ops = ops, .ops_data = ops_data, .sink = sink };
}

void devices_done(struct devices *devices)
{
	while (devices->n > 0) {
		struct devices_entry *entry = devices->v[--devices->n];

		device_close(&entry->device);
		free(entry);
	}
}

/* --- which is which --- */

static bool is_same(const struct hotplug_node *a, const struct hotplug_node *b)
{
	return a->rdev == b->rdev && strcmp(a->syspath, b->syspath) == 0;
}

static bool is_same_group(const struct devices_entry *a, const struct devices_entry *b)
{
	return *a->group_text && strcmp(a->group_text, b->group_text) == 0;
}

static struct devices_entry *find_ready_sibling(const struct devices *devices,
						const struct devices_entry *entry)
{
	for (size_t i = 0; i < devices->n; i++) {
		if (devices->v[i] != entry && devices->v[i]->state == DEVICES_READY &&
		    is_same_group(devices->v[i], entry))
			return devices->v[i];
	}
	return NULL;
}

static bool is_group_used(const struct devices *devices, unsigned group)
{
	for (size_t i = 0; i < devices->n; i++) {
		if (devices->v[i]->state == DEVICES_READY &&
		    devices->v[i]->group == group)
			return true;
	}
	return false;
}

/* Numbers are small, and used again. */
static void choose_group(const struct devices *devices, struct devices_entry *entry)
{
	const struct devices_entry *sibling = find_ready_sibling(devices, entry);

	entry->group = 0;
	if (sibling) {
		entry->group = sibling->group;
		return;
	}
	while (is_group_used(devices, entry->group))
		entry->group++;
}

/* --- one entry --- */

static void leave(struct devices_entry *entry, const char *why)
{
	device_close(&entry->device);
	entry->state = DEVICES_LEFT;
	entry->backoff = BACKOFF_NONE;
	(void)snprintf(entry->why, sizeof(entry->why), "%s", why);
}

static void put_off(struct devices_entry *entry, const struct error *err, uint64_t now)
{
	device_close(&entry->device);
	entry->state = DEVICES_RETRY;
	backoff_failed(&entry->backoff, now);
	(void)snprintf(entry->why, sizeof(entry->why), "%s", err->msg);
}

static bool is_wanted(const struct devices *devices, const struct devices_entry *entry)
{
	return entry->match.verdict == MATCH_YES ||
	       (entry->match.verdict == MATCH_SIBLING &&
		find_ready_sibling(devices, entry));
}

static void look_at(const struct devices *devices, struct devices_entry *entry)
{
	match_device(&entry->match, devices->selectors, devices->n_selectors,
		     &entry->device, entry->node.is_virtual);
}

/* Opens it and takes it, if it is one to be taken; true: it was taken just now. */
static bool try(struct devices *devices, struct devices_entry *entry, uint64_t now)
{
	struct device_info known = entry->device.info;
	struct error err = { 0 };
	int r = device_open(&entry->device, devices->ops, devices->ops_data,
			    entry->node.path, &err);

	if (r < 0) {
		entry->device.info = known; /* to be shown */
		put_off(entry, &err, now);
		return false;
	}
	match_group(entry->group_text, &entry->device.info);
	look_at(devices, entry);
	if (!is_wanted(devices, entry)) {
		leave(entry, entry->match.why);
		return false;
	}
	choose_group(devices, entry);
	entry->device.owner = entry;
	if (devices->sink->ready(devices->sink->data, entry, &err) < 0) {
		leave(entry, err.msg);
		return false;
	}
	entry->state = DEVICES_READY;
	entry->backoff = BACKOFF_NONE;
	entry->why[0] = '\0';
	return true;
}

/* A keyboard's second node may have come before the keyboard. */
static void try_siblings(struct devices *devices, const struct devices_entry *entry,
			 uint64_t now)
{
	for (size_t i = 0; i < devices->n; i++) {
		struct devices_entry *other = devices->v[i];

		if (other->state == DEVICES_LEFT &&
		    other->match.verdict == MATCH_SIBLING && is_same_group(other, entry))
			(void)try(devices, other, now);
	}
}

static void try_all_of(struct devices *devices, struct devices_entry *entry, uint64_t now)
{
	if (try(devices, entry, now))
		try_siblings(devices, entry, now);
}

static void drop(struct devices *devices, size_t i)
{
	struct devices_entry *entry = devices->v[i];

	if (entry->state == DEVICES_READY)
		devices->sink->gone(devices->sink->data, entry);
	devices->v[i] = devices->v[--devices->n];
	device_close(&entry->device);
	free(entry);
}

/* --- what comes and goes --- */

/* Two nodes cannot have one path: the other one's removal was not told, or will be. */
static void drop_replaced(struct devices *devices, const struct hotplug_node *node)
{
	for (size_t i = devices->n; i > 0; i--) {
		const struct hotplug_node *old = &devices->v[i - 1]->node;

		if (strcmp(old->path, node->path) == 0 && !is_same(old, node))
			drop(devices, i - 1);
	}
}

static struct devices_entry *find(const struct devices *devices,
				  const struct hotplug_node *node)
{
	for (size_t i = 0; i < devices->n; i++) {
		if (is_same(&devices->v[i]->node, node))
			return devices->v[i];
	}
	return NULL;
}

void devices_added(struct devices *devices, const struct hotplug_node *node, uint64_t now)
{
	struct devices_entry *entry;

	drop_replaced(devices, node);
	entry = find(devices, node);
	if (!entry) {
		if (devices->n == DEVICES_MAX)
			return;
		entry = calloc(1, sizeof(*entry));
		if (!entry) /* udev's next message about it finds more memory */
			return;
		entry->node = *node;
		entry->device = DEVICE_NONE;
		devices->v[devices->n++] = entry;
	}
	if (entry->state != DEVICES_READY)
		try_all_of(devices, entry, now);
}

void devices_removed(struct devices *devices, const struct hotplug_node *node)
{
	for (size_t i = 0; i < devices->n; i++) {
		if (is_same(&devices->v[i]->node, node)) {
			drop(devices, i);
			return;
		}
	}
}

void devices_lost(struct devices *devices, struct device *device, uint64_t now)
{
	struct devices_entry *entry = device->owner;
	struct error err = { 0 };
	char label[DEVICE_LABEL_MAX];

	(void)error_set(&err, ENODEV, "%s does not answer", device_label(device, label));
	devices->sink->gone(devices->sink->data, entry);
	put_off(entry, &err, now);
}

void devices_set_selectors(struct devices *devices, const struct selector *selectors,
			   size_t n, uint64_t now)
{
	devices->selectors = selectors;
	devices->n_selectors = n;

	for (size_t i = 0; i < devices->n; i++) {
		struct devices_entry *entry = devices->v[i];

		if (entry->state != DEVICES_READY)
			continue;
		look_at(devices, entry);
		if (is_wanted(devices, entry))
			continue;
		devices->sink->gone(devices->sink->data, entry);
		leave(entry, entry->match.why);
	}
	for (size_t i = 0; i < devices->n; i++) {
		if (devices->v[i]->state != DEVICES_READY)
			try_all_of(devices, devices->v[i], now);
	}
}

uint64_t devices_deadline(const struct devices *devices)
{
	uint64_t at = BACKOFF_NEVER;

	for (size_t i = 0; i < devices->n; i++) {
		if (devices->v[i]->state == DEVICES_RETRY &&
		    devices->v[i]->backoff.at < at)
			at = devices->v[i]->backoff.at;
	}
	return at;
}

void devices_tick(struct devices *devices, uint64_t now)
{
	for (size_t i = 0; i < devices->n; i++) {
		struct devices_entry *entry = devices->v[i];

		if (entry->state == DEVICES_RETRY && entry->backoff.at <= now)
			try_all_of(devices, entry, now);
	}
}
