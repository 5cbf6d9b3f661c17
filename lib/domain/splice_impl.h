/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of the splice share. For splice*.c only. */

#include "base/buf.h"
#include "base/cleanup.h"
#include "domain/compose.h"
#include "domain/document.h"

/*
 * The output is the source with edits in it: `pos` is how far the source has been
 * copied or left out. All functions go forward only.
 */
struct splicer {
	const struct document *doc;
	const struct scan *scan;
	const char *text;
	size_t pos;
	struct buf *out;
	bool *is_used; /* by span: an element stands for its first copy only */
};

/* Copies the source up to an offset. */
void splice_copy_to(struct splicer *s, size_t end);

/* Copies up to start, and leaves out what is from there to end. */
void splice_leave_out(struct splicer *s, size_t start, size_t end);

/* Writes the start tag of a source element with the attributes of its node. */
void splice_tag(struct splicer *s, uint32_t element, const xmlNode *node);

/* The children of a source element that are compared one by one. */
struct items {
	uint32_t *v;
	const xmlNode **kept; /* the element of the result that it is, or NULL */
	size_t n;
	size_t i; /* all before are dealt with */
};

/* What the result wants at this place of the source. */
struct place {
	uint32_t parent;
	xmlNodePtr node; /* the parent in the result */
	struct items items;
	bool is_mixed; /* text and elements side by side: white space counts */
	size_t end;    /* of the last item dealt with */

	struct compose_style style; /* of new children, made for the first of them */
	bool has_style;
};

MUST_CHECK int place_init(struct splicer *s, struct place *place, uint32_t element,
			  xmlNodePtr node);
void place_done(struct place *place);

/* The item that is this span, from item i on; n without one. Items are in order. */
size_t items_find(const struct items *items, size_t i, uint32_t span);

/*
 * The item that is this text, comment or instruction, before the next kept element;
 * SIZE_MAX without one.
 */
size_t place_find_leaf(const struct splicer *s, const struct place *place,
		       const xmlNode *node);

/* Whether the node has the name and namespace of that source element. */
bool splice_is_same(const struct splicer *s, uint32_t element, const xmlNode *node);

/* Whether it is that text, comment or instruction. */
bool splice_is_same_leaf(const struct splicer *s, uint32_t item, const xmlNode *node);

#define CLEANUP_PLACE CLEANUP(place_done)
