/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "faketree.h"
#include "host/hugepages.h"
#include "suite.h"

#define POOLS "sys/kernel/mm/hugepages/hugepages-"
#define NODE  "sys/devices/system/node/node"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

START_TEST(pools_are_read_for_the_host_and_each_node)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	const struct hugepages_pool *pool;
	struct error err = { 0 };

	faketree_unpack(&tree, "proc/meminfo = MemTotal:       32768000 kB\n"
			       "proc/meminfo += MemFree:         1000000 kB\n"
			       "proc/meminfo += MemAvailable:   20000000 kB\n"
			       "proc/meminfo += Hugepagesize:       2048 kB\n" POOLS
			       "1048576kB/nr_hugepages = 4\n" POOLS
			       "1048576kB/free_hugepages = 1\n" POOLS
			       "2048kB/nr_hugepages = 100\n" POOLS
			       "2048kB/free_hugepages = 50\n" NODE
			       "10/meminfo = Node 10 MemTotal:  16384000 kB\n" NODE
			       "10/meminfo += Node 10 MemFree:     900000 kB\n" NODE
			       "10/hugepages/hugepages-2048kB/nr_hugepages = 60\n" NODE
			       "10/hugepages/hugepages-2048kB/free_hugepages = 10\n"
			       "sys/devices/system/node/online = 0,10\n");
	ck_assert_msg(hugepages_read(&pages, &tree.root, 10, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(pages.default_kib, 2048);
	ck_assert_uint_eq(pages.host.total_kib, 32768000);
	ck_assert_uint_eq(pages.host.free_kib, 20000000);

	ck_assert_uint_eq(pages.host.n_pools, 2);
	ck_assert_uint_eq(pages.host.pools[0].page_kib, 2048);
	pool = hugepages_find(&pages.host, 1048576);
	ck_assert_ptr_eq(pool, &pages.host.pools[1]);
	ck_assert_uint_eq(pool->n_total, 4);
	ck_assert_uint_eq(pool->n_free, 1);
	ck_assert_ptr_null(hugepages_find(&pages.host, 64));

	ck_assert(pages.has_node);
	ck_assert_uint_eq(pages.node.total_kib, 16384000);
	ck_assert_uint_eq(pages.node.free_kib, 900000);
	pool = hugepages_find(&pages.node, 2048);
	ck_assert_ptr_nonnull(pool);
	ck_assert_uint_eq(pool->n_total, 60);
	ck_assert_uint_eq(pool->n_free, 10);
}
END_TEST

START_TEST(a_node_that_is_not_there_is_none)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, NODE "0/meminfo = Node 0 MemTotal: 16384000 kB\n");
	ck_assert_int_eq(hugepages_read(&pages, &tree.root, 1, &err), 0);
	ck_assert(!pages.has_node);
}
END_TEST

START_TEST(an_old_kernel_has_free_memory_only)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	struct error err = { 0 };

	faketree_file(&tree, "proc/meminfo", "MemTotal: 100 kB\nMemFree:\t40 kB\n");
	ck_assert_int_eq(hugepages_read(&pages, &tree.root, 0, &err), 0);
	ck_assert_uint_eq(pages.host.free_kib, 40);
	ck_assert_uint_eq(pages.default_kib, 0);
}
END_TEST

START_TEST(a_host_that_tells_nothing_has_nothing)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(hugepages_read(&pages, &tree.root, 0, &err), 0);
	ck_assert_uint_eq(pages.host.total_kib, 0);
	ck_assert_uint_eq(pages.host.n_pools, 0);
	ck_assert(!pages.has_node);
}
END_TEST

/* The names of what is neither a pool nor a node. */
static const char *const others[] = {
	POOLS "kB/nr_hugepages = 1\n",
	POOLS "2048/nr_hugepages = 1\n",
	POOLS "xkB/nr_hugepages = 1\n",
	POOLS "99999999999999999999999999kB/nr_hugepages = 1\n",
	"sys/kernel/mm/hugepages/huge/nr_hugepages = 1\n",
	NODE "x/meminfo = Node 0 MemTotal: 1 kB\n",
	NODE "/meminfo = Node 0 MemTotal: 1 kB\n",
};

START_TEST(other_names_are_passed_over)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, others[_i]);
	ck_assert_msg(hugepages_read(&pages, &tree.root, 0, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(pages.host.n_pools, 0);
	ck_assert(!pages.has_node);
}
END_TEST

START_TEST(a_count_that_is_none_is_named)
{
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, POOLS "2048kB/nr_hugepages = 1\n" NODE
				     "0/hugepages/hugepages-2048kB/nr_hugepages = -1\n");
	ck_assert_int_eq(hugepages_read(&pages, &tree.root, 0, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "read '/" NODE
				  "0/hugepages/hugepages-2048kB/nr_hugepages': value "
				  "'-1' is not a number");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hugepages");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pools_are_read_for_the_host_and_each_node);
	tcase_add_test(tc, a_node_that_is_not_there_is_none);
	tcase_add_test(tc, an_old_kernel_has_free_memory_only);
	tcase_add_test(tc, a_host_that_tells_nothing_has_nothing);
	tcase_add_loop_test(tc, other_names_are_passed_over, 0, ARRAY_SIZE(others));
	tcase_add_test(tc, a_count_that_is_none_is_named);
	suite_add_tcase(s, tc);
	return s;
}
