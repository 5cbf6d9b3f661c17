/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Looking at what may not answer: a process's memory map while it hangs in a driver, a
 * file on a server that is gone, a disk that does not come back. A process of its own
 * looks, and is left behind when it takes too long.
 */

#include "base/error.h"
#include "host/root.h"

/*
 * What looks: changes nothing, and has nothing open but the root. Returns 0, a positive
 * answer or a negative errno; err comes back whatever it returns.
 */
typedef int look_fn(const struct root *root, const void *data, struct error *err);

/*
 * Returns what it returned; -ETIME when it has not within the time, `what` being what
 * the message calls it.
 */
MUST_CHECK int look(look_fn *by, const struct root *root, const void *data,
		    unsigned timeout_ms, const char *what, struct error *err);
