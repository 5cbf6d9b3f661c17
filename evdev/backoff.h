/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * When to try again: often in the first seconds, in which a device that was plugged in
 * gets its permissions, then less and less, for ever. Times are in microseconds of the
 * caller's clock.
 */

#include <stdint.h>

#define BACKOFF_FIRST 50000u
#define BACKOFF_SOON  400000u
#define BACKOFF_LAST                                                               \
	5000000u          /* who gives a device back does not see us hesitate long \
			   */
#define BACKOFF_OFTEN 15u /* attempts that are made soon */
#define BACKOFF_NEVER UINT64_MAX

struct backoff {
	unsigned n; /* attempts that have failed */
	uint64_t wait;
	uint64_t at; /* when; BACKOFF_NEVER: there is nothing to try */
};

#define BACKOFF_NONE ((struct backoff){ .at = BACKOFF_NEVER })

/* It has failed, now. */
static inline void backoff_failed(struct backoff *backoff, uint64_t now)
{
	uint64_t most = backoff->n < BACKOFF_OFTEN ? BACKOFF_SOON : BACKOFF_LAST;

	backoff->wait = backoff->n == 0 ? BACKOFF_FIRST : backoff->wait * 2;
	if (backoff->wait > most)
		backoff->wait = most;
	if (backoff->n < BACKOFF_OFTEN)
		backoff->n++;
	backoff->at = now + backoff->wait;
}
