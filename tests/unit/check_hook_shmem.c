/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shmemfixture.h"

#define THERE "'/" FILE_PATH "' is there "

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

static void call(const struct fakeguest *guest, const char *operation)
{
	call_with(guest, operation, SHMEM, "");
}

static void shares(const struct fakeguest *guest, const char *operation)
{
	call(guest, operation);
	assert_works();
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

	shares(&win, "prepare");
	ck_assert_int_eq(fstatat(root->fd, FILE_PATH, &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0660);
	ck_assert_uint_eq(st.st_uid, user);
	ck_assert_uint_eq(st.st_gid, group);
	ck_assert_int_eq(st.st_size, SIZE);
	ck_assert_uint_eq(st.st_nlink, 1);
	shares(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_is_there_already_stays)
{
	put_file(SIZE, user, 0660);
	shares(&win, "prepare");
	shares(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_of_two_guests_goes_with_the_last)
{
	shares(&win, "prepare");
	shares(&mac, "prepare");
	shares(&win, "release");
	ck_assert(fakefile_has(root, FILE_PATH));
	shares(&mac, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_the_user_has_open_stays_till_the_next_time)
{
	int fd;

	shares(&win, "prepare");
	fd = open_file(O_RDWR);
	ck_assert_int_ge(fd, 0);
	shares(&win, "release");
	assert_told("<6> shmem: /" FILE_PATH ": stays, somebody has it open\n");
	ck_assert(fakefile_has(root, FILE_PATH));
	ck_assert_int_eq(close(fd), 0);

	shares(&win, "prepare");
	shares(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(memory_that_somebody_has_replaced_is_theirs)
{
	shares(&win, "prepare");
	ck_assert_int_eq(unlinkat(root->fd, FILE_PATH, 0), 0);
	put_file(SIZE, user, 0660);
	shares(&win, "release");
	ck_assert(fakefile_has(root, FILE_PATH));
	ck_assert(!fakefile_has(root, "run/vfiokit/shared"));
}
END_TEST

START_TEST(memory_that_somebody_has_removed_is_no_error)
{
	shares(&win, "prepare");
	ck_assert_int_eq(unlinkat(root->fd, FILE_PATH, 0), 0);
	shares(&win, "release");
	assert_as_before();
}
END_TEST

START_TEST(failed_start_removes_the_memory)
{
	fakefaults_add(&host_faults, FAKEFAULT_EIO, 0, "load vfio-pci");
	call(&nic, "prepare");
	ck_assert_int_lt(last.r, 0);
	assert_told("<6> shmem: /" FILE_PATH ": removed\n");
	assert_as_before();
}
END_TEST

START_TEST(guest_that_does_not_name_its_memory_keeps_it_to_itself)
{
	shares(&plain, "prepare");
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

static void add_file(Suite *s)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, setup_shmem, teardown_host);
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

	tcase_add_checked_fixture(tc, setup_shmem, teardown_host);
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
	suite_add_tcase(s, tc);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_shmem");

	add_file(s);
	add_refused(s);
	return s;
}
