/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the library has to tell the user: it does not print, it takes notes, and the
 * program shows them where they belong. A decision goes to --explain, with its reason;
 * information and warnings go to standard error.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

enum note_kind {
	NOTE_DECISION,
	NOTE_INFO,
	NOTE_WARNING,
};

struct note {
	enum note_kind kind;
	const char *topic; /* the option it belongs to, a string constant: "pin" */
	char *text;        /* one line, lower case, no full stop */
	char *reason;      /* of a decision: why; or NULL */
};

struct notes {
	struct note *v;
	size_t n;
	bool failed; /* out of memory, reported by notes_check() */
};

#define NOTES_NONE ((struct notes){ 0 })

void notes_done(struct notes *notes);

void notes_add(struct notes *notes, enum note_kind kind, const char *topic,
	       const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Gives the decision just noted its reason. */
void notes_because(struct notes *notes, const char *fmt, ...) PRINTF_LIKE(2, 3);

MUST_CHECK int notes_check(const struct notes *notes, struct error *err);

#define CLEANUP_NOTES CLEANUP(notes_done)
