/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The parser with the splice: any text, changed at random. Whatever was changed, the new
 * text must say exactly that; splice() checks it, and failing is a crash here.
 *
 * Input: a byte with the number of changes, two bytes for each, then the document.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "domain/query.h"
#include "domain/splice.h"

#define MAX_CHANGES 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static xmlNodePtr following(xmlNodePtr node)
{
	if (node->children)
		return node->children;
	while (node && !node->next)
		node = node->parent && node->parent->type == XML_ELEMENT_NODE
			       ? node->parent
			       : NULL;
	return node ? node->next : NULL;
}

/* The nth element, counting round. */
static xmlNodePtr nth_element(xmlNodePtr top, unsigned n)
{
	unsigned count = 0;

	for (xmlNodePtr node = top; node; node = following(node))
		count += node->type == XML_ELEMENT_NODE;
	n %= count;
	for (xmlNodePtr node = top; node; node = following(node)) {
		if (node->type == XML_ELEMENT_NODE && n-- == 0)
			return node;
	}
	return top;
}

static void remove_node(xmlNodePtr node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static void change_attributes(xmlNodePtr element, unsigned how)
{
	static const char *const values[] = { "", "1", "'", "\"", "<&>\t\n\r", "'\"" };
	const xmlChar *value = BAD_CAST values[how % 6];

	(void)xmlSetProp(element, BAD_CAST(how & 1 ? "type" : "new"), value);
	if (how & 2)
		(void)xmlUnsetProp(element, BAD_CAST "name");
}

/* Into a namespace, by a prefix of its own or one in use; out of one for 0. */
static void move_to_namespace(xmlNodePtr element, unsigned how)
{
	static const char *const names[] = { "", "urn:a", "urn:b", QUERY_QEMU_NS };
	static const char *const prefixes[] = { NULL, "p", "q", "ns1" };
	const xmlChar *prefix = BAD_CAST prefixes[how / 4 % 4];
	xmlNsPtr ns = NULL;

	if (how % 4 != 0) {
		ns = xmlNewNs(element, BAD_CAST names[how % 4], prefix);
		if (!ns)
			return;
	}
	if (how & 16 && element->properties && (!ns || prefix)) {
		element->properties->ns = ns;
	} else if (element->parent->type == XML_ELEMENT_NODE) {
		element->ns = ns;
	}
}

static void add_content(xmlNodePtr element, unsigned how)
{
	switch (how) {
	case 0:
		(void)xmlNewTextChild(element, NULL, BAD_CAST "new", BAD_CAST "a<b");
		break;
	case 1:
		(void)xmlAddChild(element, xmlNewComment(BAD_CAST " new "));
		break;
	case 2:
		(void)xmlAddChild(element, xmlNewText(BAD_CAST "t ]]> &"));
		break;
	default:
		(void)xmlAddChild(element, xmlNewPI(BAD_CAST "new", BAD_CAST "pi"));
	}
}

static void change(xmlNodePtr top, unsigned which, unsigned how)
{
	xmlNodePtr element = nth_element(top, which);
	xmlNodePtr parent = element->parent;

	if (how % 8 == 0) {
		move_to_namespace(element, how / 8);
	} else if (how % 8 < 2) {
		change_attributes(element, how / 8);
	} else if (how % 8 < 4) {
		add_content(element, how / 8 % 4);
	} else if (element == top) {
		return;
	} else if (how % 8 == 4) {
		remove_node(element);
	} else if (how % 8 == 5) {
		(void)xmlAddNextSibling(element, xmlCopyNode(element, 1));
	} else if (how % 8 == 6) {
		xmlUnlinkNode(element);
		(void)xmlAddChild(parent, element);
	} else {
		xmlUnlinkNode(element);
		if (parent->children)
			(void)xmlAddPrevSibling(parent->children, element);
		else
			(void)xmlAddChild(parent, element);
	}
}

static void splice_changed(struct document *doc, const uint8_t *changes, size_t n)
{
	CLEANUP_BUF struct buf out = BUF_NONE;
	struct error err = { 0 };

	for (size_t i = 0; i < n; i++)
		change(xmlDocGetRootElement(doc->tree), changes[2 * i],
		       changes[2 * i + 1]);
	if (splice(&out, doc, &err) < 0) {
		(void)fprintf(stderr, "%s\n%s\n", err.msg, buf_text(&out));
		abort();
	}
	if (n == 0 &&
	    (out.len != doc->text.len || memcmp(out.data, doc->text.data, out.len) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	struct error err = { 0 };
	size_t n;

	if (size == 0)
		return 0;
	n = data[0] % MAX_CHANGES;
	if (size < 1 + 2 * n)
		return 0;
	if (document_parse(&doc, "fuzz", (const char *)data + 1 + 2 * n, size - 1 - 2 * n,
			   &err) < 0)
		return 0;
	if (document_number(&doc, &err) == 0)
		splice_changed(&doc, data + 1, n);
	return 0;
}
