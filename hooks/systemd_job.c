/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Jobs of systemd's: units that start and stop, and the one that holds the inhibitor. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "effects.h"
#include "systemd_impl.h"

struct job {
	const char *path;
	char result[32]; /* "" while it runs */
};

static int job_removed(sd_bus_message *message, void *data, sd_bus_error *ignored)
{
	struct job *job = data;
	const char *path, *unit, *result;
	uint32_t id;

	(void)ignored;
	if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) >= 0 &&
	    job->path && strcmp(path, job->path) == 0)
		(void)snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int await_job(sd_bus *bus, const struct job *job, const char *unit,
		     unsigned timeout_ms, struct error *err)
{
	uint64_t end = effects_clock_us() + (uint64_t)timeout_ms * 1000;

	while (!*job->result) {
		uint64_t now = effects_clock_us();
		int r = sd_bus_process(bus, NULL);

		if (r < 0) {
			return error_sys(err, -r, "wait for the job of the unit '%s'",
					 unit);
		}
		if (r > 0)
			continue;
		if (now >= end) {
			return error_set(err, ETIMEDOUT,
					 "the unit '%s' has not finished its job after "
					 "%u s",
					 unit, timeout_ms / 1000);
		}
		r = sd_bus_wait(bus, end - now);
		if (r < 0 && r != -EINTR) {
			return error_sys(err, -r, "wait for the job of the unit '%s'",
					 unit);
		}
	}
	if (strcmp(job->result, "done") != 0 && strcmp(job->result, "skipped") != 0) {
		return error_set(err, EIO, "the job of the unit '%s' ended with '%s'",
				 unit, job->result);
	}
	return 0;
}

/* Sends a call that answers with a job, and waits for that. */
int systemd_run_job(struct systemd *systemd, sd_bus_message *call, const char *unit,
		    unsigned timeout_ms, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	struct job job = { 0 };
	sd_bus_slot *slot = NULL;
	int r;

	r = sd_bus_match_signal(systemd->bus, &slot, SYSTEMD_SERVICE, SYSTEMD_PATH,
				SYSTEMD_MANAGER, "JobRemoved", job_removed, &job);
	if (r >= 0)
		r = sd_bus_call(systemd->bus, call, SYSTEMD_CALL_US, &failure, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job.path);
	if (r < 0) {
		r = systemd_fail(err, r, &failure, "start the job of the unit", unit);
	} else {
		r = await_job(systemd->bus, &job, unit, timeout_ms, err);
	}
	sd_bus_slot_unref(slot);
	return r;
}

static int unit_job(struct systemd *systemd, const char *method, const char *unit,
		    unsigned timeout_ms, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	int r = systemd_connect(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SYSTEMD_SERVICE,
					   SYSTEMD_PATH, SYSTEMD_MANAGER, method);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", unit, "replace");
	if (r < 0)
		return error_sys(err, -r, "start the job of the unit '%s'", unit);
	return systemd_run_job(systemd, call, unit, timeout_ms, err);
}

int systemd_unit_stop(void *data, const char *unit, unsigned timeout_ms,
		      struct error *err)
{
	return unit_job(data, "StopUnit", unit, timeout_ms, err);
}

/* A unit that was started too often, or has failed before, would refuse to start. */
int systemd_unit_start(void *data, const char *unit, unsigned timeout_ms,
		       struct error *err)
{
	struct systemd *systemd = data;
	int r = systemd_connect(systemd, err);

	if (r < 0)
		return r;
	(void)sd_bus_call_method(systemd->bus, SYSTEMD_SERVICE, SYSTEMD_PATH,
				 SYSTEMD_MANAGER, "ResetFailedUnit", NULL, NULL, "s",
				 unit);
	return unit_job(systemd, "StartUnit", unit, timeout_ms, err);
}

/* --- the inhibitor --- */

/*
 * systemd-inhibit(1) starts the shell once it has the lock, which says so: the job ends
 * when the host really stays awake, and fails where it does not.
 */
static int append_holder(sd_bus_message *call, const char *unit, const char *why)
{
	CLEANUP_FREE char *why_option = NULL;

	if (asprintf(&why_option, "--why=%s", why) < 0)
		return -ENOMEM;
	return sd_bus_message_append(
		call, "ssa(sv)a(sa(sv))", unit, "replace", 6, "Description", "s",
		"Keeps the host awake for a guest", "Type", "s", "notify", "NotifyAccess",
		"s", "all", "CollectMode", "s", "inactive-or-failed", "TimeoutStopUSec",
		"t", (uint64_t)SYSTEMD_CALL_US, "ExecStartEx", "a(sasas)", 1,
		"/usr/bin/systemd-inhibit", 8, "systemd-inhibit", "--what=sleep",
		"--mode=block", "--who=vfiokit", why_option, "/bin/sh", "-c",
		"systemd-notify --ready && exec sleep infinity", 1, "no-env-expand", 0);
}

int systemd_hold_sleep(void *data, const char *unit, const char *why, unsigned timeout_ms,
		       struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	struct systemd *systemd = data;
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	int r = systemd_unit_state(systemd, unit, &state, err);

	if (r < 0 || state == BUS_UNIT_ACTIVE)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SYSTEMD_SERVICE,
					   SYSTEMD_PATH, SYSTEMD_MANAGER,
					   "StartTransientUnit");
	if (r >= 0)
		r = append_holder(call, unit, why);
	if (r < 0)
		return error_sys(err, -r, "start the unit '%s'", unit);
	return systemd_run_job(systemd, call, unit, timeout_ms, err);
}
