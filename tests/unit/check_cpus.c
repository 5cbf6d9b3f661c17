/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "faketree.h"
#include "host/cpus.h"
#include "suite.h"

static struct faketree tree;
static struct cpus cpus;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	cpus_done(&cpus);
	faketree_teardown(&tree);
}

static void make_host(const char *options)
{
	CLEANUP_BUF struct buf command = BUF_NONE;

	buf_addf(&command, MKHOST " %s --tree %s", options, tree.dir);
	ck_assert_int_eq(system(buf_text(&command)), 0); /* NOLINT(cert-env33-c) */
}

static void read_host(void)
{
	struct error err = { 0 };

	ck_assert_msg(cpus_read(&cpus, &tree.root, &err) == 0, "%s", err.msg);
}

static void describe_core(const struct cpus_core *core, struct buf *buf)
{
	static const char kinds[] = "PEL";

	buf_addf(buf, " %c", kinds[core->kind]);
	for (unsigned t = 0; t < core->n_cpus; t++)
		buf_addf(buf, "%s%u", t ? "+" : "", core->cpu[t]);
}

/* "L3 32M 0/0/0: P0+2 P1+3; ..." : level, size, package/die/node, kind and threads */
static void describe(struct buf *buf)
{
	for (unsigned llc = 0; llc < cpus.n_llcs; llc++) {
		const char *end = ":";
		unsigned n = 0;

		buf_addf(buf, "%sL%u %uM", llc ? "; " : "", cpus.llcs[llc].level,
			 (unsigned)(cpus.llcs[llc].size >> 20));
		for (size_t i = 0; i < cpus.n_cores; i++) {
			const struct cpus_core *core = &cpus.cores[i];

			if (core->llc != llc)
				continue;
			if (n++ == 0)
				buf_addf(buf, " %d/%d/%d%s", core->package, core->die,
					 core->node, end);
			describe_core(core, buf);
		}
		ck_assert_uint_eq(n, cpus.llcs[llc].n_cores);
	}
}

static const struct {
	const char *options; /* of mkhost */
	const char *want;
} hosts[] = {
	/* two chiplets, one with 3D V-cache; siblings are i and i + n */
	{ "--llc 2x2,l3=96M --llc 2x2,l3=32M",
	  "L3 96M 0/0/0: P0+4 P1+5; L3 32M 0/0/0: P2+6 P3+7" },
	{ "--llc 2x2,l3=16M --adjacent", "L3 16M 0/0/0: P0+1 P2+3" },
	{ "--llc 4x1,l3=6M", "L3 6M 0/0/0: P0 P1 P2 P3" },

	/* hybrid: E cores share the L3, or have a cluster's L2 only */
	{ "--llc 2x2P+4x1E/4,l3=36M --vendor GenuineIntel",
	  "L3 36M 0/0/0: P0+1 P2+3 E4 E5 E6 E7" },
	{ "--llc 2x1P,l3=12M --llc 4x1E/4,l3=none,l2=4M --llc 2x1L/2,l3=none,l2=2M",
	  "L3 12M 0/0/0: P0 P1; L2 4M 0/0/0: E2 E3 E4 E5; L2 2M 0/0/0: L6 L7" },

	/* without hybrid PMUs the frequency tells; a tenth is a preferred core */
	{ "--llc 2x1,khz=5700000 --llc 2x1,khz=5130000",
	  "L3 32M 0/0/0: P0 P1; L3 32M 0/0/0: P2 P3" },
	{ "--llc 2x1,l3=16M,khz=5100000 --llc 2x1,l3=8M,khz=3300000",
	  "L3 16M 0/0/0: P0 P1; L3 8M 0/0/0: E2 E3" },

	/* packages, nodes and dies; a node smaller than its package */
	{ "--llc 2x2,package=0,node=0 --llc 2x2,package=1,node=1",
	  "L3 32M 0/0/0: P0+4 P1+5; L3 32M 1/0/1: P2+6 P3+7" },
	{ "--llc 2x1,die=0,node=0 --llc 2x1,die=1,node=1",
	  "L3 32M 0/0/0: P0 P1; L3 32M 0/1/1: P2 P3" },
	{ "--llc 2x1,node=0 --llc 2x1,node=0 --llc 2x1,node=1 --llc 2x1,node=1",
	  "L3 32M 0/0/0: P0 P1; L3 32M 0/0/0: P2 P3; L3 32M 0/0/1: P4 P5; L3 32M 0/0/1: "
	  "P6 P7" },

	/* a thread, a core and CPU 0 offline */
	{ "--llc 4x2 --offline 5,3,7", "L3 32M 0/0/0: P0+4 P1 P2+6" },
	{ "--llc 2x2 --offline 0", "L3 32M 0/0/0: P1+3 P2" },
};

START_TEST(host_reads_as_it_was_made)
{
	CLEANUP_BUF struct buf got = BUF_NONE;

	make_host(hosts[_i].options);
	read_host();
	describe(&got);
	ck_assert_str_eq(buf_text(&got), hosts[_i].want);
}
END_TEST

START_TEST(large_host_is_complete)
{
	make_host(
		"--llc '8*8x2,package=0,node=0' --llc '8*8x2,package=1,node=1' --memory 512G");
	read_host();
	ck_assert_uint_eq(cpus.n_cores, 128);
	ck_assert_uint_eq(cpus.n_llcs, 16);
	ck_assert_uint_eq(cpuset_count(&cpus.online), 256);
	ck_assert_uint_eq(cpus.n_nodes, 2);
	ck_assert_int_eq(cpus.nodes[1].id, 1);
	ck_assert_uint_eq(cpus.nodes[1].n_cores, 64);
	ck_assert_uint_eq(cpus.nodes[1].memory, UINT64_C(256) << 30);
	ck_assert_ptr_eq(cpus_find_core(&cpus, 255), &cpus.cores[127]);
	ck_assert_int_eq(cpus_find_core(&cpus, 255)->node, 1);
	ck_assert_ptr_null(cpus_find_core(&cpus, 256));
	ck_assert_ptr_null(cpus_find_node(&cpus, 2));
}
END_TEST

START_TEST(offline_and_isolated_are_known)
{
	CLEANUP_BUF struct buf isolated = BUF_NONE;

	make_host("--llc 4x2 --offline 5 --isolated 2-3,6-7");
	read_host();
	ck_assert(cpus_is_present(&cpus, 5) && !cpus_is_online(&cpus, 5));
	ck_assert(cpus_is_present(&cpus, 4) && cpus_is_online(&cpus, 4));
	ck_assert(!cpus_is_present(&cpus, 8) && !cpus_is_online(&cpus, 8));
	ck_assert_ptr_null(cpus_find_core(&cpus, 5));
	cpuset_format(&cpus.isolated, &isolated);
	ck_assert_str_eq(buf_text(&isolated), "2-3,6-7");
	ck_assert(cpus_has_smt(&cpus) && !cpus.is_hybrid);
}
END_TEST

START_TEST(capacity_tells_kinds_before_frequency_does)
{
	make_host("--llc 2x1,khz=3000000 --llc 2x1,khz=3000000");
	faketree_file(&tree, "sys/devices/system/cpu/cpu0/cpu_capacity", "1024\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu1/cpu_capacity", "1009\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu2/cpu_capacity", "600\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu3/cpu_capacity", "600\n");
	read_host();
	ck_assert_int_eq(cpus.cores[1].kind, CPUS_KIND_P);
	ck_assert_int_eq(cpus.cores[2].kind, CPUS_KIND_E);
	ck_assert(cpus.is_hybrid);
}
END_TEST

static const struct {
	const char *cpuinfo;
	bool is_amd;
	bool has_topoext;
} vendors[] = {
	{ "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu topoext svm\n", true,
	  true },
	{ "processor\t: 0\nvendor_id\t: AuthenticAMD\nflags\t\t: fpu svm\n", true,
	  false },
	{ "processor\t: 0\nvendor_id\t: HygonGenuine\n", true, true },
	{ "processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n", false,
	  false },
	{ "", false, false },
};

START_TEST(topoext_is_what_amd_has)
{
	make_host("--llc 2x1");
	faketree_file(&tree, "proc/cpuinfo", vendors[_i].cpuinfo);
	read_host();
	ck_assert_int_eq(cpus.is_amd, vendors[_i].is_amd);
	ck_assert_int_eq(cpus.has_topoext, vendors[_i].has_topoext);
}
END_TEST

/* As a kernel for one node, or a small virtual machine, has it. */
START_TEST(host_without_nodes_and_caches_is_one_of_each)
{
	faketree_file(&tree, "sys/devices/system/cpu/online", "0-1\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu0/topology/thread_siblings",
		      "1\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu1/topology/thread_siblings",
		      "2\n");
	read_host();
	ck_assert_uint_eq(cpus.n_nodes, 0);
	ck_assert_uint_eq(cpus.n_llcs, 1);
	ck_assert_uint_eq(cpus.llcs[0].level, 0);
	ck_assert_uint_eq(cpus.n_cores, 2);
	ck_assert_int_eq(cpus.cores[1].node, -1);
	ck_assert(cpus_is_present(&cpus, 1));
}
END_TEST

static const char *const lists[] = { "core_cpus_list", "thread_siblings_list" };

/* Some captured trees have the lists of CPUs, but not the masks. */
START_TEST(lists_do_where_there_are_no_masks)
{
	CLEANUP_BUF struct buf manifest = BUF_NONE;
	CLEANUP_BUF struct buf got = BUF_NONE;

	for (int cpu = 0; cpu < 4; cpu++) {
		const char *dir = "sys/devices/system/cpu";

		buf_addf(&manifest, "%s/cpu%d/topology/%s = %d,%d\n", dir, cpu, lists[_i],
			 cpu % 2, cpu % 2 + 2);
		buf_addf(&manifest, "%s/cpu%d/cache/index0/level = 3\n", dir, cpu);
		buf_addf(&manifest, "%s/cpu%d/cache/index0/shared_cpu_list = %d,%d\n",
			 dir, cpu, cpu % 2, cpu % 2 + 2);
	}
	buf_adds(&manifest, "sys/devices/system/node/node0/cpulist = 0,2\n"
			    "sys/devices/system/node/node1/cpulist = 1,3\n");
	faketree_unpack(&tree, buf_text(&manifest));
	read_host();
	describe(&got);
	ck_assert_str_eq(buf_text(&got), "L3 0M 0/0/0: P0+2; L3 0M 0/0/1: P1+3");
}
END_TEST

START_TEST(tree_without_cpus_is_one_clear_error)
{
	CLEANUP_BUF struct buf want = BUF_NONE;
	struct error err = { 0 };

	buf_addf(
		&want,
		"read the CPU topology below '%s': no CPU in '/sys/devices/system/cpu' has "
		"'topology/core_cpus' or 'topology/thread_siblings', or the list of either",
		tree.dir);
	ck_assert_int_eq(cpus_read(&cpus, &tree.root, &err), -ENOENT);
	ck_assert_str_eq(err.msg, buf_text(&want));
	ck_assert_ptr_null(cpus.cores);
}
END_TEST

START_TEST(damaged_list_is_named)
{
	struct error err = { 0 };

	make_host("--llc 2x1");
	faketree_file(&tree, "sys/devices/system/cpu/isolated", "1-x\n");
	ck_assert_int_eq(cpus_read(&cpus, &tree.root, &err), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "read '/sys/devices/system/cpu/isolated': '1-x' is not a "
			 "list of numbers below 8192 like '0-3,8'");
}
END_TEST

START_TEST(core_of_too_many_threads_is_refused)
{
	struct error err = { 0 };

	make_host("--llc 9x1");
	for (int i = 0; i < 9; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path),
			       "sys/devices/system/cpu/cpu%d/topology/core_cpus", i);
		faketree_file(&tree, path, "1ff\n");
	}
	ck_assert_int_eq(cpus_read(&cpus, &tree.root, &err), -ERANGE);
	ck_assert_str_eq(err.msg,
			 "read the CPU topology: the core of CPU 0 has more than 8 "
			 "threads");
}
END_TEST

/* Whatever the masks say, a CPU is in one core, and a core below one cache. */
START_TEST(contradicting_masks_are_settled_by_order)
{
	CLEANUP_BUF struct buf got = BUF_NONE;

	make_host("--llc 4x1,l3=16M");
	faketree_file(&tree, "sys/devices/system/cpu/cpu0/topology/core_cpus", "5\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu1/topology/core_cpus", "7\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu3/topology/core_cpus", "ff0\n");
	faketree_file(&tree, "sys/devices/system/cpu/cpu0/cache/index3/shared_cpu_map",
		      "2\n");
	read_host();
	describe(&got);
	ck_assert_str_eq(buf_text(&got), "L3 16M 0/0/0: P0+2 P1; L3 16M 0/0/0: P3");
}
END_TEST

START_TEST(node_is_what_has_a_directory)
{
	make_host("--llc 2x1");
	faketree_file(&tree, "sys/devices/system/node/online", "0-7\n");
	faketree_file(&tree, "sys/devices/system/node/node2/cpumap", "0\n");
	read_host();
	ck_assert_uint_eq(cpus.n_nodes, 2);
	ck_assert_uint_eq(cpus_find_node(&cpus, 0)->n_cores, 2);
	ck_assert_uint_eq(cpus_find_node(&cpus, 2)->n_cores, 0);
}
END_TEST

static const struct {
	const char *path;
	const char *text; /* NULL: a pipe */
	int want;
	const char *msg;
} damages[] = {
	{ "sys/devices/system/cpu/cpu0/topology/core_cpus", NULL, -EINVAL,
	  "open '/sys/devices/system/cpu/cpu0/topology/core_cpus': Invalid argument" },
	{ "sys/devices/system/cpu/cpu1/topology/core_cpus", "0x3\n", -EINVAL,
	  "read '/sys/devices/system/cpu/cpu1/topology/core_cpus': '0x3' is not a mask "
	  "of numbers below 8192 like 'f,ff000000'" },
	{ "sys/devices/system/cpu/cpu1/topology/physical_package_id", "first\n", -EINVAL,
	  "read '/sys/devices/system/cpu/cpu1/topology/physical_package_id': ID 'first' "
	  "is not a number" },
	{ "sys/devices/system/cpu/cpu0/cache/index3/level", "-3\n", -EINVAL,
	  "read '/sys/devices/system/cpu/cpu0/cache/index3/level': value '-3' is not a "
	  "number" },
	{ "sys/devices/system/cpu/online", "0-9999\n", -EINVAL,
	  "read '/sys/devices/system/cpu/online': '0-9999' is not a list of numbers "
	  "below 8192 like '0-3,8'" },
	{ "sys/devices/system/node/node0/cpumap", "1,,1\n", -EINVAL,
	  "read '/sys/devices/system/node/node0/cpumap': '1,,1' is not a mask of numbers "
	  "below 8192 like 'f,ff000000'" },
};

START_TEST(damaged_file_is_named)
{
	struct error err = { 0 };

	make_host("--llc 2x1");
	if (damages[_i].text) {
		faketree_file(&tree, damages[_i].path, damages[_i].text);
	} else {
		ck_assert_int_eq(unlinkat(tree.root.fd, damages[_i].path, 0), 0);
		ck_assert_int_eq(mkfifoat(tree.root.fd, damages[_i].path, 0600), 0);
	}
	ck_assert_int_eq(cpus_read(&cpus, &tree.root, &err), damages[_i].want);
	ck_assert_str_eq(err.msg, damages[_i].msg);
}
END_TEST

/* The tree lies below /tmp, and so does the file that the link would lead to. */
START_TEST(link_does_not_lead_out_of_the_tree)
{
	CLEANUP_BUF struct buf target = BUF_NONE;
	const char *path = "sys/devices/system/cpu/cpu0/topology/core_cpus";
	struct error err = { 0 };

	make_host("--llc 2x1");
	buf_addf(&target, "%s/proc/cpuinfo", tree.dir); /* no mask: reading it fails */
	ck_assert_int_eq(unlinkat(tree.root.fd, path, 0), 0);
	faketree_link(&tree, path, buf_text(&target));
	ck_assert_msg(cpus_read(&cpus, &tree.root, &err) == 0, "%s", err.msg);
}
END_TEST

START_TEST(own_affinity_hides_nothing_of_this_machine)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	struct error err = { 0 };
	cpu_set_t one;

	ck_assert_int_eq(root_open(&root, "/", &err), 0);
	ck_assert_int_eq(sched_getaffinity(0, sizeof(one), &one), 0);
	for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, &one) && seen++ > 0)
			CPU_CLR(cpu, &one);
	}
	ck_assert_int_eq(sched_setaffinity(0, sizeof(one), &one), 0);
	ck_assert_msg(cpus_read(&cpus, &root, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(cpuset_count(&cpus.online), sysconf(_SC_NPROCESSORS_ONLN));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cpus");
	TCase *tc = tcase_create("hosts");

	tcase_set_timeout(tc, 30); /* making a large host takes a while */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, host_reads_as_it_was_made, 0, ARRAY_SIZE(hosts));
	tcase_add_test(tc, large_host_is_complete);
	tcase_add_test(tc, offline_and_isolated_are_known);
	tcase_add_test(tc, capacity_tells_kinds_before_frequency_does);
	tcase_add_loop_test(tc, topoext_is_what_amd_has, 0, ARRAY_SIZE(vendors));
	tcase_add_test(tc, host_without_nodes_and_caches_is_one_of_each);
	tcase_add_loop_test(tc, lists_do_where_there_are_no_masks, 0, ARRAY_SIZE(lists));
	tcase_add_test(tc, tree_without_cpus_is_one_clear_error);
	tcase_add_test(tc, damaged_list_is_named);
	tcase_add_test(tc, core_of_too_many_threads_is_refused);
	tcase_add_test(tc, contradicting_masks_are_settled_by_order);
	tcase_add_test(tc, node_is_what_has_a_directory);
	tcase_add_loop_test(tc, damaged_file_is_named, 0, ARRAY_SIZE(damages));
	tcase_add_test(tc, link_does_not_lead_out_of_the_tree);
	tcase_add_test(tc, own_affinity_hides_nothing_of_this_machine);
	suite_add_tcase(s, tc);
	return s;
}
