/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faketree.h"
#include "host/sysfs.h"
#include "kernel.h"
#include "suite.h"

#define POOL "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"
#define BIND "sys/bus/pci/drivers/nvidia/unbind"

#define PATIENCE_MS 20000

static struct faketree tree;
static struct kernel kernel;
static struct effects effects;
static struct error err;

/* What the worker does after a write: the kernel, which goes on for ever. */
static void hang(UNUSED const struct root *root, UNUSED const char *path,
		 const char *value, UNUSED void *data)
{
	while (strcmp(value, "hang") == 0)
		(void)pause();
	if (strcmp(value, "die") == 0)
		(void)raise(SIGKILL);
}

static void setup(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, POOL, "");
	faketree_file(&tree, BIND, "");
	tree.root.written = hang;
	err = (struct error){ 0 };
	kernel_init(&kernel, &tree.root);
	effects = kernel_effects(&kernel);
}

static void teardown(void)
{
	kernel_done(&kernel);
	faketree_teardown(&tree);
}

static void holds(const char *path, const char *expected)
{
	char text[SYSFS_WORD_MAX];

	ck_assert_int_eq(sysfs_read(&tree.root, path, text, sizeof(text), &err), 0);
	ck_assert_str_eq(text, expected);
}

START_TEST(one_worker_does_all_the_writes)
{
	pid_t pid;

	ck_assert_int_eq(effects_write(&effects, POOL, "1", PATIENCE_MS, &err), 0);
	holds(POOL, "1");
	pid = kernel.worker.pid;
	ck_assert_int_eq(effects_write(&effects, BIND, "x", PATIENCE_MS, &err), 0);
	holds(BIND, "x");
	ck_assert_int_eq(kernel.worker.pid, pid);
	kernel_done(&kernel);
	ck_assert_int_eq(kill(pid, 0), -1);
}
END_TEST

START_TEST(failure_comes_back)
{
	ck_assert_int_eq(effects_write(&effects, "sys/no", "1", PATIENCE_MS, &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg,
			 "open '/sys/no' for writing: No such file or directory");
}
END_TEST

START_TEST(worker_that_dies_is_a_failure_and_the_next_one_works)
{
	ck_assert_int_eq(effects_write(&effects, BIND, "die", PATIENCE_MS, &err), -EPIPE);
	ck_assert_str_eq(err.msg,
			 "write to '" BIND "': the process that does it has died");
	ck_assert_int_eq(effects_write(&effects, BIND, "x", PATIENCE_MS, &err), 0);
}
END_TEST

START_TEST(write_that_hangs_is_left_behind)
{
	char text[256];
	int pid = 0;

	ck_assert_int_eq(effects_write(&effects, BIND, "hang", 200, &err), -ETIMEDOUT);
	ck_assert_int_eq(sscanf(strstr(err.msg, "(pid "), "(pid %d", &pid), 1);
	(void)snprintf(text, sizeof(text),
		       "write to '/" BIND
		       "': the kernel has not come back for 0.2 s (pid "
		       "%d is left behind in it)",
		       pid);
	ck_assert_str_eq(err.msg, text);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(effects_write(&effects, BIND, "x", PATIENCE_MS, &err), 0);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

/* Nobody allocates on when the caller counts what it got. */
START_TEST(allocation_that_takes_too_long_is_ended)
{
	pid_t pid;

	ck_assert_int_eq(effects_write(&effects, POOL, "1", PATIENCE_MS, &err), 0);
	pid = kernel.worker.pid;
	ck_assert_int_eq(effects_write(&effects, POOL, "hang", 200, &err), -EINTR);
	ck_assert_str_eq(err.msg,
			 "write to '/" POOL "': the kernel had not done it after "
			 "0.2 s, and was told to stop");
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(effects_write(&effects, POOL, "2", PATIENCE_MS, &err), 0);
	holds(POOL, "2");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_kernel");
	TCase *tc = tcase_create("kernel");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_worker_does_all_the_writes);
	tcase_add_test(tc, failure_comes_back);
	tcase_add_test(tc, worker_that_dies_is_a_failure_and_the_next_one_works);
	tcase_add_test(tc, write_that_hangs_is_left_behind);
	tcase_add_test(tc, allocation_that_takes_too_long_is_ended);
	suite_add_tcase(s, tc);
	return s;
}
