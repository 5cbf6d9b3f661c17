/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "domain/document.h"
#include "fakehost.h"
#include "killpoint.h"
#include "pages.h"
#include "suite.h"

#define NODE "sys/devices/system/node/node%u"
#define POOL NODE "/hugepages/hugepages-%ukB"
#define HOST "sys/kernel/mm/hugepages/hugepages-%ukB"

#define BACKING(size)                                                              \
	"<memoryBacking><hugepages><page size='" size "' unit='KiB'/></hugepages>" \
	"</memoryBacking>"
#define MEMORY(mib) "<memory unit='MiB'>" mib "</memory>"
#define NODES(mode, nodes) \
	"<numatune><memory mode='" mode "' nodeset='" nodes "'/></numatune>"

#define ADVICE                                                                            \
	"or allow caches to be dropped for them: 'drop-caches = yes' in section [allow] " \
	"of /etc/vfiokit/hook.conf"

static struct faketree tree;
static const struct root *root = &tree.root;
static char *before;

/* 40 pages of 2 MiB on node 0. */
static const struct fakeguest one = {
	.name = "one",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.metadata = "",
	.domain = MEMORY("80") BACKING("2048") NODES("strict", "0"),
};

/* 30 of them on the same node. */
static const struct fakeguest two = {
	.name = "two",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.metadata = "",
	.domain = MEMORY("60") BACKING("2048") NODES("strict", "0"),
};

/* 40 pages from wherever. */
static const struct fakeguest anywhere = {
	.name = "anywhere",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.metadata = "",
	.domain = MEMORY("80") BACKING("2048"),
};

static void again(void)
{
	free(before);
	before = fakehost_snapshot(root);
}

/* A pool of a node: all its pages, those that are free, surplus, and the most there are.
 */
static void pool(unsigned node, unsigned kib, unsigned nr, unsigned n_free,
		 unsigned surplus, unsigned most)
{
	static const char *const names[] = { "nr_hugepages", "free_hugepages",
					     "surplus_hugepages" };

	fakefile_put_number(root, nr, POOL "/nr_hugepages", node, kib);
	fakefile_put_number(root, n_free, POOL "/free_hugepages", node, kib);
	fakefile_put_number(root, surplus, POOL "/surplus_hugepages", node, kib);
	fakefile_put_number(root, most, ".kernel/pages/node%u/hugepages-%ukB", node, kib);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		unsigned long sum = 0;

		for (unsigned other = 0; other < 2; other++)
			sum += fakefile_number(root, POOL "/%s", other, kib, names[i]);
		fakefile_put_number(root, sum, HOST "/%s", kib, names[i]);
	}
	fakefile_put(root, "0", HOST "/resv_hugepages", kib);
	again();
}

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	pool(0, 2048, 4, 0, 0, 1000);
	pool(1, 2048, 0, 0, 0, 1000);
}

static void teardown(void)
{
	free(before);
	before = NULL;
	faketree_teardown(&tree);
}

/* Calls the hook; what the journal got is kept for assert_said(). */
static char *said;

static void call_with(struct fakecall *call, const struct fakeguest *guest,
		      const char *operation, const char *message)
{
	call->guest = guest;
	call->operation = operation;
	(void)!fakehost_call(root, call);
	free(said);
	said = strdup(buf_text(&call->account));
	ck_assert_msg(strcmp(call->err.msg, message) == 0 || (!*message && call->r == 0),
		      "%s of %s: %d %s\n%s", operation, guest->name, call->r,
		      call->err.msg, said);
	ck_assert_int_eq(call->r == 0, !*message);
	fakecall_done(call);
}

static void call(const struct fakeguest *guest, const char *operation,
		 const char *message)
{
	struct fakecall call = { 0 };

	call_with(&call, guest, operation, message);
}

static void assert_said(const char *text)
{
	ck_assert_msg(strstr(said, text), "not '%s' in: %s", text, said);
}

static void assert_pool(unsigned node, unsigned kib, unsigned nr, unsigned n_free)
{
	ck_assert_uint_eq(fakefile_number(root, POOL "/nr_hugepages", node, kib), nr);
	ck_assert_uint_eq(fakefile_number(root, POOL "/free_hugepages", node, kib),
			  n_free);
}

static void assert_as_before(void)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);

	ck_assert_str_eq(difference, "");
}

/* --- a QEMU --- */

/* It runs, and has mapped that many pages of the node. */
static void start(const struct fakeguest *guest, unsigned pid, unsigned node, unsigned n,
		  unsigned kib)
{
	unsigned long was;
	char text[512];

	fakefile_put_number(root, pid, "run/libvirt/qemu/%s.pid", guest->name);
	(void)snprintf(text, sizeof(text), "qemu-system-x86_64 -uuid %s -S", guest->uuid);
	fakefile_put(root, text, "proc/%u/cmdline", pid);
	(void)snprintf(text, sizeof(text),
		       "55d0 default file=/usr/bin/N0=7 mapped=9 N%u=999 "
		       "kernelpagesize_kB=4\n"
		       "7f00 bind:%u file=/memfd:ram\\040(deleted) huge dirty=%u N%u=%u "
		       "kernelpagesize_kB=%u",
		       node, node, n, node, n, kib);
	fakefile_put(root, text, "proc/%u/numa_maps", pid);
	was = fakefile_number(root, POOL "/free_hugepages", node, kib);
	fakefile_put_number(root, was - n, POOL "/free_hugepages", node, kib);
}

static void stop(const struct fakeguest *guest, unsigned pid, unsigned node, unsigned n,
		 unsigned kib)
{
	unsigned long was = fakefile_number(root, POOL "/free_hugepages", node, kib);

	fakefile_remove(root, "run/libvirt");
	fakefile_remove(root, "proc/%u", pid);
	fakefile_put_number(root, was + n, POOL "/free_hugepages", node, kib);
	(void)guest;
}

/* --- what a guest needs --- */

/* A line each: "SIZE KIB NODES[ first NODE]"; NODES is "any" when there are no bounds. */
static const struct {
	const char *domain;
	const char *needs;
} domains[] = {
	{ MEMORY("80"), "" },
	{ MEMORY("80") "<memoryBacking><source type='memfd'/></memoryBacking>", "" },
	{ MEMORY("80") "<memoryBacking><hugepages/></memoryBacking>", "0 81920 any\n" },
	{ MEMORY("80") BACKING("2048"), "2048 81920 any\n" },
	{ MEMORY("80") BACKING("4"), "" },
	{ "<memory>1000001</memory>" BACKING("2048"), "2048 1000001 any\n" },
	{ "<memory unit='b'>1025</memory>" BACKING("2048"), "2048 2 any\n" },
	{ "<memory unit='GiB'>3</memory>"
	  "<memoryBacking><hugepages><page size='1' unit='G'/></hugepages></memoryBacking>",
	  "1048576 3145728 any\n" },
	{ MEMORY("80") BACKING("2048") NODES("strict", "1"), "2048 81920 1\n" },
	{ MEMORY("80") BACKING("2048") NODES("restrictive", "0-1"), "2048 81920 0-1\n" },
	{ MEMORY("80") BACKING("2048") NODES("interleave", "0,2"), "2048 81920 0,2\n" },
	{ MEMORY("80") BACKING("2048") NODES("preferred", "1"),
	  "2048 81920 any first 1\n" },
	{ MEMORY("80") BACKING("2048") "<numatune><memory nodeset='1'/></numatune>",
	  "2048 81920 1\n" },
	{ MEMORY("80") BACKING(
		  "2048") "<numatune><memory mode='strict' placement='auto'/></numatune>",
	  "2048 81920 any\nauto\n" },
	{ MEMORY("80") "<memoryBacking><hugepages>"
		       "<page size='2048' unit='KiB' nodeset='0'/></hugepages>"
		       "</memoryBacking>",
	  "2048 81920 any\n" },
	/* the guest's nodes */
	{ MEMORY("80") BACKING("2048") "<cpu><numa>"
				       "<cell id='0' memory='61440'/>"
				       "<cell id='1' memory='20' unit='MiB'/>"
				       "</numa></cpu>",
	  "2048 61440 any\n2048 20480 any\n" },
	{ MEMORY("80") "<memoryBacking><hugepages>"
		       "<page size='1048576' unit='KiB' nodeset='1'/>"
		       "<page size='2048' unit='KiB'/>"
		       "</hugepages></memoryBacking><cpu><numa>"
		       "<cell id='1' memory='20480'/><cell id='0' memory='61440'/>"
		       "</numa></cpu><numatune><memory mode='strict' nodeset='0-1'/>"
		       "<memnode cellid='0' mode='strict' nodeset='1'/></numatune>",
	  "1048576 20480 0-1\n2048 61440 1\n" },
	{ MEMORY("80") "<memoryBacking><hugepages>"
		       "<page size='2048' unit='KiB' nodeset='0,2-3'/>"
		       "</hugepages></memoryBacking><cpu><numa>"
		       "<cell id='0' memory='10240'/><cell id='1' memory='20480'/>"
		       "<cell id='3' memory='30720'/></numa></cpu>"
		       "<numatune><memnode cellid='3' mode='preferred' nodeset='0'/>"
		       "</numatune>",
	  "2048 10240 any\n2048 30720 any first 0\n" },
	/* memory devices */
	{ BACKING("2048") "<cpu><numa><cell id='0' memory='10240'/></numa></cpu>"
			  "<devices>"
			  "<memory model='dimm'><source><pagesize unit='GiB'>1</pagesize>"
			  "<nodemask>1</nodemask></source><target><size unit='GiB'>2</size>"
			  "<node>0</node></target></memory>"
			  "<memory model='dimm'><target><size unit='MiB'>64</size>"
			  "<node>0</node></target></memory>"
			  "<memory model='virtio-mem'><target><size unit='MiB'>512</size>"
			  "<node>0</node><requested unit='MiB'>32</requested></target>"
			  "</memory>"
			  "<memory model='nvdimm'><target><size unit='GiB'>2</size>"
			  "<node>0</node></target></memory>"
			  "<shmem name='looking-glass'><size unit='M'>64</size></shmem>"
			  "</devices>" NODES("strict", "0"),
	  "2048 10240 0\n1048576 2097152 1\n2048 65536 0\n2048 32768 0\n" },
};

static void read_needs(struct pages_needs *needs, struct document *document,
		       const char *inner, struct error *err)
{
	char xml[4096];
	int n = snprintf(xml, sizeof(xml), "<domain>%s</domain>", inner);

	ck_assert_int_lt(n, (int)sizeof(xml));
	ck_assert_int_eq(document_parse(document, "test", xml, (size_t)n, err), 0);
	(void)!pages_needs_read(needs, xmlDocGetRootElement(document->tree), err);
}

START_TEST(needs_are_those_of_the_domain)
{
	struct document document = DOCUMENT_NONE;
	struct pages_needs needs = PAGES_NEEDS_NONE;
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };

	read_needs(&needs, &document, domains[_i].domain, &err);
	ck_assert_str_eq(err.msg, "");
	for (size_t i = 0; i < needs.n; i++) {
		buf_addf(&text, "%" PRIu64 " %" PRIu64 " ", needs.v[i].page_kib,
			 needs.v[i].kib);
		if (cpuset_is_empty(&needs.v[i].nodes))
			buf_adds(&text, "any");
		cpuset_format(&needs.v[i].nodes, &text);
		if (needs.v[i].first >= 0)
			buf_addf(&text, " first %d", needs.v[i].first);
		buf_addc(&text, '\n');
	}
	if (needs.is_auto)
		buf_adds(&text, "auto\n");
	ck_assert_str_eq(buf_text(&text), domains[_i].needs);
	pages_needs_done(&needs);
	document_done(&document);
}
END_TEST

static const struct {
	const char *domain;
	const char *message;
} bad_domains[] = {
	{ BACKING("2048"), "<memory> of the domain holds no size that makes sense" },
	{ "<memory>many</memory>" BACKING("2048"),
	  "<memory> of the domain holds no size that makes sense" },
	{ "<memory unit='EiB'>15</memory>" BACKING("2048"),
	  "<memory> of the domain holds no size that makes sense" },
	{ MEMORY("80") BACKING("0"),
	  "<page> of the domain holds no size that makes sense" },
	{ BACKING("2048") "<cpu><numa><cell id='0'/></numa></cpu>",
	  "<cell> of the domain holds no size that makes sense" },
	{ BACKING("2048") "<cpu><numa><cell id='-1' memory='1'/></numa></cpu>",
	  "id of <cell> '-1' is not a number" },
};

START_TEST(sizes_that_make_no_sense_are_refused)
{
	struct document document = DOCUMENT_NONE;
	struct pages_needs needs = PAGES_NEEDS_NONE;
	struct error err = { 0 };

	read_needs(&needs, &document, bad_domains[_i].domain, &err);
	ck_assert_str_eq(err.msg, bad_domains[_i].message);
	ck_assert_ptr_null(needs.v);
	document_done(&document);
}
END_TEST

/* --- who gets what --- */

struct plan_case {
	struct pages_need needs[2]; /* first: -1 is written as 9 */
	unsigned nodes[2];          /* bits; 0: any */
	uint64_t available[2];
	uint64_t limit[2];
	uint64_t used[2];
	uint64_t made[2];
	uint64_t lack;
};

#define FROM(pages)                                         \
	{                                                   \
		.page_kib = 2048, .n = (pages), .first = -1 \
	}
#define FIRST(pages, node)                                      \
	{                                                       \
		.page_kib = 2048, .n = (pages), .first = (node) \
	}
#define NOTHING             \
	{                   \
		.first = -1 \
	}

static const struct plan_case plans[] = {
	/* bound to one node */
	{ { FROM(40), NOTHING },
	  { 1, 0 },
	  { 12, 50 },
	  { 99, 99 },
	  { 12, 0 },
	  { 28, 0 },
	  0 },
	{ { FROM(40), NOTHING }, { 1, 0 }, { 40, 0 }, { 0, 0 }, { 40, 0 }, { 0, 0 }, 0 },
	{ { FROM(40), NOTHING },
	  { 1, 0 },
	  { 12, 50 },
	  { 20, 99 },
	  { 12, 0 },
	  { 20, 0 },
	  8 },
	/* from both, or wherever: the free ones first, then alike */
	{ { FROM(40), NOTHING },
	  { 3, 0 },
	  { 6, 4 },
	  { 99, 99 },
	  { 6, 4 },
	  { 15, 15 },
	  0 },
	{ { FROM(41), NOTHING },
	  { 0, 0 },
	  { 0, 0 },
	  { 99, 99 },
	  { 0, 0 },
	  { 21, 20 },
	  0 },
	{ { FROM(40), NOTHING },
	  { 0, 0 },
	  { 0, 50 },
	  { 99, 99 },
	  { 0, 40 },
	  { 0, 0 },
	  0 },
	{ { FROM(40), NOTHING }, { 0, 0 }, { 0, 0 }, { 7, 99 }, { 0, 0 }, { 7, 33 }, 0 },
	{ { FROM(40), NOTHING }, { 0, 0 }, { 0, 0 }, { 7, 9 }, { 0, 0 }, { 7, 9 }, 24 },
	/* preferred: there first, free or new */
	{ { FIRST(40, 1), NOTHING },
	  { 0, 0 },
	  { 30, 5 },
	  { 99, 99 },
	  { 0, 5 },
	  { 0, 35 },
	  0 },
	{ { FIRST(40, 1), NOTHING },
	  { 0, 0 },
	  { 30, 5 },
	  { 99, 2 },
	  { 30, 5 },
	  { 3, 2 },
	  0 },
	/* less choice comes first */
	{ { FROM(40), FROM(10) },
	  { 0, 1 },
	  { 20, 0 },
	  { 99, 99 },
	  { 20, 0 },
	  { 15, 15 },
	  0 },
	{ { FROM(10), FROM(10) },
	  { 1, 1 },
	  { 15, 0 },
	  { 99, 99 },
	  { 15, 0 },
	  { 5, 0 },
	  0 },
	/* of a node that is not there */
	{ { FROM(10), NOTHING },
	  { 4, 0 },
	  { 15, 15 },
	  { 99, 99 },
	  { 0, 0 },
	  { 0, 0 },
	  10 },
	/* another size is another pool */
	{ { { .page_kib = 1048576, .n = 1, .first = -1 }, FROM(3) },
	  { 0, 2 },
	  { 15, 1 },
	  { 99, 99 },
	  { 0, 0 },
	  { 0, 0 },
	  1 },
};

START_TEST(pages_come_from_where_they_may)
{
	const struct plan_case *c = &plans[_i];
	struct pages_pool pools_of[2] = { 0 };
	struct pages_pools pools = { .v = pools_of, .n = 2 };
	struct pages_need needs_of[2] = { c->needs[0], c->needs[1] };
	struct pages_needs needs = { .v = needs_of, .n = 2 };
	const struct pages_need *need;
	uint64_t lack = 0;

	for (unsigned i = 0; i < 2; i++) {
		pools_of[i].node = (int)i;
		pools_of[i].page_kib = 2048;
		pools_of[i].n_available = c->available[i];
		pools_of[i].n_limit = c->limit[i];
		for (unsigned bit = 0; bit < 3; bit++) {
			if (c->nodes[i] & 1U << bit)
				cpuset_add(&needs_of[i].nodes, bit);
		}
	}
	need = pages_plan(&pools, &needs, &lack);
	ck_assert_uint_eq(need ? lack : 0, c->lack);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(pools_of[i].n_used, c->used[i]);
		ck_assert_uint_eq(pools_of[i].n_new, c->made[i]);
	}
}
END_TEST

/* --- there and back --- */

START_TEST(missing_pages_are_allocated_and_given_back)
{
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	assert_pool(1, 2048, 0, 0);
	assert_said("hugepages: 40 huge pages of 2 MiB on NUMA node 0, 40 of them "
		    "allocated\n");
	start(&one, 7, 0, 40, 2048);
	stop(&one, 7, 0, 40, 2048);
	call(&one, "release", "");
	assert_said("hugepages: NUMA node 0: 40 huge pages of 2 MiB given back\n");
	assert_as_before();
}
END_TEST

START_TEST(free_pages_are_taken_first)
{
	pool(0, 2048, 16, 12, 0, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	call(&one, "release", "");
	assert_as_before();

	pool(0, 2048, 50, 41, 0, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 50, 41);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_of_two_sizes_come_from_their_pools)
{
	const struct fakeguest guest = {
		.name = "sizes",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain =
			"<memoryBacking><hugepages><page size='1' unit='G' nodeset='1'/>"
			"<page size='2' unit='M'/></hugepages></memoryBacking>"
			"<cpu><numa><cell id='0' memory='20481'/>"
			"<cell id='1' memory='2' unit='GiB'/></numa></cpu>"
			"<numatune><memory nodeset='0'/>"
			"<memnode cellid='1' mode='strict' nodeset='1'/></numatune>",
	};

	pool(0, 1048576, 0, 0, 0, 0);
	pool(1, 1048576, 1, 1, 0, 3);
	call(&guest, "prepare", "");
	assert_pool(0, 2048, 15, 11);
	assert_pool(1, 1048576, 2, 2);
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* The kernel makes surplus pages permanent before it makes new ones. */
START_TEST(surplus_pages_are_surplus_again_afterwards)
{
	pool(0, 2048, 10, 0, 6, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 50, 40);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_one_node_has_not_comes_from_the_other)
{
	pool(0, 2048, 4, 0, 0, 10);
	pool(1, 2048, 0, 0, 0, 1000);
	call(&anywhere, "prepare", "");
	assert_pool(0, 2048, 10, 6);
	assert_pool(1, 2048, 34, 34);
	call(&anywhere, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(a_host_without_nodes_has_one_pool)
{
	fakefile_remove(root, "sys/devices/system/node");
	fakefile_put(root, "50", HOST "/nr_hugepages", 2048U);
	fakefile_put(root, "45", HOST "/free_hugepages", 2048U);
	again();
	call(&anywhere, "prepare", "");
	assert_said(
		"hugepages: 40 huge pages of 2 MiB on the host, 0 of them allocated\n");
	call(&anywhere, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(guests_without_huge_pages_leave_no_trace)
{
	struct fakefaults faults = { 0 };
	struct fakecall quiet = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "small",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("80"),
	};

	call_with(&quiet, &guest, "prepare", "");
	ck_assert_uint_eq(faults.n_effects, 0);
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* --- shortage --- */

START_TEST(a_shortage_names_numbers_and_gives_everything_back)
{
	pool(0, 2048, 16, 12, 0, 25);
	call(&one, "prepare",
	     "NUMA node 0 has 9 of the 28 huge pages of 2 MiB that the guest lacks (needed: 40, free: 12): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE);
	assert_as_before();
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_of_1_gib_are_to_be_had_at_boot)
{
	const struct fakeguest guest = {
		.name = "big",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("3072") BACKING("1048576"),
	};

	pool(0, 1048576, 1, 1, 0, 1);
	pool(1, 1048576, 0, 0, 0, 0);
	call(&guest, "prepare",
	     "the host has 0 of the 2 huge pages of 1 GiB that the guest lacks (needed: 3, free: 1): pages of this size are to be had at boot only, in practice, with the kernel's parameters hugepagesz=1G hugepages=3");
	assert_as_before();
}
END_TEST

/* What can never be is refused before anything is tried. */
static const struct {
	const char *domain;
	const char *message;
} refused[] = {
	{ MEMORY("16384") BACKING("2048") NODES("strict", "0"),
	  "the guest needs 8192 huge pages of 2 MiB from NUMA node 0, which has memory for "
	  "no more than 4092" },
	{ MEMORY("20480") BACKING("2048"),
	  "the guest needs 10240 huge pages of 2 MiB from the host, which has memory for no "
	  "more than 8188" },
	{ MEMORY("80") BACKING("2048") NODES("strict", "7"),
	  "the guest's memory is to come from NUMA node 7, and the host has no memory of "
	  "that name" },
	{ MEMORY("80") BACKING("16384"),
	  "the host has no huge pages of 16 MiB, but of 2 MiB" },
};

START_TEST(what_the_host_can_never_have_is_refused)
{
	struct fakefaults faults = { 0 };
	struct fakecall quiet = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "much",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = refused[_i].domain,
	};

	call_with(&quiet, &guest, "prepare", refused[_i].message);
	ck_assert_uint_eq(faults.n_effects, 0);
	assert_as_before();
}
END_TEST

static bool wrote(const struct fakefaults *faults, const char *path)
{
	for (size_t i = 0; i < faults->n_effects; i++) {
		if (strcmp(faults->effects[i].name, path) == 0)
			return true;
	}
	return false;
}

START_TEST(compaction_is_tried_before_giving_up)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefile_put(root, "20 44", ".kernel/pages/node0/hugepages-2048kB");
	again();
	call_with(&call_faulty, &one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	ck_assert(wrote(&faults, "sys/devices/system/node/node0/compact"));
	ck_assert(!wrote(&faults, "proc/sys/vm/drop_caches"));
	call(&one, "release", "");
	ck_assert_uint_eq(fakefile_number(root, POOL "/nr_hugepages", 0U, 2048U), 4);
}
END_TEST

/* Caches are dropped only when the administrator allows it. */
START_TEST(caches_are_dropped_when_that_is_allowed)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	if (_i == 1)
		fakefile_put(root, "[allow]\ndrop-caches = yes", "etc/vfiokit/hook.conf");
	pool(0, 2048, 4, 0, 0, 4);
	call_with(
		&call_faulty, &one, "prepare",
		_i ? "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44"
		   : "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE);
	ck_assert_int_eq(wrote(&faults, "proc/sys/vm/drop_caches"), _i == 1);
	fakefile_put(root, "0", "proc/sys/vm/drop_caches");
	assert_as_before();
}
END_TEST

START_TEST(many_pages_are_allocated_in_parts)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "large",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("1024") BACKING("2048") NODES("strict", "1"),
	};

	call_with(&call_faulty, &guest, "prepare", "");
	ck_assert_uint_eq(faults.n_effects, 3);
	ck_assert_str_eq(faults.effects[0].value, "128");
	ck_assert_str_eq(faults.effects[1].value, "384");
	ck_assert_str_eq(faults.effects[2].value, "512");
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* --- other guests --- */

START_TEST(pages_that_another_guest_waits_for_are_not_free)
{
	call(&one, "prepare", "");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 70);
	call(&one, "release", "");
	assert_pool(0, 2048, 34, 30);
	call(&two, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_that_a_qemu_has_are_promised_no_more)
{
	pool(0, 2048, 104, 100, 0, 1000);
	call(&one, "prepare", "");
	start(&one, 7, 0, 40, 2048);
	call(&two, "prepare", "");
	assert_pool(0, 2048, 104, 60);
	call(&two, "release", "");
	stop(&one, 7, 0, 40, 2048);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_a_qemu_has_not_touched_yet_stays_promised)
{
	pool(0, 2048, 54, 50, 0, 1000);
	call(&one, "prepare", "");
	start(&one, 7, 0, 15, 2048); /* of 40: 35 are free, 25 promised */
	fakefile_put(root, "25", HOST "/resv_hugepages", 2048U);
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 55);
	call(&two, "release", "");
	assert_pool(0, 2048, 54, 35);
}
END_TEST

START_TEST(the_pid_of_another_process_is_none_of_the_guest)
{
	call(&one, "prepare", "");
	start(&one, 7, 0, 0, 2048);
	fakefile_put(root, "bash", "proc/7/cmdline");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 70);
}
END_TEST

START_TEST(pages_that_programs_have_reserved_are_not_free)
{
	pool(0, 2048, 44, 40, 0, 1000);
	fakefile_put(root, "15", HOST "/resv_hugepages", 2048U);
	again();
	call(&one, "prepare", "");
	assert_pool(0, 2048, 59, 55);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

/* A guest that may take from any node has not always taken what was planned. */
START_TEST(a_guest_that_has_all_its_pages_elsewhere_waits_for_none)
{
	pool(0, 2048, 104, 100, 0, 1000);
	pool(1, 2048, 50, 50, 0, 1000);
	call(&anywhere, "prepare", "");
	start(&anywhere, 7, 1, 40, 2048);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 104, 100);
	assert_pool(1, 2048, 50, 10);
}
END_TEST

/* --- giving back --- */

START_TEST(the_pages_of_a_qemu_that_is_dying_are_waited_for)
{
	char path[SYSFS_PATH_MAX];
	struct error err;

	call(&one, "prepare", "");
	start(&one, 7, 0, 40, 2048);
	ck_assert_int_eq(sysfs_path(path, &err, POOL "/free_hugepages", 0U, 2048U), 0);
	fakekernel_later(root, 700, "40", path);
	fakefile_remove(root, "run/libvirt");
	fakefile_remove(root, "proc/7");
	call(&one, "release", "");
	assert_pool(0, 2048, 4, 0);
	ck_assert(!strstr(said, "<4>"));
	assert_as_before();
}
END_TEST

START_TEST(pages_that_stay_in_use_become_surplus)
{
	call(&one, "prepare", "");
	fakefile_put(root, "30", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_said(
		"<4> hugepages: NUMA node 0 has to give back 40 huge pages of 2 MiB, of "
		"which only 30 are free and promised to nobody: the others go when they "
		"are let go of\n");
	assert_pool(0, 2048, 14, 0);
	ck_assert_uint_eq(fakefile_number(root, POOL "/surplus_hugepages", 0U, 2048U),
			  10);
}
END_TEST

START_TEST(what_others_did_to_the_pool_stays)
{
	call(&one, "prepare", "");
	fakefile_put(root, "64", POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put(root, "60", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, 24, 20);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	fakefile_put(root, "10", POOL "/nr_hugepages", 0U,
		     2048U); /* somebody took them */
	fakefile_put(root, "6", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, 4, 0); /* of the 20 of his 14 are gone */
}
END_TEST

/* --- what goes wrong --- */

static const struct {
	enum fakefault_kind kind;
	const char *message;
} faults_of[] = {
	{ FAKEFAULT_EIO, "allocate 40 huge pages of 2 MiB on NUMA node 0: write '44' to "
			 "'/sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
			 "nr_hugepages': Input/output error" },
	{ FAKEFAULT_NOTHING,
	  "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE },
	{ FAKEFAULT_HANG,
	  "allocate 40 huge pages of 2 MiB on NUMA node 0: write to "
	  "'/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages': the "
	  "kernel has not come back for 10.0 s" },
};

START_TEST(a_write_that_fails_is_named_and_leaves_nothing)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefaults_add(&faults, faults_of[_i].kind, 0, "*nr_hugepages");
	call_with(&call_faulty, &one, "prepare", faults_of[_i].message);
	ck_assert_uint_ge(faults.n_hits, 1);
	fakefile_remove(root, ".kernel/wedged"); /* it came back at last */
	fakefile_remove(root, ".kernel/touched");
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_could_not_be_given_back_is_given_back_by_the_next_call)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	call(&one, "prepare", "");
	fakefaults_add(&faults, _i ? FAKEFAULT_NOTHING : FAKEFAULT_EIO, 0,
		       "*nr_hugepages");
	call_with(&call_faulty, &one, "release", "");
	assert_pool(0, 2048, 44, 40);
	/* they are as good as gone: the next guest gets its own */
	call_with(&call_faulty, &anywhere, "release", "");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 34, 30);
	call(&two, "release", "");
	assert_as_before();
}
END_TEST

/* A write that was under way when the hook gave up goes on making pages. */
START_TEST(a_write_that_comes_back_late_is_undone_too)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "*nr_hugepages");
	call_with(&call_faulty, &one, "prepare", faults_of[2].message);
	fakefile_remove(root, ".kernel/wedged");
	fakefile_remove(root, ".kernel/touched");
	fakefile_put(root, "44", POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put(root, "40", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

/* Runs an operation that is killed at that point; returns whether it was reached. */
static bool call_killed(const struct fakeguest *guest, const char *operation, unsigned at)
{
	struct fakecall killed = { .guest = guest, .operation = operation };
	struct killpoints *points = killpoints_new();
	int status;

	points->at = at;
	killpoint_watch(points);
	status = fakehost_call_in_child(root, &killed);
	killpoint_watch(NULL);
	killpoints_free(points);
	fakecall_done(&killed);
	return WIFSIGNALED(status);
}

START_TEST(a_kill_before_or_after_any_write_loses_nothing)
{
	const char *operation = _i ? "release" : "prepare";
	unsigned at = 1;

	pool(0, 2048, 4, 0, 0,
	     25); /* short: with writes that do something and compaction */
	pool(1, 2048, 0, 0, 0, 1000);
	for (;; at++) {
		bool was_killed;

		if (_i)
			call(&anywhere, "prepare", "");
		was_killed = call_killed(&anywhere, operation, at);
		call(&anywhere, "release", "");
		assert_as_before();
		if (!was_killed)
			break;
	}
	ck_assert_uint_gt(at, 4);
}
END_TEST

/* The states of a record in which a kill can find it, and what is ours then. */
static const struct {
	const char *pages; /* in the record */
	unsigned now;      /* pages, of which 4 are in use */
	unsigned after;    /* the guest has gone */
} states[] = {
	{ "0,4,44", 4, 4 },        /* not made */
	{ "0,4,44", 20, 4 },       /* half made */
	{ "0,4,44", 44, 4 },       /* made */
	{ "0,4,44", 60, 20 },      /* and somebody has added some */
	{ "40", 44, 4 },           /* made, on record */
	{ "40,44,4", 44, 4 },      /* not undone */
	{ "40,44,4", 30, 4 },      /* half undone */
	{ "40,44,4", 4, 4 },       /* undone */
	{ "0,4,44,late", 4, 4 },   /* not made, and may still be */
	{ "0,4,44,late", 30, 4 },  /* half made, the same */
	{ "40,44,4,late", 44, 4 }, /* not undone, the same */
	{ "0", 44, 44 },           /* undone, on record */
};

START_TEST(records_of_calls_that_were_killed_are_brought_up_to_date)
{
	char text[512];

	pool(0, 2048, 4, 0, 0, 1000);
	(void)snprintf(text, sizeof(text),
		       "vfiokit-undo 1 " FAKEHOST_BOOT_ID " one\n"
		       "+ 1 hugepages 0 2048 %s",
		       states[_i].pages);
	call(&two, "prepare", ""); /* makes the directory */
	call(&two, "release", "");
	fakefile_put(root, text, "run/vfiokit/%s", one.uuid);
	fakefile_put_number(root, states[_i].now, POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put_number(root, states[_i].now - 4, POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, states[_i].after, states[_i].after - 4);
}
END_TEST

START_TEST(a_record_that_makes_no_sense_is_left_alone)
{
	call(&two, "prepare", "");
	call(&two, "release", "");
	fakefile_put(root,
		     "vfiokit-undo 1 " FAKEHOST_BOOT_ID " one\n"
		     "+ 1 hugepages 0 2048 40,x",
		     "run/vfiokit/%s", one.uuid);
	call(&one, "release", "");
	assert_said("not undone: record 1 of the undo log makes no sense: '40,x'\n");
	assert_pool(0, 2048, 4, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_pages");
	TCase *tc = tcase_create("pages");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, needs_are_those_of_the_domain, 0, ARRAY_SIZE(domains));
	tcase_add_loop_test(tc, sizes_that_make_no_sense_are_refused, 0,
			    ARRAY_SIZE(bad_domains));
	tcase_add_loop_test(tc, pages_come_from_where_they_may, 0, ARRAY_SIZE(plans));
	tcase_add_test(tc, missing_pages_are_allocated_and_given_back);
	tcase_add_test(tc, free_pages_are_taken_first);
	tcase_add_test(tc, pages_of_two_sizes_come_from_their_pools);
	tcase_add_test(tc, surplus_pages_are_surplus_again_afterwards);
	tcase_add_test(tc, what_one_node_has_not_comes_from_the_other);
	tcase_add_test(tc, a_host_without_nodes_has_one_pool);
	tcase_add_test(tc, guests_without_huge_pages_leave_no_trace);
	tcase_add_test(tc, a_shortage_names_numbers_and_gives_everything_back);
	tcase_add_test(tc, pages_of_1_gib_are_to_be_had_at_boot);
	tcase_add_loop_test(tc, what_the_host_can_never_have_is_refused, 0,
			    ARRAY_SIZE(refused));
	tcase_add_test(tc, compaction_is_tried_before_giving_up);
	tcase_add_loop_test(tc, caches_are_dropped_when_that_is_allowed, 0, 2);
	tcase_add_test(tc, many_pages_are_allocated_in_parts);
	tcase_add_test(tc, pages_that_another_guest_waits_for_are_not_free);
	tcase_add_test(tc, pages_that_a_qemu_has_are_promised_no_more);
	tcase_add_test(tc, what_a_qemu_has_not_touched_yet_stays_promised);
	tcase_add_test(tc, the_pid_of_another_process_is_none_of_the_guest);
	tcase_add_test(tc, pages_that_programs_have_reserved_are_not_free);
	tcase_add_test(tc, a_guest_that_has_all_its_pages_elsewhere_waits_for_none);
	tcase_add_test(tc, the_pages_of_a_qemu_that_is_dying_are_waited_for);
	tcase_add_test(tc, pages_that_stay_in_use_become_surplus);
	tcase_add_test(tc, what_others_did_to_the_pool_stays);
	tcase_add_loop_test(tc, a_write_that_fails_is_named_and_leaves_nothing, 0,
			    ARRAY_SIZE(faults_of));
	tcase_add_loop_test(
		tc, what_could_not_be_given_back_is_given_back_by_the_next_call, 0, 2);
	tcase_add_test(tc, a_write_that_comes_back_late_is_undone_too);
	tcase_add_loop_test(tc, a_kill_before_or_after_any_write_loses_nothing, 0, 2);
	tcase_add_loop_test(tc, records_of_calls_that_were_killed_are_brought_up_to_date,
			    0, ARRAY_SIZE(states));
	tcase_add_test(tc, a_record_that_makes_no_sense_is_left_alone);
	suite_add_tcase(s, tc);
	return s;
}
