/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* One event device as the kernel describes it; for host/input.c. */

#include <stdint.h>

#include "host/input.h"

#define INPUT_NODE_WORDS 16 /* of 64 bits; the largest bitmap, of keys, has 12 */

struct input_bits {
	uint64_t word[INPUT_NODE_WORDS];
};

struct input_node {
	unsigned event;
	char name[256];
	char phys[256];
	bool is_virtual; /* made by a program */
	struct input_bits ev;
	struct input_bits key;
	struct input_bits rel;
};

typedef int input_node_fn(const struct input_node *node, void *data, struct error *err);

/*
 * Fills in the rest of node from /sys/class/input/EVENT; of what is neither keyboard nor
 * mouse only what tells that.
 */
MUST_CHECK int input_node_read(struct input_node *node, const struct root *root,
			       const char *event, struct error *err);

/* Calls back for each event device of /proc/bus/input/devices; *ret_found: it is there.
 */
MUST_CHECK int input_node_read_proc(bool *ret_found, const struct root *root,
				    input_node_fn *each, void *data, struct error *err);

/* Name, place and kind as far as a link in by-id or by-path tells; false: not an input.
 */
bool input_node_from_link(enum input_kind *ret_kind, struct input_node *node,
			  const char *link);

/* False for what is neither keyboard nor mouse, or virtual. */
bool input_node_kind(enum input_kind *ret_kind, const struct input_node *node);
