/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the virtual devices of a guest can do. A guest has one node for each of its roles,
 * made from the template of that role and never changed: QEMU keeps it open for the whole
 * life of a guest, whatever is plugged in and out meanwhile. Keys and buttons are on
 * nodes of their own, as udev's input_id tells what a device is by its codes, and a
 * keyboard with buttons is taken for a mouse.
 *
 * No template has EV_REP: the router passes the repeats of the real keyboard on, for keys
 * that the guest has down. With EV_REP the kernel would repeat by itself, and go on
 * repeating for as long as a daemon that was killed is not back.
 */

#include <stdbool.h>
#include <stddef.h>

enum role {
	ROLE_KEYBOARD,
	ROLE_MOUSE,
	ROLE_TABLET,  /* absolute pointers, pens, touch screens with one finger */
	ROLE_GAMEPAD, /* sticks, triggers, hats */
	N_ROLES,
	ROLE_CLONE = N_ROLES, /* a node like one physical device, code by code */
};

#define ROLE_BIT(role) (1u << (role))

/* Codes first to last of an event type, both included. */
struct role_codes {
	unsigned short type;
	unsigned short first;
	unsigned short last;
};

struct role_axis {
	unsigned short code;
	bool has_rest; /* goes back to rest when the target loses the device */
	int min, max, fuzz, flat, resolution, rest;
};

struct role_template {
	const char *name;       /* "keyboard": in names and messages */
	const char *link;       /* "kbd": vfiokit-GUEST-event-kbd */
	unsigned short product; /* of the node's id; bus virtual, vendor 0 */
	const struct role_codes *codes;
	size_t n_codes;
	const struct role_axis *axes; /* EV_ABS */
	size_t n_axes;
};

/* role is below N_ROLES. */
const struct role_template *role_template(enum role role);

/* NULL when the role has no such axis. */
const struct role_axis *role_axis(enum role role, unsigned code);

/* Whether the template of the role has the code; EV_SYN is in all of them. */
bool role_has(enum role role, unsigned type, unsigned code);

/* The role with that name, or N_ROLES. */
enum role role_find(const char *name);
