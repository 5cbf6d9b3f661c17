/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/cpus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "host/cpus_impl.h"
#include "host/sysfs.h"

#define CPUS "sys/devices/system/cpu"

typedef int parse_fn(struct cpuset *ret_set, const char *text, const char *what,
		     struct error *err);

/* A file that is not there is an empty set. */
static int read_as(struct cpuset *ret_set, const struct root *root, const char *path,
		   parse_fn *parse, struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	char what[SYSFS_PATH_MAX];
	int r;

	r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r == 0)
		r = sysfs_path(what, err, "read '/%s'", path);
	return r < 0 ? r : parse(ret_set, text, what, err);
}

int cpus_read_list(struct cpuset *ret_set, const struct root *root, const char *path,
		   struct error *err)
{
	return read_as(ret_set, root, path, cpuset_parse, err);
}

int cpus_read_set(struct cpuset *ret_set, const struct root *root, const char *mask,
		  const char *list, struct error *err)
{
	int r = read_as(ret_set, root, mask, cpuset_parse_mask, err);

	if (r == 0 && cpuset_is_empty(ret_set))
		r = cpus_read_list(ret_set, root, list, err);
	return r;
}

/* The threads of a CPU's core, under its name since 5.3 or the one before; or empty. */
static int read_threads(struct cpuset *ret_set, const struct root *root, unsigned cpu,
			struct error *err)
{
	static const char *const names[] = { "core_cpus", "thread_siblings" };
	struct cpuset set = CPUSET_NONE;
	char mask[SYSFS_PATH_MAX];
	char list[SYSFS_PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++) {
		r = sysfs_path(mask, err, CPUS "/cpu%u/topology/%s", cpu, names[i]);
		if (r == 0)
			r = sysfs_path(list, err, "%s_list", mask);
		if (r == 0)
			r = cpus_read_set(&set, root, mask, list, err);
		if (r == 0 && !cpuset_is_empty(&set))
			break;
	}
	*ret_set = set;
	return r;
}

/* A kernel that does not know an ID has no file, or -1 in it. */
static int read_id(int *ret_id, const struct root *root, unsigned cpu, const char *name,
		   struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	uint64_t id = 0;
	int r;

	r = sysfs_path(path, err, CPUS "/cpu%u/topology/%s", cpu, name);
	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r == 0 && text[0] != '\0' && strcmp(text, "-1") != 0) {
		r = parse_dec(&id, text, 0, INT32_MAX, "ID", err);
		if (r < 0)
			return error_wrap(err, "read '/%s'", path);
	}
	*ret_id = (int)id;
	return r;
}

static int take_thread(struct cpus *cpus, struct cpus_core *core, unsigned cpu,
		       struct error *err)
{
	if (core->n_cpus == CPUS_THREADS_MAX) {
		return error_set(err, ERANGE,
				 "read the CPU topology: the core of CPU %u has more "
				 "than %d threads",
				 core->cpu[0], CPUS_THREADS_MAX);
	}
	core->cpu[core->n_cpus++] = cpu;
	cpuset_add(&cpus->online, cpu);
	return 0;
}

/*
 * Adds the core that cpu is the first thread of. `rest` are the CPUs that no core has
 * yet: where masks contradict each other, the core of the lower CPU has them.
 */
static int add_core(struct cpus *cpus, const struct root *root, unsigned cpu,
		    struct cpuset *rest, struct error *err)
{
	struct cpus_core core = { .node = -1 };
	struct cpuset threads;
	int r = read_threads(&threads, root, cpu, err);

	if (r < 0 || cpuset_is_empty(&threads))
		return r;
	cpuset_add(&threads, cpu);
	for (int t = cpuset_next(&threads, cpu); r == 0 && t >= 0;
	     t = cpuset_next(&threads, (unsigned)t + 1)) {
		if (cpuset_has(rest, (unsigned)t))
			r = take_thread(cpus, &core, (unsigned)t, err);
	}
	cpuset_remove_all(rest, &threads);
	if (r == 0)
		r = read_id(&core.package, root, cpu, "physical_package_id", err);
	if (r == 0)
		r = read_id(&core.die, root, cpu, "die_id", err);
	if (r == 0)
		cpus->cores[cpus->n_cores++] = core;
	return r;
}

/* The CPUs that have a directory, for a tree without the list of them. */
static int list_cpus(struct cpuset *ret_set, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, root, CPUS, err);

	if (r < 0)
		return r;
	*ret_set = CPUSET_NONE;
	for (size_t i = 0; i < names.n; i++) {
		struct error ignored;
		uint64_t cpu;

		/* beside them stand "cpufreq", "cpuidle" and files */
		if (strncmp(names.v[i], "cpu", 3) == 0 &&
		    parse_dec(&cpu, names.v[i] + 3, 0, CPUSET_MAX - 1, "CPU", &ignored) ==
			    0)
			cpuset_add(ret_set, (unsigned)cpu);
	}
	return 0;
}

static int read_cores(struct cpus *cpus, const struct root *root, struct error *err)
{
	struct cpuset rest;
	int r = cpus_read_list(&rest, root, CPUS "/online", err);

	if (r == 0 && cpuset_is_empty(&rest))
		rest = cpus->present;
	if (r < 0)
		return r;
	cpus->cores = calloc(cpuset_count(&rest) + 1, sizeof(*cpus->cores));
	if (!cpus->cores)
		return error_set(err, ENOMEM, "out of memory");

	for (int cpu = cpuset_next(&rest, 0); r == 0 && cpu >= 0;
	     cpu = cpuset_next(&rest, (unsigned)cpu + 1))
		r = add_core(cpus, root, (unsigned)cpu, &rest, err);
	if (r == 0 && cpus->n_cores == 0) {
		r = error_set(err, ENOENT,
			      "read the CPU topology below '%s': no CPU in '/" CPUS
			      "' has 'topology/core_cpus' or 'topology/thread_siblings', "
			      "or the list of either",
			      root->dir);
	}
	return r;
}

static int read_present(struct cpus *cpus, const struct root *root, struct error *err)
{
	int r = cpus_read_list(&cpus->present, root, CPUS "/present", err);

	if (r == 0 && cpuset_is_empty(&cpus->present))
		r = list_cpus(&cpus->present, root, err);
	return r;
}

static int read_all(struct cpus *cpus, const struct root *root, struct error *err)
{
	int r = read_present(cpus, root, err);

	if (r == 0)
		r = read_cores(cpus, root, err);
	if (r == 0)
		r = cpus_read_caches(cpus, root, err);
	if (r == 0)
		r = cpus_read_nodes(cpus, root, err);
	if (r == 0)
		r = cpus_read_list(&cpus->isolated, root, CPUS "/isolated", err);
	if (r == 0)
		r = cpus_read_kinds(cpus, root, err);
	if (r == 0)
		r = cpus_read_vendor(cpus, root, err);
	return r;
}

int cpus_read(struct cpus *ret_cpus, const struct root *root, struct error *err)
{
	struct cpus cpus = CPUS_NONE;
	int r = read_all(&cpus, root, err);

	if (r < 0) {
		cpus_done(&cpus);
		return r;
	}
	*ret_cpus = cpus;
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
