/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The CPUs that a unit may use: AllowedCPUs (systemd.resource-control(5)). */

#include <string.h>

#include "base/macro.h"
#include "systemd_impl.h"

/* Properties of control groups belong to the kind of unit. */
static const char *interface_of(const char *unit)
{
	static const char *const kinds[][2] = {
		{ ".slice", SYSTEMD_SERVICE ".Slice" },
		{ ".scope", SYSTEMD_SERVICE ".Scope" },
		{ ".service", SYSTEMD_SERVICE ".Service" },
	};
	const char *dot = strrchr(unit, '.');

	for (size_t i = 0; dot && i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(dot, kinds[i][0]) == 0)
			return kinds[i][1];
	}
	return SYSTEMD_SERVICE ".Unit"; /* which has none: systemd says so */
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

int systemd_cpus_get(void *data, const char *unit, struct cpuset *ret_cpus,
		     bool *ret_is_set, struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *reply = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	CLEANUP_FREE char *path = NULL;
	struct systemd *systemd = data;
	int r = systemd_find_unit(systemd, unit, &path, err);

	if (r < 0)
		return r;
	r = sd_bus_get_property(systemd->bus, SYSTEMD_SERVICE, path, interface_of(unit),
				"AllowedCPUs", &failure, &reply, "ay");
	if (r >= 0)
		r = read_mask(reply, ret_cpus);
	if (r < 0)
		return systemd_fail(err, r, &failure, "ask for AllowedCPUs of", unit);
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
int systemd_cpus_set(void *data, const char *unit, const struct cpuset *cpus,
		     struct error *err)
{
	CLEANUP_MESSAGE sd_bus_message *call = NULL;
	CLEANUP_BUS_ERROR sd_bus_error failure = SD_BUS_ERROR_NULL;
	struct systemd *systemd = data;
	int r = systemd_connect(systemd, err);

	if (r < 0)
		return r;
	r = sd_bus_message_new_method_call(systemd->bus, &call, SYSTEMD_SERVICE,
					   SYSTEMD_PATH, SYSTEMD_MANAGER,
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
		r = sd_bus_call(systemd->bus, call, SYSTEMD_CALL_US, &failure, NULL);
	return r < 0 ? systemd_fail(err, r, &failure, "set AllowedCPUs of", unit) : 0;
}
