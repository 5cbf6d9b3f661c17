/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakebus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakekernel_impl.h"
#include "host/sysfs.h"
#include "killpoint.h"

#define UNIT   ".bus/units/%s"
#define NEEDED ".bus/needed/%s"
#define CPUS   ".bus/cpus/%s"
#define CGROUP "sys/fs/cgroup/%s/cpuset.cpus"

#define ANSWER_MS 10000 /* as the true bus waits for an answer */

/* The unit's own name: that of an alias stands in a file. */
static const char *resolve(const struct root *root, const char *unit,
			   char id[static FAKEFILE_MAX])
{
	return fakefile_get(root, id, ".bus/alias/%s", unit) ? id : unit;
}

static int unit_state(void *data, const char *unit, enum bus_unit_state *ret_state,
		      UNUSED struct error *err)
{
	const struct fakebus *bus = data;
	char state[FAKEFILE_MAX];
	char id[FAKEFILE_MAX];

	*ret_state = BUS_UNIT_ABSENT;
	if (!fakefile_get(bus->root, state, UNIT, resolve(bus->root, unit, id)))
		return 0;
	*ret_state = BUS_UNIT_INACTIVE;
	if (strcmp(state, "active") == 0)
		*ret_state = BUS_UNIT_ACTIVE;
	if (strcmp(state, "masked") == 0)
		*ret_state = BUS_UNIT_MASKED;
	return 0;
}

static int unit_id(void *data, const char *unit, char ret_id[static BUS_UNIT_MAX],
		   UNUSED struct error *err)
{
	const struct fakebus *bus = data;
	char id[FAKEFILE_MAX];

	(void)snprintf(ret_id, BUS_UNIT_MAX, "%.*s", BUS_UNIT_MAX - 1,
		       resolve(bus->root, unit, id));
	return 0;
}

static int unit_dependants(void *data, const char *unit, struct buf *ret_names,
			   UNUSED struct error *err)
{
	const struct fakebus *bus = data;
	char names[FAKEFILE_MAX];
	char id[FAKEFILE_MAX];

	if (fakefile_get(bus->root, names, NEEDED, resolve(bus->root, unit, id)))
		buf_addf(ret_names, "%s\n", names);
	return 0;
}

/* --- changes --- */

struct change {
	const char *name; /* "stop" */
	unsigned timeout_ms;
	int (*run)(const struct root *root, const char *unit, const void *data);
	const void *data;
};

static int try_change(const struct fakebus *bus, const struct change *change,
		      const char *unit, const char *effect, struct error *err)
{
	enum fakefault_kind fault = fakefault_next(bus->faults, effect, "");
	int r;

	switch (fault) {
	case FAKEFAULT_NONE:
		r = change->run(bus->root, unit, change->data);
		break;
	case FAKEFAULT_NOTHING:
		return 0;
	case FAKEFAULT_HANG:
		fakekernel_pass(bus->root, change->timeout_ms);
		return error_set(err, ETIMEDOUT,
				 "the unit '%s' has not finished its job after %u s",
				 unit, change->timeout_ms / 1000);
	case FAKEFAULT_SHORT: /* there is no such thing */
		r = -EIO;
		break;
	default:
		r = -fakefault_errno(fault);
	}
	return r < 0 ? error_sys(err, -r, "%s the unit '%s'", change->name, unit) : 0;
}

static int make_change(const struct fakebus *bus, const struct change *change,
		       const char *unit, struct error *err)
{
	char effect[FAKEFILE_MAX + 8];
	char id[FAKEFILE_MAX];
	int r;

	unit = resolve(bus->root, unit, id);
	(void)snprintf(effect, sizeof(effect), "%s %s", change->name, unit);
	killpoint("before", effect);
	killpoint_hold(true);
	r = try_change(bus, change, unit, effect, err);
	killpoint_hold(false);
	killpoint("after", effect);
	return r;
}

/* --- units --- */

static void objects_of(char list[static SYSFS_PATH_MAX], const char *unit)
{
	(void)snprintf(list, SYSFS_PATH_MAX, ".bus/objects/%s", unit);
}

static int stop(const struct root *root, const char *unit, const void *data);
static int start(const struct root *root, const char *unit, const void *data);

static bool is_active(const struct root *root, const char *unit)
{
	char state[FAKEFILE_MAX];

	return fakefile_get(root, state, UNIT, unit) && strcmp(state, "active") == 0;
}

static void stop_dependants(const struct root *root, const char *unit)
{
	char names[FAKEFILE_MAX];
	char *save = NULL;

	(void)fakefile_get(root, names, NEEDED, unit);
	for (char *name = strtok_r(names, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save)) {
		if (is_active(root, name))
			(void)stop(root, name, NULL);
	}
}

static bool needs(const struct root *root, const char *unit, const char *other)
{
	char names[FAKEFILE_MAX];
	char *save = NULL;

	(void)fakefile_get(root, names, NEEDED, other);
	for (char *name = strtok_r(names, "\n", &save); name;
	     name = strtok_r(NULL, "\n", &save)) {
		if (strcmp(name, unit) == 0)
			return true;
	}
	return false;
}

static void start_needed(const struct root *root, const char *unit)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names others = SYSFS_NAMES_NONE;
	struct error err;

	if (sysfs_list(&others, root, ".bus/needed", &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < others.n; i++) {
		if (needs(root, unit, others.v[i]) && !is_active(root, others.v[i]))
			(void)start(root, others.v[i], NULL);
	}
}

/* A transient one is no more when it has stopped. */
static int stop(const struct root *root, const char *unit, UNUSED const void *data)
{
	char list[SYSFS_PATH_MAX];

	if (!fakefile_has(root, UNIT, unit))
		return -ENOENT;
	if (fakefile_has(root, ".bus/transient/%s", unit)) {
		fakefile_remove(root, ".bus/transient/%s", unit);
		fakefile_remove(root, UNIT, unit);
	} else {
		fakefile_put(root, "inactive", UNIT, unit);
	}
	objects_of(list, unit);
	fakeobjects_hide(root, list);
	stop_dependants(root, unit);
	return 0;
}

static int start(const struct root *root, const char *unit, UNUSED const void *data)
{
	char list[SYSFS_PATH_MAX];

	char state[FAKEFILE_MAX];

	if (!fakefile_get(root, state, UNIT, unit))
		return -ENOENT;
	if (strcmp(state, "masked") == 0)
		return -EPERM;
	fakefile_put(root, "active", UNIT, unit);
	start_needed(root, unit);
	objects_of(list, unit);
	fakeobjects_show(root, list);
	return 0;
}

static int unit_stop(void *data, const char *unit, unsigned timeout_ms, struct error *err)
{
	struct change change = { "stop", timeout_ms, stop, NULL };

	return make_change(data, &change, unit, err);
}

static int unit_start(void *data, const char *unit, unsigned timeout_ms,
		      struct error *err)
{
	struct change change = { "start", timeout_ms, start, NULL };

	return make_change(data, &change, unit, err);
}

static int start_transient(const struct root *root, const char *unit, const void *why)
{
	fakefile_put(root, "active", UNIT, unit);
	fakefile_put(root, why, ".bus/transient/%s", unit);
	return 0;
}

static int hold_sleep(void *data, const char *unit, const char *why, unsigned timeout_ms,
		      struct error *err)
{
	struct change change = { "sleep", timeout_ms, start_transient, why };

	return make_change(data, &change, unit, err);
}

/* --- processors --- */

static int cpus_get(void *data, const char *unit, struct cpuset *ret_cpus,
		    bool *ret_is_set, struct error *err)
{
	const struct fakebus *bus = data;
	char text[FAKEFILE_MAX];

	*ret_is_set = fakefile_get(bus->root, text, CPUS, unit);
	return cpuset_parse(ret_cpus, text, unit, err);
}

static int set_cpus(const struct root *root, const char *unit, const void *data)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	char path[SYSFS_PATH_MAX];

	if (data)
		cpuset_format(data, &text);
	(void)snprintf(path, sizeof(path), CGROUP, unit);
	if (data) {
		fakefile_put(root, buf_text(&text), CPUS, unit);
		fakefile_put(root, buf_text(&text), "%s", path);
	} else {
		fakefile_remove(root, CPUS, unit);
		if (!fakefile_has(root, ".bus/keeps/%s", unit))
			fakekernel_later(root, FAKEBUS_UNSET_MS, "", path);
	}
	return 0;
}

static int cpus_set(void *data, const char *unit, const struct cpuset *cpus,
		    struct error *err)
{
	struct change change = { "cpus", ANSWER_MS, set_cpus, cpus };

	return make_change(data, &change, unit, err);
}

static int is_going_down(void *data, UNUSED struct error *err)
{
	const struct fakebus *bus = data;

	return fakefile_has(bus->root, ".bus/down");
}

struct bus fakebus_bus(struct fakebus *fakebus)
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
	};

	return (struct bus){ .ops = &ops, .data = fakebus };
}
