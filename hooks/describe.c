/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "describe.h"

#include <string.h>

#include "shared.h"
#include "steps.h"

static void add_field(struct buf *out, const struct undo_record *record, char which)
{
	if (which != '*') {
		buf_adds(out, undo_field(record, (unsigned)(which - '0')));
		return;
	}
	for (unsigned i = 0; i < record->n_fields; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "", record->field[i]);
}

/* "{N}" stands for the field N, "{*}" for all of them. */
static void fill_in(struct buf *out, const char *says, const struct undo_record *record)
{
	for (const char *c = says; *c; c++) {
		if (c[0] == '{' && c[1] != '\0' && c[2] == '}') {
			add_field(out, record, c[1]);
			c += 2;
		} else {
			buf_addc(out, *c);
		}
	}
}

/* As another version has written it. */
static void show_raw(struct buf *out, const struct undo_record *record)
{
	buf_adds(out, record->kind);
	for (unsigned i = 0; i < record->n_fields; i++)
		buf_addf(out, " '%s'", record->field[i]);
}

void describe_record(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record)
{
	const struct undo_kind *kind = steps_kind(record->kind);

	if (kind && kind->say) {
		kind->say(out, log, record);
	} else if (kind && kind->says) {
		fill_in(out, kind->says, record);
	} else {
		show_raw(out, record);
	}
}

/* --- what guests share --- */

/* One line for all of a kind of which there are many. */
static void count(struct buf *out, const struct undo_log *log,
		  const struct undo_record *record, const struct shared_kind *kind)
{
	bool is_first = true;
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++) {
		if (log->v[i].state == UNDO_DONE ||
		    strcmp(log->v[i].kind, record->kind) != 0)
			continue;
		if (n++ == 0)
			is_first = &log->v[i] == record;
	}
	if (is_first)
		buf_addf(out, "%zu %s", n, kind->titles);
}

void describe_shared(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record)
{
	const struct shared_kind *kind = shared_find_kind(record->kind);

	if (strcmp(record->kind, SHMEM_FILE) == 0) {
		fill_in(out, "the shared memory '/dev/shm/{0}' was made for guests",
			record);
	} else if (!kind) {
		show_raw(out, record);
	} else if (kind->titles) {
		count(out, log, record, kind);
	} else {
		buf_addf(out, "%s '%s' is %s (was %s)", kind->title,
			 undo_field(record, SHARED_KEY),
			 shared_text(undo_field(record, SHARED_NEW)),
			 shared_text(undo_field(record, SHARED_BEFORE)));
	}
}

const char *describe_step(const struct undo_record *record)
{
	const struct shared_kind *shared = shared_find_kind(record->kind);
	const struct undo_kind *kind = steps_kind(record->kind);

	if (shared)
		return shared->step;
	if (strcmp(record->kind, SHMEM_FILE) == 0)
		return "shmem";
	return kind ? kind->step : "";
}
