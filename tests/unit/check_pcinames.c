/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <string.h>

#include "faketree.h"
#include "host/pcinames.h"
#include "suite.h"

static const char list[] = "10de  NVIDIA Corporation\n"
			   "\t1e87  TU104 [GeForce RTX 2080 Rev. A]\n"
			   "C 03  Display controller\n"
			   "\t00  VGA compatible controller\n";

static const struct pcidev gpu = { .vendor = 0x10de,
				   .device = 0x1e87,
				   .class = 0x030000 };
static const struct pcidev other = { .vendor = 0x10de,
				     .device = 0xffff,
				     .class = 0x038000 };
static const struct pcidev stranger = { .vendor = 0x1af4,
					.device = 0x1050,
					.class = 0xfe0000 };

static struct faketree tree;
static char file[64];

static void setup(void)
{
	faketree_setup(&tree);
	(void)snprintf(file, sizeof(file), "%s/pci.ids", tree.dir);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static void check_names(const struct pcidev *dev, const char *name, const char *class)
{
	CLEANUP_PCINAMES struct pcinames names = PCINAMES_NONE;
	char text[PCINAMES_TEXT_MAX];
	struct error err = { 0 };

	ck_assert_int_eq(pcinames_open(&names, file, &err), 0);
	ck_assert_str_eq(pcinames_device(&names, dev, text), name);
	ck_assert_str_eq(pcinames_class(&names, dev, text), class);
}

START_TEST(names_come_from_the_list)
{
	faketree_file(&tree, "pci.ids", list);
	check_names(&gpu, "NVIDIA Corporation TU104 [GeForce RTX 2080 Rev. A]",
		    "VGA compatible controller");
	check_names(&other, "NVIDIA Corporation Device ffff",
		    "Display controller [0380]");
	check_names(&stranger, "Device 1af4:1050", "Class fe00");
}
END_TEST

START_TEST(without_a_list_names_are_numbers)
{
	check_names(&gpu, "Device 10de:1e87", "Class 0300");
}
END_TEST

START_TEST(without_libpci_names_are_numbers)
{
	const struct pcinames names = PCINAMES_NONE;
	char text[PCINAMES_TEXT_MAX];

	ck_assert_str_eq(pcinames_device(&names, &gpu, text), "Device 10de:1e87");
	ck_assert_str_eq(pcinames_class(&names, &gpu, text), "Class 0300");
}
END_TEST

START_TEST(a_damaged_list_ends_nothing)
{
	CLEANUP_FREE char *damaged = NULL;

	ck_assert_int_gt(asprintf(&damaged, "%sgarbage\n8086  Intel\n", list), 0);
	faketree_file(&tree, "pci.ids", damaged);
	check_names(&gpu, "NVIDIA Corporation TU104 [GeForce RTX 2080 Rev. A]",
		    "VGA compatible controller");
}
END_TEST

START_TEST(a_name_that_does_not_fit_is_cut_visibly)
{
	CLEANUP_FREE char *text = NULL;
	char name[400];
	char want[PCINAMES_TEXT_MAX];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_gt(asprintf(&text, "10de  %s\n", name), 0);
	faketree_file(&tree, "pci.ids", text);
	(void)snprintf(want, sizeof(want), "%.*s...", PCINAMES_TEXT_MAX - 4, name);
	check_names(&gpu, want, "Class 0300");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pcinames");
	TCase *tc = tcase_create("list");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, names_come_from_the_list);
	tcase_add_test(tc, without_a_list_names_are_numbers);
	tcase_add_test(tc, without_libpci_names_are_numbers);
	tcase_add_test(tc, a_damaged_list_ends_nothing);
	tcase_add_test(tc, a_name_that_does_not_fit_is_cut_visibly);
	suite_add_tcase(s, tc);
	return s;
}
