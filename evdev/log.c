/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

static void say(const char *level, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* One write for a line: others write there too. */
static void say(const char *level, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)fprintf(stderr, "%s%s\n", isatty(STDERR_FILENO) ? "evgrab: " : level, text);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(SD_INFO, fmt, ap);
	va_end(ap);
}

void log_warning(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(SD_WARNING, fmt, ap);
	va_end(ap);
}
