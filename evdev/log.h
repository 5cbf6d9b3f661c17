/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the daemon says: a line each on standard error, which is the journal's or a
 * terminal. Not in the path of events.
 */

#include "base/macro.h"

void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Something is not as it should be; the line says what happens next. */
void log_warning(const char *fmt, ...) PRINTF_LIKE(1, 2);
