/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/prealloc.h"

#include <stdint.h>

#include "base/cpuset.h"
#include "base/parse.h"
#include "domain/query.h"
#include "host/apparmor.h"
#include "host/cpus.h"
#include "host/sysfs.h"

#define NODES "sys/devices/system/node"

bool prealloc_is_wanted(const struct planner *planner)
{
	switch (planner->wishes->hugepages.wish) {
	case WISH_NOTHING:
		return query_path(planner_domain(planner), "memoryBacking/hugepages");
	case WISH_UNSET:
		return false;
	default:
		return true;
	}
}

/*
 * The nodes that QEMU is told to allocate from by an element of <numatune>: libvirt does
 * so but for "restrictive".
 */
static const char *bound_nodes(const xmlNode *memory)
{
	return query_attr_is(memory, "mode", "restrictive")
		       ? NULL
		       : query_attr(memory, "nodeset");
}

/* What --pin binds all memory to; NULL: nothing. */
static const char *planned_nodes(const struct planner *planner)
{
	const xmlNode *plan = xmlDocGetRootElement(planner->plan);

	return query_attr(query_child(plan, "pin"), "node");
}

static bool is_bound(const struct planner *planner)
{
	const xmlNode *numatune = query_child(planner_domain(planner), "numatune");

	if (planned_nodes(planner) || bound_nodes(query_child(numatune, "memory")))
		return true;
	query_each (memnode, numatune, "memnode") {
		if (bound_nodes(memnode))
			return true;
	}
	return false;
}

/* --- AppArmor --- */

static int check_rule(struct planner *planner, const char *topic, const char *path,
		      enum apparmor_right right, const char *text, struct error *err)
{
	bool allows = true;
	int r = apparmor_allows(&allows, planner->root, path, right, err);

	if (r == 0 && !allows) {
		notes_add(planner->notes, NOTE_WARNING, topic,
			  "the guest will not start: AppArmor does not let QEMU %s is in "
			  "'" APPARMOR_LOCAL "'",
			  text);
	}
	return r;
}

/*
 * Pages of memfd are a file of hugetlbfs that is mounted nowhere: its name is "/", and it
 * belongs to QEMU.
 */
static int check_apparmor(struct planner *planner, const char *topic, struct error *err)
{
	const xmlNode *source =
		query_path(planner_domain(planner), "memoryBacking/source");
	bool is_memfd = source ? query_attr_is(source, "type", "memfd")
			       : planner->wishes->hugepages.wish != WISH_NOTHING;
	int r = 0;

	if (!apparmor_is_on(planner->root))
		return 0;
	if (is_memfd) {
		r = check_rule(
			planner, topic, "/", APPARMOR_WRITE_OWN,
			"allocate huge pages from memfd until the line 'owner / w,'",
			err);
	}
	if (r == 0 && is_bound(planner)) {
		r = check_rule(planner, topic, "/" NODES "/node0/cpumap", APPARMOR_READ,
			       "ask which CPUs the node of its memory has until the line "
			       "'/" NODES "/node[0-9]*/cpumap r,'",
			       err);
	}
	return r;
}

/* --- emulator threads --- */

/* The CPUs of these nodes, or none when it is not known. */
static int read_cpus(struct cpuset *ret_cpus, const struct root *root,
		     const struct cpuset *nodes, struct error *err)
{
	*ret_cpus = CPUSET_NONE;
	for (int node = cpuset_next(nodes, 0); node >= 0;
	     node = cpuset_next(nodes, (unsigned)node + 1)) {
		char path[SYSFS_PATH_MAX];
		struct cpuset cpus;
		int r = sysfs_path(path, err, NODES "/node%d/cpulist", node);

		if (r == 0)
			r = cpus_read_list(&cpus, root, path, err);
		if (r < 0)
			return r;
		cpuset_add_all(ret_cpus, &cpus);
	}
	return 0;
}

/* What --pin plans is right; this is for the pins that the guest has already. */
static const char *emulator_cpus(const struct planner *planner)
{
	const xmlNode *domain = planner_domain(planner);
	const char *pin = query_attr(query_path(domain, "cputune/emulatorpin"), "cpuset");

	return pin ? pin : query_attr(query_child(domain, "vcpu"), "cpuset");
}

/* 1: that was said; 0: there is nothing to be said. */
static int check_nodes(struct planner *planner, const char *topic, const xmlNode *memory,
		       struct error *err)
{
	const char *nodeset = bound_nodes(memory);
	const char *pinned = emulator_cpus(planner);
	CLEANUP_BUF struct buf wanted = BUF_NONE;
	struct cpuset nodes, cpus, far;
	struct cpuset emulator;
	struct error ignored;
	int r;

	/* lists that are not read here libvirt reads, and tells what is wrong with them
	 */
	if (!nodeset || !pinned ||
	    cpuset_parse(&nodes, nodeset, "nodeset", &ignored) < 0 ||
	    cpuset_parse(&emulator, pinned, "emulatorpin", &ignored) < 0)
		return 0;
	r = read_cpus(&cpus, planner->root, &nodes, err);
	if (r < 0 || cpuset_is_empty(&cpus))
		return r;
	far = emulator;
	cpuset_remove_all(&far, &cpus);
	if (cpuset_count(&far) < cpuset_count(&emulator))
		return 0;
	cpuset_format(&cpus, &wanted);
	notes_add(
		planner->notes, NOTE_WARNING, topic,
		"with libvirt 9.0 or later the guest will not start: its emulator "
		"threads are pinned to CPUs %s, and QEMU has huge pages of NUMA node %s "
		"allocated by CPUs of that node: add one of %s to <emulatorpin>, or use "
		"--pin",
		pinned, nodeset, buf_text(&wanted));
	r = buf_check(&wanted, err);
	return r < 0 ? r : 1;
}

/* Each part of the memory is allocated by threads of its own: of the first that cannot.
 */
static int check_emulator(struct planner *planner, const char *topic, struct error *err)
{
	const xmlNode *numatune = query_child(planner_domain(planner), "numatune");
	int r;

	if (planner->wishes->pin.wish != WISH_NOTHING)
		return 0;
	r = check_nodes(planner, topic, query_child(numatune, "memory"), err);
	query_each (memnode, numatune, "memnode") {
		if (r != 0)
			break;
		r = check_nodes(planner, topic, memnode, err);
	}
	return r < 0 ? r : 0;
}

int prealloc_check(struct planner *planner, const char *topic, struct error *err)
{
	int r;

	if (!planner->root || !prealloc_is_wanted(planner))
		return 0;
	r = check_apparmor(planner, topic, err);
	return r < 0 ? r : check_emulator(planner, topic, err);
}
