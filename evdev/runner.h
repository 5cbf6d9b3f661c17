/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The user's commands at a switch. systemd runs them, as transient units of a user of the
 * configuration: what they do, and how long, is nothing to the daemon.
 */

#include <stddef.h>

#include "base/error.h"

#define RUNNER_MAX 4 /* that systemd is being asked for at a time */

struct runner {
	size_t n; /* children: of systemd-run, not the commands */
};

struct runner_order {
	const char *user;
	const char *command; /* for sh -c */
	const char *target;  /* $EVGRAB_TARGET */
	const char *from;    /* $EVGRAB_FROM */
};

/* Does not wait. -EAGAIN: systemd has not answered RUNNER_MAX times. */
MUST_CHECK int runner_start(struct runner *runner, const struct runner_order *order,
			    struct error *err);

/* Children have ended (SIGCHLD). The number of those that could not do it. */
size_t runner_reap(struct runner *runner);
