/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "rom/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "rom/rules.h"

void rom_findings_add(struct rom_findings *findings, const struct rom_finding *finding,
		      const char *fmt, ...)
{
	struct rom_finding *grown =
		realloc(findings->v, (findings->n + 1) * sizeof(*findings->v));
	struct rom_finding added = *finding;
	va_list ap;
	int r;

	if (!grown) {
		findings->failed = true;
		return;
	}
	findings->v = grown;
	va_start(ap, fmt);
	r = vasprintf(&added.text, fmt, ap);
	va_end(ap);
	if (r < 0) {
		findings->failed = true;
		return;
	}
	added.advice = NULL;
	findings->v[findings->n++] = added;
}

void rom_findings_advise(struct rom_findings *findings, const char *fmt, ...)
{
	struct rom_finding *last;
	va_list ap;

	if (findings->n == 0 || findings->failed)
		return;
	last = &findings->v[findings->n - 1];
	free(last->advice);
	va_start(ap, fmt);
	if (vasprintf(&last->advice, fmt, ap) < 0) {
		last->advice = NULL;
		findings->failed = true;
	}
	va_end(ap);
}

int rom_findings_check(const struct rom_findings *findings, struct error *err)
{
	return findings->failed ? error_set(err, ENOMEM, "out of memory") : 0;
}

void rom_findings_done(struct rom_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		free(findings->v[i].text);
		free(findings->v[i].advice);
	}
	free(findings->v);
	*findings = ROM_FINDINGS_NONE;
}

const char *rom_severity_name(enum rom_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

void rom_examine(struct rom_findings *findings, const struct rom *rom,
		 const struct rom_target *target)
{
	rules_file(findings, rom);
	for (size_t i = 0; i < rom->n_images; i++)
		rules_image(findings, rom, &rom->images[i]);
	rules_target(findings, rom, target);
}
