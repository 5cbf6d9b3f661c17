/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/cpus_impl.h"
#include "host/sysfs.h"

#define INDEX_MAX 10 /* caches of one CPU; four on x86 */
#define UNKNOWN   UINT32_MAX

/* One of a CPU's caches, by the path of its directory. */
struct cache {
	char path[SYSFS_PATH_MAX];
	uint64_t level;
};

static int read_level(struct cache *cache, const struct root *root, unsigned cpu,
		      unsigned index, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r;

	cache->level = 0;
	r = sysfs_path(cache->path, err, "sys/devices/system/cpu/cpu%u/cache/index%u",
		       cpu, index);
	if (r == 0)
		r = sysfs_path(path, err, "%s/level", cache->path);
	if (r == 0)
		r = sysfs_read_number(&cache->level, root, path, UINT32_MAX, err);
	return r;
}

/* The L3, else the L2; level 0 when there is neither. */
static int find_last(struct cache *ret_cache, const struct root *root, unsigned cpu,
		     struct error *err)
{
	struct cache last = { .level = 0 };

	for (unsigned i = 0; last.level != 3 && i < INDEX_MAX; i++) {
		struct cache cache;
		int r = read_level(&cache, root, cpu, i, err);

		if (r < 0)
			return r;
		if (cache.level == 0)
			break; /* they are numbered without gaps */
		if (cache.level == 2 || cache.level == 3)
			last = cache;
	}
	*ret_cache = last;
	return 0;
}

/* "32768K"; 0 for what is not understood */
static int read_size(uint64_t *ret_size, const struct root *root,
		     const struct cache *cache, struct error *err)
{
	struct error ignored;
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	uint64_t kib = 0;
	size_t len;
	int r;

	r = sysfs_path(path, err, "%s/size", cache->path);
	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r < 0)
		return r;
	len = strlen(text);
	if (len > 0 && text[len - 1] == 'K') {
		text[len - 1] = '\0';
		if (parse_dec(&kib, text, 0, UINT32_MAX, "size", &ignored) < 0)
			kib = 0;
	}
	*ret_size = kib * 1024;
	return 0;
}

/* Gives the core, and all that share the cache with it, the next of llcs. */
static int add_cache(struct cpus *cpus, struct cpus_core *core, const struct cache *cache,
		     const struct root *root, struct error *err)
{
	struct cpus_llc *llc = &cpus->llcs[cpus->n_llcs];
	struct cpuset sharing;
	char mask[SYSFS_PATH_MAX];
	char list[SYSFS_PATH_MAX];
	int r;

	r = sysfs_path(mask, err, "%s/shared_cpu_map", cache->path);
	if (r == 0)
		r = sysfs_path(list, err, "%s/shared_cpu_list", cache->path);
	if (r == 0)
		r = cpus_read_set(&sharing, root, mask, list, err);
	if (r == 0)
		r = read_size(&llc->size, root, cache, err);
	if (r < 0)
		return r;
	llc->level = (unsigned)cache->level;
	cpuset_add(&sharing, core->cpu[0]);
	for (const struct cpus_core *end = cpus->cores + cpus->n_cores; core < end;
	     core++) {
		if (core->llc == UNKNOWN && cpuset_has(&sharing, core->cpu[0])) {
			core->llc = (unsigned)cpus->n_llcs;
			llc->n_cores++;
		}
	}
	cpus->n_llcs++;
	return 0;
}

/* Without a cache that is known: with the others of the package that have none. */
static void join_package(struct cpus *cpus, struct cpus_core *core)
{
	const struct cpus_core *other = cpus->cores;

	while (other < core &&
	       (cpus->llcs[other->llc].level > 0 || other->package != core->package))
		other++;
	core->llc = other < core ? other->llc : (unsigned)cpus->n_llcs++;
	cpus->llcs[core->llc].n_cores++;
}

int cpus_read_caches(struct cpus *cpus, const struct root *root, struct error *err)
{
	int r = 0;

	cpus->llcs = calloc(cpus->n_cores, sizeof(*cpus->llcs));
	if (!cpus->llcs)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < cpus->n_cores; i++)
		cpus->cores[i].llc = UNKNOWN;

	for (size_t i = 0; r == 0 && i < cpus->n_cores; i++) {
		struct cpus_core *core = &cpus->cores[i];
		struct cache cache;

		if (core->llc != UNKNOWN)
			continue;
		r = find_last(&cache, root, core->cpu[0], err);
		if (r == 0 && cache.level > 0) {
			r = add_cache(cpus, core, &cache, root, err);
		} else if (r == 0) {
			join_package(cpus, core);
		}
	}
	return r;
}
