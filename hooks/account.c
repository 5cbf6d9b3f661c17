/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "timing.h"

#define OR_EMPTY(text) ((text) ? (text) : "")

/*
 * Without a journal this goes nowhere, and returns at once. The fields end with the first
 * that is NULL.
 */
static void to_journal(const struct account *account, int priority, const char *text)
{
	static const struct timing none = { 0 };
	const struct timing *timing = account->timing ? account->timing : &none;

	(void)sd_journal_send(
		"SYSLOG_IDENTIFIER=vfiokit-hook", "PRIORITY=%d", priority,
		"MESSAGE=%s%s%s", OR_EMPTY(account->guest), account->guest ? ": " : "",
		text, "VFIOKIT_GUEST=%s", OR_EMPTY(account->guest), "VFIOKIT_UUID=%s",
		OR_EMPTY(account->uuid), "VFIOKIT_OPERATION=%s",
		OR_EMPTY(account->operation), "VFIOKIT_STEP=%s", OR_EMPTY(account->step),
		account->timing ? "VFIOKIT_TOTAL_US=%" PRIu64 : NULL, timing->total_us,
		"VFIOKIT_KERNEL_US=%" PRIu64, timing->kernel_us,
		"VFIOKIT_SYSTEMD_US=%" PRIu64, timing->systemd_us,
		"VFIOKIT_WAITS_US=%" PRIu64, timing->waits_us,
		"VFIOKIT_SCRIPTS_US=%" PRIu64, timing->scripts_us,
		"VFIOKIT_OWN_US=%" PRIu64, timing->own_us, NULL);
}

void account_drop(const struct account *account, int priority, const char *text,
		  void *data)
{
	(void)account;
	(void)priority;
	(void)text;
	(void)data;
}

void account_add(const struct account *account, int priority, const char *fmt, ...)
{
	char text[ERROR_MSG_MAX];
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (account->send) {
		account->send(account, priority, text, account->data);
	} else {
		to_journal(account, priority, text);
	}
	errno = saved;
}
