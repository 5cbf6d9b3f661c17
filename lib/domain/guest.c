/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/guest.h"

#include <string.h>

#include "domain/query.h"

static bool is_guest_word(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       strcmp((const char *)node->ns->href, GUEST_NS) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

xmlNodePtr guest_find(const xmlNode *domain)
{
	const xmlNode *metadata = query_child(domain, "metadata");

	for (xmlNodePtr node = metadata ? metadata->children : NULL; node;
	     node = node->next) {
		if (is_guest_word(node, "guest"))
			return node;
	}
	return NULL;
}

xmlNodePtr guest_device(const xmlNode *guest, const char *address)
{
	for (xmlNodePtr node = guest ? guest->children : NULL; node; node = node->next) {
		if (is_guest_word(node, "device") &&
		    query_attr_is(node, "address", address))
			return node;
	}
	return NULL;
}
