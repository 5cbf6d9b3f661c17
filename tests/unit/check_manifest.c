/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "faketree.h"
#include "host/sysfs.h"
#include "manifest.h"
#include "suite.h"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static void check_file(const char *path, const char *want, size_t len)
{
	CLEANUP_CLOSE int fd = sysfs_open(&tree.root, path);
	char buf[64];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), (ssize_t)len);
	ck_assert_mem_eq(buf, want, len);
}

START_TEST(each_kind_of_line_makes_its_entry)
{
	char target[16];
	struct error err = { 0 };

	faketree_unpack(&tree, "# a comment\n\n"
			       "a/text = one\n"
			       "a/text += t\\two\\\\\n"
			       "a/empty =\n"
			       "a/bare = x\\x00y\\c\n"
			       "a/blob : 6 0102ff 04\n"
			       "a/zeros : 3\n"
			       "a/link -> ../b\n"
			       "b/c/\n");
	check_file("a/text", "one\nt\two\\\n", 10);
	check_file("a/empty", "\n", 1);
	check_file("a/bare", "x\0y", 3);
	check_file("a/blob", "\1\2\xff\4\0\0", 6);
	check_file("a/zeros", "\0\0\0", 3);
	ck_assert_int_eq(
		sysfs_link_target(&tree.root, "a/link", target, sizeof(target), &err), 0);
	ck_assert_str_eq(target, "../b");
	ck_assert(sysfs_exists(&tree.root, "b/c"));
}
END_TEST

static const struct {
	const char *manifest;
	const char *msg;
} bad[] = {
	{ "a\n", "manifest line 1: Invalid argument" },
	{ "ok = 1\na ~ 1\n", "manifest line 2: Invalid argument" },
	{ "a =1\n", "manifest line 1: Invalid argument" },
	{ "/etc/x = 1\n", "manifest line 1: Invalid argument" },
	{ "../x = 1\n", "manifest line 1: Invalid argument" },
	{ "a/../../x = 1\n", "manifest line 1: Invalid argument" },
	{ "a//x = 1\n", "manifest line 1: Invalid argument" },
	{ "a/ = 1\n", "manifest line 1: Invalid argument" },
	{ "a = \\q\n", "manifest line 1: Invalid argument" },
	{ "a = \\x4\n", "manifest line 1: Invalid argument" },
	{ "a = \\cx\n", "manifest line 1: Invalid argument" },
	{ "a : 4 012\n", "manifest line 1: Invalid argument" },
	{ "a : 1 0102\n", "manifest line 1: Invalid argument" },
	{ "a : 99999999\n", "manifest line 1: Invalid argument" },
	{ "a = 1\na = 1\n", "manifest line 2: File exists" },
	{ "a += 1\n", "manifest line 1: No such file or directory" },
	/* nothing is written through a link */
	{ "a -> /tmp\na/x = 1\n", "manifest line 2: Not a directory" },
	{ "a -> /tmp/x\na += 1\n", "manifest line 2: Too many levels of symbolic links" },
};

START_TEST(a_bad_line_is_refused_by_its_number)
{
	struct error err = { 0 };

	ck_assert_int_lt(manifest_unpack(&tree.root, bad[_i].manifest,
					 strlen(bad[_i].manifest), &err),
			 0);
	ck_assert_str_eq(err.msg, bad[_i].msg);
}
END_TEST

START_TEST(a_nul_is_no_text)
{
	static const char text[] = "a = 1\0b\n";
	struct error err = { 0 };

	ck_assert_int_eq(manifest_unpack(&tree.root, text, sizeof(text) - 1, &err),
			 -EINVAL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("manifest");
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_kind_of_line_makes_its_entry);
	tcase_add_loop_test(tc, a_bad_line_is_refused_by_its_number, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, a_nul_is_no_text);
	suite_add_tcase(s, tc);
	return s;
}
