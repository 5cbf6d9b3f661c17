/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Where documents, views and notes go. */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"

/*
 * libvirt keeps its own state below /etc/libvirt/qemu: a file changed there under the
 * daemon is lost or half seen.
 */
MUST_CHECK int output_may_replace(const char *file, struct error *err);

/* is_private: the text may hold passwords, nobody but the owner reads it. */
MUST_CHECK int output_file(const char *file, const struct buf *text, bool is_private,
			   struct error *err);

/*
 * Text for people, which may hold what devices and files call themselves: control
 * characters other than line ends become question marks.
 */
MUST_CHECK int output_text(struct buf *text, struct error *err);

MUST_CHECK int output_stdout(const char *text, size_t len, struct error *err);

/* Information and warnings to standard error. */
void output_notes(const struct notes *notes);
