/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "domain/empty.h"

#include "base/macro.h"
#include "domain/tag.h"

/* Enough to tell, and no matter how long the document is. */
#define N_SAMPLE 4096

enum empty_style empty_style_of(const struct document *doc)
{
	const char *text = document_body(doc);
	size_t n[] = { [EMPTY_SELF_CLOSED] = 0, [EMPTY_SPACED] = 0, [EMPTY_PAIR] = 0 };
	enum empty_style most = EMPTY_SELF_CLOSED;

	for (uint32_t i = 0; i < doc->scan.n && i < N_SAMPLE; i++) {
		const struct span *span = &doc->scan.v[i];

		if (span->type != SPAN_ELEMENT || span->inner != span->close)
			continue;
		if (!span_is_self_closed(span)) {
			n[EMPTY_PAIR]++;
		} else if (tag_is_space(text[span->end - 3])) {
			n[EMPTY_SPACED]++;
		} else {
			n[EMPTY_SELF_CLOSED]++;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(n); i++) {
		if (n[i] > n[most])
			most = (enum empty_style)i;
	}
	return most;
}
