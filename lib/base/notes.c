/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/notes.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void notes_done(struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++) {
		free(notes->v[i].text);
		free(notes->v[i].reason);
	}
	free(notes->v);
	*notes = NOTES_NONE;
}

void notes_add(struct notes *notes, enum note_kind kind, const char *topic,
	       const char *fmt, ...)
{
	struct note *v = reallocarray(notes->v, notes->n + 1, sizeof(*v));
	char *text;
	va_list ap;

	if (!v) {
		notes->failed = true;
		return;
	}
	notes->v = v;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text) {
		notes->failed = true;
		return;
	}
	notes->v[notes->n++] =
		(struct note){ .kind = kind, .topic = topic, .text = text };
}

void notes_because(struct notes *notes, const char *fmt, ...)
{
	struct note *last;
	va_list ap;

	if (notes->failed || notes->n == 0)
		return;

	last = &notes->v[notes->n - 1];
	free(last->reason);
	va_start(ap, fmt);
	if (vasprintf(&last->reason, fmt, ap) < 0) {
		last->reason = NULL;
		notes->failed = true;
	}
	va_end(ap);
}

int notes_check(const struct notes *notes, struct error *err)
{
	if (notes->failed)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}
