/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the rules of tweak/check.h share. A rule stands in check_THEME.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "tweak/check.h"

struct check {
	struct planner *planner;
	const xmlNode *domain;
	const xmlNode *devices; /* NULL: the guest has none */
	struct findings findings;
};

/* A rule reports what it finds, and nothing else can go wrong but memory. */
typedef void check_fn(struct check *check);

/* Reports what is wrong with an element: what, and what to do about it. */
void check_found(struct check *check, const xmlNode *element, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Elements by a text that makes them the same thing. */
struct check_key {
	char *text;
	const xmlNode *element;
	size_t order; /* of the document */
};

struct check_keys {
	struct check_key *v;
	size_t n;
	size_t size;
};

#define CHECK_KEYS_NONE ((struct check_keys){ 0 })

void check_keys_add(struct check *check, struct check_keys *keys, const xmlNode *element,
		    const char *fmt, ...) PRINTF_LIKE(4, 5);
void check_keys_done(struct check_keys *keys);

/* By text, then in order of the document. */
void check_keys_sort(struct check_keys *keys);

/* After sorting: whether v[i] is the same thing as the one before it. */
bool check_keys_is_again(const struct check_keys *keys, size_t i);

/* After sorting. */
bool check_keys_has(const struct check_keys *keys, const char *text);

/* The first child that is an element, NULL without one; parent may be NULL. */
const xmlNode *check_first(const xmlNode *parent);

/* The next sibling that is an element. */
const xmlNode *check_next(const xmlNode *element);

/*
 * Whether a <console> is only another name for the first <serial>, whose alias and
 * address it then repeats (virDomainDefAddConsoleCompat()).
 */
bool check_is_shadow(const xmlNode *device);

/* The number an attribute holds; false without it, or when it is none up to max. */
bool check_number(uint64_t *ret_value, const xmlNode *element, const char *name,
		  uint64_t max);

/* The decimal number that is an element's text; false without one. */
bool check_text_number(uint64_t *ret_value, const xmlNode *element);

/* check_address.c */
check_fn check_addresses;
/* check_alias.c */
check_fn check_aliases;
/* check_cpu.c */
check_fn check_vcpupins;
check_fn check_iothreadpins;
check_fn check_topology;
check_fn check_hyperv;
/* check_devices.c */
check_fn check_shmem;
check_fn check_hostdevs;
check_fn check_roms;
check_fn check_boot;
/* check_evdev.c */
check_fn check_evdev;
/* check_structure.c */
check_fn check_singletons;
check_fn check_qemu_elements;

/* The rules that need to know the host: check_host.c. */
MUST_CHECK int check_host(struct check *check, const struct root *root,
			  struct error *err);

#define CLEANUP_CHECK_KEYS CLEANUP(check_keys_done)
