/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/compare.h"

#include <stdbool.h>
#include <string.h>

#include "domain/compose.h"
#include "domain/document.h"
#include "domain/query.h"
#include "domain/scope.h"

static bool is_same_ns(const xmlNs *a, const xmlNs *b)
{
	return strcmp(scope_href(a), scope_href(b)) == 0;
}

static const xmlAttr *find_like(const xmlNode *element, const xmlAttr *like)
{
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next) {
		if (is_same_ns(attr->ns, like->ns) && xmlStrEqual(attr->name, like->name))
			return attr;
	}
	return NULL;
}

static bool has_attrs_of(const xmlNode *a, const xmlNode *b)
{
	for (const xmlAttr *attr = a->properties; attr; attr = attr->next) {
		const xmlAttr *other =
			document_is_number(attr) ? attr : find_like(b, attr);

		if (!other ||
		    strcmp(compose_attr_value(attr), compose_attr_value(other)) != 0)
			return false;
	}
	return true;
}

static bool is_mixed(const xmlNode *element)
{
	for (const xmlNode *node = element->children; node; node = node->next) {
		if (query_is_text(node) && !query_is_blank(node))
			return true;
	}
	return false;
}

static xmlNodePtr skip_blank(xmlNodePtr node, bool is_kept)
{
	while (node && !is_kept && query_is_blank(node))
		node = node->next;
	return node;
}

static bool is_same_leaf(const xmlNode *a, const xmlNode *b)
{
	const xmlChar *text_a = a->content ? a->content : BAD_CAST "";
	const xmlChar *text_b = b->content ? b->content : BAD_CAST "";

	if (a->type == XML_PI_NODE && !xmlStrEqual(a->name, b->name))
		return false;
	return xmlStrEqual(text_a, text_b);
}

static const char *compare_children(const struct document *doc, const xmlNode *wanted,
				    xmlNodePtr made)
{
	const char *name = (const char *)wanted->name;
	bool keep = is_mixed(wanted) || is_mixed(made);
	const xmlNode *x = skip_blank(wanted->children, keep);
	xmlNodePtr y = skip_blank(made->children, keep);

	while (x && y) {
		const char *where = NULL;

		if (x->type != y->type)
			return name;
		if (x->type == XML_ELEMENT_NODE) {
			where = compare_trees(doc, x, y);
		} else if (!is_same_leaf(x, y)) {
			where = name;
		}
		if (where)
			return where;
		x = skip_blank(x->next, keep);
		y = skip_blank(y->next, keep);
	}
	return x || y ? name : NULL;
}

const char *compare_trees(const struct document *doc, const xmlNode *wanted,
			  xmlNodePtr made)
{
	uint32_t span = document_span(doc, wanted);

	if (!xmlStrEqual(wanted->name, made->name) || !is_same_ns(wanted->ns, made->ns) ||
	    !has_attrs_of(wanted, made) || !has_attrs_of(made, wanted))
		return (const char *)wanted->name;
	if (document_is_sealed(doc, span)) {
		document_set_spans(doc, made, span);
		return wanted->children ? (const char *)wanted->name : NULL;
	}
	if (span != SCAN_NONE)
		document_set_span(made, span);
	return compare_children(doc, wanted, made);
}
