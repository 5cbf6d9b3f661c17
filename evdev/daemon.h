/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* evgrab's daemon: everything that can happen, in one loop. */

#include <errno.h>
#include <stdint.h>

#include "base/error.h"

struct daemon_options {
	const char *config_path;
	const char *socket_path;
	uint64_t seconds; /* ends by itself after that; 0: does not */
};

/* The code of an error that no other start would mend; systemd is to leave it at that. */
#define DAEMON_MISCONFIGURED ENOEXEC

/*
 * Runs until it is told to end, by a signal. What is grabbed is let go in any case. A
 * service that fails to start takes its time about it, as it is started again at once.
 */
MUST_CHECK int daemon_run(const struct daemon_options *options, struct error *err);
