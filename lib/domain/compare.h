/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libxml/tree.h>

#include "domain/document.h"

/*
 * Whether a tree made from text says the same as the tree it was to be made of: elements,
 * namespaces, attributes in any order, text, comments and instructions. White space
 * between elements, namespace prefixes, the private number and the content of sealed
 * elements do not count. NULL if so, else the name of the element that differs.
 *
 * On the way `made` gets the numbers of `wanted`.
 */
const char *compare_trees(const struct document *doc, const xmlNode *wanted,
			  xmlNodePtr made);
