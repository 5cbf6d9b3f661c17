/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the undo logs hold, in words, for people. */

#include "base/buf.h"
#include "undo_log.h"

typedef void describe_fn(struct buf *out, const struct undo_log *log,
			 const struct undo_record *record);

/* Of a guest's log. Appends nothing for what another record of the log says as well. */
void describe_record(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record);

/* Of what guests share. Nothing for what the first record of its kind says for all. */
void describe_shared(struct buf *out, const struct undo_log *log,
		     const struct undo_record *record);

/* The name of the step that a record belongs to; of either log. */
const char *describe_step(const struct undo_record *record);
