/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "look.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/child.h"

struct question {
	look_fn *by;
	const struct root *root;
	const void *data;
};

struct answer {
	int r;
	struct error err;
};

static void run_look(int socket, const void *data)
{
	const struct question *question = data;
	struct answer answer = { 0 };

	answer.r = question->by(question->root, question->data, &answer.err);
	(void)!send(socket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

int look(look_fn *by, const struct root *root, const void *data, unsigned timeout_ms,
	 const char *what, struct error *err)
{
	const struct question question = { .by = by, .root = root, .data = data };
	const struct child_work work = {
		.name = "vfiokit-look",
		.run = run_look,
		.data = &question,
		.keep = { root->fd },
	};
	struct child child = CHILD_NONE;
	struct answer answer = { 0 };
	int r = child_start(&child, &work, err);
	pid_t pid = child.pid;

	if (r < 0)
		return r;
	r = child_receive(&child, &answer, sizeof(answer), timeout_ms);
	if (r == -ETIMEDOUT) {
		(void)child_kill(&child, 0);
		return error_set(err, ETIME,
				 "%s: the kernel has not answered for %u.%u s (pid %d)",
				 what, timeout_ms / 1000, timeout_ms % 1000 / 100, pid);
	}
	/* it ends by itself, and what it had open is closed: nobody has to wait for that
	 */
	child_leave(&child);
	if (r < 0) {
		return error_set(err, EPIPE, "%s: the process that does it has died",
				 what);
	}
	*err = answer.err;
	return answer.r;
}
