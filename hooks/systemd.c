/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bus of hooks/bus.h: systemd's manager on the system bus
 * (org.freedesktop.systemd1(5)).
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "systemd_impl.h"

int systemd_connect(struct systemd *systemd, struct error *err)
{
	int r;

	if (systemd->bus)
		return 0;
	r = sd_bus_open_system(&systemd->bus);
	if (r < 0)
		return error_sys(err, -r, "connect to the system bus");
	(void)sd_bus_set_method_call_timeout(systemd->bus, SYSTEMD_CALL_US);
	return 0;
}

int systemd_fail(struct error *err, int r, const sd_bus_error *failure, const char *what,
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
int systemd_find_unit(struct systemd *systemd, const char *unit, char **ret_path,
		      struct error *err)
{
	int r = systemd_connect(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_path_encode(SYSTEMD_PATH "/unit", unit, ret_path);
	return r < 0 ? systemd_fail(err, r, NULL, "look for the unit", unit) : 0;
}

static int get_property(struct systemd *systemd, const char *unit, const char *path,
			const char *name, char **ret_value, struct error *err)
{
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	int r = sd_bus_get_property_string(systemd->bus, SYSTEMD_SERVICE, path,
					   SYSTEMD_SERVICE ".Unit", name, &failure,
					   ret_value);

	return r < 0 ? systemd_fail(err, r, &failure, "ask about the unit", unit) : 0;
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
	int r = sd_bus_get_property(systemd->bus, SYSTEMD_SERVICE, path,
				    SYSTEMD_SERVICE ".Unit", "Job", &failure, &reply,
				    "(uo)");

	if (r >= 0)
		r = sd_bus_message_read(reply, "(uo)", &id, &job);
	if (r < 0)
		return systemd_fail(err, r, &failure, "ask about the unit", unit);
	/* a job that is gone by now has changed the state, which is read next */
	return id != 0 &&
	       sd_bus_get_property_string(systemd->bus, SYSTEMD_SERVICE, job,
					  SYSTEMD_SERVICE ".Job", "JobType", NULL,
					  &type) >= 0 &&
	       (strcmp(type, "start") == 0 || strcmp(type, "restart") == 0);
}

int systemd_unit_state(void *data, const char *unit, enum bus_unit_state *ret_state,
		       struct error *err)
{
	static const char *const off[] = { "inactive", "failed", "deactivating" };
	struct systemd *systemd = data;
	CLEANUP_FREE char *path = NULL;
	CLEANUP_FREE char *load = NULL;
	CLEANUP_FREE char *active = NULL;
	int queued = 0;
	int r = systemd_find_unit(systemd, unit, &path, err);

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
	int r = systemd_find_unit(systemd, unit, &path, err);

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
	int r = systemd_find_unit(systemd, unit, &path, err);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
		char **units = NULL;

		r = sd_bus_get_property_strv(systemd->bus, SYSTEMD_SERVICE, path,
					     SYSTEMD_SERVICE ".Unit", names[i], &failure,
					     &units);
		/* an older systemd, which does no such thing */
		if (sd_bus_error_has_name(&failure, SD_BUS_ERROR_UNKNOWN_PROPERTY)) {
			r = 0;
		} else if (r < 0) {
			r = systemd_fail(err, r, &failure, "ask what depends on the unit",
					 unit);
		}
		for (size_t j = 0; units && units[j]; j++) {
			buf_addf(ret_names, "%s\n", units[j]);
			free(units[j]);
		}
		free((void *)units);
	}
	return r < 0 ? r : 0;
}

/* --- the host --- */

static int is_going_down(void *data, struct error *err)
{
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	CLEANUP_FREE char *state = NULL;
	struct systemd *systemd = data;
	int r = systemd_connect(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_get_property_string(systemd->bus, SYSTEMD_SERVICE, SYSTEMD_PATH,
				       SYSTEMD_MANAGER, "SystemState", &failure, &state);
	return r < 0 ? systemd_fail(err, r, &failure, "ask for the state of", "systemd")
		     : strcmp(state, "stopping") == 0;
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
		.unit_state = systemd_unit_state,
		.unit_id = unit_id,
		.unit_dependants = unit_dependants,
		.unit_stop = systemd_unit_stop,
		.unit_start = systemd_unit_start,
		.cpus_get = systemd_cpus_get,
		.cpus_set = systemd_cpus_set,
		.hold_sleep = systemd_hold_sleep,
		.is_going_down = is_going_down,
		.close = systemd_close,
	};
	struct systemd *systemd = calloc(1, sizeof(*systemd));

	if (!systemd)
		return error_set(err, ENOMEM, "out of memory");
	*ret_bus = (struct bus){ .ops = &ops, .data = systemd };
	return 0;
}
