/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "effects.h"
#include "faketree.h"
#include "host/sysfs.h"
#include "look.h"
#include "suite.h"

static struct faketree tree;
static struct error err;

static void setup(void)
{
	faketree_setup(&tree);
	faketree_file(&tree, "proc/what", "something\n");
	err = (struct error){ 0 };
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

static int read_it(const struct root *root, const void *data, struct error *ret_err)
{
	char text[SYSFS_WORD_MAX];
	int r = sysfs_read(root, data, text, sizeof(text), ret_err);

	if (r < 0)
		return r;
	(void)error_set(ret_err, EBUSY, "there is %s", text);
	return 1;
}

static int hang(UNUSED const struct root *root, UNUSED const void *data,
		UNUSED struct error *ret_err)
{
	while (pause() < 0) /* there is no handler to come back from */
		;
	return 0;
}

static int die(UNUSED const struct root *root, UNUSED const void *data,
	       UNUSED struct error *ret_err)
{
	return raise(SIGKILL);
}

/* How many of its descriptors lead elsewhere than to /dev/null. */
static int count_open(UNUSED const struct root *root, UNUSED const void *data,
		      UNUSED struct error *ret_err)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++) {
		char path[32];
		char target[64] = "";

		if (fcntl(fd, F_GETFD) < 0)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		(void)!readlink(path, target, sizeof(target) - 1);
		n += strcmp(target, "/dev/null") != 0;
	}
	return n;
}

START_TEST(answer_comes_back_with_what_it_says)
{
	ck_assert_int_eq(look(read_it, &tree.root, "proc/what", 10000, "look", &err), 1);
	ck_assert_str_eq(err.msg, "there is something");
}
END_TEST

START_TEST(failure_comes_back)
{
	ck_assert_int_eq(look(read_it, &tree.root, "proc/no", 10000, "look", &err),
			 -ENOENT);
	ck_assert_str_eq(err.msg, "open '/proc/no': No such file or directory");
}
END_TEST

START_TEST(what_takes_too_long_is_left_behind)
{
	uint64_t begin = effects_clock_us();

	ck_assert_int_eq(look(hang, &tree.root, NULL, 200, "look at it", &err), -ETIME);
	ck_assert_str_eq(strrchr(err.msg, '('), strstr(err.msg, "(pid "));
	*strrchr(err.msg, '(') = '\0';
	ck_assert_str_eq(err.msg, "look at it: the kernel has not answered for 0.2 s ");
	ck_assert_uint_ge(effects_clock_us() - begin, 200000);
	ck_assert_uint_le(effects_clock_us() - begin, 5000000);
}
END_TEST

START_TEST(what_dies_is_a_failure)
{
	ck_assert_int_eq(look(die, &tree.root, NULL, 10000, "look", &err), -EPIPE);
	ck_assert_str_eq(err.msg, "look: the process that does it has died");
}
END_TEST

START_TEST(it_has_nothing_open_but_the_root_and_its_way_back)
{
	ck_assert_int_ge(open("/dev/zero", O_RDONLY), 0);
	ck_assert_int_eq(look(count_open, &tree.root, NULL, 10000, "look", &err), 2);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_look");
	TCase *tc = tcase_create("look");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, answer_comes_back_with_what_it_says);
	tcase_add_test(tc, failure_comes_back);
	tcase_add_test(tc, what_takes_too_long_is_left_behind);
	tcase_add_test(tc, what_dies_is_a_failure);
	tcase_add_test(tc, it_has_nothing_open_but_the_root_and_its_way_back);
	suite_add_tcase(s, tc);
	return s;
}
