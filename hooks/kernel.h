/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The real effects: a worker process that writes, loads and unloads for the hook. */

#include <sys/types.h>

#include "effects.h"
#include "host/root.h"

struct kernel {
	const struct root *root;
	int lock;  /* kept open by the worker, so that the lock lasts as long as its work
		    */
	int fd;    /* to the worker, -1: none at the moment */
	pid_t pid; /* of the worker */
};

#define KERNEL_NONE ((struct kernel){ .lock = -1, .fd = -1 })

/* root is borrowed. */
void kernel_init(struct kernel *kernel, const struct root *root);
void kernel_done(struct kernel *kernel);

/* The effects of this kernel, which must outlive them. */
struct effects kernel_effects(struct kernel *kernel);

#define CLEANUP_KERNEL CLEANUP(kernel_done)
