/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What can be shown instead of the document, on standard output. */

#include <stdbool.h>

#include "base/error.h"
#include "tweak/planner.h"

struct json_object;

struct view_input {
	const char *name;   /* of the document */
	const char *before; /* the text as it was and as it will be, in UTF-8 */
	const char *after;
	const struct planner *planner; /* plan and notes */
	bool is_json;
};

/* Unified; passwords masked; in colour on a terminal unless NO_COLOR is set. */
MUST_CHECK int view_diff(const struct view_input *input, struct error *err);

/* "TOPIC: DECISION -- REASON", a line each; or a JSON array of objects. */
MUST_CHECK int view_explain(const struct view_input *input, struct error *err);

MUST_CHECK int view_plan(const struct view_input *input, struct error *err);

/* The QEMU command line that libvirt would run. */
MUST_CHECK int view_argv(const struct view_input *input, struct notes *notes,
			 struct error *err);

/* Prints an object, pretty, with a line end. NULL is an allocation that failed. */
MUST_CHECK int view_print_json(struct json_object *object, struct error *err);

/* What the host could give; root NULL is no host, an error. */
MUST_CHECK int view_list(const struct root *root, bool is_json, struct error *err);
