/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The real effects: a worker process that writes, loads and unloads for the hook. */

#include "base/child.h"
#include "effects.h"
#include "host/root.h"

struct kernel {
	const struct root *root;
	struct child worker; /* kept for the next write */

	/* kept open by the worker, so that the lock lasts as long as its work */
	int lock;
};

#define KERNEL_NONE ((struct kernel){ .worker = CHILD_NONE, .lock = -1 })

/* root is borrowed. */
void kernel_init(struct kernel *kernel, const struct root *root);
void kernel_done(struct kernel *kernel);

/* The effects of this kernel, which must outlive them. */
struct effects kernel_effects(struct kernel *kernel);

#define CLEANUP_KERNEL CLEANUP(kernel_done)
