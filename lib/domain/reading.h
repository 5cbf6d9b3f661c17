/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A domain for who only asks (domain/query.h) and changes nothing: libvirt's hook.
 *
 * The tree is that of document_parse(), of libxml2's types, so that the questions are the
 * same; but expat reads it, and no function of libxml2 is called. Loading libxml2, with
 * the libraries that it brings along, takes longer than all that is asked.
 *
 * Left out is what only those need who write: the document, prefixes, declarations of
 * namespaces, spans, sources in other encodings as they were. White space that only lays
 * out elements is not in the tree, and a text is one node.
 */

#include <stddef.h>

#include <libxml/tree.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"

struct reading_block;

struct reading {
	const xmlNode *top;           /* the document's element; it has no parent */
	struct reading_block *blocks; /* the memory of all nodes */
};

#define READING_NONE ((struct reading){ 0 })

/*
 * Reads any document. A document type declaration is refused, and so no entity is ever
 * declared; elements are at most SCAN_MAX_DEPTH deep. `name` is what messages call it.
 */
MUST_CHECK int reading_parse(struct reading *ret_reading, const char *name,
			     const char *bytes, size_t len, struct error *err);

/* The same, and refuses what is no <domain>. */
MUST_CHECK int reading_parse_domain(struct reading *ret_reading, const char *name,
				    const char *bytes, size_t len, struct error *err);
void reading_done(struct reading *reading);

#define CLEANUP_READING CLEANUP(reading_done)
