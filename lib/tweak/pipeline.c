/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/pipeline.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxslt/documents.h>
#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

/* Not a file: the plan is found among the loaded documents before any file is opened. */
#define PLAN_URL "/vfiokit-plan.xml"

/* White space between instructions means nothing, and need not become nodes. */
#define SHEET_OPTIONS                                                                 \
	(XML_PARSE_NOENT | XML_PARSE_NOCDATA | XML_PARSE_NONET | XML_PARSE_NOBLANKS | \
	 XML_PARSE_COMPACT)

DEFINE_CLEANUP(xsltStylesheetPtr, xsltFreeStylesheet);
DEFINE_CLEANUP(xsltTransformContextPtr, xsltFreeTransformContext);
DEFINE_CLEANUP(xsltSecurityPrefsPtr, xsltFreeSecurityPrefs);
#define CLEANUP_CONTEXT CLEANUP(cleanup_xsltFreeTransformContext)
#define CLEANUP_SHEET   CLEANUP(cleanup_xsltFreeStylesheet)
#define CLEANUP_PREFS   CLEANUP(cleanup_xsltFreeSecurityPrefs)

/* libxslt prints; here it appends to a buf, which arrives as ctx. */
PRINTF_LIKE(2, 3)
static void collect(void *ctx, const char *fmt, ...)
{
	struct buf *said = ctx;
	va_list ap;

	va_start(ap, fmt);
	buf_addv(said, fmt, ap);
	va_end(ap);
}

/* What was said as one line: complaints are spread over several, backtraces over more. */
static const char *one_line(struct buf *said)
{
	const char *trace = said->data ? strstr(said->data, "\nTemplates:") : NULL;

	if (!said->data)
		return "no reason given";
	if (trace)
		buf_cut(said, (size_t)(trace - said->data));
	for (char *p = said->data; *p; p++) {
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	}
	return said->data;
}

/* Both libraries print what nobody asked for, by handlers of the whole process. */
struct handlers {
	xmlGenericErrorFunc xml;
	void *xml_context;
	xmlGenericErrorFunc xslt;
	void *xslt_context;
};

static struct handlers collect_all(struct buf *said)
{
	struct handlers old = { xmlGenericError, xmlGenericErrorContext, xsltGenericError,
				xsltGenericErrorContext };

	xmlSetGenericErrorFunc(said, collect);
	xsltSetGenericErrorFunc(said, collect);
	return old;
}

static void restore_handlers(const struct handlers *old)
{
	xsltSetGenericErrorFunc(old->xslt_context, old->xslt);
	xmlSetGenericErrorFunc(old->xml_context, old->xml);
}

/* libxml2 would look for the file four times, and whether it is compressed twice. */
static xmlDocPtr read_sheet(const char *file, struct buf *said)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };

	if (file_read(&text, file, &err) < 0 || text.len > INT_MAX) {
		buf_adds(said, err.msg);
		return NULL;
	}
	return xmlReadMemory(buf_text(&text), (int)text.len, file, NULL, SHEET_OPTIONS);
}

static int load_sheet(xsltStylesheetPtr *ret_sheet, const char *file, struct buf *said,
		      struct error *err)
{
	xmlDocPtr doc = read_sheet(file, said);

	*ret_sheet = doc ? xsltParseStylesheetDoc(doc) : NULL;
	if (doc && !*ret_sheet)
		xmlFreeDoc(doc);
	if (*ret_sheet && (*ret_sheet)->errors == 0)
		return 0;
	return error_set(err, EBADMSG, "cannot use the stylesheet '%s': %s", file,
			 one_line(said));
}

static xsltSecurityPrefsPtr no_writing_no_network(void)
{
	static const xsltSecurityOption forbidden[] = {
		XSLT_SECPREF_WRITE_FILE,
		XSLT_SECPREF_CREATE_DIRECTORY,
		XSLT_SECPREF_READ_NETWORK,
		XSLT_SECPREF_WRITE_NETWORK,
	};
	CLEANUP_PREFS xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();

	for (size_t i = 0; prefs && i < ARRAY_SIZE(forbidden); i++) {
		if (xsltSetSecurityPrefs(prefs, forbidden[i], xsltSecurityForbid) != 0)
			return NULL;
	}
	return TAKE_PTR(prefs);
}

/* Lets document($plan) find the plan. */
static int offer_plan(xsltTransformContextPtr context, xmlDocPtr plan)
{
	xsltDocumentPtr entry;

	if (!plan->URL)
		plan->URL = xmlStrdup(BAD_CAST PLAN_URL);
	entry = plan->URL ? xsltNewDocument(context, plan) : NULL;
	if (!entry)
		return -ENOMEM;
	entry->main = 1; /* not the context's to free */
	if (xsltQuoteOneUserParam(context, BAD_CAST "plan", plan->URL) < 0)
		return -ENOMEM;
	return 0;
}

static int prepare(xsltTransformContextPtr context, xsltSecurityPrefsPtr prefs,
		   xmlDocPtr plan, const struct pipeline_stage *stage, struct error *err)
{
	if (xsltSetCtxtSecurityPrefs(prefs, context) != 0 ||
	    offer_plan(context, plan) < 0)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < stage->n_params; i++) {
		const struct pipeline_param *param = &stage->params[i];

		if (xsltQuoteOneUserParam(context, BAD_CAST param->name,
					  BAD_CAST param->value) < 0) {
			return error_set(err, EINVAL,
					 "cannot give '%s' the parameter '%s'",
					 stage->file, param->name);
		}
	}
	return 0;
}

static int apply(xsltStylesheetPtr sheet, xmlDocPtr *tree, xmlDocPtr plan,
		 const struct pipeline_stage *stage, struct buf *said, struct error *err)
{
	CLEANUP_PREFS xsltSecurityPrefsPtr prefs = no_writing_no_network();
	CLEANUP_CONTEXT xsltTransformContextPtr context =
		xsltNewTransformContext(sheet, *tree);
	xmlDocPtr result;
	int r;

	if (!context || !prefs)
		return error_set(err, ENOMEM, "out of memory");
	xsltSetTransformErrorFunc(context, said, collect);
	r = prepare(context, prefs, plan, stage, err);
	if (r < 0)
		return r;

	result = xsltApplyStylesheetUser(sheet, *tree, NULL, NULL, NULL, context);
	if (!result || context->state != XSLT_STATE_OK) {
		xmlFreeDoc(result);
		return error_set(err, EBADMSG, "the stylesheet '%s' failed: %s",
				 stage->file, one_line(said));
	}
	xmlFreeDoc(*tree);
	*tree = result;
	return 0;
}

static int run_stage(xmlDocPtr *tree, xmlDocPtr plan, const struct pipeline_stage *stage,
		     struct notes *notes, struct error *err)
{
	CLEANUP_BUF struct buf said = BUF_NONE;
	CLEANUP_SHEET xsltStylesheetPtr sheet = NULL;
	struct handlers old = collect_all(&said);
	int r = load_sheet(&sheet, stage->file, &said, err);

	if (r == 0)
		r = apply(sheet, tree, plan, stage, &said, err);
	restore_handlers(&old);
	if (r == 0 && said.len > 0) {
		notes_add(notes, NOTE_INFO, "xslt", "%s: %s", stage->file,
			  one_line(&said));
	}
	return r;
}

int pipeline_run(xmlDocPtr *tree, xmlDocPtr plan, const struct pipeline_stage *stages,
		 size_t n_stages, struct notes *notes, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < n_stages && r == 0; i++)
		r = run_stage(tree, plan, &stages[i], notes, err);
	return r;
}
