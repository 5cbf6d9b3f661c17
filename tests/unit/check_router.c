/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The scripts of tests/data/router: each is one rule of the router, and its name says it.
 */

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "routerscript.h"
#include "suite.h"

static struct dirent **scripts;
static int n_scripts;

static int is_script(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && strcmp(dot, ".txt") == 0;
}

START_TEST(the_router_does_as_the_script_says)
{
	CLEANUP_BUF struct buf want = BUF_NONE;
	CLEANUP_BUF struct buf got = BUF_NONE;
	struct error err = { 0 };
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", ROUTER_SCRIPTS, scripts[_i]->d_name);
	ck_assert_msg(file_read(&want, path, &err) == 0, "%s", err.msg);
	ck_assert_msg(routerscript_run(buf_text(&want), &got, &err) == 0, "%s: %s",
		      scripts[_i]->d_name, err.msg);
	ck_assert_msg(strcmp(buf_text(&want), buf_text(&got)) == 0,
		      "%s: instead the router does\n%s", scripts[_i]->d_name,
		      buf_text(&got));
}
END_TEST

START_TEST(there_are_scripts)
{
	ck_assert_int_gt(n_scripts, 30);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("router");
	TCase *tc = tcase_create("scripts");

	n_scripts = scandir(ROUTER_SCRIPTS, &scripts, is_script, alphasort);
	tcase_add_test(tc, there_are_scripts);
	if (n_scripts > 0)
		tcase_add_loop_test(tc, the_router_does_as_the_script_says, 0, n_scripts);
	suite_add_tcase(s, tc);
	return s;
}
