/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "faketree.h"
#include "host/pcidev.h"
#include "suite.h"

#define DEV "sys/bus/pci/devices/0000:01:00.0"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

/* As the planner does it: all functions, then what is to know about one. */
static int read_details(struct pcidevs *devs, struct error *err)
{
	int r = pcidevs_read(devs, &tree.root, err);

	if (r == 0)
		r = pcidev_read_details(&devs->v[0], &tree.root, err);
	return r;
}

static const struct pcidev *find(const struct pcidevs *devs, const char *address)
{
	struct error err = { 0 };
	struct bdf bdf;

	ck_assert_int_eq(bdf_parse(&bdf, NULL, address, &err), 0);
	return pcidevs_find(devs, &bdf);
}

START_TEST(a_captured_host_reads_as_it_was)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };
	const struct pcidev *gpu;
	const struct pcidev *own;

	faketree_host(&tree, "amd-desktop");
	ck_assert_msg(pcidevs_read(&devs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(devs.n, 43);
	for (size_t i = 1; i < devs.n; i++)
		ck_assert_int_lt(bdf_compare(&devs.v[i - 1].bdf, &devs.v[i].bdf), 0);

	gpu = find(&devs, "01:00.0");
	ck_assert_ptr_nonnull(gpu);
	ck_assert_uint_eq(gpu->vendor, 0x10de);
	ck_assert_uint_eq(gpu->device, 0x1e87);
	ck_assert_uint_eq(gpu->class, 0x030000);
	ck_assert_int_eq(gpu->group, 14);
	ck_assert(!gpu->is_boot_vga);
	ck_assert(pcidev_is_display(gpu));
	ck_assert(!pcidev_is_bridge(gpu));

	own = find(&devs, "09:00.0");
	ck_assert_ptr_nonnull(own);
	ck_assert(own->is_boot_vga);
	ck_assert(pcidev_is_bridge(find(&devs, "00:01.1")));
	ck_assert_ptr_null(find(&devs, "01:00.4"));
}
END_TEST

START_TEST(details_are_read_once_and_of_one_function)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };
	const struct pcidev *gpu;
	const struct pcidev *got;

	faketree_host(&tree, "amd-desktop");
	ck_assert_msg(pcidevs_read(&devs, &tree.root, &err) == 0, "%s", err.msg);
	gpu = find(&devs, "01:00.0");
	ck_assert(!gpu->has_details);
	ck_assert_int_eq(pcidevs_get(&got, &devs, &gpu->bdf, &tree.root, &err), 0);
	ck_assert_ptr_eq(got, gpu);
	ck_assert(gpu->has_details);
	ck_assert_uint_eq(gpu->subvendor, 0x10de);
	ck_assert_uint_eq(gpu->subdevice, 0x12a4);
	ck_assert_int_eq(gpu->bus, PCIDEV_BUS_EXPRESS);
	ck_assert_int_eq(gpu->numa_node, -1);
	ck_assert_str_eq(gpu->driver, "nvidia");
	ck_assert(!find(&devs, "01:00.1")->has_details);

	/* it does not see this */
	faketree_file(&tree, DEV "/subsystem_vendor", "0x1458\n");
	ck_assert_int_eq(pcidevs_get(&got, &devs, &gpu->bdf, &tree.root, &err), 0);
	ck_assert_uint_eq(got->subvendor, 0x10de);
	ck_assert_int_eq(
		pcidevs_get(&got, &devs, &(struct bdf){ .bus = 0x77 }, &tree.root, &err),
		0);
	ck_assert_ptr_null(got);
}
END_TEST

START_TEST(a_host_without_pci_is_an_empty_list)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	ck_assert_int_eq(pcidevs_read(&devs, &tree.root, &err), 0);
	ck_assert_uint_eq(devs.n, 0);
	ck_assert_ptr_null(find(&devs, "01:00.0"));
}
END_TEST

START_TEST(a_directory_without_links_finds_its_group_by_the_groups)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, DEV "/vendor = 0x10de\n"
				   "sys/kernel/iommu_groups/3/devices/0000:00:02.0/\n"
				   "sys/kernel/iommu_groups/12/devices/0000:01:00.0/\n"
				   "sys/kernel/iommu_groups/13/devices/platform:0/\n");
	ck_assert_msg(read_details(&devs, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(devs.n, 1);
	ck_assert_int_eq(devs.v[0].group, 12);
	ck_assert_int_eq(devs.v[0].numa_node, -1);
	ck_assert_str_eq(devs.v[0].driver, "");
}
END_TEST

START_TEST(a_group_is_read_without_the_rest)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	const struct bdf bdf = { .bus = 1 };
	const struct pcidev *gpu = NULL;
	struct error err = { 0 };

	faketree_host(&tree, "amd-desktop");
	ck_assert_msg(pcidevs_list(&devs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(devs.n, 43);
	ck_assert_int_eq(pcidevs_get(&gpu, &devs, &bdf, &tree.root, &err), 0);
	ck_assert_int_eq(gpu->group, 14);
	ck_assert(!find(&devs, "01:00.3")->is_read);

	ck_assert_int_eq(pcidevs_read_group(&devs, 14, &tree.root, &err), 0);
	for (size_t i = 0; i < devs.n; i++) {
		bool is_member = bdf_same_slot(&devs.v[i].bdf, &bdf);

		ck_assert_int_eq(devs.v[i].is_read, is_member);
		ck_assert_int_eq(devs.v[i].group, is_member ? 14 : -1);
	}
}
END_TEST

START_TEST(a_group_that_only_links_tell_is_found)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, DEV "/iommu_group -> ../../groups/7\n"
				   "sys/bus/pci/devices/0000:02:00.0/"
				   "iommu_group -> ../../groups/7\n"
				   "sys/kernel/iommu_groups/7/\n");
	ck_assert_msg(pcidevs_list(&devs, &tree.root, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(pcidevs_read_group(&devs, 7, &tree.root, &err), 0);
	ck_assert_int_eq(find(&devs, "01:00.0")->group, 7);
	ck_assert_int_eq(find(&devs, "02:00.0")->group, 7);
}
END_TEST

static const char *const iommu_off[] = {
	DEV "/iommu_group -> ../../groups/7\n",
	DEV "/iommu_group -> ../../groups/7\nsys/kernel/iommu_groups/\n",
	DEV "/iommu_group -> ../../groups/first\n",
};

START_TEST(a_link_to_a_group_is_a_leftover_when_there_are_no_groups)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, iommu_off[_i]);
	ck_assert_msg(read_details(&devs, &err) == 0, "%s", err.msg);
	ck_assert_uint_eq(devs.n, 1);
	ck_assert(!devs.has_iommu);
	ck_assert_int_eq(devs.v[0].group, -1);
}
END_TEST

/* A header with a capability list at 0x40, and what stands there. */
#define HEADER(status, pointer)                                                       \
	"de10871e 0704" status " 00000003 00000000 00000000 00000000 00000000 "       \
	"00000000 00000000 00000000 00000000 00000000 00000000 " pointer " 00000000 " \
	"00000000 "

static const struct {
	const char *config;
	enum pcidev_bus bus;
} configs[] = {
	{ "4096", PCIDEV_BUS_EXPRESS },
	{ "257", PCIDEV_BUS_EXPRESS },
	{ "0", PCIDEV_BUS_UNKNOWN },
	{ "63", PCIDEV_BUS_UNKNOWN },
	{ "256 " HEADER("0000", "00000000"), PCIDEV_BUS_CONVENTIONAL },
	{ "64 " HEADER("0000", "00000000"), PCIDEV_BUS_CONVENTIONAL },
	/* power management, then Express */
	{ "256 " HEADER("1000", "40000000") "01440300 10001200", PCIDEV_BUS_EXPRESS },
	/* the two low bits of a pointer are reserved */
	{ "256 " HEADER("1000", "43000000") "01460300 10001200", PCIDEV_BUS_EXPRESS },
	{ "256 " HEADER("1000", "40000000") "01000300", PCIDEV_BUS_CONVENTIONAL },
	/* a list without its flag is no list */
	{ "256 " HEADER("0000", "40000000") "10000200", PCIDEV_BUS_CONVENTIONAL },
	/* loops */
	{ "256 " HEADER("1000", "40000000") "01400300", PCIDEV_BUS_CONVENTIONAL },
	{ "256 " HEADER("1000", "40000000") "01440300 05400000",
	  PCIDEV_BUS_CONVENTIONAL },
	/* into the header */
	{ "256 " HEADER("1000", "10000000"), PCIDEV_BUS_CONVENTIONAL },
	/* beyond what could be read */
	{ "64 " HEADER("1000", "40000000"), PCIDEV_BUS_UNKNOWN },
	{ "65 " HEADER("1000", "40000000") "10", PCIDEV_BUS_UNKNOWN },
	{ "128 " HEADER("1000", "40000000") "01fc0300", PCIDEV_BUS_UNKNOWN },
};

START_TEST(config_space_tells_express_from_conventional)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };
	char manifest[1024];

	(void)snprintf(manifest, sizeof(manifest), DEV "/config : %s\n",
		       configs[_i].config);
	faketree_unpack(&tree, manifest);
	ck_assert_msg(read_details(&devs, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(devs.v[0].bus, configs[_i].bus);
}
END_TEST

static const struct {
	const char *manifest;
	int want;
	const char *msg;
} damaged[] = {
	{ "sys/bus/pci/devices/lost+found/\n", -EINVAL,
	  "read '/sys/bus/pci/devices/lost+found': 'lost+found' is not a PCI address such "
	  "as 0000:01:00.0" },
	{ "sys/bus/pci/devices/01:00.0/\n", -EINVAL,
	  "read '/sys/bus/pci/devices/01:00.0': the kernel would call it "
	  "'0000:01:00.0'" },
	{ DEV "/vendor = many\n", -EINVAL,
	  "read '/" DEV "/vendor': value 'many' is not a number" },
	{ DEV "/vendor = 0x10000\n", -ERANGE,
	  "read '/" DEV "/vendor': value '0x10000' is more than 65535" },
	{ DEV "/numa_node = -2\n", -EINVAL,
	  "read '/" DEV "/numa_node': node '-2' is not a number" },
	{ DEV "/iommu_group -> ../../groups/first\nsys/kernel/iommu_groups/7/\n", -EINVAL,
	  "read link '/" DEV "/iommu_group': group 'first' is not a number" },
	{ DEV "/device/\n", -EISDIR, "open '/" DEV "/device': Is a directory" },
	{ DEV "/vendor -> vendor\n", -ELOOP,
	  "open '/" DEV "/vendor': Too many levels of symbolic links" },
	{ DEV "/driver -> "
	      "0123456789012345678901234567890123456789012345678901234567890123\n",
	  -EMSGSIZE, "read link '/" DEV "/driver': longer than 63 bytes" },
	{ "sys/bus/pci/devices = none\n", -ENOTDIR,
	  "list '/sys/bus/pci/devices': Not a directory" },
};

START_TEST(what_cannot_be_understood_is_named)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, damaged[_i].manifest);
	ck_assert_int_eq(read_details(&devs, &err), damaged[_i].want);
	ck_assert_str_eq(err.msg, damaged[_i].msg);
}
END_TEST

START_TEST(a_pipe_for_an_attribute_does_not_block)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };

	faketree_unpack(&tree, DEV "/\n");
	ck_assert_int_eq(mkfifoat(tree.root.fd, DEV "/config", 0644), 0);
	ck_assert_int_eq(read_details(&devs, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "open '/" DEV "/config': Invalid argument");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("pcidev");
	TCase *tc = tcase_create("tree");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_captured_host_reads_as_it_was);
	tcase_add_test(tc, details_are_read_once_and_of_one_function);
	tcase_add_test(tc, a_host_without_pci_is_an_empty_list);
	tcase_add_test(tc, a_directory_without_links_finds_its_group_by_the_groups);
	tcase_add_test(tc, a_group_is_read_without_the_rest);
	tcase_add_test(tc, a_group_that_only_links_tell_is_found);
	tcase_add_loop_test(tc, a_link_to_a_group_is_a_leftover_when_there_are_no_groups,
			    0, ARRAY_SIZE(iommu_off));
	tcase_add_loop_test(tc, config_space_tells_express_from_conventional, 0,
			    ARRAY_SIZE(configs));
	tcase_add_loop_test(tc, what_cannot_be_understood_is_named, 0,
			    ARRAY_SIZE(damaged));
	tcase_add_test(tc, a_pipe_for_an_attribute_does_not_block);
	suite_add_tcase(s, tc);
	return s;
}
