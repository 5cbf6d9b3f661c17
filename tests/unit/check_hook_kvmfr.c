/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Looking Glass's kernel module, and the user that QEMU runs as. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "shmemfixture.h"

#define KVMFR                                                                             \
	OBJECT("<arg value='-object'/><arg value='{\"qom-type\":\"memory-backend-file\"," \
	       "\"id\":\"looking-glass\",\"mem-path\":\"/dev/kvmfr0\","                   \
	       "\"size\":33554432,\"share\":true}'/>")

static const struct fakeguest win = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.metadata = "<v:shmem name='looking-glass' user='anna'/>",
};

static const struct fakeguest plain = {
	.name = "plain",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.metadata = "",
};

/* --- whom QEMU runs as --- */

static const struct {
	const char *conf;
	const char *domain;
	bool is_refused; /* 'other' is not in the group */
} qemu_users[] = {
	{ "#user = \"other\"", "", false },
	{ "user = \"other\"", "", true },
	{ "  user='+64056'", "", true },
	{ "user = \"64056\" # no name", "", true },
	{ "user = \"other\"\ngroup = \"kvm\"", "", false },
	{ "user = \"root\"", "", false },
	{ "",
	  "<seclabel type='static' model='dac'><label>other:+64056</label></seclabel>",
	  true },
	{ "user = \"other\"",
	  "<seclabel type='static' model='dac'><label>libvirt-qemu:kvm</label></seclabel>",
	  false },
	{ "",
	  "<seclabel type='static' model='selinux'><label>other:+64056</label></seclabel>",
	  false },
};

START_TEST(qemu_runs_as_its_label_or_configuration_says)
{
	put_file(SIZE, user, 0660);
	fakefile_put(root, qemu_users[_i].conf, "etc/libvirt/qemu.conf");
	call_with(&win, "prepare", SHMEM, qemu_users[_i].domain);
	if (qemu_users[_i].is_refused) {
		ck_assert_int_eq(last.r, -EACCES);
		ck_assert_ptr_nonnull(strstr(last.err.msg, "cannot write to it"));
	} else {
		ck_assert_msg(last.r == 0, "%s", last.err.msg);
	}
}
END_TEST

/* --- kvmfr --- */

START_TEST(kvmfr_without_its_device_is_refused)
{
	call_with(&plain, "prepare", "", KVMFR);
	ck_assert_str_eq(
		last.err.msg,
		"there is no '/dev/kvmfr0': load the module kvmfr, with 'options "
		"kvmfr static_size_mb=32' in /etc/modprobe.d/kvmfr.conf");
}
END_TEST

START_TEST(kvmfr_in_qemus_other_spelling_is_seen_too)
{
	call_with(&plain, "prepare", "",
		  OBJECT("<arg value='-object'/><arg value='memory-backend-file,id=lg,"
			 "share=on,mem-path=/dev/kvmfr1,size=64M'/>"));
	ck_assert_str_eq(
		last.err.msg,
		"there is no '/dev/kvmfr1': load the module kvmfr, with 'options "
		"kvmfr static_size_mb=64' in /etc/modprobe.d/kvmfr.conf");
}
END_TEST

START_TEST(memory_of_other_devices_is_not_kvmfrs)
{
	call_with(&plain, "prepare", "",
		  OBJECT("<arg value='-object'/><arg value='memory-backend-file,id=lg,"
			 "mem-path=/dev/shm/x,size=64M'/><arg value='/dev/kvmfr0'/>"));
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
}
END_TEST

START_TEST(kvmfr_that_is_no_kvmfr_is_warned_of)
{
	fakefile_put(root, "", "dev/kvmfr0");
	ck_assert_int_eq(fchmodat(root->fd, "dev/kvmfr0", 0666, 0), 0);
	ck_assert_int_eq(chmod(tree.dir, 0755), 0);
	call_with(&plain, "prepare", "", KVMFR);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	assert_told("<4> kvmfr: '/dev/kvmfr0' does not tell its size, so that is not "
		    "checked\n");
}
END_TEST

START_TEST(kvmfr_that_qemu_cannot_open_is_refused)
{
	fakefile_put(root, "", "dev/kvmfr0");
	ck_assert_int_eq(fchmodat(root->fd, "dev/kvmfr0", 0600, 0), 0);
	ck_assert_int_eq(chmod(tree.dir, 0755), 0);
	call_with(&plain, "prepare", "", KVMFR);
	ck_assert_str_eq(last.err.msg,
			 "QEMU, running as 'libvirt-qemu', cannot open '/dev/kvmfr0' "
			 "(Permission denied); put 'SUBSYSTEM==\"kvmfr\", OWNER=\"YOU\", "
			 "GROUP=\"kvm\", MODE=\"0660\"' into "
			 "/etc/udev/rules.d/99-kvmfr.rules and load the module kvmfr "
			 "again");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_kvmfr");
	TCase *tc = tcase_create("qemu");

	tcase_add_checked_fixture(tc, setup_shmem, teardown_host);
	tcase_add_loop_test(tc, qemu_runs_as_its_label_or_configuration_says, 0,
			    ARRAY_SIZE(qemu_users));
	suite_add_tcase(s, tc);

	tc = tcase_create("kvmfr");
	tcase_add_checked_fixture(tc, setup_shmem, teardown_host);
	tcase_add_test(tc, kvmfr_without_its_device_is_refused);
	tcase_add_test(tc, kvmfr_in_qemus_other_spelling_is_seen_too);
	tcase_add_test(tc, memory_of_other_devices_is_not_kvmfrs);
	tcase_add_test(tc, kvmfr_that_is_no_kvmfr_is_warned_of);
	if (geteuid() == 0)
		tcase_add_test(tc, kvmfr_that_qemu_cannot_open_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
