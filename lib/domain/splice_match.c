/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The splice: which children of a source element the result still has. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/query.h"
#include "domain/scope.h"
#include "domain/splice_impl.h"
#include "domain/tag.h"

void place_done(struct place *place)
{
	free(place->items.v);
	free(place->items.kept);
	compose_style_done(&place->style);
}

static bool is_blank_span(const struct splicer *s, const struct span *span)
{
	return span->type == SPAN_TEXT &&
	       tag_is_blank(s->text + span->start, span->end - span->start);
}

/* Text other than white space, or nothing but text, on either side. */
static bool has_text(const struct splicer *s, uint32_t element, const xmlNode *node)
{
	uint32_t i = scan_first_child(s->scan, element);

	for (const xmlNode *child = node->children; child; child = child->next) {
		if (query_is_text(child) && !query_is_blank(child))
			return true;
	}
	for (; i != SCAN_NONE; i = scan_next_sibling(s->scan, i)) {
		const struct span *span = &s->scan->v[i];

		if (span->type == SPAN_TEXT && !is_blank_span(s, span))
			return true;
	}
	return false;
}

bool splice_is_same(const struct splicer *s, uint32_t element, const xmlNode *node)
{
	const char *ns = document_ns(s->doc, element);
	size_t len;
	const char *name = tag_name(s->text + s->scan->v[element].start, &len);
	const char *colon = memchr(name, ':', len);

	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	return strlen((const char *)node->name) == len &&
	       memcmp(node->name, name, len) == 0 &&
	       strcmp(ns, scope_href(node->ns)) == 0;
}

size_t items_find(const struct items *items, size_t i, uint32_t span)
{
	size_t end = items->n;

	while (i < end) {
		size_t middle = i + (end - i) / 2;

		if (items->v[middle] == span)
			return middle;
		if (items->v[middle] < span) {
			i = middle + 1;
		} else {
			end = middle;
		}
	}
	return items->n;
}

/* Marks the children that the result has kept, in the order of the source. */
static void mark_kept(struct splicer *s, struct place *place)
{
	struct items *items = &place->items;
	size_t i = 0;

	for (const xmlNode *child = place->node->children; child; child = child->next) {
		uint32_t span;
		size_t j;

		if (child->type != XML_ELEMENT_NODE)
			continue;
		span = document_span(s->doc, child);
		if (span == SCAN_NONE || s->is_used[span] ||
		    !splice_is_same(s, span, child))
			continue;
		j = items_find(items, i, span);
		if (j == items->n)
			continue; /* moved here from elsewhere: written anew */
		items->kept[j] = child;
		s->is_used[span] = true;
		i = j + 1;
	}
}

int place_init(struct splicer *s, struct place *place, uint32_t element, xmlNodePtr node)
{
	struct items *items = &place->items;
	uint32_t i;
	size_t n = 0;

	*place = (struct place){ .parent = element,
				 .node = node,
				 .end = s->scan->v[element].inner };
	place->is_mixed = has_text(s, element, node);
	for (i = scan_first_child(s->scan, element); i != SCAN_NONE;
	     i = scan_next_sibling(s->scan, i))
		n++;
	items->v = calloc(n + 1, sizeof(*items->v));
	items->kept = calloc(n + 1, sizeof(const xmlNode *));
	if (!items->v || !items->kept)
		return -ENOMEM;

	for (i = scan_first_child(s->scan, element); i != SCAN_NONE;
	     i = scan_next_sibling(s->scan, i)) {
		if (place->is_mixed || s->scan->v[i].type != SPAN_TEXT)
			items->v[items->n++] = i;
	}
	mark_kept(s, place);
	return 0;
}

bool splice_is_same_leaf(const struct splicer *s, uint32_t item, const xmlNode *node)
{
	const struct span *span = &s->scan->v[item];
	const char *content = node->content ? (const char *)node->content : "";
	const char *start = s->text + span->start;
	size_t len = span->end - span->start;
	size_t name_len;

	switch (span->type) {
	case SPAN_TEXT:
		return query_is_text(node) && tag_text_is(start, len, content);
	case SPAN_COMMENT:
		return node->type == XML_COMMENT_NODE &&
		       tag_verbatim_is(start + 4, len - 7, content);
	case SPAN_PI:
		name_len = strlen((const char *)node->name);
		if (node->type != XML_PI_NODE || len < name_len + 4 ||
		    memcmp(start + 2, node->name, name_len) != 0)
			return false;
		start += 2 + name_len;
		len -= 4 + name_len;
		while (len > 0 && tag_is_space(*start)) {
			start++;
			len--;
		}
		return tag_verbatim_is(start, len, content);
	default:
		return false;
	}
}

size_t place_find_leaf(const struct splicer *s, const struct place *place,
		       const xmlNode *node)
{
	const struct items *items = &place->items;

	for (size_t i = items->i; i < items->n && !items->kept[i]; i++) {
		if (splice_is_same_leaf(s, items->v[i], node))
			return i;
	}
	return SIZE_MAX;
}
