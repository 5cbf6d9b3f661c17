/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/reading.h"

#include <errno.h>
#include <expat.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/encoding.h"
#include "domain/query.h"
#include "domain/scan.h"

/* Between a namespace and a name; no XML has this character. */
#define SEPARATOR  '\x01'
#define BLOCK_SIZE 16384UL

struct builder {
	XML_Parser parser;
	const char *name; /* of the document, in messages */
	struct reading reading;
	xmlNode *open; /* the element that nodes are added to, NULL before the first */
	unsigned depth;
	xmlNs *ns;       /* the last one */
	struct buf text; /* that comes to its end with the next node */
	struct error *err;
	bool has_failed; /* then err is set */
};

DEFINE_CLEANUP(XML_Parser, XML_ParserFree);
#define CLEANUP_PARSER CLEANUP(cleanup_XML_ParserFree)

/* --- memory --- */

struct reading_block {
	struct reading_block *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) char data[];
};

void reading_done(struct reading *reading)
{
	while (reading->blocks) {
		struct reading_block *block = reading->blocks;

		reading->blocks = block->next;
		free(block);
	}
	*reading = READING_NONE;
}

static void stop(struct builder *b)
{
	b->has_failed = true;
	(void)XML_StopParser(b->parser, XML_FALSE);
}

/* Zeroed, and for as long as the tree. NULL: out of memory, which is reported. */
static void *take(struct builder *b, size_t size)
{
	struct reading_block *block = b->reading.blocks;

	size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
	if (!block || block->size - block->used < size) {
		size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;

		block = calloc(1, sizeof(*block) + room);
		if (!block) {
			(void)error_set(b->err, ENOMEM, "out of memory");
			stop(b);
			return NULL;
		}
		block->size = room;
		block->next = b->reading.blocks;
		b->reading.blocks = block;
	}
	block->used += size;
	return block->data + block->used - size;
}

static xmlChar *take_text(struct builder *b, const char *text, size_t len)
{
	char *copy = take(b, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return (xmlChar *)copy;
}

/* --- nodes --- */

/* The last child of the open element; NULL when out of memory. */
static xmlNode *add_node(struct builder *b, xmlElementType type)
{
	xmlNode *node = take(b, sizeof(*node));

	if (!node)
		return NULL;
	node->type = type;
	node->parent = b->open;
	if (!b->open)
		return node;
	node->prev = b->open->last;
	if (node->prev) {
		node->prev->next = node;
	} else {
		b->open->children = node;
	}
	b->open->last = node;
	return node;
}

/* expat hands a text over in pieces. */
static void end_text(struct builder *b)
{
	xmlNode *node;

	if (b->text.len == 0 && !b->text.failed)
		return;
	if (buf_check(&b->text, b->err) < 0) {
		stop(b);
		return;
	}
	node = add_node(b, XML_TEXT_NODE);
	if (node)
		node->content = take_text(b, b->text.data, b->text.len);
	buf_cut(&b->text, 0);
}

/* The name behind "NAMESPACE SEPARATOR", and the namespace; false when out of memory. */
static bool set_name(struct builder *b, const xmlChar **ret_name, xmlNs **ret_ns,
		     const char *text)
{
	const char *separator = strchr(text, SEPARATOR);
	size_t len = separator ? (size_t)(separator - text) : 0;

	if (separator && !(b->ns && strlen((const char *)b->ns->href) == len &&
			   memcmp(b->ns->href, text, len) == 0)) {
		b->ns = take(b, sizeof(*b->ns));
		if (!b->ns)
			return false;
		b->ns->type = XML_LOCAL_NAMESPACE;
		b->ns->href = take_text(b, text, len);
		if (!b->ns->href)
			return false;
	}
	if (separator) {
		*ret_ns = b->ns;
		text = separator + 1;
	}
	*ret_name = take_text(b, text, strlen(text));
	return *ret_name;
}

static bool add_attr(struct builder *b, xmlNode *element, xmlAttr **last,
		     const char *name, const char *value)
{
	xmlAttr *attr = take(b, sizeof(*attr));
	xmlNode *text = attr ? take(b, sizeof(*text)) : NULL;

	if (!text || !set_name(b, &attr->name, &attr->ns, name))
		return false;
	text->content = take_text(b, value, strlen(value));
	if (!text->content)
		return false;
	text->type = XML_TEXT_NODE;
	text->parent = (xmlNode *)attr;
	attr->type = XML_ATTRIBUTE_NODE;
	attr->children = text;
	attr->last = text;
	attr->parent = element;
	attr->prev = *last;
	if (*last) {
		(*last)->next = attr;
	} else {
		element->properties = attr;
	}
	*last = attr;
	return true;
}

/* White space between elements, as opposed to such in text. */
static bool has_layout_only(const xmlNode *element)
{
	bool has_other = false;

	for (const xmlNode *node = element->children; node; node = node->next) {
		if (node->type != XML_TEXT_NODE) {
			has_other = true;
		} else if (!query_is_blank(node)) {
			return false;
		}
	}
	return has_other;
}

static void drop_layout(xmlNode *element)
{
	xmlNode *last = NULL;

	if (!has_layout_only(element))
		return;
	for (xmlNode *node = element->children; node; node = node->next) {
		if (node->type == XML_TEXT_NODE)
			continue;
		node->prev = last;
		if (last) {
			last->next = node;
		} else {
			element->children = node;
		}
		last = node;
	}
	if (last)
		last->next = NULL;
	element->last = last;
}

/* --- what expat reports --- */

static size_t line(const struct builder *b)
{
	return XML_GetCurrentLineNumber(b->parser);
}

static void on_start(void *data, const char *name, const char **attrs)
{
	struct builder *b = data;
	xmlAttr *last = NULL;
	xmlNode *node;

	if (b->has_failed)
		return;
	end_text(b);
	if (b->depth++ == SCAN_MAX_DEPTH) {
		(void)error_set(b->err, E2BIG,
				"%s:%zu: elements are nested more than %d deep", b->name,
				line(b), SCAN_MAX_DEPTH);
		stop(b);
		return;
	}
	node = add_node(b, XML_ELEMENT_NODE);
	if (!node || !set_name(b, &node->name, &node->ns, name))
		return;
	for (; *attrs; attrs += 2) {
		if (!add_attr(b, node, &last, attrs[0], attrs[1]))
			return;
	}
	if (!b->open)
		b->reading.top = node;
	b->open = node;
}

static void on_end(void *data, const char *name)
{
	struct builder *b = data;

	(void)name;
	if (b->has_failed)
		return;
	end_text(b);
	drop_layout(b->open);
	b->depth--;
	b->open = b->open->parent;
}

static void on_text(void *data, const char *text, int len)
{
	struct builder *b = data;

	if (!b->has_failed)
		buf_add(&b->text, text, (size_t)len);
}

static void add_other(struct builder *b, xmlElementType type, const char *text)
{
	xmlNode *node;

	if (b->has_failed || !b->open)
		return;
	end_text(b);
	node = add_node(b, type);
	if (node)
		node->content = take_text(b, text, strlen(text));
}

static void on_comment(void *data, const char *text)
{
	add_other(data, XML_COMMENT_NODE, text);
}

static void on_instruction(void *data, const char *target, const char *text)
{
	(void)target;
	add_other(data, XML_PI_NODE, text);
}

static void on_doctype(void *data, const char *name, const char *system_id,
		       const char *public_id, int has_subset)
{
	struct builder *b = data;

	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_subset;
	if (b->has_failed)
		return;
	(void)error_set(b->err, EBADMSG,
			"%s:%zu: a document type or entity declaration is not allowed in "
			"a domain; remove it",
			b->name, line(b));
	stop(b);
}

static int explain(const struct builder *b, struct error *err)
{
	enum XML_Error code = XML_GetErrorCode(b->parser);
	const char *text = XML_ErrorString(code);

	if (b->has_failed)
		return -err->code;
	if (code == XML_ERROR_NO_MEMORY)
		return error_set(err, ENOMEM, "out of memory");
	if (code == XML_ERROR_INVALID_TOKEN || !text)
		text = "invalid token"; /* expat's own words begin as ours do */
	return error_set(err, EBADMSG, "%s:%zu: not well-formed: %s", b->name, line(b),
			 text);
}

/* --- all of it --- */

static int build(struct reading *ret_reading, const char *name, const char *text,
		 size_t len, struct error *err)
{
	CLEANUP_PARSER XML_Parser parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
	struct builder b = { .parser = parser, .name = name, .err = err };
	int r = 0;

	if (!parser)
		return error_set(err, ENOMEM, "out of memory");
	XML_SetUserData(parser, &b);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetCommentHandler(parser, on_comment);
	XML_SetProcessingInstructionHandler(parser, on_instruction);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	if (XML_Parse(parser, text, (int)len, XML_TRUE) != XML_STATUS_OK)
		r = explain(&b, err);
	buf_done(&b.text);
	if (r < 0) {
		reading_done(&b.reading);
		return r;
	}
	*ret_reading = b.reading;
	return 0;
}

int reading_parse(struct reading *ret_reading, const char *name, const char *bytes,
		  size_t len, struct error *err)
{
	CLEANUP_BUF struct buf converted = BUF_NONE;
	CLEANUP_FREE char *encoding = NULL;
	int r;

	if (len > INT_MAX)
		return error_set(err, EFBIG, "%s: larger than 2 GiB", name);
	r = encoding_detect(&encoding, bytes, len, err);
	if (r == 0 && encoding) {
		r = encoding_convert(&converted, "UTF-8", encoding, bytes, len, err);
		if (r < 0)
			return error_wrap(err, "%s", name);
		bytes = buf_text(&converted);
		len = converted.len;
	}
	if (r < 0)
		return r;
	if (len > INT_MAX)
		return error_set(err, EFBIG, "%s: larger than 2 GiB", name);
	return build(ret_reading, name, bytes, len, err);
}

int reading_parse_domain(struct reading *ret_reading, const char *name, const char *bytes,
			 size_t len, struct error *err)
{
	CLEANUP_READING struct reading reading = READING_NONE;
	int r = reading_parse(&reading, name, bytes, len, err);

	if (r < 0)
		return r;
	if (!reading.top)
		return error_set(err, EBADMSG, "%s: not well-formed", name);
	if (!query_is(reading.top, "domain")) {
		return error_set(err, EBADMSG,
				 "%s: the document is a <%s>, not a libvirt <domain>",
				 name, (const char *)reading.top->name);
	}
	*ret_reading = reading;
	reading = READING_NONE;
	return 0;
}
