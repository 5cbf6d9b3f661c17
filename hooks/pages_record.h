/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the undo log says of a pool that is made larger or smaller: PAGES_KIND. */

#include "pages.h"

/* How many pages are ours; while that changes, the number before and as it shall be. */
struct pages_state {
	uint64_t held;
	uint64_t from;
	uint64_t to;
	bool is_moving;
	bool is_late; /* the write has not come back in time, and may still do something
		       */
};

MUST_CHECK int pages_state_add(struct undo_record **ret_record, struct hook *hook,
			       const struct pages_pool *pool,
			       const struct pages_state *state, struct error *err);
MUST_CHECK int pages_state_read(struct pages_state *ret_state,
				const struct undo_record *record, struct error *err);
MUST_CHECK int pages_state_write(struct undo_log *log, struct undo_record *record,
				 const struct pages_state *state, struct error *err);

/* Either kind of record in words, for status; see struct undo_kind. */
void pages_say_claim(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record);
void pages_say(struct buf *out, const struct undo_log *log,
	       const struct undo_record *record);

/* Looks how much of a change was made, and that is on record then. */
MUST_CHECK int pages_settle(struct hook *hook, struct undo_log *log,
			    struct undo_record *record, struct error *err);

/* That the write for this state has not come back; a failure goes to the account. */
void pages_mark_late(struct hook *hook, struct undo_log *log, struct undo_record *record,
		     struct pages_state *state);
