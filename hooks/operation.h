/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the hook does for each of libvirt's operations
 * (https://libvirt.org/hooks.html). `prepare` acts, `release` undoes; libvirt calls the
 * latter also when the former has failed, or was refused.
 */

#include "hook.h"

/* As libvirt called: guest operation sub-operation extra, and the domain on stdin. */
struct call {
	const char *guest;
	const char *operation;
	const char *suboperation;
	const char *extra;
	const char *xml;
	size_t len;
	uint64_t begin_us; /* when it began, by effects_clock_us(); 0: not known */
};

/* hook is as HOOK_NONE but for root, effects, bus and config; the caller cleans up. */
MUST_CHECK int operation_run(struct hook *hook, const struct call *call,
			     struct error *err);
