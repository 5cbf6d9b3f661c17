/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The splice, start tag by start tag. */

#include <string.h>

#include "domain/compose.h"
#include "domain/scope.h"
#include "domain/splice_impl.h"
#include "domain/tag.h"

void splice_copy_to(struct splicer *s, size_t end)
{
	if (end > s->pos) {
		buf_add(s->out, s->text + s->pos, end - s->pos);
		s->pos = end;
	}
}

void splice_leave_out(struct splicer *s, size_t start, size_t end)
{
	splice_copy_to(s, start);
	if (end > s->pos)
		s->pos = end;
}

/* Whether an attribute of the source, in its element, has the name of that one. */
static bool is_named(const struct splicer *s, uint32_t element,
		     const struct tag_attr *source, const xmlAttr *attr)
{
	const char *colon = memchr(source->name, ':', source->name_len);
	const char *local = colon ? colon + 1 : source->name;
	size_t prefix_len = colon ? (size_t)(colon - source->name) : 0;
	size_t len = source->name_len - (size_t)(local - source->name);
	const char *href = scope_href(attr->ns);

	if (strlen((const char *)attr->name) != len ||
	    memcmp(attr->name, local, len) != 0)
		return false;
	if (!colon || *href == '\0')
		return !colon && *href == '\0';
	if (prefix_len == 3 && memcmp(source->name, "xml", 3) == 0)
		return strcmp(href, (const char *)XML_XML_NAMESPACE) == 0;
	return scope_is_bound(s->doc, element, source->name, prefix_len, href);
}

/* From `first` on and round, since the order mostly is that of the source. */
static xmlAttrPtr find_attr(const struct splicer *s, uint32_t element,
			    const xmlNode *node, const struct tag_attr *source,
			    xmlAttrPtr first)
{
	for (xmlAttrPtr attr = first; attr; attr = attr->next) {
		if (is_named(s, element, source, attr))
			return attr;
	}
	for (xmlAttrPtr attr = node->properties; attr != first; attr = attr->next) {
		if (is_named(s, element, source, attr))
			return attr;
	}
	return NULL;
}

static void replace_value(struct splicer *s, const struct tag_attr *source,
			  const xmlAttr *attr)
{
	size_t value = (size_t)(source->value - s->text);

	splice_leave_out(s, value, value + source->value_len);
	tag_encode_value(s->out, compose_attr_value(attr), source->value[-1]);
}

/* Behind `last`, where the last attribute of the source ends. */
static void add_attrs(struct splicer *s, uint32_t element, const xmlNode *node,
		      size_t last, char quote)
{
	const xmlAttr *attr = node->properties;

	while (attr && (attr->_private == s || document_is_number(attr)))
		attr = attr->next;
	if (!attr)
		return;
	splice_copy_to(s, last);
	if (!quote)
		quote = compose_quote(s->doc, 0, s->scan->v[element].start);
	if (!quote)
		quote = '\'';
	compose_attrs(s->out, s->doc, element, quote, node, s);
}

void splice_tag(struct splicer *s, uint32_t element, const xmlNode *node)
{
	const struct span *span = &s->scan->v[element];
	struct tag tag = tag_read(s->text + span->start, s->text + span->inner);
	size_t last = (size_t)(tag.p - s->text);
	xmlAttrPtr next = node->properties;
	struct tag_attr source;
	char quote = 0;

	while (tag_next(&tag, &source)) {
		const char *prefix;
		size_t prefix_len;
		xmlAttrPtr attr;

		quote = source.value[-1];
		last = (size_t)(source.end - s->text);
		if (scope_declares(&source, &prefix, &prefix_len))
			continue;
		attr = find_attr(s, element, node, &source, next);
		if (!attr) {
			splice_leave_out(s, (size_t)(source.space - s->text), last);
			continue;
		}
		if (!tag_value_is(source.value, source.value_len,
				  compose_attr_value(attr)))
			replace_value(s, &source, attr);
		attr->_private = s; /* it is written */
		next = attr->next;
	}
	add_attrs(s, element, node, last, quote);
}
