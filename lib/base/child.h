/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Code that runs in a process of its own, and is waited for up to a deadline.
 *
 * The child's standard streams lead to /dev/null, and of what its parent has open it
 * keeps only its end of a socket pair and what it is told to keep, at the same numbers:
 * whoever waits for a pipe of the parent's to be closed does not wait for the child. It
 * ends when its function returns, and runs none of the parent's exit handlers.
 *
 * All times are in milliseconds from the call, by a clock that only goes forward.
 *
 * A child that has to go is sent SIGKILL. One that hangs in the kernel does not hear it
 * (uninterruptible sleep): it is left behind, never waited for, and init reaps it. Any
 * other is reaped here, so that the caller has nothing to wait for.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

struct child {
	int fd;    /* packets to and from it, -1: there is no child */
	pid_t pid; /* 0: there is none */
};

#define CHILD_NONE ((struct child){ .fd = -1 })

/* How long one that should end by itself, or was killed, is given. */
#define CHILD_END_MS 1000

#define CHILD_KEEP_MAX 4

struct child_work {
	const char *name; /* of the process, as ps(1) shows it; at most 15 bytes */
	void (*run)(int socket, const void *data);
	const void *data;
	int keep[CHILD_KEEP_MAX]; /* descriptors above 2; whatever is not is none */
};

MUST_CHECK int child_start(struct child *ret_child, const struct child_work *work,
			   struct error *err);

/* One packet, of no more than some KiB. The errno of send(2); never SIGPIPE. */
MUST_CHECK int child_send(const struct child *child, const void *data, size_t size);

/*
 * Waits for a packet of exactly this size. -ETIMEDOUT; -EPIPE when none can come: it has
 * died, or closed its end, or sent something else. The message is the caller's.
 */
MUST_CHECK int child_receive(const struct child *child, void *data, size_t size,
			     unsigned timeout_ms);

/*
 * Kills it and waits at most so long for its end, 0: not at all. True when it has ended
 * and does nothing any more, false when it was left behind. *child is CHILD_NONE then.
 */
bool child_kill(struct child *child, unsigned timeout_ms);

/* Closes its socket, and kills it where that does not end it. None is no child. */
void child_end(struct child *child);

/* Left behind, and not even killed: what it does in the kernel shall go on. */
void child_leave(struct child *child);

/* --- for who starts processes of another kind --- */

/* poll(2) whose time a signal does not prolong. */
int child_poll(struct pollfd *fds, nfds_t n, unsigned timeout_ms);

/* In a child: standard input, output and error lead to /dev/null. 0 or -errno. */
int child_close_streams(void);

#define CLEANUP_CHILD CLEANUP(child_end)
