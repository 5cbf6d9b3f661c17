/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where each node of an XML text stands, in bytes.
 *
 * The scan knows just enough of XML 1.0 to find the borders of markup. It does not
 * judge: the text is given to libxml2 as well, whose tree has the same nodes in the
 * same order. (Character data, CDATA sections and references that follow one another
 * are one text node, as in the XPath data model.)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

/* Deeper documents are refused; libvirt's own are less than 20 deep. */
#define SCAN_MAX_DEPTH 250

#define SCAN_NONE UINT32_MAX

enum span_type {
	SPAN_ELEMENT,
	SPAN_TEXT,
	SPAN_COMMENT,
	SPAN_PI,
};

/* Offsets into the text; an end is the first byte behind. */
struct span {
	enum span_type type;
	uint32_t start;
	uint32_t end;
	uint32_t inner;  /* element: where its content begins, behind the start tag */
	uint32_t close;  /* element: where its content ends; == end when self-closed */
	uint32_t parent; /* index, SCAN_NONE at the top */
	uint32_t next;   /* index of the first span that is not inside this one */
};

/* In document order, parents before children. */
struct scan {
	struct span *v;
	uint32_t n;
	uint32_t root; /* index of the document element */
};

#define SCAN_EMPTY ((struct scan){ .root = SCAN_NONE })

enum {
	/* The text is not well-formed; libxml2 says it better. */
	SCAN_MALFORMED = 1,
};

/*
 * Scans len bytes of UTF-8, at most UINT32_MAX - 1. Returns 0, SCAN_MALFORMED, or a
 * negative errno: a document type declaration, nesting beyond SCAN_MAX_DEPTH, no memory.
 * `name` is what messages call the text.
 */
MUST_CHECK int scan_text(struct scan *ret_scan, const char *text, size_t len,
			 const char *name, struct error *err);
void scan_done(struct scan *scan);

/* The first child of an element, SCAN_NONE without one; siblings follow by .next. */
uint32_t scan_first_child(const struct scan *scan, uint32_t element);

/* The sibling after a node, SCAN_NONE behind the last. */
uint32_t scan_next_sibling(const struct scan *scan, uint32_t node);

static inline bool span_is_self_closed(const struct span *span)
{
	return span->close == span->end;
}

/* 1 for the first line. */
size_t scan_line(const char *text, size_t offset);

#define CLEANUP_SCAN CLEANUP(scan_done)
