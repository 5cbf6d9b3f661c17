/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Running somebody's program, with all that may go wrong in it kept away from libvirt: it
 * gets the domain to read, none of our descriptors, and a process group of its own; what
 * it prints is read line by line; it ends by itself in time, or is killed. It never
 * outlives us: when we are killed, so is it, with all that it has started and that did
 * not leave its process group.
 */

#include <stddef.h>

#include "base/error.h"

#define SCRIPT_LINE_MAX 256

struct script_child {
	const char *path;
	char *const *argv;
	const char *input; /* on its standard input, a file */
	size_t input_len;
	unsigned timeout_ms;

	/* A line of what it prints, made fit to be shown. May be NULL. */
	void (*line)(void *data, const char *text);
	void *data;
};

/*
 * Fails when it cannot be started, exits with another status than 0, is killed, or takes
 * too long: -ETIMEDOUT then. The message has what it printed last. What it leaves running
 * is not waited for, and finds its output closed.
 */
MUST_CHECK int script_child_run(const struct script_child *child, struct error *err);
