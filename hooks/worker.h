/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the module vfiokit-hook.so offers to the program. */

#include "load.h"
#include "operation.h"

#define WORKER_FILE    "vfiokit-hook.so"
#define WORKER_SYMBOL  "vfiokit_hook_worker"
#define WORKER_VERSION 3

struct worker {
	struct offer offer; /* the first */
	int (*call)(const struct call *call, struct error *err);

	/* Prints what went wrong itself; returns the exit status. */
	int (*command)(int argc, char **argv);
};

static inline int load_worker(const struct worker **ret_worker, struct error *err)
{
	const struct offer *offer;
	int r = load_module(&offer, WORKER_FILE, WORKER_SYMBOL, WORKER_VERSION, err);

	if (r < 0)
		return r;
	*ret_worker = (const struct worker *)offer;
	return 0;
}
