/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/planner.h"

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

int planner_pcidevs(struct planner *planner, const struct pcidevs **ret_devs,
		    struct error *err)
{
	if (!planner->has_pcidevs) {
		int r = pcidevs_read(&planner->pcidevs, planner->root, err);

		if (r < 0)
			return r;
		planner->has_pcidevs = true;
	}
	*ret_devs = &planner->pcidevs;
	return 0;
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
	CLEANUP_FREE char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	if (value)
		planner_set(element, name, value);
}

int planner_run(struct planner *planner, struct error *err)
{
	xmlNodePtr top;

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
	return notes_check(planner->notes, err);
}

static int apply_tweak(struct planner *planner, struct document *doc,
		       const struct tweak *tweak, struct error *err)
{
	CLEANUP_FREE char *file = NULL;
	struct pipeline_stage stage = { 0 };
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), "xslt/%s.xsl", tweak->name);
	r = install_data_path(&file, name, err);
	if (r < 0)
		return r;
	stage.file = file;
	return pipeline_run(&doc->tree, planner->plan, &stage, planner->notes, err);
}

static int apply_user_sheet(struct planner *planner, struct document *doc,
			    const struct xslt_wish *wish, struct error *err)
{
	CLEANUP_FREE struct pipeline_param *params =
		calloc(wish->n_params + 1, sizeof(*params));
	struct pipeline_stage stage = { .file = wish->file,
					.params = params,
					.n_params = wish->n_params };

	if (!params)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < wish->n_params; i++) {
		params[i].name = wish->params[i].name;
		params[i].value = wish->params[i].value;
	}
	return pipeline_run(&doc->tree, planner->plan, &stage, planner->notes, err);
}

int planner_apply(struct planner *planner, struct document *doc, struct error *err)
{
	const xmlNode *plan = xmlDocGetRootElement(planner->plan);

	for (size_t i = 0; i < n_tweaks; i++) {
		int r;

		if (!query_child(plan, tweaks[i].name))
			continue;
		r = apply_tweak(planner, doc, &tweaks[i], err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < planner->wishes->n_xslts; i++) {
		int r = apply_user_sheet(planner, doc, &planner->wishes->xslts[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
