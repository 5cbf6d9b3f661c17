/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bus of hooks/bus.h: systemd's manager on the system bus
 * (org.freedesktop.systemd1(5)). A module: libsystemd, with the compression and the
 * cryptography that it brings along, takes most of the time that the hook would need to
 * start, and a guest that has neither units nor cores of its own needs none of it.
 */

#include "systemd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
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
	if (failure && failure->message)
		return error_set(err, -r, "%s '%s': %s", what, unit, failure->message);
	return error_sys(err, -r, "%s '%s'", what, unit);
}

/* --- units --- */

/*
 * Where the manager has it: it loads a unit that it is asked about, so there is nothing
 * to call before (org.freedesktop.systemd1(5)).
 */
static int find_unit(struct systemd *systemd, const char *unit, char **ret_path,
		     struct error *err)
{
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_path_encode(PATH "/unit", unit, ret_path);
	return r < 0 ? fail(err, r, NULL, "look for the unit", unit) : 0;
}

static int get_property(struct systemd *systemd, const char *unit, const char *path,
			const char *name, char **ret_value, struct error *err)
{
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	int r = sd_bus_get_property_string(systemd->bus, SERVICE, path, SERVICE ".Unit",
					   name, &failure, ret_value);

	return r < 0 ? fail(err, r, &failure, "ask about the unit", unit) : 0;
}

/* Whether a job waits that starts it, as at boot: it is on its way then. */
static int is_queued(struct systemd *systemd, const char *unit, const char *path,
		     struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	CLEANUP_FREE char *type = NULL;
	const char *job;
	uint32_t id;
	int r = sd_bus_get_property(systemd->bus, SERVICE, path, SERVICE ".Unit", "Job",
				    &failure, &reply, "(uo)");

	if (r >= 0)
		r = sd_bus_message_read(reply, "(uo)", &id, &job);
	if (r < 0)
		return fail(err, r, &failure, "ask about the unit", unit);
	/* a job that is gone by now has changed the state, which is read next */
	return id != 0 &&
	       sd_bus_get_property_string(systemd->bus, SERVICE, job, SERVICE ".Job",
					  "JobType", NULL, &type) >= 0 &&
	       (strcmp(type, "start") == 0 || strcmp(type, "restart") == 0);
}

static int unit_state(void *data, const char *unit, enum bus_unit_state *ret_state,
		      struct error *err)
{
	static const char *const off[] = { "inactive", "failed", "deactivating" };
	struct systemd *systemd = data;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *load = NULL;
	CLEANUP_FREE char *active = NULL;
	int queued = 0;
	int r = find_unit(systemd, unit, &path, err);

	if (r == 0)
		r = get_property(systemd, unit, path, "LoadState", &load, err);
	if (r == 0)
		r = queued = is_queued(systemd, unit, path, err);
	if (r >= 0)
		r = get_property(systemd, unit, path, "ActiveState", &active, err);
	if (r < 0 || !load || !active)
		return r;
	*ret_state = BUS_UNIT_ACTIVE;
	for (size_t i = 0; !queued && i < ARRAY_SIZE(off); i++) {
		if (strcmp(active, off[i]) == 0)
			*ret_state = BUS_UNIT_INACTIVE;
	}
	if (*ret_state == BUS_UNIT_INACTIVE && strcmp(load, "not-found") == 0)
		*ret_state = BUS_UNIT_ABSENT;
	if (*ret_state == BUS_UNIT_INACTIVE && strcmp(load, "masked") == 0)
		*ret_state = BUS_UNIT_MASKED;
	return 0;
}

static int unit_id(void *data, const char *unit, char ret_id[static BUS_UNIT_MAX],
		   struct error *err)
{
	struct systemd *systemd = data;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *id = NULL;
	int r = find_unit(systemd, unit, &path, err);

	if (r == 0)
		r = get_property(systemd, unit, path, "Id", &id, err);
	if (r == 0 && strlen(id) >= BUS_UNIT_MAX) {
		r = error_set(err, EIO, "the unit '%s' has a name that is too long",
			      unit);
	}
	if (r == 0)
		memcpy(ret_id, id, strlen(id) + 1);
	return r;
}

/* The other sides of Requires=, Requisite=, BindsTo=, PartOf= and StopPropagatedFrom=. */
static int unit_dependants(void *data, const char *unit, struct buf *ret_names,
			   struct error *err)
{
	static const char *const names[] = { "RequiredBy", "RequisiteOf", "BoundBy",
					     "ConsistsOf", "PropagatesStopTo" };
	struct systemd *systemd = data;
	CLEANUP_FREE char *path = NULL;
	int r = find_unit(systemd, unit, &path, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
		char **units = NULL;

		r = sd_bus_get_property_strv(systemd->bus, SERVICE, path, SERVICE ".Unit",
					     names[i], &failure, &units);
		/* an older systemd, which does no such thing */
		if (sd_bus_error_has_name(&failure, SD_BUS_ERROR_UNKNOWN_PROPERTY)) {
			r = 0;
		} else if (r < 0) {
			r = fail(err, r, &failure, "ask what depends on the unit", unit);
		}
		for (size_t j = 0; units && units[j]; j++) {
			buf_addf(ret_names, "%s\n", units[j]);
			free(units[j]);
		}
		free((void *)units);
	}
	return r < 0 ? r : 0;
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
	if (r < 0) {
		r = fail(err, r, &failure, "start the job of the unit", unit);
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

/* --- the CPUs of a unit --- */

/* Properties of control groups belong to the kind of unit. */
static const char *interface_of(const char *unit)
{
	static const char *const kinds[][2] = {
		{ ".slice", SERVICE ".Slice" },
		{ ".scope", SERVICE ".Scope" },
		{ ".service", SERVICE ".Service" },
	};
	const char *dot = strrchr(unit, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(dot, kinds[i][0]) == 0)
			return kinds[i][1];
	}
	return SERVICE ".Unit"; /* which has none: systemd says so */
}

/* A mask: the first byte holds the CPUs 0 to 7, the lowest bit first. */
static int read_mask(sd_bus_message *reply, struct cpuset *ret_cpus)
{
	struct cpuset cpus = CPUSET_NONE;
	const uint8_t *mask;
	const void *data;
	size_t len;
	int r = sd_bus_message_read_array(reply, 'y', &data, &len);

	if (r < 0)
		return r;
	mask = data;
	for (size_t cpu = 0; cpu < len * 8 && cpu < CPUSET_MAX; cpu++) {
		if (mask[cpu / 8] >> cpu % 8 & 1)
			cpuset_add(&cpus, (unsigned)cpu);
	}
	*ret_cpus = cpus;
	return 0;
}

static int cpus_get(void *data, const char *unit, struct cpuset *ret_cpus,
		    bool *ret_is_set, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	CLEANUP_FREE char *path = NULL;
	struct systemd *systemd = data;
	int r = find_unit(systemd, unit, &path, err);

	if (r < 0)
		return r;
	r = sd_bus_get_property(systemd->bus, SERVICE, path, interface_of(unit),
				"AllowedCPUs", &failure, &reply, "ay");
	if (r >= 0)
		r = read_mask(reply, ret_cpus);
	if (r < 0)
		return fail(err, r, &failure, "ask for AllowedCPUs of", unit);
	*ret_is_set = !cpuset_is_empty(ret_cpus);
	return 0;
}

static int append_mask(sd_bus_message *call, const struct cpuset *cpus)
{
	uint8_t mask[CPUSET_MAX / 8] = { 0 };
	size_t len = 0;

	for (int cpu = cpus ? cpuset_next(cpus, 0) : -1; cpu >= 0;
	     cpu = cpuset_next(cpus, (unsigned)cpu + 1)) {
		mask[cpu / 8] |= (uint8_t)(1U << cpu % 8);
		len = (size_t)cpu / 8 + 1;
	}
	return sd_bus_message_append_array(call, 'y', mask, len);
}

/* SetUnitProperties(UNIT, at run time only, [("AllowedCPUs", MASK)]) */
static int cpus_set(void *data, const char *unit, const struct cpuset *cpus,
		    struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	struct systemd *systemd = data;
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SERVICE, PATH, MANAGER,
					   "SetUnitProperties");
	if (r >= 0)
		r = sd_bus_message_append(call, "sb", unit, 1);
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'a', "(sv)");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'r', "sv");
	if (r >= 0)
		r = sd_bus_message_append(call, "s", "AllowedCPUs");
	if (r >= 0)
		r = sd_bus_message_open_container(call, 'v', "ay");
	if (r >= 0)
		r = append_mask(call, cpus);
	for (int depth = 0; r >= 0 && depth < 3; depth++)
		r = sd_bus_message_close_container(call);
	if (r >= 0)
		r = sd_bus_call(systemd->bus, call, CALL_US, &failure, NULL);
	return r < 0 ? fail(err, r, &failure, "set AllowedCPUs of", unit) : 0;
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
		"t", (uint64_t)CALL_US, "ExecStartEx", "a(sasas)", 1,
		"/usr/bin/systemd-inhibit", 8, "systemd-inhibit", "--what=sleep",
		"--mode=block", "--who=vfiokit", why_option, "/bin/sh", "-c",
		"systemd-notify --ready && exec sleep infinity", 1, "no-env-expand", 0);
}

static int hold_sleep(void *data, const char *unit, const char *why, unsigned timeout_ms,
		      struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	struct systemd *systemd = data;
	enum bus_unit_state state = BUS_UNIT_ABSENT;
	int r = unit_state(systemd, unit, &state, err);

	if (r < 0 || state == BUS_UNIT_ACTIVE)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SERVICE, PATH, MANAGER,
					   "StartTransientUnit");
	if (r >= 0)
		r = append_holder(call, unit, why);
	if (r < 0)
		return error_sys(err, -r, "start the unit '%s'", unit);
	return run_job(systemd, call, unit, timeout_ms, err);
}

/* --- the host --- */

static int is_going_down(void *data, struct error *err)
{
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	CLEANUP_FREE char *state = NULL;
	struct systemd *systemd = data;
	int r = connect_bus(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_get_property_string(systemd->bus, SERVICE, PATH, MANAGER,
				       "SystemState", &failure, &state);
	return r < 0 ? fail(err, r, &failure, "ask for the state of", "systemd")
		     : strcmp(state, "stopping") == 0;
}

static void systemd_close(void *data)
{
	struct systemd *systemd = data;

	sd_bus_flush_close_unref(systemd->bus);
	free(systemd);
}

static int open_bus(struct bus *bus, struct error *err)
{
	static const struct bus_ops ops = {
		.unit_state = unit_state,
		.unit_id = unit_id,
		.unit_dependants = unit_dependants,
		.unit_stop = unit_stop,
		.unit_start = unit_start,
		.cpus_get = cpus_get,
		.cpus_set = cpus_set,
		.hold_sleep = hold_sleep,
		.is_going_down = is_going_down,
		.close = systemd_close,
	};
	struct systemd *systemd = calloc(1, sizeof(*systemd));

	if (!systemd)
		return error_set(err, ENOMEM, "out of memory");
	bus->ops = &ops;
	bus->data = systemd;
	return 0;
}

__attribute__((__visibility__("default"))) const struct systemd_module vfiokit_systemd = {
	.offer = { SYSTEMD_VERSION },
	.open = open_bus,
	.find_libvirt = systemd_find_libvirt,
};
