/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of status share. */

#include "status.h"

/* A sentence. */
MUST_CHECK int status_add_finding(struct status *status, struct error *err,
				  const char *fmt, ...) PRINTF_LIKE(3, 4);

/* What is not as the hook has made it, of a guest and of what guests share. */
MUST_CHECK int status_find_drift(struct status *status, struct hook *hook,
				 const struct undo_log *log, struct error *err);
MUST_CHECK int status_find_shared_drift(struct status *status, struct hook *hook,
					struct error *err);
