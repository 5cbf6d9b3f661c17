/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/cpus.h"

#include <errno.h>
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "host/cpus_impl.h"
#include "host/cpus_view.h"
#include "host/sysfs.h"

/*
 * hwloc takes these from the environment only. One component and no plugins: x86 would
 * ask the processor that runs us, not the one the root is of, and costs most of the
 * time; and no other HWLOC_ variable of the user's then brings in another machine.
 */
static const struct {
	const char *name;
	const char *value; /* NULL: the directory that stands for "/" */
} environment[] = {
	{ "HWLOC_FSROOT", NULL },
	{ "HWLOC_COMPONENTS", "linux,stop" },
	{ "HWLOC_PLUGINS_PATH", "" },
	{ "HWLOC_ALLOW", "all" },     /* do not look for our cgroup's share */
	{ "HWLOC_HIDE_ERRORS", "2" }, /* what does not fit together is left out */
};

struct saved {
	char *value[ARRAY_SIZE(environment)];
};

static int environment_set(struct saved *saved, const char *dir, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
		const char *value = getenv(environment[i].name);

		saved->value[i] = value ? strdup(value) : NULL;
		if (value && !saved->value[i])
			return error_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
		const char *value = environment[i].value ? environment[i].value : dir;

		if (setenv(environment[i].name, value, 1) < 0)
			return error_sys(err, errno, "set '%s'", environment[i].name);
	}
	return 0;
}

static void environment_restore(struct saved *saved)
{
	for (size_t i = 0; i < ARRAY_SIZE(environment); i++) {
		if (saved->value[i]) {
			(void)setenv(environment[i].name, saved->value[i], 1);
		} else {
			(void)unsetenv(environment[i].name);
		}
		free(saved->value[i]);
	}
}

DEFINE_CLEANUP(hwloc_topology_t, hwloc_topology_destroy);
#define CLEANUP_TOPOLOGY CLEANUP(cleanup_hwloc_topology_destroy)

static int set_filters(hwloc_topology_t topology)
{
	static const hwloc_obj_type_t wanted[] = { HWLOC_OBJ_PACKAGE, HWLOC_OBJ_DIE,
						   HWLOC_OBJ_CORE, HWLOC_OBJ_L3CACHE,
						   HWLOC_OBJ_L2CACHE };
	int r = hwloc_topology_set_all_types_filter(topology,
						    HWLOC_TYPE_FILTER_KEEP_NONE);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(wanted); i++) {
		r = hwloc_topology_set_type_filter(topology, wanted[i],
						   HWLOC_TYPE_FILTER_KEEP_ALL);
	}
	return r;
}

static int load(hwloc_topology_t topology)
{
	unsigned long flags = HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED |
			      HWLOC_TOPOLOGY_FLAG_DONT_CHANGE_BINDING |
			      HWLOC_TOPOLOGY_FLAG_NO_DISTANCES |
			      HWLOC_TOPOLOGY_FLAG_NO_MEMATTRS |
			      HWLOC_TOPOLOGY_FLAG_NO_CPUKINDS;
	int r = set_filters(topology);

	if (r == 0)
		r = hwloc_topology_set_flags(topology, flags);
	if (r == 0)
		r = hwloc_topology_load(topology);
	return r < 0 ? -errno : 0;
}

/* hwloc says EINVAL for everything; it looks for the masks, not for the lists beside. */
static int load_or_explain(hwloc_topology_t topology, const struct root *root,
			   struct error *err)
{
	int r = load(topology);

	if (r == -EINVAL) {
		return error_set(err, ENOENT,
				 "read the CPU topology below '%s': no CPU in "
				 "'/sys/devices/system/cpu' has 'topology/core_cpus' or "
				 "'topology/thread_siblings'",
				 root->dir);
	}
	if (r < 0)
		return error_sys(err, -r, "read the CPU topology below '%s'", root->dir);
	return 0;
}

static int read_topology(hwloc_topology_t *ret_topology, const struct root *root,
			 struct error *err)
{
	CLEANUP_TOPOLOGY hwloc_topology_t topology = NULL;
	CLEANUP_CPUS_VIEW struct cpus_view view = CPUS_VIEW_NONE;
	struct saved saved = { 0 };
	int r = cpus_view_open(&view, root, err);

	if (r < 0)
		return r;
	r = environment_set(&saved, view.dir, err);
	if (r == 0 && hwloc_topology_init(&topology) < 0)
		r = error_set(err, ENOMEM, "out of memory");
	if (r == 0)
		r = load_or_explain(topology, root, err);
	environment_restore(&saved);
	if (r < 0)
		return r;
	*ret_topology = TAKE_PTR(topology);
	return 0;
}

/* A core on its way from hwloc, with the object that stands for its last-level cache. */
struct found {
	struct cpus_core core;
	hwloc_obj_t cache;
};

static int ancestor_index(hwloc_topology_t topology, hwloc_obj_t obj,
			  hwloc_obj_type_t type)
{
	hwloc_obj_t ancestor = hwloc_get_ancestor_obj_by_type(topology, type, obj);

	return ancestor && ancestor->os_index != HWLOC_UNKNOWN_INDEX
		       ? (int)ancestor->os_index
		       : 0;
}

static hwloc_obj_t find_cache(hwloc_topology_t topology, hwloc_obj_t pu)
{
	static const hwloc_obj_type_t types[] = { HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L2CACHE,
						  HWLOC_OBJ_PACKAGE };
	hwloc_obj_t cache = NULL;

	for (size_t i = 0; !cache && i < ARRAY_SIZE(types); i++)
		cache = hwloc_get_ancestor_obj_by_type(topology, types[i], pu);
	return cache ? cache : hwloc_get_root_obj(topology);
}

static void found_init(struct found *found, hwloc_topology_t topology, hwloc_obj_t pu)
{
	*found = (struct found){
		.core = { .package = ancestor_index(topology, pu, HWLOC_OBJ_PACKAGE),
			  .die = ancestor_index(topology, pu, HWLOC_OBJ_DIE) },
		.cache = find_cache(topology, pu),
	};
}

/* hwloc gives threads in order, those of one core one after the other. */
static int find_cores(struct found *found, size_t *ret_n, hwloc_topology_t topology,
		      struct error *err)
{
	hwloc_obj_t last_core = NULL;
	hwloc_obj_t pu = NULL;
	size_t n = 0;

	while ((pu = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_PU, pu))) {
		hwloc_obj_t obj =
			hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, pu);
		struct cpus_core *core;

		if (n == 0 || !obj || obj != last_core)
			found_init(&found[n++], topology, pu);
		last_core = obj;
		core = &found[n - 1].core;
		if (pu->os_index >= CPUSET_MAX || core->n_cpus == CPUS_THREADS_MAX) {
			return error_set(
				err, ERANGE,
				"read the CPU topology: CPU %u does not fit into "
				"%d CPUs with %d threads a core",
				pu->os_index, CPUSET_MAX, CPUS_THREADS_MAX);
		}
		core->cpu[core->n_cpus++] = pu->os_index;
	}
	*ret_n = n;
	return 0;
}

static int compare_found(const void *a, const void *b)
{
	const struct found *left = a;
	const struct found *right = b;

	return (left->core.cpu[0] > right->core.cpu[0]) -
	       (left->core.cpu[0] < right->core.cpu[0]);
}

static struct cpus_llc describe_llc(hwloc_obj_t cache)
{
	if (!hwloc_obj_type_is_cache(cache->type))
		return (struct cpus_llc){ 0 };
	return (struct cpus_llc){ .level = cache->attr->cache.depth,
				  .size = cache->attr->cache.size };
}

/* Moves the cores over, in the order of their first CPUs, and numbers the caches. */
static void take_cores(struct cpus *cpus, struct found *found, size_t n)
{
	qsort(found, n, sizeof(*found), compare_found);
	for (size_t i = 0; i < n; i++) {
		struct cpus_core *core = &found[i].core;
		size_t first = 0;

		while (found[first].cache != found[i].cache)
			first++;
		if (first == i) {
			cpus->llcs[cpus->n_llcs] = describe_llc(found[i].cache);
			core->llc = (unsigned)cpus->n_llcs++;
		} else {
			core->llc = found[first].core.llc;
		}
		cpus->llcs[core->llc].n_cores++;
		cpus->cores[cpus->n_cores++] = *core;
		for (unsigned t = 0; t < core->n_cpus; t++)
			cpuset_add(&cpus->online, core->cpu[t]);
	}
}

static int fill_cores(struct cpus *cpus, hwloc_topology_t topology, size_t n_pus,
		      struct error *err)
{
	CLEANUP_FREE struct found *found = calloc(n_pus, sizeof(*found));
	size_t n;
	int r;

	if (!found)
		return error_set(err, ENOMEM, "out of memory");
	r = find_cores(found, &n, topology, err);
	if (r < 0)
		return r;
	take_cores(cpus, found, n);
	return 0;
}

static int read_cores(struct cpus *cpus, hwloc_topology_t topology, struct error *err)
{
	int n_pus = hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_PU);

	if (n_pus <= 0)
		return error_set(err, ENOENT, "read the CPU topology: no CPU is online");
	cpus->cores = calloc((size_t)n_pus, sizeof(*cpus->cores));
	cpus->llcs = calloc((size_t)n_pus, sizeof(*cpus->llcs));
	if (!cpus->cores || !cpus->llcs)
		return error_set(err, ENOMEM, "out of memory");
	return fill_cores(cpus, topology, (size_t)n_pus, err);
}

static void take_present(struct cpus *cpus, hwloc_topology_t topology)
{
	hwloc_const_bitmap_t all = hwloc_topology_get_complete_cpuset(topology);

	for (int cpu = hwloc_bitmap_first(all); cpu >= 0 && cpu < CPUSET_MAX;
	     cpu = hwloc_bitmap_next(all, cpu))
		cpuset_add(&cpus->present, (unsigned)cpu);
}

static int read_all(struct cpus *cpus, const struct root *root, struct error *err)
{
	CLEANUP_TOPOLOGY hwloc_topology_t topology = NULL;
	int r;

	r = read_topology(&topology, root, err);
	if (r == 0)
		r = read_cores(cpus, topology, err);
	if (r == 0)
		r = cpus_read_nodes(cpus, root, err);
	if (r == 0) {
		r = cpus_read_list(&cpus->present, root, "sys/devices/system/cpu/present",
				   err);
	}
	if (r == 0 && cpuset_is_empty(&cpus->present))
		take_present(cpus, topology);
	if (r == 0) {
		r = cpus_read_list(&cpus->isolated, root,
				   "sys/devices/system/cpu/isolated", err);
	}
	if (r == 0)
		r = cpus_read_kinds(cpus, root, err);
	if (r == 0)
		r = cpus_read_vendor(cpus, root, err);
	return r;
}

int cpus_read(struct cpus *ret_cpus, const struct root *root, struct error *err)
{
	CLEANUP_CPUS struct cpus cpus = CPUS_NONE;
	int r;

	r = read_all(&cpus, root, err);
	if (r < 0)
		return r;
	*ret_cpus = cpus;
	cpus = CPUS_NONE;
	return 0;
}

void cpus_done(struct cpus *cpus)
{
	free(cpus->cores);
	free(cpus->llcs);
	free(cpus->nodes);
	*cpus = CPUS_NONE;
}

const struct cpus_core *cpus_find_core(const struct cpus *cpus, unsigned cpu)
{
	for (size_t i = 0; i < cpus->n_cores; i++) {
		for (unsigned t = 0; t < cpus->cores[i].n_cpus; t++) {
			if (cpus->cores[i].cpu[t] == cpu)
				return &cpus->cores[i];
		}
	}
	return NULL;
}

const struct cpus_node *cpus_find_node(const struct cpus *cpus, int id)
{
	for (size_t i = 0; i < cpus->n_nodes; i++) {
		if (cpus->nodes[i].id == id)
			return &cpus->nodes[i];
	}
	return NULL;
}

bool cpus_is_present(const struct cpus *cpus, unsigned cpu)
{
	return cpuset_has(&cpus->present, cpu);
}

bool cpus_is_online(const struct cpus *cpus, unsigned cpu)
{
	return cpuset_has(&cpus->online, cpu);
}

bool cpus_has_smt(const struct cpus *cpus)
{
	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (cpus->cores[i].n_cpus > 1)
			return true;
	}
	return false;
}
