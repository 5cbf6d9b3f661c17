/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Whole files: read, and replaced so that nobody ever sees half of one. */

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends all that can be read from fd; `name` is what messages call it. */
MUST_CHECK int file_read_fd(struct buf *out, int fd, const char *name, struct error *err);

/* Appends the first `max` bytes, or what there is, in one allocation. */
MUST_CHECK int file_read_head(struct buf *out, int fd, size_t max, const char *name,
			      struct error *err);

MUST_CHECK int file_read(struct buf *out, const char *path, struct error *err);

/* Writes all of data to fd. */
MUST_CHECK int file_write_fd(int fd, const char *data, size_t len, const char *name,
			     struct error *err);

/*
 * Puts data into the file at path: links are followed, the data goes to a temporary file
 * beside it, is synced, and renamed into place. An existing file's owner, mode and
 * extended attributes are kept; a new one gets `mode` less the umask. is_private takes
 * away what group and others may do, of an existing file too. What is no regular file (a
 * pipe, /dev/stdout) is written to directly.
 */
MUST_CHECK int file_replace(const char *path, const char *data, size_t len, mode_t mode,
			    bool is_private, struct error *err);
