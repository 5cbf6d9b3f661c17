/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "killpoint.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct killpoints *watched;

void killpoint_watch(struct killpoints *points)
{
	watched = points;
}

void killpoint(const char *when, const char *what)
{
	if (!watched || watched->is_held)
		return;
	(void)snprintf(watched->last, sizeof(watched->last), "%s %s", when, what);
	if (++watched->n == watched->at)
		(void)kill(getpid(), SIGKILL);
}

bool killpoint_is_next(void)
{
	return watched && !watched->is_held && watched->n + 1 == watched->at;
}

void killpoint_hold(bool is_held)
{
	if (watched)
		watched->is_held = is_held;
}

struct killpoints *killpoints_new(void)
{
	void *at = mmap(NULL, sizeof(struct killpoints), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		abort();
	return at;
}

void killpoints_free(struct killpoints *points)
{
	(void)munmap(points, sizeof(*points));
}
