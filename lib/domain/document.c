/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/document.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>

#include "base/parse.h"
#include "domain/complaint.h"
#include "domain/encoding.h"
#include "domain/query.h"

#define BOM "\xef\xbb\xbf"

DEFINE_CLEANUP(xmlParserCtxtPtr, xmlFreeParserCtxt);
#define CLEANUP_XMLCTXT CLEANUP(cleanup_xmlFreeParserCtxt)

/*
 * Keeps the first complaint. The later ones, and so xmlCtxtGetLastError(), mostly
 * report what followed from it.
 */
static void keep_first(void *user_data, xml_complaint *e)
{
	xmlParserCtxtPtr ctxt = user_data;
	struct error *err = ctxt->_private;

	if (err->code == 0 && e->level >= XML_ERR_ERROR) {
		(void)error_set(err, EBADMSG, "%s:%d: not well-formed: %.*s",
				e->file ? e->file : "?", e->line,
				(int)strcspn(e->message, "\n"), e->message);
	}
}

int document_parse_tree(xmlDocPtr *ret_tree, const char *name, const char *text,
			size_t len, struct error *err)
{
	/* HUGE: our own limits have been checked, and size is not among them */
	const int options =
		XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_HUGE | XML_PARSE_COMPACT;
	CLEANUP_XMLCTXT xmlParserCtxtPtr ctxt = NULL;
	CLEANUP_XMLDOC xmlDocPtr tree = NULL;

	if (len > INT_MAX)
		return error_set(err, EFBIG, "%s: larger than 2 GiB", name);

	ctxt = xmlNewParserCtxt();
	if (!ctxt)
		return error_set(err, ENOMEM, "out of memory");
	*err = (struct error){ 0 };
	ctxt->_private = err;
	ctxt->sax->serror = keep_first;
	tree = xmlCtxtReadMemory(ctxt, text, (int)len, name, "UTF-8", options);
	if (err->code)
		return -err->code;
	if (!tree)
		return error_set(err, EBADMSG, "%s: not well-formed", name);
	*ret_tree = TAKE_PTR(tree);
	return 0;
}

/* The node behind this one in document order, elements and their content alike. */
static xmlNodePtr following(xmlNodePtr node)
{
	if (node->type == XML_ELEMENT_NODE && node->children)
		return node->children;
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
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

/*
 * Half of a tree is white space between elements. The splice takes that from the source:
 * stylesheets need not copy it around.
 */
static void drop_layout(xmlNodePtr element)
{
	bool is_layout = has_layout_only(element);
	xmlNodePtr next;

	for (xmlNodePtr node = element->children; node; node = next) {
		next = node->next;
		if (node->type == XML_ELEMENT_NODE) {
			drop_layout(node);
		} else if (is_layout && node->type == XML_TEXT_NODE) {
			xmlUnlinkNode(node);
			xmlFreeNode(node);
		}
	}
}

/* The tree goes, with its namespaces; the splice has to know what the source said. */
static int keep_ns(struct document *doc, uint32_t span, const xmlNs *ns,
		   struct error *err)
{
	if (!doc->ns) {
		doc->ns = calloc(doc->scan.n, sizeof(*doc->ns));
		doc->ns_names = xmlDictCreate();
	}
	if (doc->ns && doc->ns_names)
		doc->ns[span] = (const char *)xmlDictLookup(doc->ns_names, ns->href, -1);
	if (!doc->ns || !doc->ns[span])
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

/* Walks tree and scan in step. */
static int set_spans(struct document *doc, struct error *err)
{
	const struct scan *scan = &doc->scan;
	xmlNodePtr node = doc->tree->children;
	uint32_t i = 0;

	for (; node && i < scan->n; node = following(node), i++) {
		bool is_element = node->type == XML_ELEMENT_NODE;

		if (is_element != (scan->v[i].type == SPAN_ELEMENT))
			break;
		if (!is_element)
			continue;
		document_set_span(node, i);
		if (node->ns && keep_ns(doc, i, node->ns, err) < 0)
			return -err->code;
	}
	if (node || i < scan->n) {
		return error_set(err, EBADMSG,
				 "%s:%zu: the scan and libxml2 disagree here; please "
				 "report this document",
				 doc->name,
				 scan_line(document_body(doc),
					   scan->v[i < scan->n ? i : 0].start));
	}
	return 0;
}

bool document_is_number(const xmlAttr *attr)
{
	return !attr->ns && strcmp((const char *)attr->name, DOCUMENT_NUMBER) == 0;
}

int document_number(struct document *doc, struct error *err)
{
	char number[16];

	for (xmlNodePtr node = doc->tree->children; node; node = following(node)) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (query_attr(node, DOCUMENT_NUMBER)) {
			return error_set(
				err, EBADMSG, "%s:%zu: the attribute '%s' is reserved",
				doc->name, document_line(doc, node), DOCUMENT_NUMBER);
		}
		(void)snprintf(number, sizeof(number), "%u", document_span(doc, node));
		if (!xmlNewProp(node, BAD_CAST DOCUMENT_NUMBER, BAD_CAST number))
			return error_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

static int take_text(struct document *doc, const char *bytes, size_t len,
		     struct error *err)
{
	CLEANUP_BUF struct buf back = BUF_NONE;
	int r = encoding_detect(&doc->encoding, bytes, len, err);

	if (r < 0)
		return r;
	if (!doc->encoding) {
		buf_add(&doc->text, bytes, len);
	} else {
		r = encoding_convert(&doc->text, "UTF-8", doc->encoding, bytes, len, err);
		if (r == 0) {
			r = encoding_convert(&back, doc->encoding, "UTF-8",
					     buf_text(&doc->text), doc->text.len, err);
		}
		if (r < 0)
			return error_wrap(err, "%s", doc->name);
		if (back.len != len || memcmp(buf_text(&back), bytes, len) != 0) {
			return error_set(
				err, EILSEQ,
				"%s: cannot be kept byte for byte in %s; convert "
				"it to UTF-8",
				doc->name, doc->encoding);
		}
	}
	if (doc->text.len >= 3 && memcmp(doc->text.data, BOM, 3) == 0)
		doc->body = 3;
	return buf_check(&doc->text, err);
}

static int parse(struct document *doc, const char *bytes, size_t len, struct error *err)
{
	const char *body;
	size_t body_len;
	xmlNodePtr top;
	int scanned;
	int r;

	r = take_text(doc, bytes, len, err);
	if (r < 0)
		return r;
	body = buf_text(&doc->text) + doc->body;
	body_len = doc->text.len - doc->body;

	scanned = scan_text(&doc->scan, body, body_len, doc->name, err);
	if (scanned < 0)
		return scanned;
	r = document_parse_tree(&doc->tree, doc->name, body, body_len, err);
	if (r < 0)
		return r;
	top = xmlDocGetRootElement(doc->tree);
	if (!top || scanned == SCAN_MALFORMED)
		return error_set(err, EBADMSG, "%s: not well-formed", doc->name);
	if (top->ns || !xmlStrEqual(top->name, BAD_CAST "domain")) {
		return error_set(err, EBADMSG,
				 "%s: the document is a <%s>, not a libvirt <domain>",
				 doc->name, (const char *)top->name);
	}
	r = set_spans(doc, err);
	if (r == 0)
		drop_layout(top);
	return r;
}

int document_parse(struct document *ret_doc, const char *name, const char *bytes,
		   size_t len, struct error *err)
{
	CLEANUP_DOCUMENT struct document doc = DOCUMENT_NONE;
	int r;

	doc.name = name;
	r = parse(&doc, bytes, len, err);
	if (r < 0)
		return r;
	*ret_doc = doc;
	doc = DOCUMENT_NONE;
	return 0;
}

void document_done(struct document *doc)
{
	xmlFreeDoc(doc->tree);
	scan_done(&doc->scan);
	buf_done(&doc->text);
	free(doc->encoding);
	free(doc->is_sealed);
	free(doc->ns);
	xmlDictFree(doc->ns_names);
	*doc = DOCUMENT_NONE;
}

static bool is_one_of(const xmlNode *element, const char *const names[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp((const char *)element->name, names[i]) == 0)
			return true;
	}
	return false;
}

static void seal_children(struct document *doc, xmlNodePtr parent,
			  const char *const names[], size_t n_names)
{
	for (xmlNodePtr node = parent->children; node; node = node->next) {
		bool is_named;
		uint32_t span;

		if (node->type != XML_ELEMENT_NODE)
			continue;
		is_named = is_one_of(node, names, n_names);
		if (parent->parent->type == XML_DOCUMENT_NODE &&
		    (query_is(node, "devices") ||
		     (is_named && query_is(node, "metadata")))) {
			seal_children(doc, node, names, n_names);
			continue;
		}
		if (is_named)
			continue;
		span = document_span(doc, node);
		if (span == SCAN_NONE || !node->children)
			continue;
		xmlFreeNodeList(node->children);
		node->children = NULL;
		node->last = NULL;
		doc->is_sealed[span] = true;
	}
}

int document_seal(struct document *doc, const char *const names[], size_t n_names,
		  struct error *err)
{
	doc->is_sealed = calloc(doc->scan.n, sizeof(*doc->is_sealed));
	if (!doc->is_sealed)
		return error_set(err, ENOMEM, "out of memory");
	seal_children(doc, xmlDocGetRootElement(doc->tree), names, n_names);
	return 0;
}

void document_set_span(xmlNodePtr element, uint32_t span)
{
	element->_private =
		(void *)((uintptr_t)span + 1); /* NOLINT(performance-no-int-to-ptr) */
}

void document_set_spans(const struct document *doc, xmlNodePtr element, uint32_t span)
{
	const struct span *v = doc->scan.v;
	uint32_t end = v[span].next;

	document_set_span(element, span);
	for (xmlNodePtr node = element->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		for (span++; span < end && v[span].type != SPAN_ELEMENT; span++)
			;
		if (span >= end)
			return;
		document_set_spans(doc, node, span);
		span = v[span].next - 1;
	}
}

uint32_t document_span(const struct document *doc, const xmlNode *element)
{
	const char *number;
	struct error ignored = { 0 };
	uint64_t span;

	if (element->_private)
		return (uint32_t)((uintptr_t)element->_private - 1);
	number = query_attr(element, DOCUMENT_NUMBER);
	if (!number || parse_dec(&span, number, 0, UINT32_MAX, "number", &ignored) < 0)
		return SCAN_NONE;
	if (span >= doc->scan.n || doc->scan.v[span].type != SPAN_ELEMENT)
		return SCAN_NONE;
	return (uint32_t)span;
}

size_t document_line(const struct document *doc, const xmlNode *element)
{
	uint32_t span = SCAN_NONE;

	for (; element && element->type == XML_ELEMENT_NODE && span == SCAN_NONE;
	     element = element->parent)
		span = document_span(doc, element);
	if (span == SCAN_NONE)
		return 1;
	return scan_line(document_body(doc), doc->scan.v[span].start);
}

int document_encode(const struct document *doc, struct buf *text, struct error *err)
{
	struct buf out = BUF_NONE;
	int r;

	if (!doc->encoding)
		return 0;
	r = encoding_convert(&out, doc->encoding, "UTF-8", buf_text(text), text->len,
			     err);
	if (r < 0)
		return error_wrap(err, "%s", doc->name);
	buf_done(text);
	*text = out;
	return 0;
}
