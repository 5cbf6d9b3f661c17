/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the hook does for evgrab(1), with or without a guest element: a guest whose XML
 * names devices of evgrab's does not start before they are there, and evgrab is told when
 * it has started and stopped. This is in the program itself, and needs libc only.
 */

#include "operation.h"

struct evgrab_place {
	const char *root;   /* in front of the paths of devices */
	const char *socket; /* where evgrab listens */
	const char *run;    /* directory for which guests run */
	unsigned wait_ms;   /* for the devices to be there */
	unsigned tell_ms;   /* for evgrab to answer */
};

#define EVGRAB_PLACE                                                  \
	((struct evgrab_place){ .root = "",                           \
				.socket = "/run/vfiokit/evgrab.sock", \
				.run = "/run/vfiokit",                \
				.wait_ms = 2000,                      \
				.tell_ms = 1000 })

/*
 * Does what the call asks for. Which guests run stands in run as well, a file
 * "evgrab-live.GUEST" each: evgrab may be stopped, or may not have heard. A guest that
 * names no device of evgrab's costs a search through its XML. Fails at `prepare` only:
 * what evgrab could not be told is in the log.
 */
MUST_CHECK int evgrab_call(const struct evgrab_place *place, const struct call *call,
			   struct error *err);

/*
 * Says "started" or "stopped" of a guest, by the name that evgrab has for it. Never takes
 * longer than tell_ms, whatever evgrab does.
 */
MUST_CHECK int evgrab_tell(const struct evgrab_place *place, const char *verb,
			   const char *guest, struct error *err);
