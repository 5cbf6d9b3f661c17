/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The inside of a start tag, attribute by attribute as it is written, and the values
 * that character data and attributes stand for.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One attribute. All pointers lead into the source text. */
struct tag_attr {
	const char *space; /* white space before the name */
	const char *name;  /* as written, with its prefix */
	size_t name_len;
	const char *value; /* between the quotes, undecoded */
	size_t value_len;
	const char *end; /* behind the closing quote */
};

struct tag {
	const char *p;
	const char *end; /* the '>' or '/' that closes the tag */
};

/* Starts reading the tag [start, end), "<name ...>" or "<name .../>". */
struct tag tag_read(const char *start, const char *end);

/* Fetches the next attribute; false behind the last one. The tag is well-formed. */
bool tag_next(struct tag *tag, struct tag_attr *ret_attr);

/* The name in a start tag. */
const char *tag_name(const char *start, size_t *ret_len);

/* Appends the value an attribute stands for (XML 1.0, 3.3.3, for CDATA attributes). */
void tag_decode_value(struct buf *out, const char *value, size_t len);

/* Whether the raw value or character data stands for this text. */
bool tag_value_is(const char *value, size_t len, const char *text);
bool tag_text_is(const char *raw, size_t len, const char *text);

/* The same for a comment or instruction: only line ends are decoded in them. */
bool tag_verbatim_is(const char *raw, size_t len, const char *text);

/* Appends the text that character data with references and CDATA sections stands for. */
void tag_decode_text(struct buf *out, const char *text, size_t len);

/* Appends a value as an attribute's content between these quotes. */
void tag_encode_value(struct buf *out, const char *value, char quote);

/* Appends text as character data. */
void tag_encode_text(struct buf *out, const char *text);

bool tag_is_space(char c);
bool tag_is_blank(const char *text, size_t len);
