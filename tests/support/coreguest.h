/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One guest that wants cores of the fake host, which has four CPUs and is new for each
 * test: coreguest_setup() and coreguest_teardown() are the fixture.
 */

#include "fakehost.h"

#define COREGUEST_UUID "aaaaaaaa-0000-0000-0000-000000000001"
#define COREGUEST_PINNED                                        \
	"<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='2'/>" \
	"<vcpupin vcpu='1' cpuset='3'/></cputune>"

struct coreguest {
	struct faketree tree;
	const struct root *root; /* of the tree */
	struct fakecall call;    /* the last one */
	char *before;            /* the host before the first one */
};

void coreguest_setup(struct coreguest *guest);
void coreguest_teardown(struct coreguest *guest);

/* Makes a call, for a guest with this metadata and domain; returns its result. */
int coreguest_run(struct coreguest *guest, const char *operation, const char *metadata,
		  const char *domain);

/* Checks that it succeeds; and, for the release, that the host is as before. */
void coreguest_prepare(struct coreguest *guest, const char *metadata, const char *domain);
void coreguest_release(struct coreguest *guest, const char *metadata, const char *domain);

/* Checks that it is refused with this message, and that nothing has changed. */
void coreguest_refused(struct coreguest *guest, const char *metadata, const char *domain,
		       const char *message);

/* Checks what a file holds; "" for one that is not there. */
void coreguest_file(struct coreguest *guest, const char *path, const char *expected);

/* Checks that the account of the last call has this text. */
void coreguest_account(struct coreguest *guest, const char *text);
