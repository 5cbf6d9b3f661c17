/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the undo log says of a pool that is made larger or smaller. */

#include "pages_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

#define FIELD_PAGES 2
#define NUMBER_MAX  24
#define PAGES_TEXT  96
#define LATE        "late"

static int read_part(uint64_t *ret_n, char **text, const struct undo_record *record,
		     struct error *err)
{
	const char *part = strsep(text, ",");

	if (part && parse_dec(ret_n, part, 0, UINT32_MAX, "number", err) == 0)
		return 0;
	return error_set(err, EBADMSG, "record %u of the undo log makes no sense: '%s'",
			 record->number, undo_field(record, FIELD_PAGES));
}

int pages_state_read(struct pages_state *ret_state, const struct undo_record *record,
		     struct error *err)
{
	struct pages_state state = { 0 };
	char text[PAGES_TEXT];
	char *rest = text;
	int r;

	(void)snprintf(text, sizeof(text), "%s", undo_field(record, FIELD_PAGES));
	r = read_part(&state.held, &rest, record, err);
	state.is_moving = rest;
	if (r == 0 && state.is_moving)
		r = read_part(&state.from, &rest, record, err);
	if (r == 0 && state.is_moving)
		r = read_part(&state.to, &rest, record, err);
	state.is_late = rest && strcmp(rest, LATE) == 0;
	if (r == 0)
		*ret_state = state;
	return r;
}

static void format_state(char text[static PAGES_TEXT], const struct pages_state *state)
{
	if (!state->is_moving) {
		(void)snprintf(text, PAGES_TEXT, "%" PRIu64, state->held);
		return;
	}
	(void)snprintf(text, PAGES_TEXT, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 "%s",
		       state->held, state->from, state->to,
		       state->is_late ? "," LATE : "");
}

int pages_state_write(struct undo_log *log, struct undo_record *record,
		      const struct pages_state *state, struct error *err)
{
	char text[PAGES_TEXT];

	format_state(text, state);
	return undo_log_amend(log, record, FIELD_PAGES, text, err);
}

static uint64_t moved(uint64_t from, uint64_t to, uint64_t now)
{
	if (now <= from)
		return 0;
	return now < to ? now - from : to - from;
}

int pages_settle(struct hook *hook, struct undo_log *log, struct undo_record *record,
		 struct error *err)
{
	struct pages_pool pool;
	struct pages_state state = { 0 };
	uint64_t now;
	int r = pages_state_read(&state, record, err);

	if (r < 0 || !state.is_moving)
		return r;
	r = pages_pool_of(&pool, record, err);
	if (r == 0)
		r = pages_pool_read(&pool, hook->root, err);
	if (r < 0)
		return r;
	now = pages_pool_permanent(&pool);
	if (state.to >= state.from) {
		state.held += moved(state.from, state.to, now);
	} else {
		uint64_t n = state.from - state.to;

		n = n < state.held ? n : state.held;
		state.held -= now < state.from ? moved(0, n, state.from - now) : 0;
	}
	state.is_moving = false;
	return pages_state_write(log, record, &state, err);
}

void pages_mark_late(struct hook *hook, struct undo_log *log, struct undo_record *record,
		     struct pages_state *state)
{
	struct error failure;

	state->is_late = true;
	if (pages_state_write(log, record, state, &failure) < 0)
		account_add(&hook->account, LOG_ERR, "%s", failure.msg);
}

int pages_state_add(struct undo_record **ret_record, struct hook *hook,
		    const struct pages_pool *pool, const struct pages_state *state,
		    struct error *err)
{
	char node[NUMBER_MAX] = "-";
	char size[NUMBER_MAX];
	char pages[PAGES_TEXT];

	if (pool->node != PAGES_HOST)
		(void)snprintf(node, sizeof(node), "%d", pool->node);
	(void)snprintf(size, sizeof(size), "%" PRIu64, pool->page_kib);
	format_state(pages, state);
	return undo_log_add(hook->log, ret_record, err, PAGES_KIND, node, size, pages,
			    NULL);
}
