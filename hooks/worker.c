/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "worker.h"

#include <string.h>

#include "command.h"
#include "session.h"

static int run_call(const struct call *call, struct error *err)
{
	CLEANUP_SESSION struct session session = SESSION_NONE;
	int r = session_open(&session, strcmp(call->operation, "prepare") == 0, err);

	if (r == 0)
		r = operation_run(&session.hook, call, err);
	if (r < 0)
		account_add(&session.hook.account, LOG_ERR, "%s", err->msg);
	return r;
}

__attribute__((__visibility__("default"))) const struct worker vfiokit_hook_worker = {
	.offer = { WORKER_VERSION },
	.call = run_call,
	.command = command_run,
};
