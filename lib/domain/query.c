/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/query.h"

#include <string.h>

#include "domain/tag.h"

const char *query_attr(const xmlNode *element, const char *name)
{
	if (!element)
		return NULL;
	for (const xmlAttr *attr = element->properties; attr; attr = attr->next) {
		if (attr->ns || strcmp((const char *)attr->name, name) != 0)
			continue;
		return attr->children && attr->children->content
			       ? (const char *)attr->children->content
			       : "";
	}
	return NULL;
}

bool query_attr_is(const xmlNode *element, const char *name, const char *value)
{
	const char *have = query_attr(element, name);

	return have && strcmp(have, value) == 0;
}

bool query_is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

bool query_is_blank(const xmlNode *node)
{
	return query_is_text(node) && node->content &&
	       tag_is_blank((const char *)node->content,
			    strlen((const char *)node->content));
}

bool query_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

bool query_is_qemu(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       strcmp((const char *)node->ns->href, QUERY_QEMU_NS) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

xmlNodePtr query_child(const xmlNode *parent, const char *name)
{
	for (xmlNodePtr node = parent ? parent->children : NULL; node;
	     node = node->next) {
		if (query_is(node, name))
			return node;
	}
	return NULL;
}

xmlNodePtr query_qemu_child(const xmlNode *parent, const char *name)
{
	for (xmlNodePtr node = parent ? parent->children : NULL; node;
	     node = node->next) {
		if (query_is_qemu(node, name))
			return node;
	}
	return NULL;
}

xmlNodePtr query_next(const xmlNode *element)
{
	bool is_qemu = element->ns != NULL;
	const char *name = (const char *)element->name;

	for (xmlNodePtr node = element->next; node; node = node->next) {
		if (is_qemu ? query_is_qemu(node, name) : query_is(node, name))
			return node;
	}
	return NULL;
}

xmlNodePtr query_path(const xmlNode *element, const char *path)
{
	const xmlNode *node = element;

	while (node && *path) {
		size_t len = strcspn(path, "/");
		const xmlNode *child = node->children;

		while (child && !(child->type == XML_ELEMENT_NODE && !child->ns &&
				  strlen((const char *)child->name) == len &&
				  strncmp((const char *)child->name, path, len) == 0))
			child = child->next;
		node = child;
		path += len + (path[len] == '/');
	}
	return (xmlNodePtr)node;
}

const char *query_text(const xmlNode *element)
{
	if (!element)
		return NULL;
	if (!element->children)
		return "";
	if (element->children->type != XML_TEXT_NODE || element->children->next)
		return NULL;
	return (const char *)element->children->content;
}
