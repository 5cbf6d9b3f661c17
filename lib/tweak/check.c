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

/* A finding afterwards, and whether it was there before. */
struct verdict {
	const struct finding *finding;
	bool is_new;
};

struct verdicts {
	struct verdict *v;
	size_t n;
};

#define VERDICTS_NONE    ((struct verdicts){ 0 })
#define CLEANUP_VERDICTS CLEANUP(verdicts_done)

static void verdicts_done(struct verdicts *verdicts)
{
	free(verdicts->v);
	*verdicts = VERDICTS_NONE;
}

/* Of findings alike, that of an added element comes last: it is the new one. */
static int compare_texts(const void *one, const void *other)
{
	const struct finding *a = ((const struct verdict *)one)->finding;
	const struct finding *b = ((const struct verdict *)other)->finding;
	int r = strcmp(a->text, b->text);

	return r ? r : a->is_added - b->is_added;
}

static int compare_order(const void *one, const void *other)
{
	const struct finding *a = ((const struct verdict *)one)->finding;
	const struct finding *b = ((const struct verdict *)other)->finding;

	return a < b ? -1 : a > b;
}

/* The findings by text, all of them new. */
static int verdicts_init(struct verdicts *verdicts, const struct findings *findings,
			 struct error *err)
{
	if (findings->n == 0)
		return 0;
	verdicts->v = calloc(findings->n, sizeof(*verdicts->v));
	if (!verdicts->v)
		return error_set(err, ENOMEM, "out of memory");
	for (; verdicts->n < findings->n; verdicts->n++) {
		verdicts->v[verdicts->n] = (struct verdict){
			.finding = &findings->v[verdicts->n],
			.is_new = true,
		};
	}
	qsort(verdicts->v, verdicts->n, sizeof(*verdicts->v), compare_texts);
	return 0;
}

/* Both by text: each finding before excuses one of the same text. */
static void excuse(struct verdicts *after, const struct verdicts *before)
{
	size_t b = 0;

	for (size_t a = 0; a < after->n; a++) {
		const char *text = after->v[a].finding->text;

		while (b < before->n && strcmp(before->v[b].finding->text, text) < 0)
			b++;
		if (b < before->n && strcmp(before->v[b].finding->text, text) == 0) {
			after->v[a].is_new = false;
			b++;
		}
	}
}

int findings_judge(const struct findings *before, const struct findings *after,
		   const struct document *doc, struct notes *notes, struct error *err)
{
	CLEANUP_VERDICTS struct verdicts old = VERDICTS_NONE;
	CLEANUP_VERDICTS struct verdicts now = VERDICTS_NONE;
	int r = verdicts_init(&old, before, err);

	if (r == 0)
		r = verdicts_init(&now, after, err);
	if (r < 0 || now.n == 0)
		return r;
	excuse(&now, &old);
	qsort(now.v, now.n, sizeof(*now.v), compare_order);
	for (size_t i = 0; i < now.n; i++) {
		const struct finding *finding = now.v[i].finding;

		if (!now.v[i].is_new) {
			notes_add(notes, NOTE_WARNING, CHECK_TOPIC, "%s:%zu: %s",
				  doc->name, finding->line, finding->text);
		} else if (r == 0) {
			r = error_set(err, EBADMSG, "%s:%zu: %s", doc->name,
				      finding->line, finding->text);
		}
	}
	return r;
}
