/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /etc/vfiokit/evgrab.conf: the guests and what takes the user to them. evgrab.conf(5)
 * describes it. Without the file there is one guest, "guest", that is always live.
 *
 *	[general]
 *	host = keep
 *	device = auto
 *	next = leftctrl+rightctrl
 *	prev = none
 *	back = none
 *	chord = ctrl+alt+f12
 *	wait = 2
 *	user = anna
 *	command = ddcutil setvcp 60 0x0f
 *	[guest win11]
 *	roles = keyboard mouse
 *	reads = evdev
 *	live = started
 *	switch = no
 *	chord = ctrl+alt+f1
 *	command = ddcutil setvcp 60 0x11
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "match.h"
#include "router.h"

#define CONFIG_PATH      "/etc/vfiokit/evgrab.conf"
#define CONFIG_GUESTS    (ROUTER_TARGETS - 1)
#define CONFIG_SELECTORS 32
#define CONFIG_NAME_MAX  40       /* of a guest: libinih takes section names of 49 */
#define CONFIG_TEXT_MAX  192      /* of a value; lines are no longer */
#define CONFIG_HOST      SIZE_MAX /* instead of the number of a guest */

struct config_guest {
	char name[CONFIG_NAME_MAX + 1];
	unsigned roles;
	bool is_input_linux; /* what reads its nodes is, or may be */
	bool is_always_live; /* else between "started" and "stopped" of the hook */
	bool is_switched_to; /* when it has started */
	char command[CONFIG_TEXT_MAX]; /* when it gets the input; "" */
	unsigned has_settings;         /* those that were set, a bit each */
};

struct config_chord {
	struct chord chord;
	enum router_chord_kind kind;
	size_t guest; /* of ROUTER_CHORD_TARGET; CONFIG_HOST */
};

struct config {
	bool is_clone;
	char user[CONFIG_NAME_MAX + 1]; /* who commands run as; set if there are any */
	char command[CONFIG_TEXT_MAX];  /* when the host gets the input; "" */
	unsigned wait_ms;               /* for held keys, before a device is grabbed */
	struct selector selectors[CONFIG_SELECTORS];
	size_t n_selectors;
	struct config_guest guests[CONFIG_GUESTS];
	size_t n_guests;
	struct config_chord chords[ROUTER_CHORDS];
	size_t n_chords;
	unsigned has_settings;
};

void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free);
#define CLEANUP_CONFIG CLEANUP(cleanup_config_free)

/*
 * Reads the file at path; if there is none, what holds without it. Refuses a file that
 * others than its owner, who is root or who runs this, can write.
 */
MUST_CHECK int config_read(struct config **ret_config, const char *path,
			   struct error *err);

/* The same from text; name is what messages call it. */
MUST_CHECK int config_parse(struct config **ret_config, const char *text,
			    const char *name, struct error *err);

/* The number of the guest with that name; n_guests if there is none. */
size_t config_find(const struct config *config, const char *name);
