/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <libxml/tree.h>

/*
 * Whether two trees say the same: elements, namespaces, attributes in any order, text,
 * comments and instructions. White space between elements, namespace prefixes and the
 * private number do not count. NULL if so, else the name of the element that differs.
 */
const char *compare_trees(const xmlNode *a, const xmlNode *b);
