/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What libvirt accepts or drops without a word, and the user did not mean: our own checks
 * of a guest. They run over the document before and after the tweaks. A finding that was
 * there before is a warning; a new one is an error.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/notes.h"
#include "tweak/planner.h"

struct finding {
	char *text;    /* what, and what to do; without the place */
	size_t line;   /* of the source */
	size_t offset; /* in the source, for sorting */
	size_t order;  /* of being found */
	bool is_added; /* the element is not in the source */
};

/* In order of the document. */
struct findings {
	struct finding *v;
	size_t n;
	size_t size;
	bool failed; /* out of memory */
};

#define FINDINGS_NONE ((struct findings){ 0 })

/* Checks planner->doc's tree as it now is, against the host as well unless it is none. */
MUST_CHECK int check_guest(struct findings *ret_findings, struct planner *planner,
			   struct error *err);
void findings_done(struct findings *findings);

/* Turns old findings into warnings; -EBADMSG for the first new one. */
MUST_CHECK int findings_judge(const struct findings *before, const struct findings *after,
			      const struct document *doc, struct notes *notes,
			      struct error *err);

#define CLEANUP_FINDINGS CLEANUP(findings_done)
