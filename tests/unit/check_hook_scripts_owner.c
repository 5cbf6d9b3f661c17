/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whose scripts are run, and for guests of what names. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scriptfixture.h"

/* --- whose they are --- */

START_TEST(script_that_others_can_write_is_refused)
{
	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchmodat(root->fd, PREPARE "1", 0775, 0), 0);
	assert_refused("'/" PREPARE "1' can be written by others than root: chown root, "
		       "chmod go-w");
	assert_out("");
}
END_TEST

START_TEST(directory_that_others_can_write_is_refused)
{
	static const char *const dirs[] = { "etc/vfiokit", "etc/vfiokit/hooks.d",
					    SCRIPTS "win", SCRIPTS "win/prepare",
					    SCRIPTS "win/prepare/begin" };
	char message[256];

	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchmodat(root->fd, dirs[_i], 0757, 0), 0);
	(void)snprintf(message, sizeof(message),
		       "'/%s' can be written by others than root: chown root, chmod go-w",
		       dirs[_i]);
	assert_refused(message);
	assert_out("");
}
END_TEST

START_TEST(script_of_somebody_else_is_refused)
{
	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchownat(root->fd, PREPARE "1", 1000, 1000, 0), 0);
	assert_refused("'/" PREPARE "1' can be written by others than root: chown root, "
		       "chmod go-w");
	assert_out("");
}
END_TEST

START_TEST(link_is_refused)
{
	put_script("usr/bin/script", "echo yes >" OUT);
	faketree_link(&tree, PREPARE "1", "/usr/bin/script");
	assert_refused("'/" PREPARE "1' is a link; scripts and their directories have to "
		       "be there themselves");
	assert_out("");
}
END_TEST

START_TEST(link_to_a_directory_is_refused)
{
	put_script(SCRIPTS "other/prepare/begin/1", "echo yes >" OUT);
	faketree_link(&tree, SCRIPTS "win", "other");
	assert_refused("'/" SCRIPTS "win' is a link; scripts and their directories have "
		       "to be there themselves");
	assert_out("");
}
END_TEST

START_TEST(what_is_no_script_is_left_out)
{
	put_script(PREPARE ".1", "echo yes >" OUT);
	put_script(PREPARE "1~", "echo yes >" OUT);
	put_script(PREPARE "dir/1", "echo yes >" OUT);
	put_script_as(PREPARE "README", "#!/bin/sh\nexit 1\n", 0644);
	call_works(&win, "prepare");
	assert_told("<4> scripts: '/" PREPARE "README' is not executable and is left "
		    "out\n");
	assert_out("");
}
END_TEST

/* --- names --- */

static const char *const bad_names[] = { "", ".", "..", "a/b", "/", "../win" };

START_TEST(name_that_no_directory_can_have_is_refused)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &win);
	struct fakeguest guest = win;
	char message[256];

	guest.name = bad_names[_i];
	put_script("etc/vfiokit/release/end/1", "echo yes >" OUT);
	put_script(SCRIPTS "release/end/1", "echo yes >" OUT);
	put_script(RELEASE "1", "echo yes >" OUT);
	call_hook(&guest, "prepare", xml);
	(void)snprintf(message, sizeof(message),
		       "a guest cannot be called '%s' here: there can be no directory of "
		       "that name for its scripts",
		       bad_names[_i]);
	ck_assert_str_eq(last.err.msg, message);
	call_hook(&guest, "release", xml);
	assert_works();
	assert_out("");
}
END_TEST

static const char *const odd_names[] = { "Windows 11",      "-rf",         "$(touch out)",
					 "`touch out`",     "a;touch out", "it's",
					 "\"quoted\" & so", "*",           "restore" };

START_TEST(name_is_never_evaluated)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &win);
	struct fakeguest guest = win;
	char path[128];

	guest.name = odd_names[_i];
	(void)snprintf(path, sizeof(path), SCRIPTS "%s/prepare/begin/1", odd_names[_i]);
	put_script(path, "printf '%s\\n' \"$1\" >>" OUT);
	call_hook(&guest, "prepare", xml);
	assert_works();
	assert_out(odd_names[_i]);
}
END_TEST

START_TEST(name_that_is_too_long_has_no_scripts)
{
	char name[400];
	struct fakeguest guest = win;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	guest.name = name;
	put_script(PREPARE "1", "echo yes >" OUT);
	call_works(&guest, "prepare");
	assert_out("");
}
END_TEST

static void add_owners(Suite *s)
{
	TCase *tc = tcase_create("owners");

	tcase_add_checked_fixture(tc, setup_scripts, teardown_host);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, script_that_others_can_write_is_refused);
	tcase_add_loop_test(tc, directory_that_others_can_write_is_refused, 0, 5);
	if (geteuid() == 0) /* who can give a file away */
		tcase_add_test(tc, script_of_somebody_else_is_refused);
	tcase_add_test(tc, link_is_refused);
	tcase_add_test(tc, link_to_a_directory_is_refused);
	tcase_add_test(tc, what_is_no_script_is_left_out);
	suite_add_tcase(s, tc);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_scripts_owner");
	TCase *tc = tcase_create("names");

	add_owners(s);
	tcase_add_checked_fixture(tc, setup_scripts, teardown_host);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, name_that_no_directory_can_have_is_refused, 0,
			    ARRAY_SIZE(bad_names));
	tcase_add_loop_test(tc, name_is_never_evaluated, 0, ARRAY_SIZE(odd_names));
	tcase_add_test(tc, name_that_is_too_long_has_no_scripts);
	suite_add_tcase(s, tc);
	return s;
}
