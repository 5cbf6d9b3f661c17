/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* libvirt's own RELAX NG schema for domains, as installed. */

#include <stdbool.h>
#include <stddef.h>

#include <libxml/tree.h>

#include "base/cleanup.h"
#include "base/error.h"

struct schema;

/* Whether a schema is installed (Debian: libvirt0). */
bool schema_is_installed(void);

/* Parsing takes about 8 ms. NULL is a valid schema for schema_free(). */
MUST_CHECK int schema_open(struct schema **ret_schema, struct error *err);
void schema_free(struct schema *schema);

struct schema_findings {
	char **v; /* one line each, as libxml2 words them, without a line number */
	size_t n;
};

/* Finds nothing in a valid tree, else what libxml2 says, each thing once. */
MUST_CHECK int schema_check(struct schema *schema, xmlDocPtr tree,
			    struct schema_findings *ret_findings, struct error *err);
void schema_findings_done(struct schema_findings *findings);

DEFINE_CLEANUP(struct schema *, schema_free);
#define CLEANUP_SCHEMA          CLEANUP(cleanup_schema_free)
#define CLEANUP_SCHEMA_FINDINGS CLEANUP(schema_findings_done)
