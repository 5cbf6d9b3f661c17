/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
	const char *name;
	const char *text;
	const char *end;
	struct scan scan;
	uint32_t n_room;
	uint32_t open[SCAN_MAX_DEPTH]; /* the elements around the current place */
	uint32_t depth;
};

void scan_done(struct scan *scan)
{
	free(scan->v);
	*scan = SCAN_EMPTY;
}

uint32_t scan_first_child(const struct scan *scan, uint32_t element)
{
	uint32_t child = element + 1;

	return child < scan->v[element].next ? child : SCAN_NONE;
}

uint32_t scan_next_sibling(const struct scan *scan, uint32_t node)
{
	uint32_t next = scan->v[node].next;
	uint32_t parent = scan->v[node].parent;
	uint32_t limit = parent == SCAN_NONE ? scan->n : scan->v[parent].next;

	return next < limit ? next : SCAN_NONE;
}

size_t scan_line(const char *text, size_t offset)
{
	const char *end = text + offset;
	size_t line = 1;

	for (const char *p = text; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		line++;
	return line;
}

static bool starts(const struct scanner *s, const char *p, const char *with)
{
	size_t len = strlen(with);

	return (size_t)(s->end - p) >= len && memcmp(p, with, len) == 0;
}

/* The first byte behind `what`, searched from p on; NULL if it does not come. */
static const char *behind(const struct scanner *s, const char *p, const char *what)
{
	const char *found = memmem(p, (size_t)(s->end - p), what, strlen(what));

	return found ? found + strlen(what) : NULL;
}

/* The first byte behind a start tag: the '>' outside of quotes. */
static const char *behind_tag(const struct scanner *s, const char *p)
{
	for (; p < s->end; p++) {
		if (*p == '>')
			return p + 1;
		if (*p == '"' || *p == '\'') {
			p = memchr(p + 1, *p, (size_t)(s->end - p - 1));
			if (!p)
				return NULL;
		}
	}
	return NULL;
}

static uint32_t offset(const struct scanner *s, const char *p)
{
	return (uint32_t)(p - s->text);
}

/* The span behind the last; NULL when out of memory. */
static struct span *add(struct scanner *s, enum span_type type, const char *start,
			const char *end)
{
	struct scan *scan = &s->scan;
	struct span *span;

	if (scan->n == s->n_room) {
		uint32_t n_room = s->n_room ? s->n_room * 2 : 512;
		struct span *v = reallocarray(scan->v, n_room, sizeof(*v));

		if (!v)
			return NULL;
		scan->v = v;
		s->n_room = n_room;
	}
	span = &scan->v[scan->n++];
	*span = (struct span){
		.type = type,
		.start = offset(s, start),
		.end = offset(s, end),
		.parent = s->depth ? s->open[s->depth - 1] : SCAN_NONE,
		.next = scan->n,
	};
	return span;
}

/* Each scan_*() below takes one node at *p and moves *p behind it. */

static int scan_delimited(struct scanner *s, const char **p, enum span_type type,
			  const char *start, const char *stop, struct error *err)
{
	const char *end = behind(s, *p + strlen(start), stop);

	if (!end)
		return SCAN_MALFORMED;
	/* the XML declaration is no node */
	if (type == SPAN_PI && *p == s->text && starts(s, *p, "<?xml") &&
	    strchr(" \t\r\n", (*p)[5])) {
		*p = end;
		return 0;
	}
	if (!add(s, type, *p, end))
		return error_set(err, ENOMEM, "out of memory");
	*p = end;
	return 0;
}

static int scan_start_tag(struct scanner *s, const char **p, struct error *err)
{
	const char *end = behind_tag(s, *p);
	uint32_t self = s->scan.n;
	struct span *span;
	bool is_empty;

	if (!end)
		return SCAN_MALFORMED;
	is_empty = end[-2] == '/';
	if (s->depth == 0) {
		if (s->scan.root != SCAN_NONE)
			return SCAN_MALFORMED;
		s->scan.root = self;
	}
	span = add(s, SPAN_ELEMENT, *p, end);
	if (!span)
		return error_set(err, ENOMEM, "out of memory");
	span->inner = offset(s, end);
	span->close = offset(s, end);
	*p = end;
	if (is_empty)
		return 0;

	if (s->depth == SCAN_MAX_DEPTH) {
		return error_set(err, E2BIG,
				 "%s:%zu: elements are nested more than %d deep", s->name,
				 scan_line(s->text, span->start), SCAN_MAX_DEPTH);
	}
	s->open[s->depth++] = self;
	return 0;
}

static int scan_end_tag(struct scanner *s, const char **p)
{
	const char *end = memchr(*p, '>', (size_t)(s->end - *p));
	struct span *element;

	if (!end || s->depth == 0)
		return SCAN_MALFORMED;
	element = &s->scan.v[s->open[--s->depth]];
	element->close = offset(s, *p);
	element->end = offset(s, end + 1);
	element->next = s->scan.n;
	*p = end + 1;
	return 0;
}

static int scan_character_data(struct scanner *s, const char **p, struct error *err)
{
	const char *end = *p;

	for (;;) {
		const char *lt = memchr(end, '<', (size_t)(s->end - end));

		end = lt ? lt : s->end;
		if (!starts(s, end, "<![CDATA["))
			break;
		end = behind(s, end, "]]>");
		if (!end)
			return SCAN_MALFORMED;
	}
	/* white space around the document element is no node either */
	if (s->depth > 0 && !add(s, SPAN_TEXT, *p, end))
		return error_set(err, ENOMEM, "out of memory");
	*p = end;
	return 0;
}

static int scan_node(struct scanner *s, const char **p, struct error *err)
{
	if (**p != '<' || starts(s, *p, "<![CDATA["))
		return scan_character_data(s, p, err);
	if (starts(s, *p, "<!--"))
		return scan_delimited(s, p, SPAN_COMMENT, "<!--", "-->", err);
	if (starts(s, *p, "<?"))
		return scan_delimited(s, p, SPAN_PI, "<?", "?>", err);
	if (starts(s, *p, "</"))
		return scan_end_tag(s, p);
	if (starts(s, *p, "<!DOCTYPE") || starts(s, *p, "<!ENTITY")) {
		return error_set(err, EBADMSG,
				 "%s:%zu: a document type or entity declaration is not "
				 "allowed in a domain; remove it",
				 s->name, scan_line(s->text, offset(s, *p)));
	}
	if (starts(s, *p, "<!"))
		return SCAN_MALFORMED;
	return scan_start_tag(s, p, err);
}

int scan_text(struct scan *ret_scan, const char *text, size_t len, const char *name,
	      struct error *err)
{
	struct scanner s = {
		.name = name, .text = text, .end = text + len, .scan = SCAN_EMPTY
	};
	const char *p = text;
	int r = 0;

	if (len >= UINT32_MAX)
		return error_set(err, EFBIG, "%s: larger than 4 GiB", name);

	while (r == 0 && p < s.end)
		r = scan_node(&s, &p, err);
	if (r == 0 && (s.depth > 0 || s.scan.root == SCAN_NONE))
		r = SCAN_MALFORMED;
	if (r != 0) {
		scan_done(&s.scan);
		return r;
	}
	*ret_scan = s.scan;
	return 0;
}
