/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Calls of the hook that are killed. */

#include <sys/wait.h>

#include "fakehost.h"
#include "killpoint.h"
#include "suite.h"

/*
 * A call in a process of its own, to be killed at a point; 0: not, and it has to work.
 * Returns what waitpid(2) says of it.
 */
static inline int call_killed_at(struct killpoints *points, unsigned at,
				 const struct root *root, struct fakecall *call)
{
	int status;

	*points = (struct killpoints){ .at = at };
	killpoint_watch(points);
	status = fakehost_call_in_child(root, call);
	killpoint_watch(NULL);
	if (at == 0)
		ck_assert_msg(
			WIFEXITED(status) && WEXITSTATUS(status) == 0 && call->r == 0,
			"%s of %s: status %#x, %d %s", call->operation, call->guest->name,
			(unsigned)status, call->r, call->err.msg);
	return status;
}
