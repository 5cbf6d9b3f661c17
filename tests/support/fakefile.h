/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Small files of a fake root, as the fake kernel keeps them. Paths are as for sysfs:
 * links on their way are followed, inside of the root. What cannot be done ends the
 * process: it is a mistake in the test.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "host/root.h"

#define FAKEFILE_MAX 512

/* Without its trailing newlines; false, and "", when it is not there. */
bool fakefile_get(const struct root *root, char text[static FAKEFILE_MAX],
		  const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A number that is there; 0 when it is not. */
unsigned long fakefile_number(const struct root *root, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

/* Makes it, with its parents, or replaces what it has; a newline is added, not to "". */
void fakefile_put(const struct root *root, const char *text, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void fakefile_put_number(const struct root *root, unsigned long number, const char *fmt,
			 ...) PRINTF_LIKE(3, 4);
void fakefile_dir(const struct root *root, const char *fmt, ...) PRINTF_LIKE(2, 3);
void fakefile_link(const struct root *root, const char *target, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* The last component of where a link leads; false, and "", when it is none. */
bool fakefile_link_name(const struct root *root, char name[static FAKEFILE_MAX],
			const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A link that leads nowhere is there too. */
bool fakefile_has(const struct root *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* With all that is in it; no error when it is not there. */
void fakefile_remove(const struct root *root, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Moves a file, a link or a directory; makes the parents. */
void fakefile_move(const struct root *root, const char *from, const char *to);

void fakefile_fail(const char *what, const char *path) __attribute__((__noreturn__));
