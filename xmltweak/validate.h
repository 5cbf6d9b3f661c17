/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Whether libvirt would take the result. */

#include "base/notes.h"
#include "domain/document.h"
#include "options.h"

/*
 * Validates the result, doc->tree and its text, as options->check says. What was wrong
 * with the document before is one warning; what is wrong only now is an error.
 */
MUST_CHECK int validate(const struct options *options, const struct document *doc,
			const struct buf *text, struct notes *notes, struct error *err);
