/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "faketree.h"
#include "runner.h"
#include "suite.h"

static struct faketree tree;
static struct runner runner;
static struct error err;

/* In the place of systemd's program: it writes down what it is asked for. */
static void fake_program(const char *last)
{
	char path[128], text[512];

	(void)snprintf(text, sizeof(text),
		       "#!/bin/sh\nfor word; do echo \"$word\"; done >%s/said\n%s\n",
		       tree.dir, last);
	faketree_file(&tree, "systemd-run", text);
	(void)snprintf(path, sizeof(path), "%s/systemd-run", tree.dir);
	ck_assert_int_eq(chmod(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s:/usr/bin:/bin", tree.dir);
	ck_assert_int_eq(setenv("PATH", path, 1), 0);
}

static void setup(void)
{
	err = (struct error){ 0 };
	runner = (struct runner){ 0 };
	faketree_setup(&tree);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static int start(void)
{
	const struct runner_order order = {
		.user = "anna",
		.command = "echo \"$EVGRAB_TARGET\"; true",
		.target = "win11",
		.from = "host",
	};

	return runner_start(&runner, &order, &err);
}

/* How many have failed, when all have ended. */
static size_t reap_all(void)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	size_t n_failed = 0;

	for (int i = 0; i < 2000 && runner.n > 0; i++) {
		n_failed += runner_reap(&runner);
		(void)nanosleep(&pause, NULL);
	}
	ck_assert_uint_eq(runner.n, 0);
	return n_failed;
}

START_TEST(systemd_is_asked_to_run_it_as_the_user)
{
	CLEANUP_BUF struct buf said = BUF_NONE;
	char path[128];

	fake_program("");
	ck_assert_msg(start() == 0, "%s", err.msg);
	ck_assert_uint_eq(reap_all(), 0);
	(void)snprintf(path, sizeof(path), "%s/said", tree.dir);
	ck_assert_int_eq(file_read(&said, path, &err), 0);
	ck_assert_str_eq(buf_text(&said), "--no-block\n--quiet\n--collect\n--uid=anna\n"
					  "--setenv=EVGRAB_TARGET=win11\n"
					  "--setenv=EVGRAB_FROM=host\n"
					  "--description=evgrab: input goes to win11\n"
					  "--\n/bin/sh\n-c\n"
					  "echo \"$EVGRAB_TARGET\"; true\n");
}
END_TEST

START_TEST(a_refusal_of_systemd_is_noticed)
{
	fake_program("exit 1");
	ck_assert_int_eq(start(), 0);
	ck_assert_uint_eq(reap_all(), 1);
}
END_TEST

START_TEST(a_systemd_that_hangs_is_not_asked_for_ever)
{
	fake_program("exec sleep 3");
	for (int i = 0; i < RUNNER_MAX; i++)
		ck_assert_int_eq(start(), 0);
	ck_assert_int_eq(start(), -EAGAIN);
	ck_assert_str_eq(err.msg,
			 "the command for 'win11' is left out: systemd does not answer");
	ck_assert_uint_eq(reap_all(), 0);
	ck_assert_int_eq(start(), 0);
	ck_assert_uint_eq(reap_all(), 0);
}
END_TEST

START_TEST(without_systemd_that_is_said)
{
	ck_assert_int_eq(setenv("PATH", tree.dir, 1), 0);
	ck_assert_int_eq(start(), -ENOENT);
	ck_assert_str_eq(err.msg,
			 "start 'systemd-run' for the command of 'win11': No such "
			 "file or directory");
	ck_assert_uint_eq(runner.n, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_runner");
	TCase *tc = tcase_create("runner");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, systemd_is_asked_to_run_it_as_the_user);
	tcase_add_test(tc, a_refusal_of_systemd_is_noticed);
	tcase_add_test(tc, a_systemd_that_hangs_is_not_asked_for_ever);
	tcase_add_test(tc, without_systemd_that_is_said);
	suite_add_tcase(s, tc);
	return s;
}
