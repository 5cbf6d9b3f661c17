/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/hugepages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/meminfo.h"
#include "host/sysfs.h"

#define NODES "sys/devices/system/node"

void hugepages_done(struct hugepages *pages)
{
	free(pages->host.pools);
	free(pages->node.pools);
	*pages = HUGEPAGES_NONE;
}

/* "hugepages-2048kB": the number in it, 0 for other names. */
static uint64_t page_size(const char *name)
{
	static const char start[] = "hugepages-";
	struct error ignored;
	char number[24];
	uint64_t kib;
	size_t len = strlen(name);

	if (strncmp(name, start, strlen(start)) != 0)
		return 0;
	name += strlen(start);
	len -= strlen(start);
	if (len < 3 || len - 2 >= sizeof(number) || strcmp(name + len - 2, "kB") != 0)
		return 0;
	memcpy(number, name, len - 2);
	number[len - 2] = '\0';
	if (parse_dec(&kib, number, 1, UINT64_MAX / 1024, "size", &ignored) < 0)
		return 0;
	return kib;
}

static int read_pool(struct hugepages_pool *pool, const struct root *root,
		     const char *dir, const char *name, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r;

	r = sysfs_path(path, err, "%s/%s/nr_hugepages", dir, name);
	if (r == 0)
		r = sysfs_read_number(&pool->n_total, root, path, UINT32_MAX, err);
	if (r == 0)
		r = sysfs_path(path, err, "%s/%s/free_hugepages", dir, name);
	if (r == 0 && pool->n_total > 0)
		r = sysfs_read_number(&pool->n_free, root, path, UINT32_MAX, err);
	return r;
}

static int read_pools(struct hugepages_area *area, const struct root *root,
		      const char *dir, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r;

	r = sysfs_list(&names, root, dir, err); /* numbers in numeric order */
	if (r < 0 || names.n == 0)
		return r;
	area->pools = calloc(names.n, sizeof(*area->pools));
	if (!area->pools)
		return error_set(err, ENOMEM, "out of memory");

	for (size_t i = 0; i < names.n; i++) {
		struct hugepages_pool pool = { .page_kib = page_size(names.v[i]) };

		if (pool.page_kib == 0)
			continue;
		r = read_pool(&pool, root, dir, names.v[i], err);
		if (r < 0)
			return r;
		area->pools[area->n_pools++] = pool;
	}
	return 0;
}

static int read_host(struct hugepages *pages, const struct root *root, struct error *err)
{
	char meminfo[SYSFS_PAGE_MAX];
	int r;

	r = sysfs_read_start(root, "proc/meminfo", meminfo, sizeof(meminfo), err);
	if (r < 0)
		return r;
	meminfo_find(&pages->default_kib, meminfo, "Hugepagesize");
	meminfo_find(&pages->host.total_kib, meminfo, "MemTotal");
	meminfo_find(&pages->host.free_kib, meminfo, "MemFree");
	meminfo_find(&pages->host.free_kib, meminfo, "MemAvailable");
	return read_pools(&pages->host, root, "sys/kernel/mm/hugepages", err);
}

static int read_node(struct hugepages *pages, const struct root *root, int node,
		     struct error *err)
{
	struct hugepages_area *area = &pages->node;
	char path[SYSFS_PATH_MAX];
	char meminfo[SYSFS_PAGE_MAX] = "";
	int r;

	r = sysfs_path(path, err, NODES "/node%d", node);
	if (r < 0 || !sysfs_exists(root, path))
		return r;
	pages->has_node = true;
	r = sysfs_path(path, err, NODES "/node%d/meminfo", node);
	if (r == 0)
		r = sysfs_read_start(root, path, meminfo, sizeof(meminfo), err);
	if (r == 0)
		r = sysfs_path(path, err, NODES "/node%d/hugepages", node);
	if (r < 0)
		return r;
	meminfo_find(&area->total_kib, meminfo, "MemTotal");
	meminfo_find(&area->free_kib, meminfo, "MemFree");
	return read_pools(area, root, path, err);
}

int hugepages_read(struct hugepages *ret_pages, const struct root *root, int node,
		   struct error *err)
{
	struct hugepages pages = HUGEPAGES_NONE;
	int r = read_host(&pages, root, err);

	if (r == 0 && node >= 0)
		r = read_node(&pages, root, node, err);
	if (r < 0) {
		hugepages_done(&pages);
		return r;
	}
	*ret_pages = pages;
	return 0;
}

const struct hugepages_pool *hugepages_find(const struct hugepages_area *area,
					    uint64_t page_kib)
{
	for (size_t i = 0; i < area->n_pools; i++) {
		if (area->pools[i].page_kib == page_kib)
			return &area->pools[i];
	}
	return NULL;
}
