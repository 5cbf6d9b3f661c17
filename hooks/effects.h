/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How the hook acts on the host: the only way by which it changes anything besides its
 * own logs, so that a test can put a kernel of its own there, with its faults.
 *
 * Writing into sysfs may take for ever (the unbind of a driver whose device is in use),
 * and nothing can end such a write, SIGKILL neither. So it is done by a child process;
 * when the time is up the child is left behind, and the caller told: -ETIMEDOUT. Where
 * the kernel heeds a kill (it allocates huge pages, or compacts memory) the write has
 * ended, half done: -EINTR.
 */

#include <stdint.h>

#include "base/error.h"
#include "host/root.h"

struct effects_ops {
	/* path as for sysfs_write(). */
	int (*write)(void *data, const char *path, const char *value, unsigned timeout_ms,
		     struct error *err);

	/* A kernel module, with what it depends on; no error when it is there already. */
	int (*load)(void *data, const char *module, unsigned timeout_ms,
		    struct error *err);

	/* -EBUSY when it is in use; no error when it is not there. */
	int (*unload)(void *data, const char *module, unsigned timeout_ms,
		      struct error *err);

	/*
	 * A descriptor to keep open for as long as a change is under way, whatever
	 * becomes of the hook itself; -1: none.
	 */
	void (*hold)(void *data, int fd);

	/* A clock that only goes forward, in milliseconds, and waiting by it. */
	uint64_t (*now)(void *data);
	void (*wait)(void *data, unsigned ms);
};

struct effects {
	const struct effects_ops *ops;
	void *data;
	uint64_t spent_us;  /* so far, in writing, loading and unloading */
	uint64_t waited_us; /* and in waiting */
};

MUST_CHECK int effects_write(struct effects *effects, const char *path, const char *value,
			     unsigned timeout_ms, struct error *err);
MUST_CHECK int effects_load(struct effects *effects, const char *module,
			    unsigned timeout_ms, struct error *err);
MUST_CHECK int effects_unload(struct effects *effects, const char *module,
			      unsigned timeout_ms, struct error *err);
void effects_hold(struct effects *effects, int fd);
uint64_t effects_now(const struct effects *effects);
void effects_wait(struct effects *effects, unsigned ms);

/* The time since some start, in microseconds, for measuring. */
uint64_t effects_clock_us(void);
