/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/tag.h"

#include <stdint.h>
#include <string.h>

bool tag_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool tag_is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!tag_is_space(text[i]))
			return false;
	}
	return true;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && tag_is_space(*p))
		p++;
	return p;
}

const char *tag_name(const char *start, size_t *ret_len)
{
	const char *name = start + 1;
	const char *p = name;

	while (!tag_is_space(*p) && *p != '>' && *p != '/')
		p++;
	*ret_len = (size_t)(p - name);
	return name;
}

struct tag tag_read(const char *start, const char *end)
{
	size_t len;
	const char *name = tag_name(start, &len);

	end--;
	if (end > start && end[-1] == '/')
		end--;
	return (struct tag){ .p = name + len, .end = end };
}

bool tag_next(struct tag *tag, struct tag_attr *ret_attr)
{
	const char *name = skip_space(tag->p, tag->end);
	const char *name_end = name;
	const char *quote;
	const char *end;

	while (name_end < tag->end && *name_end != '=' && !tag_is_space(*name_end))
		name_end++;
	quote = skip_space(name_end, tag->end);
	if (name == name_end || quote == tag->end)
		return false;
	quote = skip_space(quote + 1, tag->end);
	if (quote == tag->end)
		return false;
	end = memchr(quote + 1, *quote, (size_t)(tag->end - quote - 1));
	if (!end)
		return false;

	*ret_attr = (struct tag_attr){
		.space = tag->p,
		.name = name,
		.name_len = (size_t)(name_end - name),
		.value = quote + 1,
		.value_len = (size_t)(end - quote - 1),
		.end = end + 1,
	};
	tag->p = end + 1;
	return true;
}

static void add_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_addc(out, (char)c);
	} else if (c < 0x800) {
		buf_addc(out, (char)(0xc0 | c >> 6));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		buf_addc(out, (char)(0xe0 | c >> 12));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		buf_addc(out, (char)(0xf0 | c >> 18));
		buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static uint32_t char_number(const char *p, const char *end)
{
	unsigned base = 10;
	uint32_t c = 0;

	if (*p == 'x') {
		base = 16;
		p++;
	}
	for (; p < end && c < 0x110000; p++) {
		unsigned d = (unsigned char)*p;

		c = c * base + (d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
	}
	return c;
}

/* Appends what the reference at p, "&...;", stands for. Returns the byte behind it. */
static const char *decode_reference(struct buf *out, const char *p, const char *end)
{
	static const struct {
		const char *name;
		char c;
	} predefined[] = {
		{ "&amp;", '&' }, { "&apos;", '\'' }, { "&gt;", '>' },
		{ "&lt;", '<' },  { "&quot;", '"' },
	};
	const char *semicolon = memchr(p, ';', (size_t)(end - p));

	if (semicolon && semicolon - p > 2 && p[1] == '#') {
		add_utf8(out, char_number(p + 2, semicolon));
		return semicolon + 1;
	}
	for (size_t i = 0; semicolon && i < ARRAY_SIZE(predefined); i++) {
		size_t len = strlen(predefined[i].name);

		if ((size_t)(end - p) >= len && memcmp(p, predefined[i].name, len) == 0) {
			buf_addc(out, predefined[i].c);
			return p + len;
		}
	}
	buf_addc(out, *p); /* not in a well-formed document without declarations */
	return p + 1;
}

/* Line ends become one newline (XML 1.0, 2.11); returns the byte behind. */
static const char *decode_line_end(struct buf *out, const char *p, const char *end,
				   char newline)
{
	buf_addc(out, newline);
	return *p == '\r' && p + 1 < end && p[1] == '\n' ? p + 2 : p + 1;
}

void tag_decode_value(struct buf *out, const char *value, size_t len)
{
	const char *end = value + len;
	const char *p = value;

	while (p < end) {
		if (*p == '&') {
			p = decode_reference(out, p, end);
		} else if (tag_is_space(*p)) {
			p = decode_line_end(out, p, end, ' ');
		} else {
			buf_addc(out, *p++);
		}
	}
}

void tag_decode_text(struct buf *out, const char *text, size_t len)
{
	static const char cdata[] = "<![CDATA[";
	const char *end = text + len;
	const char *verbatim_end = NULL; /* inside a CDATA section: its "]]>" */
	const char *p = text;

	while (p < end) {
		if (p == verbatim_end) {
			p += strlen("]]>");
			verbatim_end = NULL;
		} else if (*p == '\r') {
			p = decode_line_end(out, p, end, '\n');
		} else if (!verbatim_end && *p == '&') {
			p = decode_reference(out, p, end);
		} else if (!verbatim_end && *p == '<') {
			p += strlen(cdata);
			verbatim_end = memmem(p, (size_t)(end - p), "]]>", 3);
		} else {
			buf_addc(out, *p++);
		}
	}
}

static void decode_line_ends(struct buf *out, const char *raw, size_t len)
{
	const char *end = raw + len;

	while (raw < end) {
		if (*raw == '\r') {
			raw = decode_line_end(out, raw, end, '\n');
		} else {
			buf_addc(out, *raw++);
		}
	}
}

typedef void decode_fn(struct buf *out, const char *raw, size_t len);

/* Most text stands for itself, and needs no decoding to be compared. */
static bool stands_for(decode_fn *decode, const char *raw, size_t len,
		       const char *special, const char *text)
{
	CLEANUP_BUF struct buf decoded = BUF_NONE;
	size_t plain = 0;

	while (plain < len && !strchr(special, raw[plain]))
		plain++;
	if (plain == len)
		return strncmp(raw, text, len) == 0 && text[len] == '\0';

	decode(&decoded, raw, len);
	return !decoded.failed && strcmp(buf_text(&decoded), text) == 0;
}

bool tag_value_is(const char *value, size_t len, const char *text)
{
	return stands_for(tag_decode_value, value, len, "&\t\r\n", text);
}

bool tag_text_is(const char *raw, size_t len, const char *text)
{
	return stands_for(tag_decode_text, raw, len, "&<\r", text);
}

bool tag_verbatim_is(const char *raw, size_t len, const char *text)
{
	return stands_for(decode_line_ends, raw, len, "\r", text);
}

static void encode(struct buf *out, char c)
{
	switch (c) {
	case '&':
		buf_adds(out, "&amp;");
		break;
	case '<':
		buf_adds(out, "&lt;");
		break;
	case '>':
		buf_adds(out, "&gt;");
		break;
	case '\r':
		buf_adds(out, "&#13;");
		break;
	default:
		buf_addc(out, c);
	}
}

void tag_encode_value(struct buf *out, const char *value, char quote)
{
	for (const char *p = value; *p; p++) {
		if (*p == quote) {
			buf_adds(out, quote == '"' ? "&quot;" : "&apos;");
		} else if (*p == '\n') {
			buf_adds(out, "&#10;");
		} else if (*p == '\t') {
			buf_adds(out, "&#9;");
		} else {
			encode(out, *p);
		}
	}
}

void tag_encode_text(struct buf *out, const char *text)
{
	for (const char *p = text; *p; p++)
		encode(out, *p);
}
