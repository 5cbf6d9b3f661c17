/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the module vfiokit-hook.so offers to the program. */

#include "operation.h"

#define WORKER_SYMBOL  "vfiokit_hook_worker"
#define WORKER_VERSION 2

struct worker {
	unsigned version;
	int (*call)(const struct call *call, struct error *err);

	/* Prints what went wrong itself; returns the exit status. */
	int (*command)(int argc, char **argv);
};
