/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/cpus_impl.h"
#include "host/meminfo.h"
#include "host/sysfs.h"

#define NODES "sys/devices/system/node"

static int read_memory(struct cpus_node *node, const struct root *root, struct error *err)
{
	char meminfo[SYSFS_PAGE_MAX];
	char path[SYSFS_PATH_MAX];
	uint64_t kib = 0;
	int r;

	r = sysfs_path(path, err, NODES "/node%d/meminfo", node->id);
	if (r == 0)
		r = sysfs_read_start(root, path, meminfo, sizeof(meminfo), err);
	if (r < 0)
		return r;
	meminfo_find(&kib, meminfo, "MemTotal");
	node->memory = kib * 1024;
	return 0;
}

/* The set of a node's CPUs goes to *ret_members. */
static int read_node(struct cpus_node *node, struct cpuset *ret_members,
		     const struct root *root, struct error *err)
{
	char mask[SYSFS_PATH_MAX];
	char list[SYSFS_PATH_MAX];
	int r;

	r = sysfs_path(mask, err, NODES "/node%d/cpumap", node->id);
	if (r == 0)
		r = sysfs_path(list, err, NODES "/node%d/cpulist", node->id);
	if (r == 0)
		r = cpus_read_set(ret_members, root, mask, list, err);
	if (r == 0)
		r = read_memory(node, root, err);
	return r;
}

static int add_node(struct cpus *cpus, const struct root *root, int id, struct error *err)
{
	struct cpus_node node = { .id = id };
	struct cpuset members;
	int r = read_node(&node, &members, root, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (!cpuset_has(&members, cpus->cores[i].cpu[0]))
			continue;
		cpus->cores[i].node = id;
		node.n_cores++;
	}
	cpus->nodes[cpus->n_nodes++] = node;
	return 0;
}

int cpus_read_nodes(struct cpus *cpus, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, root, NODES, err); /* numbers in numeric order */

	if (r < 0 || names.n == 0)
		return r;
	cpus->nodes = calloc(names.n, sizeof(*cpus->nodes));
	if (!cpus->nodes)
		return error_set(err, ENOMEM, "out of memory");

	for (size_t i = 0; i < names.n && r == 0; i++) {
		struct error ignored;
		uint64_t id;

		/* beside the nodes stand files such as "online" */
		if (strncmp(names.v[i], "node", 4) == 0 &&
		    parse_dec(&id, names.v[i] + 4, 0, INT16_MAX, "node", &ignored) == 0)
			r = add_node(cpus, root, (int)id, err);
	}
	return r;
}
