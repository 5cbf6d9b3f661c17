/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "base/keyval.h"
#include "suite.h"

START_TEST(parts_are_split_at_their_first_equals_sign)
{
	CLEANUP_KEYVALS struct keyvals keyvals = KEYVALS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(keyvals_parse(&keyvals, "01:00.0,rom=a,,b=c,managed=", &err), 0);
	ck_assert_uint_eq(keyvals.n, 3);
	ck_assert_str_eq(keyvals.v[0].key, "01:00.0");
	ck_assert_ptr_null(keyvals.v[0].value);
	ck_assert_str_eq(keyvals.v[1].key, "rom");
	ck_assert_str_eq(keyvals.v[1].value, "a,b=c");
	ck_assert_str_eq(keyvals.v[2].key, "managed");
	ck_assert_str_eq(keyvals.v[2].value, "");
}
END_TEST

START_TEST(a_list_leaves_equals_signs_alone)
{
	CLEANUP_KEYVALS struct keyvals keyvals = KEYVALS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(keyvals_parse_list(&keyvals, "-object,id=a,,,,b,,", &err), 0);
	ck_assert_uint_eq(keyvals.n, 2);
	ck_assert_str_eq(keyvals.v[0].key, "-object");
	ck_assert_str_eq(keyvals.v[1].key, "id=a,,b,");
	ck_assert_ptr_null(keyvals.v[1].value);
}
END_TEST

static const struct {
	const char *text;
	const char *msg;
} empty[] = {
	{ "", "'' has an empty part" },         { ",", "',' has an empty part" },
	{ "a,", "'a,' has an empty part" },     { ",a", "',a' has an empty part" },
	{ "a,,,", "'a,,,' has an empty part" },
};

START_TEST(an_empty_part_is_refused)
{
	CLEANUP_KEYVALS struct keyvals keyvals = KEYVALS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(keyvals_parse(&keyvals, empty[_i].text, &err), -EINVAL);
	ck_assert_str_eq(err.msg, empty[_i].msg);
	ck_assert_ptr_null(keyvals.v);
}
END_TEST

START_TEST(a_switch_knows_two_words)
{
	struct keyval keyval = { .key = (char[]){ "managed" },
				 .value = (char[]){ "yes" } };
	struct error err = { 0 };
	bool value = false;

	ck_assert_int_eq(keyval_switch(&value, &keyval, "yes", "no", &err), 0);
	ck_assert(value);
	ck_assert_int_eq(keyval_switch(&value, &keyval, "on", "off", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "managed 'yes' is neither 'on' nor 'off'");
	ck_assert(value);
	ck_assert_int_eq(keyval_switch(&value, &keyval, "no", "yes", &err), 0);
	ck_assert(!value);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("keyval");
	TCase *tc = tcase_create("split");

	tcase_add_test(tc, parts_are_split_at_their_first_equals_sign);
	tcase_add_test(tc, a_list_leaves_equals_signs_alone);
	tcase_add_loop_test(tc, an_empty_part_is_refused, 0, ARRAY_SIZE(empty));
	tcase_add_test(tc, a_switch_knows_two_words);
	suite_add_tcase(s, tc);
	return s;
}
