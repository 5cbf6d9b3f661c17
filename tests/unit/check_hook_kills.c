/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * SIGKILL at every place of a prepare, and of a release: before and after each effect on
 * the host, before each system call by which the hook changes files of its own, in the
 * middle of each of its writes. Whatever the next calls are, the host is in the end what
 * it was.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "killfixture.h"

static const struct fakeguest *const victim = &fakeguest_win;
static const struct fakeguest *const other = &fakeguest_lin;

static struct faketree tree;
static const struct root *root = &tree.root;
static struct killpoints *points;
static bool has_acted; /* the last call had begun to change the host */
static char *before;

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	before = fakehost_snapshot(root);
	points = killpoints_new();
}

static void teardown(void)
{
	killpoint_watch(NULL);
	killpoints_free(points);
	free(before);
	faketree_teardown(&tree);
}

/* A call in a process of its own, to be killed at a point; 0: not. */
static int run(const struct fakeguest *guest, const char *operation, unsigned at)
{
	struct fakefaults none = { 0 };
	struct fakecall call = { .guest = guest,
				 .operation = operation,
				 .faults = &none };
	int status = call_killed_at(points, at, root, &call);

	has_acted = none.n_effects > 0;
	return status;
}

static void expect_before(struct buf *failures, unsigned at, const char *where)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = NULL;

	if (strcmp(before, after) == 0)
		return;
	difference = fakehost_difference(before, after, NULL);
	buf_addf(failures, "killed at %u (%s):\n%s", at, where, difference);
}

/* What may come after the victim's process was killed. */
struct plan {
	const char *name;
	const char *killed; /* the operation */
	void (*then)(void);
};

static void release(void)
{
	(void)run(victim, "release", 0);
}

static void other_then_release(void)
{
	(void)run(other, "prepare", 0);
	(void)run(victim, "release", 0);
	(void)run(other, "release", 0);
}

static void start_again(void)
{
	(void)run(victim, "prepare", 0);
	(void)run(victim, "release", 0);
}

/*
 * libvirt does not call a second time: what was left is undone by the call for another
 * guest, as it is on record that this one is gone. Only of a release that was killed
 * before it did anything nobody knows, until that guest is started the next time.
 */
static void other_then_start_again(void)
{
	bool is_known = has_acted;

	(void)run(other, "prepare", 0);
	(void)run(other, "release", 0);
	if (!is_known && fakefile_has(root, "run/vfiokit/%s", victim->uuid))
		start_again();
}

static const struct plan plans[] = {
	{ "prepare killed, release", "prepare", release },
	{ "prepare killed, another guest, release", "prepare", other_then_release },
	{ "prepare killed, started again", "prepare", start_again },
	{ "release killed, release", "release", release },
	{ "release killed, another guest", "release", other_then_start_again },
	{ "release killed, started again", "release", start_again },
};

START_TEST(a_kill_at_any_point_loses_nothing)
{
	const struct plan *plan = &plans[_i];
	CLEANUP_BUF struct buf failures = BUF_NONE;
	bool is_release = strcmp(plan->killed, "release") == 0;
	unsigned n = 0;
	int status;

	do {
		char where[sizeof(points->last)];

		fakehost_renew(&tree, before);
		if (is_release)
			(void)run(victim, "prepare", 0);
		status = run(victim, plan->killed, ++n);
		(void)strcpy(where, points->last);
		if (WIFEXITED(status)) /* there are no more points */
			break;
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		plan->then();
		expect_before(&failures, n, where);
	} while (true);
	ck_assert_uint_ge(n, 100);
	ck_assert_msg(failures.len == 0, "%s: %s", plan->name, buf_text(&failures));
	(void)printf("%s: %u points\n", plan->name, n - 1);
	(void)fflush(stdout);
}
END_TEST

/* Twice in a row: what the second call was at when it was killed too. */
START_TEST(a_kill_while_undoing_what_a_kill_has_left_loses_nothing)
{
	CLEANUP_BUF struct buf failures = BUF_NONE;
	unsigned all, n = 0;

	(void)run(victim, "prepare", 0);
	all = points->n;
	release();
	ck_assert_uint_ge(all, 100);
	for (unsigned first = 7; first < all; first += all / 8) {
		for (unsigned second = 1;; second += 7, n++) {
			char where[sizeof(points->last)];
			int status;

			fakehost_renew(&tree, before);
			(void)run(victim, "prepare", first);
			status = run(victim, "release", second);
			(void)strcpy(where, points->last);
			release();
			if (fakefile_has(root, "run/vfiokit/%s", victim->uuid))
				start_again();
			expect_before(&failures, second, where);
			if (WIFEXITED(status))
				break;
		}
	}
	ck_assert_msg(failures.len == 0, "%s", buf_text(&failures));
	(void)printf("killed twice: %u pairs of points\n", n);
	(void)fflush(stdout);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_kills");
	TCase *tc = tcase_create("kills");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 600);
	tcase_add_loop_test(tc, a_kill_at_any_point_loses_nothing, 0, ARRAY_SIZE(plans));
	tcase_add_test(tc, a_kill_while_undoing_what_a_kill_has_left_loses_nothing);
	suite_add_tcase(s, tc);
	return s;
}
