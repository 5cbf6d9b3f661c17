/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Which processes have a character device open. */

#include <sys/types.h>

#include "base/error.h"
#include "host/process.h"
#include "host/root.h"

#define OPENERS_MAX 4

struct opener {
	pid_t pid;
	char comm[PROCESS_NAME_MAX]; /* what the process calls itself, printable */
};

struct openers {
	struct opener v[OPENERS_MAX];
	size_t n;
	size_t n_more; /* that are not in v */
};

/*
 * name is the node's below /dev, "input/event3", and counts on a captured tree; on this
 * machine it is the number. The calling process is left out, and so are processes that
 * it may not look into.
 */
MUST_CHECK int openers_find(struct openers *ret_openers, const struct root *root,
			    const char *name, dev_t rdev, struct error *err);
