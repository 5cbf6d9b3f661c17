/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "sametree.h"

#include <string.h>

static bool same_text(const xmlChar *a, const xmlChar *b)
{
	return strcmp(a ? (const char *)a : "", b ? (const char *)b : "") == 0;
}

/* libxml2 leaves "&amp;" in a namespace half decoded, as "&#38;". */
static bool same_href(const char *ours, const char *theirs)
{
	while (*ours && *theirs) {
		bool is_amp = *ours == '&' && strncmp(theirs, "&#38;", 5) == 0;

		if (*ours != *theirs)
			return false;
		ours++;
		theirs += is_amp ? 5 : 1;
	}
	return *ours == *theirs;
}

static bool same_ns(const xmlNs *a, const xmlNs *b)
{
	return !a == !b &&
	       (!a || same_href((const char *)a->href, (const char *)b->href));
}

static bool same_attrs(const xmlNode *ours, const xmlNode *theirs)
{
	const xmlAttr *a = ours->properties;
	const xmlAttr *b = theirs->properties;
	const xmlAttr *before = NULL;

	for (; a && b; before = a, a = a->next, b = b->next) {
		if (a->type != b->type || a->parent != ours || a->prev != before ||
		    !same_text(a->name, b->name) || !same_ns(a->ns, b->ns))
			return false;
		/* as query_attr() reads them */
		if (!same_text(a->children->content,
			       b->children ? b->children->content : NULL) ||
		    a->children->next || (b->children && b->children->next))
			return false;
	}
	return !a && !b;
}

static const xmlNode *skip_empty(const xmlNode *node)
{
	while (node && node->type == XML_TEXT_NODE && (!node->content || !*node->content))
		node = node->next;
	return node;
}

static bool same_children(const xmlNode *ours, const xmlNode *theirs)
{
	const xmlNode *a = ours->children;
	const xmlNode *b = skip_empty(theirs->children);
	const xmlNode *before = NULL;

	while (a && b) {
		if (a->parent != ours || a->prev != before || !sametree(a, b))
			return false;
		before = a;
		a = a->next;
		b = skip_empty(b->next);
	}
	return !a && !b && ours->last == before;
}

bool sametree(const xmlNode *ours, const xmlNode *theirs)
{
	if (ours->type != theirs->type)
		return false;
	if (ours->type != XML_ELEMENT_NODE)
		return same_text(ours->content, theirs->content);
	return same_text(ours->name, theirs->name) && same_ns(ours->ns, theirs->ns) &&
	       same_attrs(ours, theirs) && same_children(ours, theirs);
}
