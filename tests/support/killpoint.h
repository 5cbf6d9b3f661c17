/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Places at which a process can be killed by SIGKILL, counted: one before and one after
 * each effect on the fake host, and, in a test that is linked with --wrap
 * (tests/CMakeLists.txt), one before each system call by which the hook changes files of
 * its own, and one in the middle of each write.
 *
 * The count lives in memory that is shared with the processes that are started, as it
 * would die with them. It is the one thing here with a state of its own, since a system
 * call that is wrapped takes no argument for it.
 */

#include <stdbool.h>

struct killpoints {
	unsigned n;     /* points passed so far */
	unsigned at;    /* the one to be killed at, from 1; 0: none */
	char last[128]; /* what the last one was */
	bool is_held;   /* points do not count now */
};

/* From now on points of this process and its children count; NULL: no more. */
void killpoint_watch(struct killpoints *points);

/* A point, called that. */
void killpoint(const char *when, const char *what);

/* Whether the next point is the one to be killed at. */
bool killpoint_is_next(void);

/* While the fake kernel works: it does all or nothing. */
void killpoint_hold(bool is_held);

/* Shared with children; zero. */
struct killpoints *killpoints_new(void);
void killpoints_free(struct killpoints *points);
