/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>

#include "host/bdf.h"
#include "suite.h"

static const struct {
	const char *text;
	struct bdf bdf;
	bool has_function;
	const char *formatted;
} good[] = {
	{ "0000:01:00.0", { 0, 1, 0, 0 }, true, "0000:01:00.0" },
	{ "01:00.1", { 0, 1, 0, 1 }, true, "0000:01:00.1" },
	{ "ff:1f.7", { 0, 0xff, 0x1f, 7 }, true, "0000:ff:1f.7" },
	{ "FF:1F.7", { 0, 0xff, 0x1f, 7 }, true, "0000:ff:1f.7" },
	{ "01:00", { 0, 1, 0, 0 }, false, "0000:01:00.0" },
	{ "0001:02:03", { 1, 2, 3, 0 }, false, "0001:02:03.0" },
	{ "10000:e1:00.0", { 0x10000, 0xe1, 0, 0 }, true, "10000:e1:00.0" },
	{ "ffffffff:ff:1f.7", { 0xffffffff, 0xff, 0x1f, 7 }, true, "ffffffff:ff:1f.7" },
	{ "pci_0000_01_00_0", { 0, 1, 0, 0 }, true, "0000:01:00.0" },
	{ "pci_0000_0a_1f_3", { 0, 0x0a, 0x1f, 3 }, true, "0000:0a:1f.3" },
	{ "pci_0000_01_00", { 0, 1, 0, 0 }, false, "0000:01:00.0" },
};

START_TEST(an_address_is_read_and_written_as_the_kernel_does)
{
	char text[BDF_TEXT_MAX];
	struct error err = { 0 };
	bool has_function;
	struct bdf bdf;

	ck_assert_int_eq(bdf_parse(&bdf, &has_function, good[_i].text, &err), 0);
	ck_assert_int_eq(bdf_compare(&bdf, &good[_i].bdf), 0);
	ck_assert_int_eq(has_function, good[_i].has_function);
	ck_assert_str_eq(bdf_format(&bdf, text), good[_i].formatted);
}
END_TEST

static const char *const bad[] = {
	"",
	"01",
	"01:",
	":01:00.0",
	"01:00.",
	"01:00.8",
	"01:20.0",
	"100:00.0",
	"000:01:00.0",
	"123456789:01:00.0",
	"01:00.0.0",
	"01:00.0:0",
	"0000:01:00:0",
	"0000.01.00.0",
	"01:00.0 ",
	" 01:00.0",
	"01:0x0.0",
	"-1:00.0",
	"10de:1b80",
	"pci_",
	"pci_01_00_0",
	"pci_0000_01",
	"pci_0000_01_00_0_0",
	"pci_0000_01_00.0",
	"pci_0000:01:00.0",
};

START_TEST(what_is_no_address_is_refused)
{
	const struct bdf before = { 1, 2, 3, 4 };
	struct error err = { 0 };
	struct bdf bdf = before;
	bool has_function;
	char want[128];

	ck_assert_int_eq(bdf_parse(&bdf, &has_function, bad[_i], &err), -EINVAL);
	ck_assert_int_eq(bdf_compare(&bdf, &before), 0);
	(void)snprintf(want, sizeof(want),
		       "'%s' is not a PCI address such as 0000:01:00.0", bad[_i]);
	ck_assert_str_eq(err.msg, want);
}
END_TEST

START_TEST(a_function_that_is_needed_is_asked_for)
{
	struct error err = { 0 };
	struct bdf bdf;

	ck_assert_int_eq(bdf_parse(&bdf, NULL, "01:00", &err), -EINVAL);
	ck_assert_str_eq(err.msg,
			 "PCI address '01:00' lacks its function, such as '01:00.0'");
	ck_assert_int_eq(bdf_parse(&bdf, NULL, "pci_0000_01_00", &err), -EINVAL);
	ck_assert_str_eq(err.msg, "PCI address 'pci_0000_01_00' lacks its function, "
				  "such as 'pci_0000_01_00_0'");
}
END_TEST

START_TEST(order_is_domain_bus_slot_function)
{
	static const struct bdf sorted[] = {
		{ 0, 0, 0, 0 }, { 0, 0, 0, 1 }, { 0, 0, 1, 0 },
		{ 0, 1, 0, 0 }, { 1, 0, 0, 0 }, { 0x10000, 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sorted); j++) {
			ck_assert_int_eq(bdf_compare(&sorted[i], &sorted[j]),
					 (i > j) - (i < j));
		}
	}
	ck_assert(bdf_same_slot(&sorted[0], &sorted[1]));
	ck_assert(!bdf_same_slot(&sorted[0], &sorted[2]));
	ck_assert(!bdf_same_slot(&sorted[0], &sorted[3]));
	ck_assert(!bdf_same_slot(&sorted[0], &sorted[4]));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bdf");
	TCase *tc = tcase_create("address");

	tcase_add_loop_test(tc, an_address_is_read_and_written_as_the_kernel_does, 0,
			    ARRAY_SIZE(good));
	tcase_add_loop_test(tc, what_is_no_address_is_refused, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, a_function_that_is_needed_is_asked_for);
	tcase_add_test(tc, order_is_domain_bus_slot_function);
	suite_add_tcase(s, tc);
	return s;
}
