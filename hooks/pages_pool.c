/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The pools of huge pages: one for each page size and NUMA node. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "host/hugepages.h"
#include "host/meminfo.h"
#include "pages.h"

#define NODES "sys/devices/system/node"
#define POOLS "hugepages/hugepages-%" PRIu64 "kB/%s"

#define SIZE_TEXT_MAX 25

void pages_pools_done(struct pages_pools *pools)
{
	free(pools->v);
	*pools = PAGES_POOLS_NONE;
}

static void format_size(uint64_t kib, char text[static SIZE_TEXT_MAX])
{
	static const char *const units[] = { "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && kib > 0 && kib % 1024 == 0) {
		kib /= 1024;
		unit++;
	}
	(void)snprintf(text, SIZE_TEXT_MAX, "%" PRIu64 " %s", kib, units[unit]);
}

const char *pages_text(uint64_t n, uint64_t page_kib, char text[static PAGES_TEXT_MAX])
{
	char size[SIZE_TEXT_MAX];

	format_size(page_kib, size);
	(void)snprintf(text, PAGES_TEXT_MAX, "%" PRIu64 " huge page%s of %s", n,
		       n == 1 ? "" : "s", size);
	return text;
}

const char *pages_node_text(int node, char text[static PAGES_TEXT_MAX])
{
	if (node == PAGES_HOST) {
		(void)snprintf(text, PAGES_TEXT_MAX, "the host");
	} else {
		(void)snprintf(text, PAGES_TEXT_MAX, "NUMA node %d", node);
	}
	return text;
}

int pages_pool_path(char path[static SYSFS_PATH_MAX], const struct pages_pool *pool,
		    const char *name, struct error *err)
{
	if (pool->node == PAGES_HOST) {
		return sysfs_path(path, err, "sys/kernel/mm/" POOLS, pool->page_kib,
				  name);
	}
	return sysfs_path(path, err, NODES "/node%d/" POOLS, pool->node, pool->page_kib,
			  name);
}

static int read_number(uint64_t *value, const struct pages_pool *pool, const char *name,
		       const struct root *root, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = pages_pool_path(path, pool, name, err);

	*value = 0;
	return r < 0 ? r : sysfs_read_number(value, root, path, UINT32_MAX, err);
}

/* All the memory of the node, of which there is no more than that many pages. */
static int read_limit(struct pages_pool *pool, const struct root *root, struct error *err)
{
	char path[SYSFS_PATH_MAX] = "proc/meminfo";
	char meminfo[SYSFS_PAGE_MAX];
	uint64_t kib = 0;
	int r = 0;

	if (pool->node != PAGES_HOST)
		r = sysfs_path(path, err, NODES "/node%d/meminfo", pool->node);
	if (r == 0)
		r = sysfs_read_start(root, path, meminfo, sizeof(meminfo), err);
	if (r < 0)
		return r;
	meminfo_find(&kib, meminfo, "MemTotal");
	if (kib == 0) { /* it does not say */
		pool->n_limit = UINT32_MAX;
		return 0;
	}
	kib /= pool->page_kib;
	pool->n_limit = kib > pool->n_total ? kib - pool->n_total : 0;
	return 0;
}

int pages_pool_count(struct pages_pool *pool, const struct root *root, struct error *err)
{
	int r = read_number(&pool->n_total, pool, "nr_hugepages", root, err);

	if (r == 0)
		r = read_number(&pool->n_surplus, pool, "surplus_hugepages", root, err);
	return r;
}

int pages_pool_read(struct pages_pool *pool, const struct root *root, struct error *err)
{
	int r = pages_pool_count(pool, root, err);

	if (r == 0)
		r = read_number(&pool->n_free, pool, "free_hugepages", root, err);
	return r < 0 ? r : read_limit(pool, root, err);
}

int pages_pool_write(struct hook *hook, const struct pages_pool *pool, uint64_t n,
		     struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char value[24];
	int r = pages_pool_path(path, pool, "nr_hugepages", err);

	(void)snprintf(value, sizeof(value), "%" PRIu64, n);
	return r < 0 ? r : hook_write(hook, path, value, err);
}

uint64_t pages_pool_permanent(const struct pages_pool *pool)
{
	return pool->n_total > pool->n_surplus ? pool->n_total - pool->n_surplus : 0;
}

/* --- which there are --- */

static int check_size(const struct hugepages *host, uint64_t kib, struct error *err)
{
	CLEANUP_BUF struct buf known = BUF_NONE;
	char text[SIZE_TEXT_MAX];

	if (hugepages_find(&host->host, kib))
		return 0;
	for (size_t i = 0; i < host->host.n_pools; i++) {
		format_size(host->host.pools[i].page_kib, text);
		buf_addf(&known, "%s%s", i ? ", " : "of ", text);
	}
	format_size(kib, text);
	return error_set(err, EINVAL, "the host has no huge pages of %s, but %s", text,
			 known.len ? buf_text(&known) : "none");
}

static int count_pages(struct pages_needs *needs, const struct root *root,
		       struct error *err)
{
	CLEANUP_HUGEPAGES struct hugepages host = HUGEPAGES_NONE;
	int r = hugepages_read(&host, root, -1, err);

	for (size_t i = 0; r == 0 && i < needs->n; i++) {
		struct pages_need *need = &needs->v[i];

		if (need->page_kib == 0)
			need->page_kib = host.default_kib;
		if (need->page_kib == 0)
			return error_set(err, ENOTSUP, "the host has no huge pages");
		r = check_size(&host, need->page_kib, err);
		need->n = need->kib / need->page_kib + (need->kib % need->page_kib > 0);
	}
	return r;
}

static bool has_pool(const struct pages_pools *pools, int node, uint64_t kib)
{
	for (size_t i = 0; i < pools->n; i++) {
		if (pools->v[i].node == node && pools->v[i].page_kib == kib)
			return true;
	}
	return false;
}

static int add_pools(struct pages_pools *pools, const struct pages_needs *needs, int node,
		     const struct root *root, struct error *err)
{
	for (size_t i = 0; i < needs->n; i++) {
		struct pages_pool pool = { .node = node,
					   .page_kib = needs->v[i].page_kib };
		char path[SYSFS_PATH_MAX];
		struct pages_pool *v;

		if (has_pool(pools, node, pool.page_kib))
			continue;
		if (pages_pool_path(path, &pool, "nr_hugepages", err) < 0)
			return -err->code;
		if (!sysfs_exists(root, path))
			continue;
		v = reallocarray(pools->v, pools->n + 1, sizeof(*v));
		if (!v)
			return error_set(err, ENOMEM, "out of memory");
		pools->v = v;
		v[pools->n++] = pool;
	}
	return 0;
}

/* Nodes without memory are nodes too, which is of no use here. */
static int read_nodes(struct cpuset *ret_nodes, const struct root *root,
		      struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	const char *name = NODES "/has_memory";
	int r;

	if (!sysfs_exists(root, name))
		name = NODES "/online";
	r = sysfs_read_optional(root, name, text, sizeof(text), err);
	return r < 0 ? r : cpuset_parse(ret_nodes, text, name, err);
}

int pages_pools_list(struct pages_pools *ret_pools, struct pages_needs *needs,
		     const struct root *root, struct error *err)
{
	struct pages_pools pools = PAGES_POOLS_NONE;
	struct cpuset nodes;
	int r = count_pages(needs, root, err);

	if (r == 0)
		r = read_nodes(&nodes, root, err);
	for (int node = -1;
	     r == 0 && (node = cpuset_next(&nodes, (unsigned)node + 1)) >= 0;)
		r = add_pools(&pools, needs, node, root, err);
	if (r == 0 && pools.n == 0) /* a kernel without NUMA */
		r = add_pools(&pools, needs, PAGES_HOST, root, err);
	if (r < 0) {
		pages_pools_done(&pools);
		return r;
	}
	*ret_pools = pools;
	return 0;
}
