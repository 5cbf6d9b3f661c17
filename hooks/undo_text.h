/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The lines of an undo log; see hooks/undo_log.h for what they are. */

#include "base/buf.h"
#include "undo_log.h"

/* Frees what a record holds. */
void undo_record_done(struct undo_record *record);

void undo_text_head(struct buf *line, const char *boot_id, const char *guest);
void undo_text_record(struct buf *line, const struct undo_record *record);

/* Appends a space and the encoded field. */
void undo_text_field(struct buf *line, const char *text);

/* How much of it is lines with their newlines. */
size_t undo_text_whole_lines(const char *text, size_t len);

/* Fills the log from whole lines. What cannot be read makes it damaged, no failure. */
MUST_CHECK int undo_text_read(struct undo_log *log, const char *text, const char *boot_id,
			      struct error *err);
