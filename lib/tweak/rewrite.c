/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/rewrite.h"

#include "domain/splice.h"
#include "tweak/check.h"

int rewrite(struct buf *out, struct document *doc, struct planner *planner,
	    struct error *err)
{
	CLEANUP_FINDINGS struct findings before = FINDINGS_NONE;
	CLEANUP_FINDINGS struct findings after = FINDINGS_NONE;
	int r = check_guest(&before, planner, err);

	if (r == 0)
		r = planner_run(planner, err);
	if (r == 0)
		r = planner_apply(planner, doc, err);
	if (r == 0)
		r = splice(out, doc, err);
	if (r == 0)
		r = check_guest(&after, planner, err);
	if (r == 0)
		r = findings_judge(&before, &after, doc, planner->notes, err);
	return r;
}
