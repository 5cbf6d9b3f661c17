/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/planner.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/install.h"
#include "domain/query.h"
#include "tweak/pipeline.h"
#include "tweak/tweaks.h"

xmlNodePtr planner_domain(const struct planner *planner)
{
	return xmlDocGetRootElement(planner->doc->tree);
}

int planner_addresses(struct planner *planner, const struct pcidevs **ret_devs,
		      struct error *err)
{
	if (!planner->has_pcidevs) {
		int r = pcidevs_list(&planner->pcidevs, planner->root, err);

		if (r < 0)
			return r;
		planner->has_pcidevs = true;
	}
	*ret_devs = &planner->pcidevs;
	return 0;
}

int planner_pcidevs(struct planner *planner, const struct pcidevs **ret_devs,
		    struct error *err)
{
	int r = planner_addresses(planner, ret_devs, err);

	return r < 0 ? r : pcidevs_read_all(&planner->pcidevs, planner->root, err);
}

int planner_group(struct planner *planner, int group, const struct pcidevs **ret_devs,
		  struct error *err)
{
	int r = planner_addresses(planner, ret_devs, err);

	if (r < 0)
		return r;
	return pcidevs_read_group(&planner->pcidevs, group, planner->root, err);
}

int planner_pcidev(struct planner *planner, const struct bdf *bdf,
		   const struct pcidev **ret_dev, struct error *err)
{
	const struct pcidevs *ignored;
	int r = planner_addresses(planner, &ignored, err);

	if (r < 0)
		return r;
	return pcidevs_get(ret_dev, &planner->pcidevs, bdf, planner->root, err);
}

int planner_cpus(struct planner *planner, const struct cpus **ret_cpus, struct error *err)
{
	if (!planner->has_cpus) {
		int r = cpus_read(&planner->cpus, planner->root, err);

		if (r < 0)
			return r;
		planner->has_cpus = true;
	}
	*ret_cpus = &planner->cpus;
	return 0;
}

void planner_done(struct planner *planner)
{
	xmlFreeDoc(planner->plan);
	pcidevs_done(&planner->pcidevs);
	cpus_done(&planner->cpus);
	*planner = PLANNER_NONE;
}

xmlNodePtr planner_add_in(xmlNodePtr parent, const char *name)
{
	return parent ? xmlNewChild(parent, NULL, BAD_CAST name, NULL) : NULL;
}

xmlNodePtr planner_add(struct planner *planner, const char *name)
{
	return planner_add_in(xmlDocGetRootElement(planner->plan), name);
}

xmlNodePtr planner_get(struct planner *planner, const char *name)
{
	xmlNodePtr element = query_child(xmlDocGetRootElement(planner->plan), name);

	return element ? element : planner_add(planner, name);
}

void planner_set(xmlNodePtr element, const char *name, const char *value)
{
	if (element)
		(void)xmlNewProp(element, BAD_CAST name, BAD_CAST value);
}

void planner_setf(xmlNodePtr element, const char *name, const char *fmt, ...)
{
	char value[64];
	va_list ap;
	UNUSED int len; /* asserted only */

	va_start(ap, fmt);
	len = vsnprintf(value, sizeof(value), fmt, ap);
	va_end(ap);
	assert(len >= 0 && (size_t)len < sizeof(value));
	planner_set(element, name, value);
}

/* What is missing in the plan would be a decision that nobody carries out. */
static int check_memory(const struct planner *planner, struct error *err)
{
	const xmlError *last = xmlGetLastError();

	if (last && last->code == XML_ERR_NO_MEMORY)
		return error_set(err, ENOMEM, "out of memory");
	return notes_check(planner->notes, err);
}

int planner_run(struct planner *planner, struct error *err)
{
	xmlNodePtr top;

	xmlResetLastError();
	planner->plan = xmlNewDoc(BAD_CAST "1.0");
	top = planner->plan ? xmlNewDocNode(planner->plan, NULL, BAD_CAST "plan", NULL)
			    : NULL;
	if (!top)
		return error_set(err, ENOMEM, "out of memory");
	(void)xmlDocSetRootElement(planner->plan, top);

	for (size_t i = 0; i < n_tweaks; i++) {
		int r = tweaks[i].plan(planner, err);

		if (r < 0)
			return error_wrap(err, "--%s", tweaks[i].name);
	}
	return check_memory(planner, err);
}

/* The stages of a run, with what they own. */
struct stages {
	struct pipeline_stage *v;
	char **files;
	struct pipeline_param **params;
	size_t n;
};

#define CLEANUP_STAGES CLEANUP(stages_done)

static void stages_done(struct stages *stages)
{
	for (size_t i = 0; i < stages->n; i++) {
		free(stages->files[i]);
		free(stages->params[i]);
	}
	free(stages->v);
	free(stages->files);
	free(stages->params);
}

static int add_tweak(struct stages *stages, const struct tweak *tweak, struct error *err)
{
	size_t i = stages->n++;
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "xslt/%s.xsl", tweak->name);
	r = install_data_path(&stages->files[i], name, err);
	stages->v[i].file = stages->files[i];
	return r;
}

static int add_user_sheet(struct stages *stages, const struct xslt_wish *wish,
			  struct error *err)
{
	size_t i = stages->n++;
	struct pipeline_param *params = calloc(wish->n_params + 1, sizeof(*params));

	stages->params[i] = params;
	if (!params)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t j = 0; j < wish->n_params; j++) {
		params[j].name = wish->params[j].name;
		params[j].value = wish->params[j].value;
	}
	stages->v[i] = (struct pipeline_stage){ .file = wish->file,
						.params = params,
						.n_params = wish->n_params };
	return 0;
}

/* The stylesheets of the tweaks that have a plan, then the user's own. */
static int collect_stages(struct stages *stages, const struct planner *planner,
			  struct error *err)
{
	const xmlNode *plan = xmlDocGetRootElement(planner->plan);
	size_t n_max = n_tweaks + planner->wishes->n_xslts;
	int r = 0;

	stages->v = calloc(n_max, sizeof(*stages->v));
	stages->files = calloc(n_max, sizeof(char *));
	stages->params = calloc(n_max, sizeof(void *));
	if (!stages->v || !stages->files || !stages->params)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < n_tweaks && r == 0; i++) {
		if (query_child(plan, tweaks[i].name))
			r = add_tweak(stages, &tweaks[i], err);
	}
	for (size_t i = 0; i < planner->wishes->n_xslts && r == 0; i++)
		r = add_user_sheet(stages, &planner->wishes->xslts[i], err);
	return r;
}

/*
 * What no stylesheet of this run looks at need not be copied by each of them. A user's
 * own may look at anything.
 */
static int seal(const struct planner *planner, struct document *doc, struct error *err)
{
	const xmlNode *plan = xmlDocGetRootElement(planner->plan);
	CLEANUP_FREE const char **names =
		calloc(n_tweaks * TWEAK_READS_MAX, sizeof(char *));
	size_t n = 0;

	if (!names)
		return error_set(err, ENOMEM, "out of memory");
	if (planner->wishes->n_xslts > 0)
		return 0;
	for (size_t i = 0; i < n_tweaks; i++) {
		if (!query_child(plan, tweaks[i].name))
			continue;
		for (size_t j = 0; j < TWEAK_READS_MAX && tweaks[i].reads[j]; j++)
			names[n++] = tweaks[i].reads[j];
	}
	return document_seal(doc, names, n, err);
}

int planner_apply(struct planner *planner, struct document *doc, struct error *err)
{
	CLEANUP_STAGES struct stages stages = { 0 };
	int r = collect_stages(&stages, planner, err);

	if (r == 0)
		r = seal(planner, doc, err);
	if (r == 0)
		r = document_number(doc, err);
	if (r < 0)
		return r;
	return pipeline_run(&doc->tree, planner->plan, stages.v, stages.n, planner->notes,
			    err);
}
