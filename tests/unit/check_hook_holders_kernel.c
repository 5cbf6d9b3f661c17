/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the kernel itself uses: disks, and network cards. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fakefile.h"
#include "faketree.h"
#include "holders_impl.h"
#include "suite.h"

#define CARD "0000:01:00.0"
#define DIR  "sys/bus/pci/devices/" CARD "/"

static struct faketree tree;
static struct holders_set set;
static struct error err;

static void setup(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, DIR "class", "0x010802\n");
	faketree_file(&tree, "proc/self/mountinfo", "");
	set = HOLDERS_SET_NONE;
	err = (struct error){ 0 };
}

static void teardown(void)
{
	holders_set_done(&set);
	faketree_teardown(&tree);
}

static void make_node(const char *dir, const char *number, const char *name)
{
	char text[FAKEFILE_MAX];

	(void)snprintf(text, sizeof(text), "MAJOR=1\nDEVNAME=%s\nDEVTYPE=x", name);
	fakefile_put(&tree.root, number, "%s/dev", dir);
	fakefile_put(&tree.root, text, "%s/uevent", dir);
	fakefile_link(&tree.root, "/sys/class/block", "%s/subsystem", dir);
}

/* 1 where nothing is in use */
static int look(void)
{
	int r;

	ck_assert_msg(holders_set_add(&set, &tree.root, CARD, &err) == 0, "%s", err.msg);
	r = holders_check_disks(&tree.root, &set, &err);
	if (r == 0)
		r = holders_check_nics(&tree.root, &set, &err);
	return r < 0 ? r : holders_claim_disks(&tree.root, &set, &err);
}

static void is_free(void)
{
	ck_assert_msg(look() == 1, "%s", err.msg);
}

static void is_refused(const char *text)
{
	ck_assert_int_eq(look(), -EBUSY);
	ck_assert_str_eq(err.msg, text);
}

/* --- disks --- */

#define DISK "nvme/nvme0/nvme0n1"

static void make_disk(void)
{
	make_node(DIR DISK, "259:0\n", "nvme0n1");
	make_node(DIR DISK "/nvme0n1p1", "259:1\n", "nvme0n1p1");
	faketree_file(&tree, "dev/nvme0n1", "");
	faketree_file(&tree, "dev/nvme0n1p1", "");
}

START_TEST(disk_that_is_not_used_is_free)
{
	make_disk();
	faketree_file(&tree, "proc/self/mountinfo",
		      "22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\nbroken line\n");
	faketree_file(&tree, "proc/swaps",
		      "Filename\tType\n/dev/sda2  partition\t1\t0\t-2\n");
	is_free();
}
END_TEST

START_TEST(mounted_partition_is_refused)
{
	make_disk();
	faketree_file(
		&tree, "proc/self/mountinfo",
		"22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
		"36 35 259:1 / /mnt/my\\040games rw,noatime shared:1 master:2 - ext4 "
		"/dev/nvme0n1p1 rw\n");
	is_refused("'/dev/nvme0n1p1' of " CARD
		   " is mounted on '/mnt/my games'; unmount it first");
}
END_TEST

START_TEST(btrfs_is_known_by_its_source)
{
	make_disk();
	faketree_file(&tree, "proc/self/mountinfo",
		      "36 35 0:45 /@ /data rw - btrfs /dev/nvme0n1 rw,subvol=/@\n");
	is_refused("'/dev/nvme0n1' of " CARD " is mounted on '/data'; unmount it first");
}
END_TEST

START_TEST(swap_space_is_refused)
{
	make_disk();
	faketree_file(&tree, "proc/swaps",
		      "Filename\tType\n/dev/nvme0n1p1  partition\t1\t0\t-2\n");
	is_refused("'/dev/nvme0n1p1' of " CARD
		   " is swap space of the host; run first: swapoff /dev/nvme0n1p1");
}
END_TEST

START_TEST(volume_is_named)
{
	make_disk();
	faketree_link(&tree, DIR DISK "/nvme0n1p1/holders/dm-0", "../x");
	faketree_file(&tree, "sys/block/dm-0/dm/name", "vg-games\n");
	is_refused("'/dev/nvme0n1p1' of " CARD
		   " is part of 'vg-games' (/dev/dm-0); deactivate that first");
}
END_TEST

START_TEST(raid_is_named)
{
	make_disk();
	faketree_link(&tree, DIR DISK "/holders/md127", "../x");
	is_refused("'/dev/nvme0n1' of " CARD
		   " is part of 'md127' (/dev/md127); deactivate that first");
}
END_TEST

START_TEST(disk_behind_several_controllers_is_found)
{
	faketree_file(&tree, DIR "nvme/nvme0/nvme2c0n1/hidden", "1\n");
	make_node("sys/devices/virtual/nvme-subsystem/nvme-subsys2/nvme2n1", "259:0\n",
		  "nvme2n1");
	faketree_link(&tree, "sys/block/nvme2n1",
		      "../devices/virtual/nvme-subsystem/nvme-subsys2/nvme2n1");
	faketree_file(&tree, "proc/self/mountinfo",
		      "36 35 259:0 / /data rw - ext4 /dev/nvme2n1 rw\n");
	is_refused("'/dev/nvme2n1' of " CARD " is mounted on '/data'; unmount it first");
}
END_TEST

START_TEST(disk_that_cannot_be_asked_is_not_taken)
{
	make_disk();
	ck_assert_int_eq(unlinkat(tree.root.fd, "dev/nvme0n1", 0), 0);
	faketree_link(&tree, "dev/nvme0n1", "nvme0n1");
	ck_assert_int_eq(look(), -ELOOP);
	ck_assert_str_eq(err.msg, "see whether '/dev/nvme0n1' of " CARD
				  " is in use: Too many levels of symbolic links");
}
END_TEST

/* --- network cards --- */

#define ROUTES "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\n"

static void make_nic(const char *upper)
{
	faketree_file(&tree, DIR "virtio1/net/eth0/ifindex", "2\n");
	faketree_file(&tree, "sys/class/net/eth0/ifindex", "2\n");
	if (upper)
		fakefile_put(&tree.root, "", "sys/class/net/eth0/upper_%s", upper);
}

START_TEST(default_route_is_refused)
{
	make_nic(NULL);
	faketree_file(&tree, "proc/net/route",
		      ROUTES "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\n");
	is_refused("the host's default route goes over 'eth0' of " CARD
		   "; move it to another network card first");
}
END_TEST

START_TEST(default_route_of_ipv6_is_refused)
{
	make_nic(NULL);
	faketree_file(&tree, "proc/net/ipv6_route",
		      "00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00 "
		      "fe800000000000000000000000000001 00000400 00000001 00000000 "
		      "00000003     eth0\n");
	is_refused("the host's default route goes over 'eth0' of " CARD
		   "; move it to another network card first");
}
END_TEST

START_TEST(default_route_over_vlan_on_bridge_is_refused)
{
	make_nic("br0");
	faketree_file(&tree, "sys/class/net/br0/upper_br0.7", "");
	faketree_file(&tree, "proc/net/route",
		      ROUTES "br0.7\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\n");
	is_refused(
		"the host's default route goes over 'br0.7', which uses 'eth0' of " CARD
		"; move it to another network card first");
}
END_TEST

START_TEST(other_routes_do_not_matter)
{
	make_nic("br0");
	faketree_file(&tree, "proc/net/route",
		      ROUTES "eth1\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\n"
			     "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\n"
			     "eth0\t00000000\t00000000\t0201\t0\t0\t100\t00000000\t0\n"
			     "eth0\t00000000\t00000000\t0001\t0\t0\t100\t00000080\t0\n");
	faketree_file(&tree, "proc/net/ipv6_route",
		      "00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 ffffffff 00000001 00000000 "
		      "00200200     eth0\n"
		      "fe800000000000000000000000000000 40 "
		      "00000000000000000000000000000000 00 "
		      "00000000000000000000000000000000 00000100 00000001 00000000 "
		      "00000001     eth0\n");
	is_free();
}
END_TEST

START_TEST(interfaces_in_a_ring_come_to_an_end)
{
	make_nic("br0");
	faketree_file(&tree, "sys/class/net/br0/upper_eth0", "");
	is_free();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_holders_kernel");
	TCase *tc = tcase_create("holders");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, disk_that_is_not_used_is_free);
	tcase_add_test(tc, mounted_partition_is_refused);
	tcase_add_test(tc, btrfs_is_known_by_its_source);
	tcase_add_test(tc, swap_space_is_refused);
	tcase_add_test(tc, volume_is_named);
	tcase_add_test(tc, raid_is_named);
	tcase_add_test(tc, disk_behind_several_controllers_is_found);
	tcase_add_test(tc, disk_that_cannot_be_asked_is_not_taken);
	tcase_add_test(tc, default_route_is_refused);
	tcase_add_test(tc, default_route_of_ipv6_is_refused);
	tcase_add_test(tc, default_route_over_vlan_on_bridge_is_refused);
	tcase_add_test(tc, other_routes_do_not_matter);
	tcase_add_test(tc, interfaces_in_a_ring_come_to_an_end);
	suite_add_tcase(s, tc);
	return s;
}
