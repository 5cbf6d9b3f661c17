/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/relaxng.h>

#include "domain/complaint.h"

#define SCHEMA_FILE "/usr/share/libvirt/schemas/domain.rng"

struct schema {
	xmlRelaxNGPtr grammar;
};

bool schema_is_installed(void)
{
	return access(SCHEMA_FILE, R_OK) == 0;
}

static void keep_first(void *ctx, xml_complaint *e)
{
	struct error *err = ctx;

	if (err->code == 0) {
		(void)error_set(err, EBADMSG, "%.*s", (int)strcspn(e->message, "\n"),
				e->message);
	}
}

int schema_open(struct schema **ret_schema, struct error *err)
{
	CLEANUP_SCHEMA struct schema *schema = calloc(1, sizeof(*schema));
	xmlRelaxNGParserCtxtPtr ctxt = xmlRelaxNGNewParserCtxt(SCHEMA_FILE);

	if (!schema || !ctxt) {
		xmlRelaxNGFreeParserCtxt(ctxt);
		return error_set(err, ENOMEM, "out of memory");
	}
	*err = (struct error){ 0 };
	xmlRelaxNGSetParserStructuredErrors(ctxt, keep_first, err);
	schema->grammar = xmlRelaxNGParse(ctxt);
	xmlRelaxNGFreeParserCtxt(ctxt);
	if (!schema->grammar) {
		if (err->code == 0)
			(void)error_set(err, ENOENT, "not there or not readable");
		return error_wrap(err, "cannot use libvirt's schema '%s'", SCHEMA_FILE);
	}
	*err = (struct error){ 0 };
	*ret_schema = TAKE_PTR(schema);
	return 0;
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	xmlRelaxNGFree(schema->grammar);
	xmlRelaxNGCleanupTypes();
	free(schema);
}

static void collect(void *ctx, xml_complaint *e)
{
	struct schema_findings *findings = ctx;
	size_t len = strcspn(e->message, "\n");
	char **v;

	for (size_t i = 0; i < findings->n; i++) {
		if (strncmp(findings->v[i], e->message, len) == 0 &&
		    findings->v[i][len] == '\0')
			return;
	}
	v = reallocarray(findings->v, findings->n + 1, sizeof(*v));
	if (!v)
		return; /* the result says invalid all the same */
	findings->v = v;
	v[findings->n] = strndup(e->message, len);
	if (v[findings->n])
		findings->n++;
}

int schema_check(struct schema *schema, xmlDocPtr tree,
		 struct schema_findings *ret_findings, struct error *err)
{
	CLEANUP_SCHEMA_FINDINGS struct schema_findings findings = { 0 };
	xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(schema->grammar);
	int r;

	if (!ctxt)
		return error_set(err, ENOMEM, "out of memory");
	xmlRelaxNGSetValidStructuredErrors(ctxt, collect, &findings);
	r = xmlRelaxNGValidateDoc(ctxt, tree);
	xmlRelaxNGFreeValidCtxt(ctxt);
	if (r < 0 || (r > 0 && findings.n == 0))
		return error_set(err, EIO, "libxml2 could not validate the document");
	*ret_findings = findings;
	findings = (struct schema_findings){ 0 };
	return 0;
}

void schema_findings_done(struct schema_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		free(findings->v[i]);
	free(findings->v);
	*findings = (struct schema_findings){ 0 };
}
