/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "domain/compare.h"
#include "domain/compose.h"
#include "domain/empty.h"
#include "domain/splice_impl.h"
#include "domain/tag.h"

/* The children of a source element that are compared one by one. */
struct items {
	uint32_t *v;
	bool *is_kept; /* an element that the result still has */
	size_t n;
	size_t i; /* all before are dealt with */
};

static void free_items(struct items *items)
{
	free(items->v);
	free(items->is_kept);
}

/* What the result wants at this place of the source. */
struct place {
	uint32_t parent;
	xmlNodePtr node; /* the parent in the result */
	struct items items;
	bool is_mixed; /* text and elements side by side: white space counts */
	size_t end;    /* of the last item dealt with */
};

#define CLEANUP_PLACE CLEANUP(place_done)

static void place_done(struct place *place)
{
	free_items(&place->items);
}

static bool is_blank_span(const struct splicer *s, const struct span *span)
{
	return span->type == SPAN_TEXT &&
	       tag_is_blank(s->text + span->start, span->end - span->start);
}

static bool is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

/* Text other than white space, or nothing but text, on either side. */
static bool has_text(const struct splicer *s, uint32_t element, const xmlNode *node)
{
	uint32_t i = scan_first_child(s->scan, element);

	for (const xmlNode *child = node->children; child; child = child->next) {
		if (is_text(child) && !compose_is_blank(child))
			return true;
	}
	for (; i != SCAN_NONE; i = scan_next_sibling(s->scan, i)) {
		const struct span *span = &s->scan->v[i];

		if (span->type == SPAN_TEXT && !is_blank_span(s, span))
			return true;
	}
	return false;
}

static bool is_same_element(const struct splicer *s, uint32_t element,
			    const xmlNode *node)
{
	size_t len;
	const char *name = tag_name(s->text + s->scan->v[element].start, &len);
	const char *colon = memchr(name, ':', len);

	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	return strlen((const char *)node->name) == len &&
	       memcmp(node->name, name, len) == 0;
}

/* The item that is this span, from item i on; n without one. Items are in order. */
static size_t item_of(const struct items *items, size_t i, uint32_t span)
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
		    !is_same_element(s, span, child))
			continue;
		j = item_of(items, i, span);
		if (j == items->n)
			continue; /* moved here from elsewhere: written anew */
		items->is_kept[j] = true;
		s->is_used[span] = true;
		i = j + 1;
	}
}

static int place_init(struct splicer *s, struct place *place, uint32_t element,
		      xmlNodePtr node)
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
	items->is_kept = calloc(n + 1, sizeof(*items->is_kept));
	if (!items->v || !items->is_kept)
		return -ENOMEM;

	for (i = scan_first_child(s->scan, element); i != SCAN_NONE;
	     i = scan_next_sibling(s->scan, i)) {
		if (place->is_mixed || s->scan->v[i].type != SPAN_TEXT)
			items->v[items->n++] = i;
	}
	mark_kept(s, place);
	return 0;
}

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

static bool is_same_content(const struct splicer *s, uint32_t item, const xmlNode *node)
{
	const struct span *span = &s->scan->v[item];
	const char *content = node->content ? (const char *)node->content : "";
	const char *start = s->text + span->start;
	size_t len = span->end - span->start;
	size_t name_len;

	switch (span->type) {
	case SPAN_TEXT:
		return is_text(node) && tag_text_is(start, len, content);
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

/* The item that is this text, comment or instruction, before the next kept element. */
static size_t find_item(const struct splicer *s, const struct place *place,
			const xmlNode *node)
{
	const struct items *items = &place->items;

	for (size_t i = items->i; i < items->n && !items->is_kept[i]; i++) {
		if (is_same_content(s, items->v[i], node))
			return i;
	}
	return SIZE_MAX;
}

static void keep_item(struct splicer *s, struct place *place, size_t item)
{
	drop_items(s, place, item);
	place->end = s->scan->v[place->items.v[item]].end;
	place->items.i = item + 1;
}

/*
 * A comment behind an element on its line stays there when something new comes between
 * them: the new node changes places with it, in the tree as well.
 */
static void keep_line(struct splicer *s, struct place *place, xmlNodePtr node)
{
	const struct items *items = &place->items;
	xmlNodePtr next = node;

	while (next &&
	       (compose_is_blank(next) || (next->type == XML_ELEMENT_NODE &&
					   document_span(s->doc, next) == SCAN_NONE)))
		next = next->next;
	if (!next || next->type != XML_COMMENT_NODE || place->is_mixed || items->i == 0 ||
	    items->i == items->n || items->is_kept[items->i] ||
	    !is_on_same_line(s, place, items->i) ||
	    !is_same_content(s, items->v[items->i], next))
		return;
	xmlUnlinkNode(next);
	(void)xmlAddPrevSibling(node, next);
	keep_item(s, place, items->i);
}

static void insert_node(struct splicer *s, struct place *place, xmlNodePtr node)
{
	CLEANUP_COMPOSE_STYLE struct compose_style style;
	size_t before = place->items.i;

	keep_line(s, place, node);
	compose_style_init(&style, s->doc, place->parent,
			   before > 0 ? place->items.v[before - 1] : SCAN_NONE);
	splice_copy_to(s, place->end);
	compose_node(s->out, s->doc, place->parent, &style, node, place->is_mixed);
}

static int splice_element(struct splicer *s, uint32_t element, xmlNodePtr node);

static int splice_child(struct splicer *s, struct place *place, xmlNodePtr child)
{
	struct items *items = &place->items;
	uint32_t span;
	size_t i;

	if (!place->is_mixed && is_text(child))
		return 0;
	if (child->type != XML_ELEMENT_NODE) {
		i = find_item(s, place, child);
		if (i == SIZE_MAX) {
			insert_node(s, place, child);
		} else {
			keep_item(s, place, i);
		}
		return 0;
	}

	span = document_span(s->doc, child);
	i = item_of(items, items->i, span);
	if (i == items->n || !items->is_kept[i]) {
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
		if (place->is_mixed || !is_text(child))
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
	CLEANUP_COMPOSE_STYLE struct compose_style style;
	const struct span *span = &s->scan->v[place->parent];
	size_t len;
	const char *name = tag_name(s->text + span->start, &len);

	if (span_is_self_closed(span)) {
		splice_leave_out(s, tag_words_end(s, span), span->end);
		buf_addc(s->out, '>');
	} else {
		splice_leave_out(s, span->inner, span->close);
	}

	compose_style_init(&style, s->doc, place->parent, SCAN_NONE);
	for (const xmlNode *child = place->node->children; child; child = child->next) {
		if (place->is_mixed || !is_text(child)) {
			compose_node(s->out, s->doc, place->parent, &style, child,
				     place->is_mixed);
		}
	}
	if (!place->is_mixed && style.lead.len > style.unit_len)
		buf_add(s->out, style.lead.data, style.lead.len - style.unit_len);
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

	if (!top || top->ns || !is_same_element(s, root, top)) {
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
	struct splicer s = { .doc = doc,
			     .scan = &doc->scan,
			     .text = doc->text.data + doc->body,
			     .out = out };
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
