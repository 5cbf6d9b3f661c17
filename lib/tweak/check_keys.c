/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "domain/query.h"
#include "tweak/check_impl.h"

static bool grow(struct check_keys *keys)
{
	size_t size = keys->size ? keys->size * 2 : 16;
	struct check_key *v;

	if (keys->n < keys->size)
		return true;
	v = reallocarray(keys->v, size, sizeof(*v));
	if (!v)
		return false;
	keys->v = v;
	keys->size = size;
	return true;
}

void check_keys_add(struct check *check, struct check_keys *keys, const xmlNode *element,
		    const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || !grow(keys)) {
		free(text);
		check->findings.failed = true;
		return;
	}
	keys->v[keys->n] = (struct check_key){
		.text = text,
		.element = element,
		.order = keys->n,
	};
	keys->n++;
}

void check_keys_done(struct check_keys *keys)
{
	for (size_t i = 0; i < keys->n; i++)
		free(keys->v[i].text);
	free(keys->v);
	*keys = CHECK_KEYS_NONE;
}

static int compare(const void *one, const void *other)
{
	const struct check_key *a = one;
	const struct check_key *b = other;
	int r = strcmp(a->text, b->text);

	if (r != 0)
		return r;
	return a->order < b->order ? -1 : a->order > b->order;
}

void check_keys_sort(struct check_keys *keys)
{
	if (keys->n > 1)
		qsort(keys->v, keys->n, sizeof(*keys->v), compare);
}

bool check_keys_is_again(const struct check_keys *keys, size_t i)
{
	return i > 0 && strcmp(keys->v[i - 1].text, keys->v[i].text) == 0;
}

static int compare_text(const void *text, const void *key)
{
	return strcmp(text, ((const struct check_key *)key)->text);
}

bool check_keys_has(const struct check_keys *keys, const char *text)
{
	return keys->n > 0 &&
	       bsearch(text, keys->v, keys->n, sizeof(*keys->v), compare_text) != NULL;
}

static const xmlNode *element_from(const xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

const xmlNode *check_first(const xmlNode *parent)
{
	return parent ? element_from(parent->children) : NULL;
}

const xmlNode *check_next(const xmlNode *element)
{
	return element_from(element->next);
}

bool check_is_shadow(const xmlNode *device)
{
	const char *type = query_attr(query_child(device, "target"), "type");

	return query_is(device, "console") && (!type || strcmp(type, "serial") == 0);
}

bool check_number(uint64_t *ret_value, const xmlNode *element, const char *name,
		  uint64_t max)
{
	const char *text = query_attr(element, name);
	struct error ignored = { 0 };

	return text && parse_number(ret_value, text, max, name, &ignored) == 0;
}

bool check_text_number(uint64_t *ret_value, const xmlNode *element)
{
	const char *text = query_text(element);
	struct error ignored = { 0 };
	char word[32];
	size_t len;

	if (!text)
		return false;
	text += strspn(text, " \t\r\n");
	len = strcspn(text, " \t\r\n");
	if (len >= sizeof(word))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return parse_dec(ret_value, word, 0, UINT64_MAX, "number", &ignored) == 0;
}
