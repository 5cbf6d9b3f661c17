/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A function run in a process and a directory of its own.
 *
 * libvirt's embedded driver starts threads and processes, wants another environment and
 * another effective user, and has been seen to corrupt its heap over a valid document.
 * None of that reaches the caller here: the child has no standard streams, a crash of it
 * is an error message, and it is killed when it takes too long or when the caller is told
 * to end. The directory is gone on return, and before a signal ends the caller.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"

#define CHILD_DIR_MAX 32

struct child_job {
	/* Runs in the child. Its notes, without reasons, count when it succeeds. */
	int (*run)(const char *dir, const void *arg, struct buf *out, struct notes *notes,
		   struct error *err);

	/* Runs in the caller after the child was killed: ends what the child started. */
	void (*killed)(const char *dir);

	const void *arg;
	const char *what;  /* for messages: "libvirt (qemu:///embed)" */
	const char *topic; /* of the notes */
	int timeout_ms;
};

/*
 * Returns what job->run returns, with what it gave out, noted and reported, as if it had
 * been called here. -ETIMEDOUT when it took too long, -EINTR when a signal that ends the
 * caller arrived and the caller handles it.
 */
MUST_CHECK int child_run(const struct child_job *job, struct buf *out,
			 struct notes *notes, struct error *err);

/* Removes a directory and what is in it; links are removed, not followed. */
void child_remove_dir(const char *dir);
