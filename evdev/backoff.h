/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * When to try again: soon at first, then less and less often, for ever. Times are in
 * microseconds of the caller's clock.
 */

#include <stdint.h>

#define BACKOFF_FIRST 50000u /* a device's permissions are settled after that, mostly */
#define BACKOFF_LAST                                                      \
	5000000u /* who gives a device back does not see us hesitate long \
		  */
#define BACKOFF_NEVER UINT64_MAX

struct backoff {
	uint64_t wait;
	uint64_t at; /* when; BACKOFF_NEVER: there is nothing to try */
};

#define BACKOFF_NONE ((struct backoff){ .at = BACKOFF_NEVER })

/* It has failed, now. */
static inline void backoff_failed(struct backoff *backoff, uint64_t now)
{
	backoff->wait = backoff->wait == 0 ? BACKOFF_FIRST : backoff->wait * 2;
	if (backoff->wait > BACKOFF_LAST)
		backoff->wait = BACKOFF_LAST;
	backoff->at = now + backoff->wait;
}
