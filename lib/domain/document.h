/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A domain document as the user wrote it, and its tree.
 *
 * Each element of the tree knows the number of its span in the source. For stylesheets
 * the number becomes a private attribute: they copy it along with everything else, so
 * that the tree they make still says which of its elements stood where (see
 * domain/splice.h). White space that only lays out elements is not in the tree.
 */

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"
#include "domain/scan.h"

#define DOCUMENT_NUMBER "vfiokit-n"

DEFINE_CLEANUP(xmlDocPtr, xmlFreeDoc);
#define CLEANUP_XMLDOC CLEANUP(cleanup_xmlFreeDoc)

struct document {
	const char *name; /* of the file, in messages; borrowed */
	char *encoding;   /* of the source; NULL for UTF-8 */
	struct buf text; /* the source in UTF-8, with its byte order mark if it has one */
	size_t body;     /* where the text begins behind the byte order mark */
	struct scan scan; /* its offsets count from body */
	xmlDocPtr tree;   /* a stylesheet's result takes its place */
	bool *is_sealed;  /* by span; NULL: none is */

	/* namespaces of the source's elements, by span; NULL where there is none */
	const char **ns;
	struct _xmlDict *ns_names; /* owns them */
};

#define DOCUMENT_NONE ((struct document){ .scan = SCAN_EMPTY })

/*
 * Parses a <domain>. Nothing is fetched from anywhere; a document type or entity
 * declaration is refused. Encodings other than UTF-8 are taken if iconv(3) knows them
 * and gives the same bytes back.
 */
MUST_CHECK int document_parse(struct document *ret_doc, const char *name,
			      const char *bytes, size_t len, struct error *err);
void document_done(struct document *doc);

/*
 * Parses UTF-8 text into a tree without numbers, the way document_parse() does.
 */
MUST_CHECK int document_parse_tree(xmlDocPtr *ret_tree, const char *name,
				   const char *text, size_t len, struct error *err);

/*
 * Seals the children of <domain>, of <devices> and, where that is named, of <metadata>
 * whose names are not among these: their content leaves the tree, so that no stylesheet
 * has to copy it, and stays in the text as it is. Only for stylesheets that do not look
 * into them.
 */
MUST_CHECK int document_seal(struct document *doc, const char *const names[],
			     size_t n_names, struct error *err);

/* Writes the numbers into the private attribute, DOCUMENT_NUMBER. */
MUST_CHECK int document_number(struct document *doc, struct error *err);

/* The text without its byte order mark: what the scan's offsets count in. */
static inline const char *document_body(const struct document *doc)
{
	return doc->text.data + doc->body;
}

/* The namespace of an element of the source, "" for none. */
static inline const char *document_ns(const struct document *doc, uint32_t span)
{
	return doc->ns && doc->ns[span] ? doc->ns[span] : "";
}

/* Whether an attribute is the private one. */
bool document_is_number(const xmlAttr *attr);

static inline bool document_is_sealed(const struct document *doc, uint32_t span)
{
	return doc->is_sealed && span != SCAN_NONE && doc->is_sealed[span];
}

/* Gives an element its number, or a whole subtree that says the same as its source. */
void document_set_span(xmlNodePtr element, uint32_t span);
void document_set_spans(const struct document *doc, xmlNodePtr element, uint32_t span);

/* The span of an element, by its number; SCAN_NONE for a new one. */
uint32_t document_span(const struct document *doc, const xmlNode *element);

/*
 * The line of the source an element stands in; a new one has that of the nearest
 * element around it.
 */
size_t document_line(const struct document *doc, const xmlNode *element);

/* UTF-8 text back into the encoding of the source. */
MUST_CHECK int document_encode(const struct document *doc, struct buf *text,
			       struct error *err);

#define CLEANUP_DOCUMENT CLEANUP(document_done)
