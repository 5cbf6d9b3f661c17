/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macro.h"
#include "faketree.h"
#include "host/openers.h"
#include "suite.h"

static struct faketree tree;
static struct openers openers;
static struct error err;

static void setup(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, "proc/uptime", "1\n");
	openers = (struct openers){ .n = 0 };
	err = (struct error){ 0 };
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static void add_process(int pid, const char *comm, const char *target)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "proc/%d/comm", pid);
	faketree_file(&tree, path, comm);
	(void)snprintf(path, sizeof(path), "proc/%d/fd/5", pid);
	faketree_link(&tree, path, target);
}

static void add_kthreadd(const char *comm)
{
	add_process(2, comm, "/dev/null");
	faketree_file(&tree, "proc/2/task/2/children", "9 3 812 ");
}

static void find(void)
{
	ck_assert_int_eq(openers_find(&openers, &tree.root, "input/event3", 0, &err), 0);
}

START_TEST(process_that_has_it_open_is_found)
{
	add_process(7, "gpm\n", "/dev/input/event4");
	add_process(812, "keyd\n", "/dev/input/event3");
	add_process(813, "bash\n", "/dev/input/event30");
	add_process(814, "less\n", "/srv/dev/input/event3");
	find();
	ck_assert_uint_eq(openers.n, 1);
	ck_assert_uint_eq(openers.n_more, 0);
	ck_assert_int_eq(openers.v[0].pid, 812);
	ck_assert_str_eq(openers.v[0].comm, "keyd");
}
END_TEST

START_TEST(nobody_is_no_error)
{
	find();
	ck_assert_uint_eq(openers.n, 0);
}
END_TEST

START_TEST(of_many_some_are_named_and_all_counted)
{
	for (int pid = 10; pid < 10 + OPENERS_MAX + 3; pid++)
		add_process(pid, "x\n", "/dev/input/event3");
	find();
	ck_assert_uint_eq(openers.n, OPENERS_MAX);
	ck_assert_uint_eq(openers.n_more, 3);
}
END_TEST

START_TEST(name_of_a_process_does_not_break_a_line)
{
	add_process(812, "a\033b\nc\n", "/dev/input/event3");
	find();
	ck_assert_str_eq(openers.v[0].comm, "a?b?c");
}
END_TEST

/* A process of our own on this machine, with a device that everybody has. */
START_TEST(on_this_machine_the_number_counts)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	int ready[2];
	bool found = false;
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open("/dev/full", O_RDONLY);

		(void)prctl(PR_SET_NAME, "check_opener");
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!write(ready[1], "", fd >= 0 ? 1 : 0);
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(root_open(&root, "/", &err), 0);
	ck_assert_int_eq(openers_find(&openers, &root, "", makedev(1, 7), &err), 0);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	for (size_t i = 0; i < openers.n; i++) {
		if (openers.v[i].pid == pid) {
			ck_assert_str_eq(openers.v[i].comm, "check_opener");
			found = true;
		}
		ck_assert_int_ne(openers.v[i].pid, getpid());
	}
	ck_assert(found || openers.n_more > 0);
}
END_TEST

/* Which is seen by what would be found if they were looked at. */
START_TEST(threads_of_the_kernel_are_not_looked_at)
{
	add_kthreadd("kthreadd\n");
	add_process(3, "kworker\n", "/dev/input/event3");
	add_process(812, "kworker\n", "/dev/input/event3");
	add_process(81, "keyd\n", "/dev/input/event3");
	find();
	ck_assert_uint_eq(openers.n, 1);
	ck_assert_int_eq(openers.v[0].pid, 81);
}
END_TEST

START_TEST(in_a_container_process_two_is_anybody)
{
	add_kthreadd("kthreadd\n");
	faketree_file(&tree, "usr/bin/bash", "");
	faketree_link(&tree, "proc/2/exe", "../../usr/bin/bash");
	add_process(812, "keyd\n", "/dev/input/event3");
	find();
	ck_assert_uint_eq(openers.n, 1);
}
END_TEST

START_TEST(children_of_others_are_looked_at)
{
	add_kthreadd("bash\n");
	add_process(812, "keyd\n", "/dev/input/event3");
	find();
	ck_assert_uint_eq(openers.n, 1);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("openers");
	TCase *tc = tcase_create("openers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, process_that_has_it_open_is_found);
	tcase_add_test(tc, threads_of_the_kernel_are_not_looked_at);
	tcase_add_test(tc, in_a_container_process_two_is_anybody);
	tcase_add_test(tc, children_of_others_are_looked_at);
	tcase_add_test(tc, nobody_is_no_error);
	tcase_add_test(tc, of_many_some_are_named_and_all_counted);
	tcase_add_test(tc, name_of_a_process_does_not_break_a_line);
	tcase_add_test(tc, on_this_machine_the_number_counts);
	suite_add_tcase(s, tc);
	return s;
}
