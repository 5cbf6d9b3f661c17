/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What went wrong, in words.
 *
 * A function that can fail takes a `struct error *err` as its last parameter and
 * returns 0 or a negative errno value. It fills *err exactly when it returns a
 * negative value. The lowest layer says what it tried and on what; a caller may put
 * its own context in front with error_wrap(); only main() prints.
 *
 * The message lives inside the struct: reporting never allocates, and there is
 * nothing to free.
 */

#include "base/macro.h"

#define ERROR_MSG_MAX 2048

struct error {
	int code; /* positive errno value, 0 while nothing has failed */
	char msg[ERROR_MSG_MAX];
};

/* Reports a condition of our own making. Returns -code. */
int error_set(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Reports a failed system call: appends strerror(code). Returns -code. */
int error_sys(struct error *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "<fmt>: " in front of what is already there. Returns the code unchanged. */
int error_wrap(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
