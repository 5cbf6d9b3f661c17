/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the user that QEMU runs as may open. */

#include "hook.h"
#include "host/user.h"

/*
 * Whom QEMU runs as for this guest; its own label counts before all else.
 */
MUST_CHECK int user_of_qemu(struct user *ret_user, const struct hook *hook,
			    struct error *err);

/*
 * Opens a file as that user would, in a process of its own, within the time for a wait:
 * access lists and network file systems have their say too. path as for sysfs. Returns
 * what open(2) said, 0 or a negative errno, or -ETIMEDOUT; the message is the caller's.
 * Who is not root cannot try, and is told 0.
 */
MUST_CHECK int user_try_open(const struct user *user, const struct hook *hook,
			     const char *path, int flags);
