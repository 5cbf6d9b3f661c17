/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "faketree.h"
#include "host/checksum.h"
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

/* FIPS 180-4, as in NIST's examples */
START_TEST(the_sum_is_that_of_the_standard)
{
	char text[CHECKSUM_MAX];
	struct error err = { 0 };

	faketree_file(&tree, "roms/x.rom", "abc");
	ck_assert_int_eq(checksum_file(text, &tree.root, "/roms/x.rom", &err), 0);
	ck_assert_str_eq(
		text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused)
{
	char text[CHECKSUM_MAX];
	struct error err = { 0 };
	char path[64];

	faketree_file(&tree, "x.rom", "");
	(void)snprintf(path, sizeof(path), "%s/x.rom", tree.dir);
	ck_assert_int_eq(truncate(path, 64 * 1048576 + 1), 0);
	ck_assert_int_eq(checksum_file(text, &tree.root, "/x.rom", &err), -EFBIG);
	ck_assert_str_eq(err.msg, "'/x.rom' is larger than 64 MiB");
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	char text[CHECKSUM_MAX];
	struct error err = { 0 };

	faketree_file(&tree, "roms/x.rom", "abc");
	ck_assert_int_lt(checksum_file(text, &tree.root, "/roms", &err), 0);
	ck_assert_int_eq(checksum_file(text, &tree.root, "/none", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "open '/none': No such file or directory");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("checksum");
	TCase *tc = tcase_create("checksum");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_sum_is_that_of_the_standard);
	tcase_add_test(tc, a_file_that_is_too_large_is_refused);
	tcase_add_test(tc, what_is_no_file_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
