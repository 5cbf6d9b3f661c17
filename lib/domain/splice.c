/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/compare.h"
#include "domain/compose.h"
#include "domain/empty.h"
#include "domain/query.h"
#include "domain/splice_impl.h"
#include "domain/tag.h"

static bool is_on_same_line(const struct splicer *s, const struct place *place,
			    size_t item)
{
	size_t start = s->scan->v[place->items.v[item]].start;

	return start >= place->end &&
	       !memchr(s->text + place->end, '\n', start - place->end);
}

static bool begins_line(const struct splicer *s, uint32_t span)
{
	size_t len;

	(void)compose_lead(s->doc, span, &len);
	return len > 0;
}

/* Leaves out the items before `stop`, each with the white space in front of it. */
static void drop_items(struct splicer *s, struct place *place, size_t stop)
{
	struct items *items = &place->items;

	for (; items->i < stop; items->i++) {
		const struct span *span = &s->scan->v[items->v[items->i]];
		bool has_neighbour = items->i + 1 < items->n;
		size_t next =
			has_neighbour ? s->scan->v[items->v[items->i + 1]].start : 0;

		/* what follows on the line, a comment perhaps, takes its place there */
		if (!place->is_mixed && has_neighbour &&
		    begins_line(s, items->v[items->i]) &&
		    !memchr(s->text + span->end, '\n', next - span->end)) {
			splice_leave_out(s, span->start, next);
		} else {
			splice_leave_out(s, place->is_mixed ? span->start : place->end,
					 span->end);
		}
		place->end = span->end;
	}
}

static void keep_item(struct splicer *s, struct place *place, size_t item)
{
	drop_items(s, place, item);
	place->end = s->scan->v[place->items.v[item]].end;
	place->items.i = item + 1;
}

/* Whether a comment of the source, not dealt with yet, stands behind the last item. */
static bool has_comment_behind(const struct splicer *s, const struct place *place)
{
	const struct items *items = &place->items;

	return !place->is_mixed && items->i > 0 && items->i < items->n &&
	       s->scan->v[items->v[items->i]].type == SPAN_COMMENT &&
	       is_on_same_line(s, place, items->i);
}

/*
 * A comment behind an element on its line stays there when something new comes between
 * them: the new node changes places with it, in the tree as well.
 */
static void keep_line(struct splicer *s, struct place *place, xmlNodePtr node)
{
	const struct items *items = &place->items;
	xmlNodePtr next = node;

	if (!has_comment_behind(s, place))
		return;
	while (next &&
	       (query_is_blank(next) || (next->type == XML_ELEMENT_NODE &&
					 document_span(s->doc, next) == SCAN_NONE)))
		next = next->next;
	if (!next || next->type != XML_COMMENT_NODE ||
	    !splice_is_same_leaf(s, items->v[items->i], next))
		return;
	xmlUnlinkNode(next);
	(void)xmlAddPrevSibling(node, next);
	keep_item(s, place, items->i);
}

/* How to write a new child behind the item before. */
static const struct compose_style *style_behind(const struct splicer *s,
						struct place *place, uint32_t before)
{
	if (!place->has_style) {
		compose_style_init(&place->style, s->doc, place->parent);
		place->has_style = true;
	}
	compose_style_behind(&place->style, s->doc, place->parent, before);
	return &place->style;
}

static void insert_node(struct splicer *s, struct place *place, xmlNodePtr node)
{
	size_t before = place->items.i;
	const struct compose_style *style;

	keep_line(s, place, node);
	style = style_behind(s, place,
			     before > 0 ? place->items.v[before - 1] : SCAN_NONE);
	splice_copy_to(s, place->end);
	compose_node(s->out, s->doc, place->parent, style, node, place->is_mixed);
}

static int splice_element(struct splicer *s, uint32_t element, xmlNodePtr node);

static int splice_child(struct splicer *s, struct place *place, xmlNodePtr child)
{
	struct items *items = &place->items;
	uint32_t span;
	size_t i;

	if (!place->is_mixed && query_is_text(child))
		return 0;
	if (child->type != XML_ELEMENT_NODE) {
		i = place_find_leaf(s, place, child);
		if (i == SIZE_MAX) {
			insert_node(s, place, child);
		} else {
			keep_item(s, place, i);
		}
		return 0;
	}

	span = document_span(s->doc, child);
	i = items_find(items, items->i, span);
	if (i == items->n || items->kept[i] != child) {
		if (document_is_sealed(s->doc, span))
			return -EBADMSG; /* moved or doubled without its content */
		insert_node(s, place, child);
		return 0;
	}
	keep_item(s, place, i);
	return splice_element(s, span, child);
}

static bool has_content(const struct place *place)
{
	for (const xmlNode *child = place->node->children; child; child = child->next) {
		if (place->is_mixed || !query_is_text(child))
			return true;
	}
	return false;
}

/* The end of the last attribute, or of the name. */
static size_t tag_words_end(const struct splicer *s, const struct span *span)
{
	size_t end = span->inner - (span_is_self_closed(span) ? 2 : 1);

	while (tag_is_space(s->text[end - 1]))
		end--;
	return end;
}

/* An element that had no content gets some. */
static void fill_element(struct splicer *s, struct place *place)
{
	const struct compose_style *style = style_behind(s, place, SCAN_NONE);
	const struct span *span = &s->scan->v[place->parent];
	size_t len;
	const char *name = tag_name(s->text + span->start, &len);

	if (span_is_self_closed(span)) {
		splice_leave_out(s, tag_words_end(s, span), span->end);
		buf_addc(s->out, '>');
	} else {
		splice_leave_out(s, span->inner, span->close);
	}

	for (const xmlNode *child = place->node->children; child; child = child->next) {
		if (place->is_mixed || !query_is_text(child)) {
			compose_node(s->out, s->doc, place->parent, style, child,
				     place->is_mixed);
		}
	}
	if (!place->is_mixed && style->lead.len > style->unit_len)
		buf_add(s->out, style->lead.data, style->lead.len - style->unit_len);
	if (span_is_self_closed(span)) {
		buf_adds(s->out, "</");
		buf_add(s->out, name, len);
		buf_addc(s->out, '>');
	}
}

static void empty_element(struct splicer *s, const struct span *span)
{
	enum empty_style style = empty_style_of(s->doc);

	if (style == EMPTY_PAIR) {
		splice_leave_out(s, span->inner, span->close);
	} else {
		splice_leave_out(s, tag_words_end(s, span), span->end);
		buf_adds(s->out, empty_end(style));
	}
}

static int splice_content(struct splicer *s, struct place *place)
{
	const struct span *span = &s->scan->v[place->parent];
	bool is_wanted = has_content(place);
	int r = 0;

	if (place->items.n == 0) {
		if (is_wanted)
			fill_element(s, place);
		return 0;
	}
	if (!is_wanted) {
		empty_element(s, span);
		return 0;
	}
	for (xmlNodePtr child = place->node->children; child && r == 0;
	     child = child->next)
		r = splice_child(s, place, child);
	drop_items(s, place, place->items.n);
	return r;
}

static int splice_element(struct splicer *s, uint32_t element, xmlNodePtr node)
{
	CLEANUP_PLACE struct place place = { 0 };
	int r;

	splice_tag(s, element, node);
	if (document_is_sealed(s->doc, element))
		return 0;
	r = place_init(s, &place, element, node);
	if (r < 0)
		return r;
	return splice_content(s, &place);
}

/* Texts side by side are one in the text of the document, and an empty one is none. */
static void merge_texts(xmlNodePtr parent)
{
	xmlNodePtr next;

	for (xmlNodePtr node = parent->children; node; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE) {
			merge_texts(node);
		} else if (node->type == XML_TEXT_NODE && next &&
			   next->type == XML_TEXT_NODE) {
			next = xmlTextMerge(node, next);
		} else if (node->type == XML_TEXT_NODE &&
			   !(node->content && *node->content)) {
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		}
	}
}

static int verify(struct document *doc, const char *text, size_t len, struct error *err)
{
	CLEANUP_XMLDOC xmlDocPtr tree = NULL;
	const char *where;
	int r = document_parse_tree(&tree, doc->name, text, len, err);

	if (r < 0)
		return error_wrap(err, "the changed text cannot be read back");
	where = compare_trees(doc, xmlDocGetRootElement(doc->tree),
			      xmlDocGetRootElement(tree));
	if (where) {
		return error_set(err, EBADMSG,
				 "%s: the changed text does not say what was decided at "
				 "<%s>; please report this document",
				 doc->name, where);
	}
	xmlFreeDoc(doc->tree);
	doc->tree = TAKE_PTR(tree);
	return 0;
}

static int splice_all(struct splicer *s, struct error *err)
{
	xmlNodePtr top = xmlDocGetRootElement(s->doc->tree);
	uint32_t root = s->scan->root;
	int r;

	if (!top || top->ns || !splice_is_same(s, root, top)) {
		return error_set(err, EBADMSG, "%s: a stylesheet's result is no <domain>",
				 s->doc->name);
	}
	if (xmlNextElementSibling(top)) {
		return error_set(err, EBADMSG,
				 "%s: a stylesheet's result has more than one root",
				 s->doc->name);
	}
	merge_texts(top);
	s->is_used = calloc(s->scan->n, sizeof(*s->is_used));
	if (!s->is_used)
		return error_set(err, ENOMEM, "out of memory");
	s->is_used[root] = true;
	r = splice_element(s, root, top);
	free(s->is_used);
	if (r == -EBADMSG) {
		return error_set(err, EBADMSG,
				 "%s: a stylesheet moved what it does not look into",
				 s->doc->name);
	}
	if (r < 0)
		return error_set(err, ENOMEM, "out of memory");
	splice_copy_to(s, s->doc->text.len - s->doc->body);
	return 0;
}

int splice(struct buf *out, struct document *doc, struct error *err)
{
	struct splicer s = {
		.doc = doc, .scan = &doc->scan, .text = document_body(doc), .out = out
	};
	size_t start = out->len;
	int r;

	buf_reserve(out, doc->text.len + doc->text.len / 8);
	buf_add(out, doc->text.data, doc->body);
	r = splice_all(&s, err);
	if (r == 0)
		r = buf_check(out, err);
	if (r < 0)
		return r;
	start += doc->body;
	return verify(doc, out->data + start, out->len - start, err);
}
