/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>

#include "faketree.h"
#include "host/iommu.h"
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

START_TEST(a_host_with_groups_has_it_on)
{
	struct error err = { 0 };
	struct iommu iommu;

	faketree_host(&tree, "amd-desktop");
	ck_assert_int_eq(iommu_read(&iommu, &tree.root, &err), 0);
	ck_assert_uint_eq(iommu.n_groups, 28);
	ck_assert_int_eq(iommu.kind, IOMMU_AMD);
	ck_assert_str_eq(iommu_kind_name(iommu.kind), "AMD-Vi");
	ck_assert_str_eq(iommu.missing, "");
}
END_TEST

#define INTEL  "proc/cpuinfo = vendor_id\\t: GenuineIntel\n"
#define AMD    "proc/cpuinfo = vendor_id\\t: AuthenticAMD\n"
#define KERNEL "proc/cmdline = BOOT_IMAGE=/vmlinuz "

static const struct {
	const char *manifest;
	enum iommu_kind kind;
	const char *missing;
} off[] = {
	{ "", IOMMU_UNKNOWN, "enable it in the firmware setup" },
	{ AMD KERNEL "quiet\n", IOMMU_AMD,
	  "enable IOMMU (AMD-Vi) in the firmware setup" },
	{ INTEL KERNEL "quiet\n", IOMMU_INTEL,
	  "add 'intel_iommu=on' to the kernel command line, and enable VT-d in the "
	  "firmware setup" },
	{ INTEL KERNEL "intel_iommu=on\n", IOMMU_INTEL,
	  "enable VT-d in the firmware setup" },
	{ INTEL KERNEL "iommu=pt xintel_iommu=on\n", IOMMU_INTEL,
	  "add 'intel_iommu=on' to the kernel command line, and enable VT-d in the "
	  "firmware setup" },
	/* the last one counts */
	{ INTEL KERNEL "intel_iommu=on intel_iommu=off\n", IOMMU_INTEL,
	  "remove 'intel_iommu=off' from the kernel command line" },
	{ AMD KERNEL "amd_iommu=off\n", IOMMU_AMD,
	  "remove 'amd_iommu=off' from the kernel command line" },
	{ AMD KERNEL "iommu=off\n", IOMMU_AMD,
	  "remove 'iommu=off' from the kernel command line" },
};

START_TEST(a_host_without_groups_is_told_what_is_missing)
{
	struct error err = { 0 };
	struct iommu iommu;

	faketree_unpack(&tree, off[_i].manifest);
	ck_assert_int_eq(iommu_read(&iommu, &tree.root, &err), 0);
	ck_assert_uint_eq(iommu.n_groups, 0);
	ck_assert_int_eq(iommu.kind, off[_i].kind);
	ck_assert_str_eq(iommu.missing, off[_i].missing);
}
END_TEST

/* Group 1: a root port, a card of two functions. Group 2: two cards. No group: the last.
 */
static struct pcidev board[] = {
	{ .bdf = { 0, 0, 1, 0 }, .class = 0x060400, .group = 1 },
	{ .bdf = { 0, 1, 0, 0 }, .class = 0x030000, .group = 1 },
	{ .bdf = { 0, 1, 0, 1 }, .class = 0x040300, .group = 1 },
	{ .bdf = { 0, 2, 0, 0 }, .class = 0x030000, .group = 2 },
	{ .bdf = { 0, 3, 0, 0 }, .class = 0x010802, .group = 2 },
	{ .bdf = { 0, 4, 0, 0 }, .class = 0x0c0330, .group = -1 },
};

static const struct pcidevs devs = { .v = board, .n = ARRAY_SIZE(board) };

START_TEST(a_group_is_walked_in_order_of_address)
{
	const struct pcidev *dev = iommu_next_member(&devs, 1, NULL);

	ck_assert_ptr_eq(dev, &board[0]);
	dev = iommu_next_member(&devs, 1, dev);
	ck_assert_ptr_eq(dev, &board[1]);
	dev = iommu_next_member(&devs, 1, dev);
	ck_assert_ptr_eq(dev, &board[2]);
	ck_assert_ptr_null(iommu_next_member(&devs, 1, dev));
	ck_assert_ptr_null(iommu_next_member(&devs, 7, NULL));
	ck_assert_ptr_null(iommu_next_member(&devs, -1, NULL));
}
END_TEST

static const struct {
	size_t dev;
	bool is_viable;
	const struct pcidev *stranger;
} viability[] = {
	{ 1, true, NULL },       { 2, true, NULL },  { 3, false, &board[4] },
	{ 4, false, &board[3] }, { 5, false, NULL },
};

START_TEST(a_group_is_viable_when_only_bridges_and_one_card_are_in_it)
{
	const struct pcidev *dev = &board[viability[_i].dev];

	ck_assert_int_eq(iommu_is_viable(&devs, dev), viability[_i].is_viable);
	ck_assert_ptr_eq(iommu_next_stranger(&devs, dev, NULL), viability[_i].stranger);
}
END_TEST

START_TEST(every_stranger_is_named_once)
{
	struct pcidev v[] = {
		{ .bdf = { 0, 1, 0, 0 }, .class = 0x030000, .group = 4 },
		{ .bdf = { 0, 2, 0, 0 }, .class = 0x010802, .group = 4 },
		{ .bdf = { 0, 2, 1, 0 }, .class = 0x060400, .group = 4 },
		{ .bdf = { 0, 3, 0, 0 }, .class = 0x020000, .group = 4 },
	};
	const struct pcidevs crowd = { .v = v, .n = ARRAY_SIZE(v) };
	const struct pcidev *dev = iommu_next_stranger(&crowd, &v[0], NULL);

	ck_assert_ptr_eq(dev, &v[1]);
	dev = iommu_next_stranger(&crowd, &v[0], dev);
	ck_assert_ptr_eq(dev, &v[3]);
	ck_assert_ptr_null(iommu_next_stranger(&crowd, &v[0], dev));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("iommu");
	TCase *state = tcase_create("state");
	TCase *groups = tcase_create("groups");

	tcase_add_checked_fixture(state, setup, teardown);
	tcase_add_test(state, a_host_with_groups_has_it_on);
	tcase_add_loop_test(state, a_host_without_groups_is_told_what_is_missing, 0,
			    ARRAY_SIZE(off));
	suite_add_tcase(s, state);

	tcase_add_test(groups, a_group_is_walked_in_order_of_address);
	tcase_add_loop_test(groups,
			    a_group_is_viable_when_only_bridges_and_one_card_are_in_it, 0,
			    ARRAY_SIZE(viability));
	tcase_add_test(groups, every_stranger_is_named_once);
	suite_add_tcase(s, groups);
	return s;
}
