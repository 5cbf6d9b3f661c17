/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which devices of the host are taken, and of the others, why not.
 *
 * A selector is one of
 *
 *	auto                  keyboards and mice, with all that belongs to them
 *	/dev/input/by-id/...  what this path leads to; any path below /dev/input
 *	046d:c52b             vendor and product
 *	name=GLOB             what the device calls itself
 *	phys=GLOB             where it is plugged in: tells identical ones apart
 *	uniq=GLOB             its serial number or Bluetooth address
 *
 * and with "!" in front of it: not these. The first that fits decides.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"
#include "roles.h"

#define MATCH_TEXT_MAX 256

/* Of the devices that evgrab makes; so it knows its own, whatever they are called. */
#define MATCH_OWN_PHYS "vfiokit/"

enum selector_kind {
	SELECTOR_AUTO,
	SELECTOR_PATH,
	SELECTOR_ID,
	SELECTOR_NAME,
	SELECTOR_PHYS,
	SELECTOR_UNIQ,
};

struct selector {
	enum selector_kind kind;
	bool is_not;
	uint16_t vendor;
	uint16_t product;
	char text[MATCH_TEXT_MAX]; /* as it was written */
	const char *value;         /* a part of text: the glob, the path */
};

/* A selector points into itself: to be copied by selector_copy() only. */
MUST_CHECK int selector_parse(struct selector *ret_selector, const char *text,
			      struct error *err);
void selector_copy(struct selector *to, const struct selector *from);

enum match_kind {
	MATCH_KEYBOARD,
	MATCH_MOUSE,
	MATCH_KEYS,   /* some keys: of a keyboard's second node, of a headset, of the case
		       */
	MATCH_TABLET, /* tablets, touchpads, touch screens */
	MATCH_GAMEPAD,
	MATCH_OTHER,
};

/* As udev's input_id decides it. */
enum match_kind match_kind(const struct device_info *info);
const char *match_kind_name(enum match_kind kind); /* "keyboard" */
enum role match_role(enum match_kind kind);

enum match_verdict {
	MATCH_NO,
	MATCH_YES,
	MATCH_SIBLING, /* if something else of the same group is taken */
};

struct match {
	enum match_verdict verdict;
	enum match_kind kind;
	size_t selector; /* number of the one that decided; n: none did */
	char why[MATCH_TEXT_MAX +
		 64]; /* not MATCH_YES: the reason, as a part of a sentence */
};

/* is_virtual: made by a program. ops tell where paths lead. */
void match_device(struct match *ret_match, const struct selector *selectors, size_t n,
		  const struct device *device, bool is_virtual);

/*
 * What the nodes of one piece of hardware have in common: where it is plugged in, or its
 * Bluetooth address. "" if there is nothing to tell it by.
 */
void match_group(char ret_group[static DEVICE_TEXT_MAX], const struct device_info *info);
