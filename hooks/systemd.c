/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bus of hooks/bus.h: systemd's manager on the system bus
 * (org.freedesktop.systemd1(5)).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "bus.h"
#include "effects.h"

#define SERVICE "org.freedesktop.systemd1"
#define PATH    "/org/freedesktop/systemd1"
#define MANAGER SERVICE ".Manager"

#define CALL_US 10000000 /* for answers that need no job */

struct systemd {
	sd_bus *bus; /* NULL until it is needed */
};

DEFINE_CLEANUP(sd_bus_message *, sd_bus_message_unref);
#define CLEANUP_MESSAGE   CLEANUP(cleanup_sd_bus_message_unref)
#define CLEANUP_BUS_ERROR CLEANUP(sd_bus_error_free)

static int connect_bus(struct systemd *systemd, struct error *err)
{
	int r;

	if (systemd->bus)
		return 0;
	r = sd_bus_open_system(&systemd->bus);
	if (r < 0)
		return error_sys(err, -r, "connect to the system bus");
	(void)sd_bus_set_method_call_timeout(systemd->bus, CALL_US);
	return 0;
}

static int fail(struct error *err, int r, const sd_bus_error *failure, const char *what,
		const char *unit)
{
	if (failure->message)
		return error_set(err, -r, "%s '%s': %s", what, unit, failure->message);
	return error_sys(err, -r, "%s '%s'", what, unit);
}

/* --- units --- */

static int load_unit(struct systemd *systemd, const char *unit, char **ret_path,
		     struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	const char *path;
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_call_method(systemd->bus, SERVICE, PATH, MANAGER, "LoadUnit", &failure,
			       &reply, "s", unit);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return fail(err, r, &failure, "look for the unit", unit);
	*ret_path = strdup(path);
	return *ret_path ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int get_property(struct systemd *systemd, const char *unit, const char *path,
			const char *name, char **ret_value, struct error *err)
{
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	int r = sd_bus_get_property_string(systemd->bus, SERVICE, path, SERVICE ".Unit",
					   name, &failure, ret_value);

	return r < 0 ? fail(err, r, &failure, "ask about the unit", unit) : 0;
}

static int unit_state(void *data, const char *unit, enum bus_unit_state *ret_state,
		      struct error *err)
{
	static const char *const off[] = { "inactive", "failed", "deactivating" };
	struct systemd *systemd = data;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *load = NULL;
	CLEANUP_FREE char *active = NULL;
	int r = load_unit(systemd, unit, &path, err);

	if (r == 0)
		r = get_property(systemd, unit, path, "LoadState", &load, err);
	if (r == 0)
		r = get_property(systemd, unit, path, "ActiveState", &active, err);
	if (r < 0)
		return r;
	*ret_state = BUS_UNIT_ACTIVE;
	for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
		if (strcmp(active, off[i]) == 0)
			*ret_state = BUS_UNIT_INACTIVE;
	}
	if (*ret_state == BUS_UNIT_INACTIVE && strcmp(load, "not-found") == 0)
		*ret_state = BUS_UNIT_ABSENT;
	return 0;
}

/* --- jobs --- */

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

		if (r < 0)
			return error_sys(err, -r, "wait for the job of the unit '%s'",
					 unit);
		if (r > 0)
			continue;
		if (now >= end)
			return error_set(err, ETIMEDOUT,
					 "the unit '%s' has not finished its job after "
					 "%u s",
					 unit, timeout_ms / 1000);
		r = sd_bus_wait(bus, end - now);
		if (r < 0 && r != -EINTR)
			return error_sys(err, -r, "wait for the job of the unit '%s'",
					 unit);
	}
	if (strcmp(job->result, "done") != 0 && strcmp(job->result, "skipped") != 0)
		return error_set(err, EIO, "the job of the unit '%s' ended with '%s'",
				 unit, job->result);
	return 0;
}

/* Sends a call that answers with a job, and waits for that. */
static int run_job(struct systemd *systemd, sd_bus_message *call, const char *unit,
		   unsigned timeout_ms, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	struct job job = { 0 };
	sd_bus_slot *slot = NULL;
	int r;

	r = sd_bus_match_signal(systemd->bus, &slot, SERVICE, PATH, MANAGER, "JobRemoved",
				job_removed, &job);
	if (r >= 0)
		r = sd_bus_call(systemd->bus, call, CALL_US, &failure, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job.path);
	if (r < 0)
		r = fail(err, r, &failure, "start the job of the unit", unit);
	else
		r = await_job(systemd->bus, &job, unit, timeout_ms, err);
	sd_bus_slot_unref(slot);
	return r;
}

static int unit_job(struct systemd *systemd, const char *method, const char *unit,
		    unsigned timeout_ms, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SERVICE, PATH, MANAGER,
					   method);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", unit, "replace");
	if (r < 0)
		return error_sys(err, -r, "start the job of the unit '%s'", unit);
	return run_job(systemd, call, unit, timeout_ms, err);
}

static int unit_stop(void *data, const char *unit, unsigned timeout_ms, struct error *err)
{
	return unit_job(data, "StopUnit", unit, timeout_ms, err);
}

/* A unit that was started too often, or has failed before, would refuse to start. */
static int unit_start(void *data, const char *unit, unsigned timeout_ms,
		      struct error *err)
{
	struct systemd *systemd = data;
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	(void)sd_bus_call_method(systemd->bus, SERVICE, PATH, MANAGER, "ResetFailedUnit",
				 NULL, NULL, "s", unit);
	return unit_job(systemd, "StartUnit", unit, timeout_ms, err);
}

static void systemd_close(void *data)
{
	struct systemd *systemd = data;

	sd_bus_flush_close_unref(systemd->bus);
	free(systemd);
}

int systemd_open(struct bus *ret_bus, struct error *err)
{
	static const struct bus_ops ops = {
		.unit_state = unit_state,
		.unit_stop = unit_stop,
		.unit_start = unit_start,
		.close = systemd_close,
	};
	struct systemd *systemd = calloc(1, sizeof(*systemd));

	if (!systemd)
		return error_set(err, ENOMEM, "out of memory");
	*ret_bus = (struct bus){ .ops = &ops, .data = systemd };
	return 0;
}
