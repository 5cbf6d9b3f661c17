/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a guest wants of its host. */

#include <sys/stat.h>

#include "guestfixture.h"

#define PIN(cpus)                                                            \
	"<domain>\n<vcpu>2</vcpu><cputune>\n<vcpupin vcpu='1' cpuset='" cpus \
	"'/></cputune></domain>"
#define NUMA(nodes) \
	"<domain><numatune>\n<memory nodeset='" nodes "'/></numatune></domain>"
#define ROM(file) \
	"<domain><devices>\n<hostdev><rom file='" file "'/></hostdev></devices></domain>"

static const struct rule host_rules[] = {
	{ PIN("0-7"),
	  "3: vCPU 1 wants CPU 5, which is offline on this host: bring it online, "
	  "or choose another" },
	{ PIN("0-7,^5"), "" },
	{ PIN("0, 6-9"),
	  "3: vCPU 1 wants CPU 8-9, but this host has only 0-7: choose among "
	  "these" },
	{ PIN("0-"), "3: vCPU 1: '0-' is not a list of numbers below 8192 like '0-3,8'" },
	{ "<domain><cputune>\n<emulatorpin cpuset='5'/>\n<iothreadpin iothread='x' "
	  "cpuset='9'/></cputune></domain>",
	  "2: the emulator wants CPU 5, which is offline on this host: bring it online, or "
	  "choose another\n"
	  "3: I/O thread x wants CPU 9, but this host has only 0-7: choose among these" },
	{ "<domain>\n<vcpu cpuset='8'>2</vcpu></domain>",
	  "2: <vcpu> wants CPU 8, but this host has only 0-7: choose among these" },
	{ NUMA("0-1"), "" },
	{ NUMA("0-3,^2"),
	  "2: the guest's memory wants NUMA node 3, but this host has only 0-1: "
	  "choose among these" },
	{ "<domain><numatune>\n<memnode cellid='1' nodeset='2'/></numatune></domain>",
	  "2: the memory of guest NUMA cell 1 wants NUMA node 2, but this host has only 0-1: "
	  "choose among these" },
	{ ROM("/usr/good.rom"), "" },
	{ ROM("/usr/link.rom"), "" },
	{ ROM("/usr/none.rom"),
	  "2: the ROM file '/usr/none.rom' of <hostdev> does not exist: correct the path" },
	{ ROM("/usr/good.rom/x"),
	  "2: the ROM file '/usr/good.rom/x' of <hostdev> does not exist: correct the path" },
	{ ROM("/usr"),
	  "2: the ROM file '/usr' of <hostdev> is no regular file: correct the "
	  "path" },
	{ ROM("/usr/empty.rom"),
	  "2: the ROM file '/usr/empty.rom' of <hostdev> is empty: put the ROM there" },
	{ ROM("/usr/secret.rom"),
	  "2: the ROM file '/usr/secret.rom' of <hostdev> cannot be "
	  "read: allow it with 'chmod a+r'" },
	/* a captured host without that directory */
	{ ROM("/var/none.rom"), "" },
};

START_TEST(each_rule_about_the_host_finds_its_fault)
{
	faketree_file(&tree, "sys/devices/system/cpu/present", "0-7\n");
	faketree_file(&tree, "sys/devices/system/cpu/online", "0-4,6-7\n");
	faketree_file(&tree, "sys/devices/system/node/online", "0-1\n");
	faketree_file(&tree, "usr/good.rom", "U\xaa");
	faketree_file(&tree, "usr/empty.rom", "");
	faketree_file(&tree, "usr/secret.rom", "U\xaa");
	faketree_link(&tree, "usr/link.rom", "/usr/good.rom");
	ck_assert_int_eq(fchmodat(tree.root.fd, "usr/secret.rom", 0, 0), 0);

	parse(host_rules[_i].guest);
	check(&found, &tree.root);
	assert_found(host_rules[_i].found);
}
END_TEST

START_TEST(unknown_host_finds_nothing)
{
	parse(host_rules[_i].guest);
	check(&found, &tree.root);
	assert_found("");
}
END_TEST

START_TEST(host_none_finds_nothing_of_the_host)
{
	parse(host_rules[_i].guest);
	check(&found, NULL);
	assert_found("");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("guest_host");
	TCase *tc = tcase_create("host");

	tcase_add_checked_fixture(tc, setup_guest, teardown_guest);
	tcase_add_loop_test(tc, each_rule_about_the_host_finds_its_fault, 0,
			    (int)ARRAY_SIZE(host_rules));
	tcase_add_loop_test(tc, unknown_host_finds_nothing, 0,
			    (int)ARRAY_SIZE(host_rules));
	tcase_add_loop_test(tc, host_none_finds_nothing_of_the_host, 0,
			    (int)ARRAY_SIZE(host_rules));
	suite_add_tcase(s, tc);
	return s;
}
