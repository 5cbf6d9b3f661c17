/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Whether expat's tree (domain/reading.h) and libxml2's (domain/document.h) are the same.
 */

#include <stdbool.h>

#include <libxml/tree.h>

/*
 * Every node with its type, names, namespaces, attributes, content and neighbours. A text
 * without a character, which libxml2 makes of an empty CDATA section, does not count.
 */
bool sametree(const xmlNode *ours, const xmlNode *theirs);
