/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/check_impl.h"

#define CHECK_TOPIC "check"

static check_fn *const rules[] = {
	check_singletons, check_qemu_elements, check_evdev,        check_shmem,
	check_hostdevs,   check_roms,          check_boot,         check_addresses,
	check_aliases,    check_vcpupins,      check_iothreadpins, check_topology,
	check_hyperv,
};

void findings_done(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		free(findings->v[i].text);
	free(findings->v);
	*findings = FINDINGS_NONE;
}

/* Where in the source an element stands, or for a new one the nearest around it. */
static size_t offset_of(const struct document *doc, const xmlNode *element)
{
	uint32_t span = SCAN_NONE;

	for (; element && element->type == XML_ELEMENT_NODE && span == SCAN_NONE;
	     element = element->parent)
		span = document_span(doc, element);
	return span == SCAN_NONE ? 0 : doc->scan.v[span].start;
}

static bool grow(struct findings *findings)
{
	struct finding *v;
	size_t size = findings->size ? findings->size * 2 : 8;

	if (findings->n < findings->size)
		return true;
	v = reallocarray(findings->v, size, sizeof(*v));
	if (!v)
		return false;
	findings->v = v;
	findings->size = size;
	return true;
}

void check_found(struct check *check, const xmlNode *element, const char *fmt, ...)
{
	struct findings *findings = &check->findings;
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text || !grow(findings)) {
		free(text);
		findings->failed = true;
		return;
	}
	findings->v[findings->n] = (struct finding){
		.text = text,
		.offset = offset_of(check->planner->doc, element),
		.order = findings->n,
		.is_added = document_span(check->planner->doc, element) == SCAN_NONE,
	};
	findings->n++;
}

static int compare_places(const void *one, const void *other)
{
	const struct finding *a = one;
	const struct finding *b = other;

	if (a->offset != b->offset)
		return a->offset < b->offset ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Sorts by place, so that one pass over the source counts the lines of all. */
static void find_lines(struct findings *findings, const struct document *doc)
{
	const char *body = buf_text(&doc->text) + doc->body;
	size_t line = 1;
	size_t offset = 0;

	if (findings->n > 1)
		qsort(findings->v, findings->n, sizeof(*findings->v), compare_places);
	for (size_t i = 0; i < findings->n; i++) {
		for (; offset < findings->v[i].offset; offset++)
			line += body[offset] == '\n';
		findings->v[i].line = line;
	}
}

int check_guest(struct findings *ret_findings, struct planner *planner, struct error *err)
{
	struct check check = {
		.planner = planner,
		.domain = planner_domain(planner),
		.devices = query_child(planner_domain(planner), "devices"),
	};
	CLEANUP_FINDINGS struct findings findings = FINDINGS_NONE;

	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		rules[i](&check);
	if (planner->root)
		r = check_host(&check, planner->root, err);
	findings = check.findings;
	if (r < 0)
		return r;
	if (findings.failed)
		return error_set(err, ENOMEM, "out of memory");

	find_lines(&findings, planner->doc);
	*ret_findings = findings;
	findings = FINDINGS_NONE;
	return 0;
}

/* Of findings alike, that of an added element comes last: it is the new one. */
static int compare_texts(const void *one, const void *other)
{
	const struct finding *a = *(const struct finding *const *)one;
	const struct finding *b = *(const struct finding *const *)other;
	int r = strcmp(a->text, b->text);

	return r ? r : a->is_added - b->is_added;
}

/* Pointers to the findings, by text; at least room for one. */
static const struct finding **sort_by_text(const struct findings *findings)
{
	const struct finding **v = calloc(findings->n + 1, sizeof(struct finding *));

	if (!v)
		return NULL;
	for (size_t i = 0; i < findings->n; i++)
		v[i] = &findings->v[i];
	qsort(v, findings->n, sizeof(struct finding *), compare_texts);
	return v;
}

/* Marks as many findings of a text as new as there are more of them than before. */
static int mark_new(bool *is_new, const struct findings *before,
		    const struct findings *after, struct error *err)
{
	CLEANUP_FREE const struct finding **old = sort_by_text(before);
	CLEANUP_FREE const struct finding **now = sort_by_text(after);
	size_t o = 0;

	if (!old || !now)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t n = 0; n < after->n; n++) {
		while (o < before->n && strcmp(old[o]->text, now[n]->text) < 0)
			o++;
		if (o < before->n && strcmp(old[o]->text, now[n]->text) == 0)
			o++;
		else
			is_new[now[n] - after->v] = true;
	}
	return 0;
}

int findings_judge(const struct findings *before, const struct findings *after,
		   const struct document *doc, struct notes *notes, struct error *err)
{
	CLEANUP_FREE bool *is_new = calloc(after->n + 1, sizeof(*is_new));
	const struct finding *first = NULL;
	int r;

	if (!is_new)
		return error_set(err, ENOMEM, "out of memory");
	r = mark_new(is_new, before, after, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < after->n; i++) {
		const struct finding *finding = &after->v[i];

		if (!is_new[i]) {
			notes_add(notes, NOTE_WARNING, CHECK_TOPIC, "%s:%zu: %s",
				  doc->name, finding->line, finding->text);
		} else if (!first) {
			first = finding;
		}
	}
	if (!first)
		return 0;
	return error_set(err, EBADMSG, "%s:%zu: %s", doc->name, first->line, first->text);
}
