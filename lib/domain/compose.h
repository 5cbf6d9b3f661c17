/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The text of new elements, written the way their neighbours in the source are. */

#include <libxml/tree.h>

#include "base/buf.h"
#include "domain/document.h"
#include "domain/empty.h"

/* How a new node is written. */
struct compose_style {
	struct buf lead;  /* in front of the node: line end and indentation, or "" */
	const char *unit; /* one more level of indentation; not terminated */
	size_t unit_len;
	char quote;
	enum empty_style empty;
};

/* The style for new children of the source element `parent`, but for the quote. */
void compose_style_init(struct compose_style *style, const struct document *doc,
			uint32_t parent);

/* The quote for one behind the child `before` (SCAN_NONE: in front of all). */
void compose_style_behind(struct compose_style *style, const struct document *doc,
			  uint32_t parent, uint32_t before);
void compose_style_done(struct compose_style *style);

/* Line end and indentation in front of a span; "" if it does not begin its line. */
const char *compose_lead(const struct document *doc, uint32_t span, size_t *ret_len);

/*
 * Appends lead and node; without the lead when is_inline, and then without any white
 * space of our own inside. Prefixes that the source binds around `parent` are used,
 * others declared at the element that needs them.
 */
void compose_node(struct buf *out, const struct document *doc, uint32_t parent,
		  const struct compose_style *style, const xmlNode *node, bool is_inline);

/*
 * Appends " name='value'" for the attributes of a node that are new to its source
 * element, which are those whose _private is not `written`.
 */
void compose_attrs(struct buf *out, const struct document *doc, uint32_t element,
		   char quote, const xmlNode *node, const void *written);

/* The quote of the last attribute in [start, end) of the source, 0 if there is none. */
char compose_quote(const struct document *doc, size_t start, size_t end);

/* The value of an attribute; borrowed. */
const char *compose_attr_value(const xmlAttr *attr);

#define CLEANUP_COMPOSE_STYLE CLEANUP(compose_style_done)
