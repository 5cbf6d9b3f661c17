/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where the undo logs are: nobody but root may have a say there. */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "undofixture.h"

#define LOG UNDO_DIR "/11111111-2222-3333-4444-555555555555"

START_TEST(without_a_directory_there_are_no_logs)
{
	struct error err = { 0 };

	ck_assert_int_eq(undo_logs_open(&logs, &tree.root, false, &err), 0);
	ck_assert_int_eq(logs.dir, -1);
	ck_assert(!fakefile_has(&tree.root, UNDO_DIR));
}
END_TEST

START_TEST(the_directory_is_private)
{
	struct stat st;

	open_logs();
	ck_assert_int_eq(fstatat(tree.root.fd, UNDO_DIR, &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_str_eq(logs.boot_id, BOOT);
}
END_TEST

START_TEST(a_directory_that_others_may_enter_is_refused)
{
	struct error err = { 0 };

	fakefile_dir(&tree.root, UNDO_DIR);
	ck_assert_int_eq(fchmodat(tree.root.fd, UNDO_DIR, 0750, 0), 0);
	ck_assert_int_eq(undo_logs_open(&logs, &tree.root, true, &err), -EPERM);
	if (geteuid() == 0)
		ck_assert_str_eq(err.msg, "'/" UNDO_DIR "' is not private to root (mode "
					  "0750, owner 0); remove it");
}
END_TEST

START_TEST(a_directory_of_somebody_else_is_refused)
{
	struct error err = { 0 };

	if (geteuid() != 0)
		return; /* nobody else's to be made */
	fakefile_dir(&tree.root, UNDO_DIR);
	ck_assert_int_eq(fchmodat(tree.root.fd, UNDO_DIR, 0700, 0), 0);
	ck_assert_int_eq(fchownat(tree.root.fd, UNDO_DIR, 65534, 65534, 0), 0);
	ck_assert_int_eq(undo_logs_open(&logs, &tree.root, true, &err), -EPERM);
	ck_assert_str_eq(err.msg, "'/" UNDO_DIR "' is not private to root (mode 0700, "
				  "owner 65534); remove it");
}
END_TEST

START_TEST(a_link_is_no_directory_of_logs)
{
	struct error err = { 0 };

	fakefile_dir(&tree.root, "tmp/elsewhere");
	faketree_link(&tree, UNDO_DIR, "/tmp/elsewhere");
	ck_assert_int_eq(undo_logs_open(&logs, &tree.root, true, &err), -ENOTDIR);
	ck_assert_str_eq(err.msg, "open '/" UNDO_DIR "': Not a directory");
}
END_TEST

START_TEST(a_link_is_no_log)
{
	struct error err = { 0 };

	open_logs();
	faketree_file(&tree, "tmp/target", "untouched");
	faketree_link(&tree, LOG, "/tmp/target");
	ck_assert_int_lt(undo_logs_read(&logs, UNDO_OWN, &err), 0);
	ck_assert_str_eq(err.msg, "open the undo log '/" LOG
				  "': Too many levels of symbolic links");
}
END_TEST

START_TEST(files_of_others_are_left_alone)
{
	struct error err = { 0 };

	open_logs();
	faketree_link(&tree, UNDO_DIR "/evgrab.sock", "/tmp/elsewhere");
	fakefile_dir(&tree.root, UNDO_DIR "/11111111-2222-3333-4444-55555555555");
	faketree_file(&tree, UNDO_DIR "/11111111-2222-3333-4444-55555555555G", "x\n");
	faketree_file(&tree, UNDO_DIR "/.hidden", "x\n");
	ck_assert_int_eq(undo_logs_read(&logs, UNDO_OWN, &err), 0);
	ck_assert_uint_eq(logs.n, 0);
	ck_assert(fakefile_has(&tree.root, UNDO_DIR "/.hidden"));
}
END_TEST

START_TEST(without_a_boot_id_nothing_is_begun)
{
	struct error err = { 0 };

	fakefile_remove(&tree.root, "proc");
	ck_assert_int_eq(undo_logs_open(&logs, &tree.root, true, &err), -EIO);
	ck_assert_str_eq(err.msg, "the kernel does not tell its boot id");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_undo_dir");
	TCase *tc = tcase_create("/run/vfiokit");

	tcase_add_checked_fixture(tc, setup_undo, teardown_undo);
	tcase_add_test(tc, without_a_directory_there_are_no_logs);
	tcase_add_test(tc, the_directory_is_private);
	tcase_add_test(tc, a_directory_that_others_may_enter_is_refused);
	tcase_add_test(tc, a_directory_of_somebody_else_is_refused);
	tcase_add_test(tc, a_link_is_no_directory_of_logs);
	tcase_add_test(tc, a_link_is_no_log);
	tcase_add_test(tc, files_of_others_are_left_alone);
	tcase_add_test(tc, without_a_boot_id_nothing_is_begun);
	suite_add_tcase(s, tc);
	return s;
}
