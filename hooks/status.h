/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the hook holds, and what is not as it should be. */

#include "base/buf.h"
#include "hook.h"

/* A guest for which something is on record. */
struct status_guest {
	const struct undo_log *log;
	const char *state; /* "held", "pending", "wedged" */
};

struct status {
	struct status_guest *guests;
	size_t n_guests;
	const struct undo_log *shared; /* what guests share; or NULL */
	char **findings;               /* sentences: left over, drift, damaged */
	size_t n_findings;
	bool is_busy;       /* another call of the hook is at work */
	bool is_installed;  /* libvirt can find the hook */
	bool is_live;       /* and its daemon, which runs, has looked since */
	const char *daemon; /* its unit; NULL when none runs */
};

#define STATUS_NONE ((struct status){ 0 })

/* hook->logs are read. */
MUST_CHECK int status_read(struct status *ret_status, struct hook *hook,
			   struct error *err);
void status_done(struct status *status);

#define CLEANUP_STATUS CLEANUP(status_done)
