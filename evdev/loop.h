/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A level-triggered event loop: descriptors in, callbacks out. Signals and timers are
 * descriptors too (signalfd, timerfd), so there is one way for anything to happen and
 * no code ever runs inside a signal handler.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

enum { LOOP_QUIT = 1 }; /* positive: not an error, stop running */

struct source;

/* Returns 0 to go on, LOOP_QUIT to end the loop, or a negative errno with *err set. */
typedef int source_fn(struct source *source, uint32_t events, struct error *err);

/* Embedded in its owner, who closes the descriptor after loop_del(). */
struct source {
	int fd;
	source_fn *ready;
	void *data;
};

struct loop {
	int epoll_fd;
	/* After each callback, before waiting again; may be NULL. */
	int (*after)(void *data, struct error *err);
	void *data;
};

#define LOOP_NONE ((struct loop){ .epoll_fd = -1 })

MUST_CHECK int loop_init(struct loop *loop, struct error *err);
void loop_done(struct loop *loop);

MUST_CHECK int loop_add(struct loop *loop, struct source *source, uint32_t events,
			struct error *err);
MUST_CHECK int loop_change(struct loop *loop, struct source *source, uint32_t events,
			   struct error *err);
void loop_del(struct loop *loop, struct source *source);

/* Runs until a callback quits (returns 0) or something fails. */
MUST_CHECK int loop_run(struct loop *loop, struct error *err);

#define CLEANUP_LOOP CLEANUP(loop_done)

/* A moment at which something is due, in microseconds of CLOCK_MONOTONIC. */
struct timer {
	struct source source;
	uint64_t at; /* as it is set; UINT64_MAX: not at all */
};

#define TIMER_NONE ((struct timer){ .source = { .fd = -1 }, .at = UINT64_MAX })

uint64_t loop_now(void);

MUST_CHECK int timer_init(struct timer *timer, struct error *err);
void timer_done(struct timer *timer);

/* Asks the kernel only if it is another moment than before. */
MUST_CHECK int timer_set(struct timer *timer, uint64_t at, struct error *err);

/* Its source is ready: it is not set any more. */
void timer_clear(struct timer *timer);
