/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/scope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a prefix means at a place. */
enum meaning {
	MEANS_NOTHING, /* it is free */
	MEANS_THIS,
	MEANS_OTHER,
};

void scope_done(struct scope *scope)
{
	free(scope->v);
	scope->v = NULL;
	scope->n = 0;
}

const char *scope_href(const xmlNs *ns)
{
	return ns && ns->href ? (const char *)ns->href : "";
}

const char *scope_prefix(const struct scope_binding *binding)
{
	return binding->prefix ? binding->prefix : binding->made;
}

bool scope_declares(const struct tag_attr *attr, const char **ret_prefix, size_t *ret_len)
{
	static const char xmlns[] = "xmlns";
	size_t len = strlen(xmlns);

	if (attr->name_len < len || memcmp(attr->name, xmlns, len) != 0)
		return false;
	if (attr->name_len == len) {
		*ret_prefix = "";
		*ret_len = 0;
		return true;
	}
	if (attr->name[len] != ':')
		return false;
	*ret_prefix = attr->name + len + 1;
	*ret_len = attr->name_len - len - 1;
	return true;
}

/* Walks the declarations of the source around a place, the innermost tag first. */
struct walk {
	const struct document *doc;
	uint32_t element;
	struct tag tag;

	/* the declaration that was found */
	struct tag_attr attr;
	const char *prefix;
	size_t prefix_len;
};

static void walk_enter(struct walk *walk, uint32_t element)
{
	const char *text = document_body(walk->doc);

	walk->element = element;
	if (element != SCAN_NONE) {
		walk->tag = tag_read(text + walk->doc->scan.v[element].start,
				     text + walk->doc->scan.v[element].inner);
	}
}

static bool walk_next(struct walk *walk)
{
	while (walk->element != SCAN_NONE) {
		while (tag_next(&walk->tag, &walk->attr)) {
			if (scope_declares(&walk->attr, &walk->prefix, &walk->prefix_len))
				return true;
		}
		walk_enter(walk, walk->doc->scan.v[walk->element].parent);
	}
	return false;
}

static enum meaning source_meaning(const struct document *doc, uint32_t element,
				   const char *prefix, size_t len, const char *href)
{
	struct walk walk = { .doc = doc };

	walk_enter(&walk, element);
	while (walk_next(&walk)) {
		if (walk.prefix_len == len && memcmp(walk.prefix, prefix, len) == 0) {
			return tag_value_is(walk.attr.value, walk.attr.value_len, href)
				       ? MEANS_THIS
				       : MEANS_OTHER;
		}
	}
	if (len > 0)
		return MEANS_NOTHING;
	return *href == '\0' ? MEANS_THIS : MEANS_NOTHING;
}

bool scope_is_bound(const struct document *doc, uint32_t element, const char *prefix,
		    size_t len, const char *href)
{
	return source_meaning(doc, element, prefix, len, href) == MEANS_THIS;
}

static enum meaning meaning(const struct scope *scope, const char *prefix, size_t len,
			    const char *href)
{
	for (size_t i = scope->n; i > 0; i--) {
		const struct scope_binding *b = &scope->v[i - 1];

		if (b->prefix_len == len && memcmp(scope_prefix(b), prefix, len) == 0)
			return strcmp(b->href, href) == 0 ? MEANS_THIS : MEANS_OTHER;
	}
	return source_meaning(scope->doc, scope->element, prefix, len, href);
}

/* Looks for a prefix that is bound to the namespace. */
static bool find_prefix(const struct scope *scope, bool is_attr, struct scope_binding *b)
{
	struct walk walk = { .doc = scope->doc };

	for (size_t i = scope->n; i > 0; i--) {
		const struct scope_binding *have = &scope->v[i - 1];

		if (strcmp(have->href, b->href) == 0 &&
		    (have->prefix_len > 0 || !is_attr) &&
		    meaning(scope, scope_prefix(have), have->prefix_len, b->href) ==
			    MEANS_THIS) {
			*b = *have;
			return true;
		}
	}
	walk_enter(&walk, scope->element);
	while (walk_next(&walk)) {
		if ((walk.prefix_len == 0 && is_attr) ||
		    !tag_value_is(walk.attr.value, walk.attr.value_len, b->href))
			continue;
		b->prefix = walk.prefix;
		b->prefix_len = walk.prefix_len;
		return meaning(scope, b->prefix, b->prefix_len, b->href) == MEANS_THIS;
	}
	return false;
}

/* ns1, or the first such that is free. */
static void make_prefix(const struct scope *scope, struct scope_binding *b)
{
	unsigned i = 1;

	b->prefix = NULL;
	do {
		b->prefix_len = (size_t)snprintf(b->made, sizeof(b->made), "ns%u", i++);
	} while (meaning(scope, b->made, b->prefix_len, b->href) != MEANS_NOTHING);
}

static void declare(struct scope *scope, const struct scope_binding *binding)
{
	struct scope_binding *v = reallocarray(scope->v, scope->n + 1, sizeof(*v));

	if (!v) {
		scope->failed = true;
		return;
	}
	scope->v = v;
	scope->v[scope->n++] = *binding;
}

bool scope_choose(struct scope *scope, const xmlNs *ns, bool is_attr,
		  struct scope_binding *ret_binding)
{
	const char *own = ns && ns->prefix ? (const char *)ns->prefix : "";
	struct scope_binding b = { .prefix = "", .href = scope_href(ns) };
	bool is_none = *b.href == '\0';

	if (!is_none && strcmp(b.href, (const char *)XML_XML_NAMESPACE) == 0) {
		*ret_binding = (struct scope_binding){ "xml", strlen("xml"), b.href, "" };
		return false;
	}
	*ret_binding = b;
	if (is_none && (is_attr || meaning(scope, "", 0, "") == MEANS_THIS))
		return false;
	if (!is_none && find_prefix(scope, is_attr, ret_binding))
		return false;
	if (!is_none) {
		b.prefix = own;
		b.prefix_len = strlen(own);
	}
	if (is_attr &&
	    (*own == '\0' || meaning(scope, own, b.prefix_len, b.href) != MEANS_NOTHING))
		make_prefix(scope, &b);
	declare(scope, &b);
	*ret_binding = b;
	return true;
}
