/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A domain document as it was wished for: plan, stylesheets, splice, our own checks. */

#include "base/buf.h"
#include "domain/document.h"
#include "tweak/planner.h"

/*
 * Appends the changed document to out, in UTF-8; doc->tree becomes its tree. The fields
 * of the planner above `plan` are the caller's to set, doc among them. What was wrong
 * before is a warning; what is wrong only now is an error.
 */
MUST_CHECK int rewrite(struct buf *out, struct document *doc, struct planner *planner,
		       struct error *err);
