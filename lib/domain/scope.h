/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The namespaces in force where something new is written: those that the start tags of
 * the source declare around the place, and those declared in what was written since.
 */

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "domain/document.h"
#include "domain/tag.h"

#define SCOPE_PREFIX_MAX 16

struct scope_binding {
	const char *prefix; /* not terminated; NULL: it is in `made` */
	size_t prefix_len;  /* 0: the default namespace */
	const char *href;   /* "": none */
	char made[SCOPE_PREFIX_MAX];
};

struct scope {
	const struct document *doc;
	uint32_t element;        /* of the source, around the place */
	struct scope_binding *v; /* declared since, the innermost last */
	size_t n;                /* to leave an element, set it back */
	bool failed;             /* out of memory */
};

void scope_done(struct scope *scope);

/*
 * The prefix to write for a namespace, NULL for none: one that is bound to it, else the
 * node's own. An attribute never takes a prefix from another namespace: its neighbours
 * may use it. Returns whether the prefix has to be declared, and then counts it as such.
 */
bool scope_choose(struct scope *scope, const xmlNs *ns, bool is_attr,
		  struct scope_binding *ret_binding);

/* The prefix that was chosen, in prefix_len bytes. */
const char *scope_prefix(const struct scope_binding *binding);

/* Whether an attribute of the source declares a namespace, and for which prefix. */
bool scope_declares(const struct tag_attr *attr, const char **ret_prefix,
		    size_t *ret_len);

/* Whether a prefix stands for this namespace inside an element of the source. */
bool scope_is_bound(const struct document *doc, uint32_t element, const char *prefix,
		    size_t len, const char *href);

/* The name of a namespace, "" for none. */
const char *scope_href(const xmlNs *ns);

#define CLEANUP_SCOPE CLEANUP(scope_done)
