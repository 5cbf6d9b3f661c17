/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of the splice share. For splice*.c only. */

#include "base/buf.h"
#include "domain/document.h"

/*
 * The output is the source with edits in it: `pos` is how far the source has been
 * copied or left out. All functions go forward only.
 */
struct splicer {
	const struct document *doc;
	const struct scan *scan;
	const char *text;
	size_t pos;
	struct buf *out;
	bool *is_used; /* by span: an element stands for its first copy only */
};

/* Copies the source up to an offset. */
void splice_copy_to(struct splicer *s, size_t end);

/* Copies up to start, and leaves out what is from there to end. */
void splice_leave_out(struct splicer *s, size_t start, size_t end);

/* Writes the start tag of a source element with the attributes of its node. */
void splice_tag(struct splicer *s, uint32_t element, const xmlNode *node);
