/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Small questions to a domain's tree. Names are those of libvirt's own elements, which
 * are in no namespace; values are borrowed from the tree.
 */

#include <stdbool.h>

#include <libxml/tree.h>

/* libvirt's namespace for QEMU's own words; any prefix may stand for it. */
#define QUERY_QEMU_NS "http://libvirt.org/schemas/domain/qemu/1.0"

/* The value of an attribute, NULL without it. */
const char *query_attr(const xmlNode *element, const char *name);

/* Whether the attribute is there and has this value. */
bool query_attr_is(const xmlNode *element, const char *name, const char *value);

/* Whether the node is text; whether it is nothing but white space. */
bool query_is_text(const xmlNode *node);
bool query_is_blank(const xmlNode *node);

bool query_is(const xmlNode *node, const char *name);
bool query_is_qemu(const xmlNode *node, const char *name);

/* The first child element of that name, NULL without one. parent may be NULL. */
xmlNodePtr query_child(const xmlNode *parent, const char *name);
xmlNodePtr query_qemu_child(const xmlNode *parent, const char *name);

/* The next sibling of the same name and namespace. */
xmlNodePtr query_next(const xmlNode *element);

/* A path of child names below an element, "os/boot"; NULL when it leads nowhere. */
xmlNodePtr query_path(const xmlNode *element, const char *path);

/* The text of an element that has no other content, "" if empty; NULL without text. */
const char *query_text(const xmlNode *element);

/* A loop over the children of that name. */
#define query_each(var, parent, name) \
	for (xmlNodePtr var = query_child(parent, name); (var); (var) = query_next(var))
