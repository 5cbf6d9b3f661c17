/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "account.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define OR_EMPTY(text) ((text) ? (text) : "")

/* Without a journal this goes nowhere, and returns at once. */
static void to_journal(const struct account *account, int priority, const char *text)
{
	(void)sd_journal_send("SYSLOG_IDENTIFIER=vfiokit-hook", "PRIORITY=%d", priority,
			      "MESSAGE=%s%s%s", OR_EMPTY(account->guest),
			      account->guest ? ": " : "", text, "VFIOKIT_GUEST=%s",
			      OR_EMPTY(account->guest), "VFIOKIT_UUID=%s",
			      OR_EMPTY(account->uuid), "VFIOKIT_OPERATION=%s",
			      OR_EMPTY(account->operation), "VFIOKIT_STEP=%s",
			      OR_EMPTY(account->step), NULL);
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
