/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/macro.h"
#include "faketree.h"
#include "host/apparmor.h"
#include "suite.h"

#define ROM "/usr/share/vgabios/gpu.rom"

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, "sys/module/apparmor/parameters/enabled", "Y\n");
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static const struct {
	const char *pattern;
	const char *path;
	bool matches;
} patterns[] = {
	{ "/usr/share/vgabios/**", ROM, true },
	{ "/usr/share/*/*.rom", ROM, true },
	{ "/usr/share/{kvm,vgabios,qemu}/**", ROM, true },
	{ "/usr/share/{kvm,qemu}/**", ROM, false },
	{ "/usr/share/*", ROM, false },
	{ "/usr/share/**", ROM, true },
	{ "/usr/share/vgabios/gpu.ro?", ROM, true },
	{ "/usr/share/vgabios?gpu.rom", ROM, false },
	{ "/usr/share/vgabios/gpu.ro", ROM, false },
	{ "/usr/share/vgabios/{,**}", ROM, true },
	{ "/usr/share/vgabios/{", ROM, false },
	{ "", ROM, false },
	{ "/usr/share/vgabios/gp[t-v].rom", ROM, true },
	{ "/usr/share/vgabios/gp[abu].rom", ROM, true },
	{ "/usr/share/vgabios/gp[^u].rom", ROM, false },
	{ "/usr/share/vgabios/gp[^a-t].rom", ROM, true },
	{ "/usr/share[^a]vgabios/gpu.rom", ROM, false },
	{ "/usr/share/vgabios/gp[a-", ROM, false },
	{ "/usr/share/vgabios/gpu.rom[a]", ROM, false },
	{ "/**a**a**a**a**a**a**a**a**a**a**a**a**a**b",
	  "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
};

START_TEST(pattern_matches_as_apparmors_do)
{
	ck_assert_int_eq(apparmor_match(patterns[_i].pattern, patterns[_i].path),
			 patterns[_i].matches);
}
END_TEST

/* what a shared part and a local one say together */
static const struct {
	const char *shared;
	const char *local;
	bool allows;     /* reading */
	bool allows_own; /* writing, what is QEMU's own */
} profiles[] = {
	{ "  /usr/share/vgabios/** r,\n", NULL, true, false },
	{ "  /usr/share/vgabios/** rmix,\n", NULL, true, false },
	{ "  /usr/share/vgabios/** w,\n", NULL, false, true },
	{ "  /usr/share/vgabios/** rwk,\n", NULL, true, true },
	{ "  #include <abstractions/base>\n  capability dac_override,\n", NULL, false,
	  false },
	{ "", "  /usr/share/vgabios/gpu.rom r,\n", true, false },
	{ "", "\"/usr/share/vgabios/gpu.rom\" r,\n", true, false },
	{ "  /usr/share/** rw,\n", "  deny /usr/share/vgabios/** r,\n", false, true },
	{ "  audit deny /usr/share/** r,\n  /usr/share/vgabios/** r,\n", NULL, false,
	  false },
	{ "  owner /usr/share/** rw,\n", NULL, false, true },
	{ "  owner /usr/share/** w,\n", "  deny /usr/share/vgabios/** w,\n", false,
	  false },
	{ "  # /usr/share/** rw,\n", NULL, false, false },
	{ "  /usr/share/vgabios/**", NULL, false, false },
};

START_TEST(profile_is_read)
{
	struct error err = { 0 };
	bool allows = !profiles[_i].allows;
	bool allows_own = !profiles[_i].allows_own;

	faketree_file(&tree, "etc/apparmor.d/abstractions/libvirt-qemu",
		      profiles[_i].shared);
	if (profiles[_i].local)
		faketree_file(&tree, &APPARMOR_LOCAL[1], profiles[_i].local);
	ck_assert(apparmor_is_on(&tree.root));
	ck_assert_int_eq(apparmor_allows(&allows, &tree.root, ROM, APPARMOR_READ, &err),
			 0);
	ck_assert_int_eq(allows, profiles[_i].allows);
	ck_assert_int_eq(
		apparmor_allows(&allows_own, &tree.root, ROM, APPARMOR_WRITE_OWN, &err),
		0);
	ck_assert_int_eq(allows_own, profiles[_i].allows_own);
}
END_TEST

static const struct {
	const char *conf;
	bool is_on;
} confs[] = {
	{ "security_driver = \"none\"\n", false },
	{ "security_driver = [ \"selinux\", \"apparmor\" ]\n", true },
	{ "#security_driver = \"none\"\nuser = \"qemu\"\n", true },
	{ "", true },
};

START_TEST(configuration_may_do_without)
{
	faketree_file(&tree, "etc/apparmor.d/abstractions/libvirt-qemu", "");
	faketree_file(&tree, "etc/libvirt/qemu.conf", confs[_i].conf);
	ck_assert_int_eq(apparmor_is_on(&tree.root), confs[_i].is_on);
}
END_TEST

START_TEST(without_the_profile_nothing_is_confined)
{
	ck_assert(!apparmor_is_on(&tree.root));
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("apparmor");
	TCase *tcase = tcase_create("apparmor");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, pattern_matches_as_apparmors_do, 0,
			    ARRAY_SIZE(patterns));
	tcase_add_loop_test(tcase, profile_is_read, 0, ARRAY_SIZE(profiles));
	tcase_add_loop_test(tcase, configuration_may_do_without, 0, ARRAY_SIZE(confs));
	tcase_add_test(tcase, without_the_profile_nothing_is_confined);
	suite_add_tcase(suite, tcase);
	return suite;
}
