/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The account that the hook gives of what it does. libvirt shows nothing of a hook that
 * succeeds, so all of it goes to the system journal, with fields to search by:
 *
 *	journalctl -t vfiokit-hook VFIOKIT_GUEST=win11
 */

#include <stdbool.h>
#include <syslog.h>

#include "base/error.h"
#include "base/macro.h"

struct timing;

struct account {
	const char *guest; /* borrowed; or NULL */
	const char *uuid;
	const char *operation;
	const char *step;
	const struct timing *timing; /* goes with the entry; or NULL */
	/* Where entries go instead of the journal, for tests and for people. */
	void (*send)(const struct account *account, int priority, const char *text,
		     void *data);
	void *data;
};

/* As `send`: goes nowhere. */
void account_drop(const struct account *account, int priority, const char *text,
		  void *data);

/* priority as in syslog(3); never fails, and keeps errno. */
void account_add(const struct account *account, int priority, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
