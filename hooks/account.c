/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "account.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "journal.h"
#include "timing.h"

#define OR_EMPTY(text) ((text) ? (text) : "")

static void add_time(struct buf *entry, const char *name, uint64_t us)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, us);
	journal_field(entry, name, text);
}

static void add_timing(struct buf *entry, const struct timing *timing)
{
	add_time(entry, "VFIOKIT_TOTAL_US", timing->total_us);
	add_time(entry, "VFIOKIT_KERNEL_US", timing->kernel_us);
	add_time(entry, "VFIOKIT_SYSTEMD_US", timing->systemd_us);
	add_time(entry, "VFIOKIT_WAITS_US", timing->waits_us);
	add_time(entry, "VFIOKIT_SCRIPTS_US", timing->scripts_us);
	add_time(entry, "VFIOKIT_OWN_US", timing->own_us);
}

static void to_journal(const struct account *account, int priority, const char *text)
{
	const char digit[] = { (char)('0' + (priority & LOG_PRIMASK)), '\0' };
	CLEANUP_BUF struct buf message = BUF_NONE;
	CLEANUP_BUF struct buf entry = BUF_NONE;

	buf_addf(&message, "%s%s%s", OR_EMPTY(account->guest), account->guest ? ": " : "",
		 text);
	journal_field(&entry, "SYSLOG_IDENTIFIER", "vfiokit-hook");
	journal_field(&entry, "PRIORITY", digit);
	journal_field(&entry, "MESSAGE", buf_text(&message));
	journal_field(&entry, "VFIOKIT_GUEST", OR_EMPTY(account->guest));
	journal_field(&entry, "VFIOKIT_UUID", OR_EMPTY(account->uuid));
	journal_field(&entry, "VFIOKIT_OPERATION", OR_EMPTY(account->operation));
	journal_field(&entry, "VFIOKIT_STEP", OR_EMPTY(account->step));
	if (account->timing)
		add_timing(&entry, account->timing);
	journal_send(JOURNAL_SOCKET, &entry);
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
