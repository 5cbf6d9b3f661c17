/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the undo log says of huge pages, in words. */

#include <inttypes.h>
#include <string.h>

#include "pages_record.h"

/* The record of another kind for the same pool that is not done; or NULL. */
static const struct undo_record *
find_other(const struct undo_log *log, const struct undo_record *record, const char *kind)
{
	for (size_t i = 0; i < log->n; i++) {
		const struct undo_record *other = &log->v[i];

		if (other->state != UNDO_DONE && strcmp(other->kind, kind) == 0 &&
		    strcmp(undo_field(other, 0), undo_field(record, 0)) == 0 &&
		    strcmp(undo_field(other, 1), undo_field(record, 1)) == 0)
			return other;
	}
	return NULL;
}

static void say_pages(struct buf *out, const struct undo_record *record)
{
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];
	struct pages_pool pool;
	struct error ignored;
	uint64_t n;

	if (pages_pool_of(&pool, record, &ignored) < 0 ||
	    pages_recorded(&n, record, &ignored) < 0) {
		buf_adds(out, "huge pages, and nobody can read which");
		return;
	}
	buf_addf(out, "%s on %s", pages_text(n, pool.page_kib, text),
		 pages_node_text(pool.node, node));
}

static void say_state(struct buf *out, const struct undo_record *record)
{
	struct pages_state state = { 0 };
	struct error ignored;

	if (pages_state_read(&state, record, &ignored) < 0 || !state.is_moving)
		return;
	buf_addf(out, " (on the way from %" PRIu64 " pages to %" PRIu64 ")", state.from,
		 state.to);
}

/* "32 huge pages of 2 MiB on NUMA node 1, 12 of them allocated" */
void pages_say_claim(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record)
{
	const struct undo_record *made = find_other(log, record, PAGES_KIND);
	struct error ignored;
	uint64_t n = 0;

	say_pages(out, record);
	if (made && pages_recorded(&n, made, &ignored) < 0)
		return;
	buf_addf(out, ", %" PRIu64 " of them allocated", n);
	if (made)
		say_state(out, made);
}

/* Those of a pool that is claimed are told with the claim. */
void pages_say(struct buf *out, const struct undo_log *log,
	       const struct undo_record *record)
{
	if (find_other(log, record, PAGES_CLAIM))
		return;
	say_pages(out, record);
	buf_adds(out, ", allocated");
	say_state(out, record);
}
