/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All that a call of libvirt, or a command, works with on the real host. */

#include "hook.h"
#include "kernel.h"

struct session {
	struct root root;
	struct config config;
	struct kernel kernel;
	struct effects effects;
	struct bus bus;
	struct hook hook; /* ready for operation_run() and the engine */
};

/*
 * A configuration that cannot be read is a failure only when is_strict: whatever the
 * file says, what was taken can be given back. The session must stay where it is.
 */
MUST_CHECK int session_open(struct session *session, bool is_strict, struct error *err);
void session_close(struct session *session);

#define CLEANUP_SESSION CLEANUP(session_close)
#define SESSION_NONE \
	((struct session){ .root = ROOT_NONE, .kernel = KERNEL_NONE, .hook = HOOK_NONE })
