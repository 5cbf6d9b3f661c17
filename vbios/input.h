/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A file that is meant to be an option ROM, read. */

#include "base/buf.h"
#include "base/error.h"
#include "host/checksum.h"
#include "host/root.h"
#include "rom/rom.h"

struct input {
	const char *path; /* borrowed */
	struct buf content;
	struct rom rom;
	char sha256[CHECKSUM_MAX]; /* "" of a file that was not read to its end */
};

#define INPUT_NONE ((struct input){ 0 })

/*
 * Reads a regular file; nothing else, as QEMU would not take it and a pipe would make us
 * wait: -EISDIR, or -EINVAL. Of one that is larger than any ROM the beginning is read.
 * ret_input is filled in place, as it is large.
 */
MUST_CHECK int input_read(struct input *ret_input, const char *path, struct error *err);

/* The same, of a descriptor that is open. */
MUST_CHECK int input_read_fd(struct input *ret_input, int fd, const char *path,
			     struct error *err);
void input_done(struct input *input);

#define CLEANUP_INPUT CLEANUP(input_done)
