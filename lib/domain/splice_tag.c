/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The splice, start tag by start tag. */

#include <string.h>

#include "domain/compose.h"
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

static const xmlAttr *find_attr(const xmlNode *element, const struct tag_attr *source)
{
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next) {
		const char *prefix = attr->ns ? (const char *)attr->ns->prefix : NULL;
		const char *local = (const char *)attr->name;
		size_t prefix_len = prefix ? strlen(prefix) + 1 : 0;
		size_t len = strlen(local);

		if (prefix_len + len != source->name_len ||
		    memcmp(source->name + prefix_len, local, len) != 0)
			continue;
		if (!prefix || (memcmp(source->name, prefix, prefix_len - 1) == 0 &&
				source->name[prefix_len - 1] == ':'))
			return attr;
	}
	return NULL;
}

static bool is_declaration(const struct tag_attr *attr)
{
	return attr->name_len >= 5 && memcmp(attr->name, "xmlns", 5) == 0 &&
	       (attr->name_len == 5 || attr->name[5] == ':');
}

static bool is_in_tag(const struct splicer *s, const struct span *span,
		      const xmlAttr *attr)
{
	struct tag tag = tag_read(s->text + span->start, s->text + span->inner);
	struct tag_attr source;

	while (tag_next(&tag, &source)) {
		const xmlNode *owner = attr->parent;

		if (find_attr(owner, &source) == attr)
			return true;
	}
	return false;
}

static void replace_value(struct splicer *s, const struct tag_attr *source,
			  const xmlAttr *attr)
{
	size_t value = (size_t)(source->value - s->text);

	splice_leave_out(s, value, value + source->value_len);
	tag_encode_value(s->out, compose_attr_value(attr), source->value[-1]);
}

void splice_tag(struct splicer *s, uint32_t element, const xmlNode *node)
{
	const struct span *span = &s->scan->v[element];
	struct tag tag = tag_read(s->text + span->start, s->text + span->inner);
	size_t last = (size_t)(tag.p - s->text);
	struct tag_attr source;
	char quote = 0;

	while (tag_next(&tag, &source)) {
		const xmlAttr *attr = find_attr(node, &source);

		quote = source.value[-1];
		last = (size_t)(source.end - s->text);
		if (is_declaration(&source))
			continue;
		if (!attr) {
			splice_leave_out(s, (size_t)(source.space - s->text), last);
		} else if (!tag_value_is(source.value, source.value_len,
					 compose_attr_value(attr))) {
			replace_value(s, &source, attr);
		}
	}
	for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
		if (strcmp((const char *)attr->name, DOCUMENT_NUMBER) == 0 ||
		    is_in_tag(s, span, attr))
			continue;
		splice_copy_to(s, last);
		if (!quote)
			quote = compose_quote(s->doc, 0, span->start);
		if (!quote)
			quote = '\'';
		compose_attr(s->out, s->doc, element, quote, attr);
	}
}
