/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "base/cpuset.h"
#include "base/macro.h"
#include "suite.h"

static const struct {
	const char *text;
	const char *formatted;
	unsigned n;
} lists[] = {
	{ "", "", 0 },
	{ "0", "0", 1 },
	{ "0-3,8", "0-3,8", 5 },
	{ "8,3,1-2", "1-3,8", 4 },
	{ "5-5,5", "5", 1 },
	{ "62-65", "62-65", 4 },
	{ "0-8191", "0-8191", 8192 },
	{ "8191", "8191", 1 },
	{ "007", "7", 1 },
};

START_TEST(list_is_read_and_written)
{
	CLEANUP_BUF struct buf buf = BUF_NONE;
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(cpuset_parse(&set, lists[_i].text, "cpus", &err), 0);
	cpuset_format(&set, &buf);
	ck_assert_str_eq(buf_text(&buf), lists[_i].formatted);
	ck_assert_uint_eq(cpuset_count(&set), lists[_i].n);
	ck_assert_int_eq(cpuset_is_empty(&set), lists[_i].n == 0);
}
END_TEST

static const char *const no_lists[] = {
	"a",     "1,",   ",1",     "1,,2", "3-1", "1-",
	"-1",    "8192", "0-8192", "1 2",  "1\n", "99999999999999999999",
	"1-2-3", "0x1",
};

START_TEST(what_is_no_list_is_refused)
{
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	cpuset_add(&set, 3);
	ck_assert_int_eq(cpuset_parse(&set, no_lists[_i], "cpus", &err), -EINVAL);
	ck_assert_uint_eq(cpuset_count(&set), 1);
}
END_TEST

static const struct {
	const char *text;
	int first; /* -1: it is refused */
	int last;
} ranges[] = {
	{ "0", 0, 0 },     { "3-3", 3, 3 },  { "2-8191", 2, 8191 },
	{ "8192", -1, 0 }, { "5-4", -1, 0 }, { "", -1, 0 },
	{ "1-", -1, 0 },   { "-1", -1, 0 },  { "1-2-3", -1, 0 },
};

START_TEST(range_goes_up)
{
	struct error err = { 0 };
	unsigned first = 77, last = 78;
	char item[16];
	bool is_refused = ranges[_i].first < 0;

	(void)strcpy(item, ranges[_i].text);
	ck_assert_int_eq(cpuset_parse_range(&first, &last, item, &err) < 0, is_refused);
	ck_assert_int_eq((int)first, is_refused ? 77 : ranges[_i].first);
	ck_assert_int_eq((int)last, is_refused ? 78 : ranges[_i].last);
}
END_TEST

static const struct {
	const char *text;
	const char *formatted;
} masks[] = {
	{ "", "" },
	{ "0", "" },
	{ "5", "0,2" },
	{ "f,ff000000", "24-35" },
	{ "00000001,00000000,80000001", "0,31,64" },
	{ "Ff", "0-7" },
	{ "1,0", "32" },
};

START_TEST(mask_is_read_from_its_last_word)
{
	CLEANUP_BUF struct buf buf = BUF_NONE;
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(cpuset_parse_mask(&set, masks[_i].text, "cpus", &err), 0);
	cpuset_format(&set, &buf);
	ck_assert_str_eq(buf_text(&buf), masks[_i].formatted);
}
END_TEST

static const char *const no_masks[] = { "g",    "0x1", "1,",  ",1",
					"1,,1", "-1",  "1 0", "100000000" };

START_TEST(what_is_no_mask_is_refused)
{
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	cpuset_add(&set, 3);
	ck_assert_int_eq(cpuset_parse_mask(&set, no_masks[_i], "cpus", &err), -EINVAL);
	ck_assert_uint_eq(cpuset_count(&set), 1);
}
END_TEST

/* A kernel for more CPUs writes as many words as it could have, most of them zero. */
START_TEST(mask_may_be_wider_than_the_set)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	for (int word = 0; word < CPUSET_MAX / 32; word++)
		buf_adds(&text, "00000000,");
	buf_adds(&text, "00000001");
	ck_assert_int_eq(cpuset_parse_mask(&set, buf_text(&text), "cpus", &err), 0);
	ck_assert_uint_eq(cpuset_count(&set), 1);
	text.data[7] = '1';
	ck_assert_int_eq(cpuset_parse_mask(&set, buf_text(&text), "cpus", &err), -EINVAL);
}
END_TEST

START_TEST(refusal_names_the_list)
{
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(cpuset_parse(&set, "0-9999", "read '/sys/x'", &err), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "read '/sys/x': '0-9999' is not a list of numbers below "
			 "8192 like '0-3,8'");
}
END_TEST

START_TEST(members_come_and_go)
{
	struct cpuset set = CPUSET_NONE;
	struct cpuset other = CPUSET_NONE;

	cpuset_add(&set, 1);
	cpuset_add(&set, 64);
	cpuset_add(&set, CPUSET_MAX);
	ck_assert(!cpuset_has(&set, CPUSET_MAX));
	ck_assert_int_eq(cpuset_next(&set, 0), 1);
	ck_assert_int_eq(cpuset_next(&set, 2), 64);
	ck_assert_int_eq(cpuset_next(&set, 65), -1);

	cpuset_add(&other, 64);
	cpuset_add(&other, 127);
	cpuset_add_all(&set, &other);
	ck_assert_uint_eq(cpuset_count(&set), 3);
	cpuset_remove(&other, 127);
	cpuset_remove_all(&set, &other);
	ck_assert(cpuset_has(&set, 127) && !cpuset_has(&set, 64));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("cpuset");
	TCase *tc = tcase_create("sets");

	tcase_add_loop_test(tc, list_is_read_and_written, 0, ARRAY_SIZE(lists));
	tcase_add_loop_test(tc, what_is_no_list_is_refused, 0, ARRAY_SIZE(no_lists));
	tcase_add_loop_test(tc, range_goes_up, 0, ARRAY_SIZE(ranges));
	tcase_add_loop_test(tc, mask_is_read_from_its_last_word, 0, ARRAY_SIZE(masks));
	tcase_add_loop_test(tc, what_is_no_mask_is_refused, 0, ARRAY_SIZE(no_masks));
	tcase_add_test(tc, mask_may_be_wider_than_the_set);
	tcase_add_test(tc, refusal_names_the_list);
	tcase_add_test(tc, members_come_and_go);
	suite_add_tcase(s, tc);
	return s;
}
