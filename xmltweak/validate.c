/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "validate.h"

#include <errno.h>
#include <string.h>

#include "domain/schema.h"
#include "virt/client_load.h"

static bool has_finding(const struct schema_findings *findings, const char *text)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (strcmp(findings->v[i], text) == 0)
			return true;
	}
	return false;
}

/* The schema's complaints about the document as it was. */
static int check_before(struct schema *schema, const struct document *doc,
			struct schema_findings *ret_findings, struct error *err)
{
	CLEANUP_XMLDOC xmlDocPtr tree = NULL;
	int r = document_parse_tree(&tree, doc->name, doc->text.data + doc->body,
				    doc->text.len - doc->body, err);

	if (r < 0)
		return r;
	return schema_check(schema, tree, ret_findings, err);
}

static int check_schema(const struct document *doc, struct notes *notes,
			struct error *err)
{
	CLEANUP_SCHEMA struct schema *schema = NULL;
	CLEANUP_SCHEMA_FINDINGS struct schema_findings after = { 0 };
	CLEANUP_SCHEMA_FINDINGS struct schema_findings before = { 0 };
	int r = schema_open(&schema, err);

	if (r == 0)
		r = schema_check(schema, doc->tree, &after, err);
	if (r < 0 || after.n == 0)
		return r;
	r = check_before(schema, doc, &before, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < after.n; i++) {
		if (!has_finding(&before, after.v[i])) {
			return error_set(err, EBADMSG,
					 "%s: the result is not valid against libvirt's "
					 "schema: %s",
					 doc->name, after.v[i]);
		}
	}
	notes_add(notes, NOTE_WARNING, "check",
		  "%s: not valid against libvirt's schema, as it was before: %s",
		  doc->name, before.v[0]);
	return 0;
}

static int check_libvirt(const struct document *doc, const struct buf *text,
			 struct notes *notes, struct error *err)
{
	const struct client_ops *ops;
	struct error before = { 0 };
	int r = client_load(&ops, err);

	if (r < 0)
		return r;
	if (ops->check(buf_text(text) + doc->body, notes, err) == 0)
		return 0;
	if (ops->check(doc->text.data + doc->body, notes, &before) == 0 ||
	    strcmp(before.msg, err->msg) != 0)
		return error_wrap(err, "%s: libvirt refuses the result", doc->name);
	notes_add(notes, NOTE_WARNING, "check",
		  "%s: libvirt refuses it, as it did before: %s", doc->name, before.msg);
	*err = (struct error){ 0 };
	return 0;
}

int validate(const struct options *options, const struct document *doc,
	     const struct buf *text, struct notes *notes, struct error *err)
{
	enum check check = options->check;

	if (check == CHECK_DEFAULT) {
		if (!options->in_place && !options->output && !options->define)
			return 0;
		if (!schema_is_installed()) {
			notes_add(
				notes, NOTE_WARNING, "check",
				"libvirt's schema is not installed (Debian: libvirt0): the "
				"result was not validated");
			return 0;
		}
		check = CHECK_SCHEMA;
	}
	if (check == CHECK_SCHEMA)
		return check_schema(doc, notes, err);
	if (check == CHECK_LIBVIRT)
		return check_libvirt(doc, text, notes, err);
	return 0;
}
