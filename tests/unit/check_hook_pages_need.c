/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "pagesfixture.h"

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

static void read_needs(struct pages_needs *needs, struct reading *reading,
		       const char *inner, struct error *err)
{
	char xml[4096];
	int n = snprintf(xml, sizeof(xml), "<domain>%s</domain>", inner);

	ck_assert_int_lt(n, (int)sizeof(xml));
	ck_assert_int_eq(reading_parse_domain(reading, "test", xml, (size_t)n, err), 0);
	(void)!pages_needs_read(needs, reading->top, err);
}

START_TEST(needs_are_those_of_the_domain)
{
	struct reading reading = READING_NONE;
	struct pages_needs needs = PAGES_NEEDS_NONE;
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error err = { 0 };

	read_needs(&needs, &reading, domains[_i].domain, &err);
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
	reading_done(&reading);
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
	struct reading reading = READING_NONE;
	struct pages_needs needs = PAGES_NEEDS_NONE;
	struct error err = { 0 };

	read_needs(&needs, &reading, bad_domains[_i].domain, &err);
	ck_assert_str_eq(err.msg, bad_domains[_i].message);
	ck_assert_ptr_null(needs.v);
	reading_done(&reading);
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

Suite *suite(void)
{
	Suite *s = suite_create("hook_pages_need");
	TCase *tc = tcase_create("pages");

	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, needs_are_those_of_the_domain, 0, ARRAY_SIZE(domains));
	tcase_add_loop_test(tc, sizes_that_make_no_sense_are_refused, 0,
			    ARRAY_SIZE(bad_domains));
	tcase_add_loop_test(tc, pages_come_from_where_they_may, 0, ARRAY_SIZE(plans));
	suite_add_tcase(s, tc);
	return s;
}
