/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "host/cpus_impl.h"
#include "host/sysfs.h"

#define CPUINFO_MAX 8192 /* the first CPU's part of /proc/cpuinfo */

static int read_kinds_from_pmus(struct cpus *cpus, const struct root *root,
				struct error *err)
{
	static const struct {
		const char *path;
		enum cpus_kind kind;
	} pmus[] = {
		{ "sys/devices/cpu_core/cpus", CPUS_KIND_P },
		{ "sys/devices/cpu_atom/cpus", CPUS_KIND_E },
		{ "sys/devices/cpu_lowpower/cpus", CPUS_KIND_LPE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(pmus); i++) {
		struct cpuset members;
		int r = cpus_read_list(&members, root, pmus[i].path, err);

		if (r < 0)
			return r;
		for (size_t c = 0; c < cpus->n_cores; c++) {
			if (cpuset_has(&members, cpus->cores[c].cpu[0]))
				cpus->cores[c].kind = pmus[i].kind;
		}
	}
	return 0;
}

/* Reads a value for each core. Positive when some core does not have the attribute. */
static int read_values(uint64_t *value, const struct cpus *cpus, const struct root *root,
		       const char *attribute, struct error *err)
{
	for (size_t i = 0; i < cpus->n_cores; i++) {
		char path[SYSFS_PATH_MAX];
		int r;

		value[i] = 0;
		r = sysfs_path(path, err, "sys/devices/system/cpu/cpu%u/%s",
			       cpus->cores[i].cpu[0], attribute);
		if (r == 0)
			r = sysfs_read_number(&value[i], root, path, UINT32_MAX, err);
		if (r < 0)
			return r;
		if (value[i] == 0)
			return 1;
	}
	return 0;
}

static void judge(struct cpus *cpus, const uint64_t *value)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (value[i] > highest)
			highest = value[i];
	}
	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (value[i] * 10 < highest * 8)
			cpus->cores[i].kind = CPUS_KIND_E;
	}
}

/* Positive as read_values(). */
static int read_kinds_from(struct cpus *cpus, const struct root *root,
			   const char *attribute, struct error *err)
{
	uint64_t *value = calloc(cpus->n_cores, sizeof(*value));
	int r;

	if (!value)
		return error_set(err, ENOMEM, "out of memory");
	r = read_values(value, cpus, root, attribute, err);
	if (r == 0)
		judge(cpus, value);
	free(value);
	return r;
}

static bool has_two_kinds(const struct cpus *cpus)
{
	for (size_t i = 1; i < cpus->n_cores; i++) {
		if (cpus->cores[i].kind != cpus->cores[0].kind)
			return true;
	}
	return false;
}

int cpus_read_kinds(struct cpus *cpus, const struct root *root, struct error *err)
{
	int r = read_kinds_from_pmus(cpus, root, err);

	if (r == 0 && !sysfs_exists(root, "sys/devices/cpu_core")) {
		r = read_kinds_from(cpus, root, "cpu_capacity", err);
		if (r > 0)
			r = read_kinds_from(cpus, root, "cpufreq/cpuinfo_max_freq", err);
	}
	cpus->is_hybrid = has_two_kinds(cpus);
	return r < 0 ? r : 0;
}

/*
 * The flag is asked for because a host that is itself a guest may lack it, and QEMU then
 * refuses the feature. A captured /proc/cpuinfo need not have the line of flags.
 */
int cpus_read_vendor(struct cpus *cpus, const struct root *root, struct error *err)
{
	char text[CPUINFO_MAX];
	int r;

	r = sysfs_read_start(root, "proc/cpuinfo", text, sizeof(text), err);
	if (r < 0)
		return r;
	cpus->is_amd = strstr(text, "AuthenticAMD") || strstr(text, "HygonGenuine");
	cpus->has_topoext =
		cpus->is_amd && (strstr(text, " topoext") || !strstr(text, "\nflags"));
	return 0;
}
