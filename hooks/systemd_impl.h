/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of hooks/systemd.c share: the bus, and what they do for its table. */

#include <systemd/sd-bus.h>

#include "base/cleanup.h"
#include "bus.h"

#define SYSTEMD_SERVICE "org.freedesktop.systemd1"
#define SYSTEMD_PATH    "/org/freedesktop/systemd1"
#define SYSTEMD_MANAGER SYSTEMD_SERVICE ".Manager"

#define SYSTEMD_CALL_US 10000000 /* for answers that need no job */

struct systemd {
	sd_bus *bus; /* NULL until it is needed */
};

DEFINE_CLEANUP(sd_bus_message *, sd_bus_message_unref);
#define CLEANUP_MESSAGE   CLEANUP(cleanup_sd_bus_message_unref)
#define CLEANUP_BUS_ERROR CLEANUP(sd_bus_error_free)

/* Does nothing when it is connected. */
MUST_CHECK int systemd_connect(struct systemd *systemd, struct error *err);

/* What was tried on which unit; failure may be NULL, or empty. */
int systemd_fail(struct error *err, int r, const sd_bus_error *failure, const char *what,
		 const char *unit);

/* Connects, and makes the path of the unit's object. */
MUST_CHECK int systemd_find_unit(struct systemd *systemd, const char *unit,
				 char **ret_path, struct error *err);

/* Sends a call that answers with a job, and waits for that: systemd_job.c. */
MUST_CHECK int systemd_run_job(struct systemd *systemd, sd_bus_message *call,
			       const char *unit, unsigned timeout_ms, struct error *err);

/* The table's, as in bus.h. */
int systemd_unit_state(void *data, const char *unit, enum bus_unit_state *ret_state,
		       struct error *err);
int systemd_unit_stop(void *data, const char *unit, unsigned timeout_ms,
		      struct error *err);
int systemd_unit_start(void *data, const char *unit, unsigned timeout_ms,
		       struct error *err);
int systemd_hold_sleep(void *data, const char *unit, const char *why, unsigned timeout_ms,
		       struct error *err);
int systemd_cpus_get(void *data, const char *unit, struct cpuset *ret_cpus,
		     bool *ret_is_set, struct error *err);
int systemd_cpus_set(void *data, const char *unit, const struct cpuset *cpus,
		     struct error *err);
