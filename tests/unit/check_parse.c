/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "base/parse.h"
#include "suite.h"

#define UNTOUCHED 4711

static const struct {
	const char *text;
	int want;
	uint64_t value;
	const char *msg;
} decimals[] = {
	{ "1", 0, 1, "" },
	{ "010", 0, 10, "" },
	{ "64", 0, 64, "" },
	{ "0", -ERANGE, UNTOUCHED, "slot '0' is not between 1 and 64" },
	{ "65", -ERANGE, UNTOUCHED, "slot '65' is not between 1 and 64" },
	{ "18446744073709551616", -ERANGE, UNTOUCHED,
	  "slot '18446744073709551616' is not between 1 and 64" },
	{ "", -EINVAL, UNTOUCHED, "slot '' is not a number" },
	{ "+1", -EINVAL, UNTOUCHED, "slot '+1' is not a number" },
	{ "-1", -EINVAL, UNTOUCHED, "slot '-1' is not a number" },
	{ " 1", -EINVAL, UNTOUCHED, "slot ' 1' is not a number" },
	{ "1 ", -EINVAL, UNTOUCHED, "slot '1 ' is not a number" },
	{ "0x1", -EINVAL, UNTOUCHED, "slot '0x1' is not a number" },
	{ "a", -EINVAL, UNTOUCHED, "slot 'a' is not a number" },
};

START_TEST(decimal_numbers_are_whole_and_in_range)
{
	uint64_t value = UNTOUCHED;
	struct error err = { 0 };

	ck_assert_int_eq(parse_dec(&value, decimals[_i].text, 1, 64, "slot", &err),
			 decimals[_i].want);
	ck_assert_uint_eq(value, decimals[_i].value);
	ck_assert_str_eq(err.msg, decimals[_i].msg);
}
END_TEST

static const struct {
	const char *text;
	size_t min;
	size_t max;
	int want;
	uint64_t value;
	const char *msg;
} hexadecimals[] = {
	{ "10dE", 4, 4, 0, 0x10de, "" },
	{ "f", 1, 2, 0, 0xf, "" },
	{ "ffffffffffffffff", 1, 16, 0, UINT64_MAX, "" },
	{ "10d", 4, 4, -EINVAL, UNTOUCHED, "id '10d' does not have 4 digits" },
	{ "123", 1, 2, -EINVAL, UNTOUCHED, "id '123' does not have 1 to 2 digits" },
	{ "", 1, 2, -EINVAL, UNTOUCHED, "id '' does not have 1 to 2 digits" },
	{ "0x10", 4, 4, -EINVAL, UNTOUCHED, "id '0x10' is not a hexadecimal number" },
	{ "10dg", 4, 4, -EINVAL, UNTOUCHED, "id '10dg' is not a hexadecimal number" },
};

START_TEST(hexadecimal_numbers_have_so_many_digits)
{
	uint64_t value = UNTOUCHED;
	struct error err = { 0 };

	ck_assert_int_eq(parse_hex(&value, hexadecimals[_i].text, hexadecimals[_i].min,
				   hexadecimals[_i].max, "id", &err),
			 hexadecimals[_i].want);
	ck_assert_uint_eq(value, hexadecimals[_i].value);
	ck_assert_str_eq(err.msg, hexadecimals[_i].msg);
}
END_TEST

START_TEST(a_part_ends_where_it_is_told)
{
	uint64_t value = UNTOUCHED;
	struct error err = { 0 };

	ck_assert_int_eq(parse_hex_part(&value, "10de:1b80", 4, "vendor", &err), 0);
	ck_assert_uint_eq(value, 0x10de);
	ck_assert_int_eq(parse_hex_part(&value, "10de:1b80", 5, "vendor", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "vendor '10de:' is not a hexadecimal number");
	ck_assert_uint_eq(value, 0x10de);
}
END_TEST

static const struct {
	const char *text;
	int want;
	uint64_t value;
	const char *msg;
} numbers[] = {
	{ "255", 0, 255, "" },
	{ "0xFf", 0, 255, "" },
	{ "0X0", 0, 0, "" },
	{ "0x100", -ERANGE, UNTOUCHED, "bus '0x100' is more than 255" },
	{ "256", -ERANGE, UNTOUCHED, "bus '256' is more than 255" },
	{ "0x", -EINVAL, UNTOUCHED, "bus '0x' is not a number" },
	{ "ff", -EINVAL, UNTOUCHED, "bus 'ff' is not a number" },
	{ "-0x1", -EINVAL, UNTOUCHED, "bus '-0x1' is not a number" },
};

START_TEST(numbers_as_c_spells_them)
{
	uint64_t value = UNTOUCHED;
	struct error err = { 0 };

	ck_assert_int_eq(parse_number(&value, numbers[_i].text, 255, "bus", &err),
			 numbers[_i].want);
	ck_assert_uint_eq(value, numbers[_i].value);
	ck_assert_str_eq(err.msg, numbers[_i].msg);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("parse");
	TCase *tc = tcase_create("numbers");

	tcase_add_loop_test(tc, decimal_numbers_are_whole_and_in_range, 0,
			    ARRAY_SIZE(decimals));
	tcase_add_loop_test(tc, hexadecimal_numbers_have_so_many_digits, 0,
			    ARRAY_SIZE(hexadecimals));
	tcase_add_test(tc, a_part_ends_where_it_is_told);
	tcase_add_loop_test(tc, numbers_as_c_spells_them, 0, ARRAY_SIZE(numbers));
	suite_add_tcase(s, tc);
	return s;
}
