/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakehost.h"
#include "suite.h"

#define FILE_PATH "dev/shm/looking-glass"
#define THERE     "'/" FILE_PATH "' is there "
#define SIZE      (32L << 20)
#define SHMEM                                                             \
	"<shmem name='looking-glass'><model type='ivshmem-plain'/><size " \
	"unit='M'>32</size></shmem>"
#define OBJECT(text)                                                            \
	"<commandline xmlns='http://libvirt.org/schemas/domain/qemu/1.0'>" text \
	"</commandline>"
#define KVMFR                                                                             \
	OBJECT("<arg value='-object'/><arg value='{\"qom-type\":\"memory-backend-file\"," \
	       "\"id\":\"looking-glass\",\"mem-path\":\"/dev/kvmfr0\","                   \
	       "\"size\":33554432,\"share\":true}'/>")

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakefaults faults;
static struct fakecall last;
static char *before;
static uid_t user; /* of 'anna'; that of the test when it is not root */
static gid_t group;

static const struct fakeguest win = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.metadata = "<v:shmem name='looking-glass' user='anna'/>",
};

static const struct fakeguest mac = {
	.name = "mac",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.metadata = "<v:shmem name='looking-glass' user='anna'/>",
};

static const struct fakeguest plain = {
	.name = "plain",
	.uuid = "00000000-0000-0000-0000-000000000003",
	.metadata = "",
};

static const struct fakeguest nic = {
	.name = "nic",
	.uuid = "00000000-0000-0000-0000-000000000004",
	.devices = { FAKEHOST_NIC },
	.metadata = "<v:shmem name='looking-glass' user='anna'/>",
};

static void put_users(void)
{
	char text[FAKEFILE_MAX];

	user = geteuid() == 0 ? 1000 : geteuid();
	group = geteuid() == 0 ? 109 : getegid();
	(void)snprintf(text, sizeof(text),
		       "root:x:0:0::/root:/bin/sh\nanna:x:%u:%u::/:/bin/sh\n"
		       "libvirt-qemu:x:64055:64055::/:/bin/false\n"
		       "other:x:64056:64056::/:/bin/false",
		       user, user);
	fakefile_put(root, text, "etc/passwd");
	(void)snprintf(text, sizeof(text),
		       "kvm:x:%u:libvirt-qemu\nlibvirt-qemu:x:64055:", group);
	fakefile_put(root, text, "etc/group");
}

static void again(void)
{
	free(before);
	before = fakehost_snapshot(root);
}

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	put_users();
	faults = (struct fakefaults){ 0 };
	last = (struct fakecall){ 0 };
	again();
}

static void teardown(void)
{
	free(before);
	before = NULL;
	fakecall_done(&last);
	faketree_teardown(&tree);
}

/* The guest with this among its devices, and that beside them. */
static char *domain_with(const struct fakeguest *guest, const char *device,
			 const char *more)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, guest);
	const char *end = strstr(xml, "</devices>");
	char *text = NULL;

	ck_assert_int_gt(asprintf(&text, "%.*s%s</devices>%s</domain>", (int)(end - xml),
				  xml, device, more),
			 0);
	return text;
}

static void call_with(const struct fakeguest *guest, const char *operation,
		      const char *device, const char *more)
{
	CLEANUP_FREE char *xml = domain_with(guest, device, more);

	fakecall_done(&last);
	last = (struct fakecall){
		.guest = guest, .operation = operation, .faults = &faults, .xml = xml
	};
	(void)!fakehost_call(root, &last);
	last.xml = NULL;
}

static void call(const struct fakeguest *guest, const char *operation)
{
	call_with(guest, operation, SHMEM, "");
}

static void call_works(const struct fakeguest *guest, const char *operation)
{
	call(guest, operation);
	ck_assert_msg(last.r == 0, "%s\n%s", last.err.msg, buf_text(&last.account));
}

static void assert_told(const char *text)
{
	ck_assert_msg(strstr(buf_text(&last.account), text), "not told: %s\nbut:\n%s",
		      text, buf_text(&last.account));
}

static void assert_as_before(void)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);

	ck_assert_str_eq(difference, "");
}

static int open_file(int flags)
{
	return openat(root->fd, FILE_PATH, flags | O_CLOEXEC, 0660);
}

/* As somebody made it who was here before. */
static void put_file(off_t size, uid_t uid, mode_t mode)
{
	CLEANUP_CLOSE int fd = open_file(O_CREAT | O_RDWR);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchown(fd, uid, group), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	again();
}

static void assert_refused(const char *message)
{
	call(&win, "prepare");
	ck_assert_int_lt(last.r, 0);
	ck_assert_str_eq(last.err.msg, message);
	assert_as_before();
	call(&win, "release");
	assert_as_before();
}

/* --- the file --- */

START_TEST(memory_is_made_for_the_user_and_a_group_of_qemus)
{
	struct stat st;

	call_works(&win, "prepare");
	ck_assert_int_eq(fstatat(root->fd, FILE_PATH, &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
	ck_assert_uint_eq(st.st_uid, user);
	ck_assert_uint_eq(st.st_gid, group);
	ck_assert_int_eq(st.st_size, SIZE);
	ck_assert_uint_eq(st.st_nlink, 1);
	call_works(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_is_there_already_stays)
{
	put_file(SIZE, user, 0660);
	call_works(&win, "prepare");
	call_works(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_of_two_guests_goes_with_the_last)
{
	call_works(&win, "prepare");
	call_works(&mac, "prepare");
	call_works(&win, "release");
	ck_assert(fakefile_has(root, FILE_PATH));
	call_works(&mac, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_the_user_has_open_stays_till_the_next_time)
{
	int fd;

	call_works(&win, "prepare");
	fd = open_file(O_RDWR);
	ck_assert_int_ge(fd, 0);
	call_works(&win, "release");
	assert_told("<6> shmem: /" FILE_PATH ": stays, somebody has it open\n");
	ck_assert(fakefile_has(root, FILE_PATH));
	ck_assert_int_eq(close(fd), 0);

	call_works(&win, "prepare");
	call_works(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_somebody_has_replaced_is_theirs)
{
	call_works(&win, "prepare");
	ck_assert_int_eq(unlinkat(root->fd, FILE_PATH, 0), 0);
	put_file(SIZE, user, 0660);
	call_works(&win, "release");
	ck_assert(fakefile_has(root, FILE_PATH));
	ck_assert(!fakefile_has(root, "run/vfiokit/shared"));
}
END_TEST

START_TEST(memory_that_somebody_has_removed_is_no_error)
{
	call_works(&win, "prepare");
	ck_assert_int_eq(unlinkat(root->fd, FILE_PATH, 0), 0);
	call_works(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(failed_start_removes_the_memory)
{
	fakefaults_add(&faults, FAKEFAULT_EIO, 0, "load vfio-pci");
	call(&nic, "prepare");
	ck_assert_int_lt(last.r, 0);
	assert_told("<6> shmem: /" FILE_PATH ": removed\n");
	assert_as_before();
}
END_TEST

START_TEST(guest_that_does_not_name_its_memory_keeps_it_to_itself)
{
	call_works(&plain, "prepare");
	ck_assert(!fakefile_has(root, FILE_PATH));
}
END_TEST

START_TEST(memory_that_the_guest_does_not_have_is_skipped)
{
	call_with(&win, "prepare", "", "");
	ck_assert_int_eq(last.r, 0);
	assert_told("<4> shmem: the shared memory 'looking-glass' is named in "
		    "<metadata> and is no <shmem> of the guest, skipping it\n");
	ck_assert(!fakefile_has(root, FILE_PATH));
}
END_TEST

/* --- what is refused --- */

START_TEST(link_is_refused)
{
	fakefile_link(root, "/etc/passwd", FILE_PATH);
	again();
	assert_refused(THERE "and is a link; remove it");
}
END_TEST

START_TEST(directory_is_refused)
{
	fakefile_dir(root, FILE_PATH);
	again();
	assert_refused(THERE "and is no file; remove it");
}
END_TEST

START_TEST(second_name_is_refused)
{
	put_file(SIZE, user, 0660);
	ck_assert_int_eq(linkat(root->fd, FILE_PATH, root->fd, "dev/shm/other", 0), 0);
	again();
	assert_refused(THERE "and is a file with several names; remove it");
}
END_TEST

START_TEST(file_of_another_size_is_refused)
{
	put_file(4096, user, 0660);
	assert_refused(THERE "with 4096 bytes, and the guest wants 33554432; remove it");
}
END_TEST

START_TEST(file_that_qemu_cannot_write_is_refused)
{
	char message[256];

	put_file(SIZE, user, 0640);
	(void)snprintf(message, sizeof(message),
		       THERE "with the group %u and the mode 0640, so that "
			     "'libvirt-qemu' cannot write to it; remove it",
		       group);
	assert_refused(message);
}
END_TEST

START_TEST(file_of_somebody_else_is_refused)
{
	put_file(SIZE, 64055, 0660);
	assert_refused(THERE "and belongs to the user 64055, not to 'anna'; remove it");
}
END_TEST

START_TEST(user_that_is_not_there_is_refused)
{
	fakefile_put(root, "libvirt-qemu:x:64055:64055::/:/bin/false", "etc/passwd");
	again();
	assert_refused("make '/" FILE_PATH "': there is no user 'anna'");
}
END_TEST

START_TEST(host_without_a_user_for_qemu_is_refused)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "anna:x:%u:%u::/:/bin/sh", user, user);
	fakefile_put(root, text, "etc/passwd");
	again();
	assert_refused("make '/" FILE_PATH
		       "': find out whom QEMU runs as (user and group "
		       "in /etc/libvirt/qemu.conf): there is no user 'qemu'");
}
END_TEST

static const struct {
	const char *device;
	const char *message;
} bad_shmem[] = {
	{ "<shmem name='looking-glass'><model type='ivshmem-doorbell'/></shmem>",
	  "the <shmem> 'looking-glass' is not of the model ivshmem-plain, the only one "
	  "that is a file" },
	{ "<shmem name='looking-glass'><model type='ivshmem-plain'/></shmem>",
	  "the <shmem> 'looking-glass' has no valid <size>" },
	{ "<shmem name='looking-glass'><model type='ivshmem-plain'/>"
	  "<size unit='M'>0</size></shmem>",
	  "the <shmem> 'looking-glass' has no valid <size>" },
	{ "<shmem name='looking-glass'><model type='ivshmem-plain'/>"
	  "<size unit='E'>16</size></shmem>",
	  "the <shmem> 'looking-glass' has no valid <size>" },
};

START_TEST(memory_that_makes_no_sense_is_refused)
{
	call_with(&win, "prepare", bad_shmem[_i].device, "");
	ck_assert_int_lt(last.r, 0);
	ck_assert_str_eq(last.err.msg, bad_shmem[_i].message);
}
END_TEST

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

static void add_file(Suite *s)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, memory_is_made_for_the_user_and_a_group_of_qemus);
	tcase_add_test(tc, memory_that_is_there_already_stays);
	tcase_add_test(tc, memory_of_two_guests_goes_with_the_last);
	tcase_add_test(tc, memory_that_the_user_has_open_stays_till_the_next_time);
	tcase_add_test(tc, memory_that_somebody_has_replaced_is_theirs);
	tcase_add_test(tc, memory_that_somebody_has_removed_is_no_error);
	tcase_add_test(tc, failed_start_removes_the_memory);
	tcase_add_test(tc, guest_that_does_not_name_its_memory_keeps_it_to_itself);
	tcase_add_test(tc, memory_that_the_guest_does_not_have_is_skipped);
	suite_add_tcase(s, tc);
}

/* Some need somebody else, whom only root can become. */
static void add_refused(Suite *s)
{
	TCase *tc = tcase_create("refused");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, link_is_refused);
	tcase_add_test(tc, directory_is_refused);
	tcase_add_test(tc, second_name_is_refused);
	tcase_add_test(tc, file_of_another_size_is_refused);
	tcase_add_test(tc, file_that_qemu_cannot_write_is_refused);
	if (geteuid() == 0)
		tcase_add_test(tc, file_of_somebody_else_is_refused);
	tcase_add_test(tc, user_that_is_not_there_is_refused);
	tcase_add_test(tc, host_without_a_user_for_qemu_is_refused);
	tcase_add_loop_test(tc, memory_that_makes_no_sense_is_refused, 0,
			    ARRAY_SIZE(bad_shmem));
	tcase_add_loop_test(tc, qemu_runs_as_its_label_or_configuration_says, 0,
			    ARRAY_SIZE(qemu_users));
	suite_add_tcase(s, tc);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_shmem");
	TCase *tc = tcase_create("kvmfr");

	add_file(s);
	add_refused(s);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, kvmfr_without_its_device_is_refused);
	tcase_add_test(tc, kvmfr_in_qemus_other_spelling_is_seen_too);
	tcase_add_test(tc, memory_of_other_devices_is_not_kvmfrs);
	tcase_add_test(tc, kvmfr_that_is_no_kvmfr_is_warned_of);
	if (geteuid() == 0)
		tcase_add_test(tc, kvmfr_that_qemu_cannot_open_is_refused);
	suite_add_tcase(s, tc);
	return s;
}
