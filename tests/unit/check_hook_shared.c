/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What several guests share: three of them whose pins overlap, in all orders, killed at
 * any point, and on a host that others change as well.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/cpuset.h"
#include "fakehost.h"
#include "killfixture.h"
#include "suite.h"

#define GUESTS  3
#define CPUS    4
#define CPUFREQ "sys/devices/system/cpu/cpufreq/"

#define GUEST(letter, pins, cores)                                                    \
	{                                                                             \
		.name = "guest-" letter,                                              \
		.uuid = letter letter letter letter letter letter letter letter       \
			"-0000-0000-0000-000000000001",                               \
		.metadata = "<v:cores isolate='yes' irq='yes' governor='" cores "'/>" \
			    "<v:sleep/>",                                             \
		.domain = "<vcpu cpuset='" pins "'>1</vcpu>"                          \
	}

static const struct {
	struct fakeguest guest;
	unsigned first, last; /* its pins */
	bool is_fast;
} guests[GUESTS] = {
	{ GUEST("a", "1-2", "performance"), 1, 2, true },
	{ GUEST("b", "2-3", "performance"), 2, 3, true },
	{ GUEST("c", "3", "powersave"), 3, 3, false },
};

static struct faketree tree;
static char *before;

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(&tree.root);
	before = fakehost_snapshot(&tree.root);
}

static void teardown(void)
{
	free(before);
	faketree_teardown(&tree);
}

/* --- what is to be --- */

static void ck_file(const char *path, const char *expected, const char *when)
{
	char text[FAKEFILE_MAX];

	(void)fakefile_get(&tree.root, text, "%s", path);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s: '%s' instead of '%s'", when,
		      path, text, expected);
}

static void ck_cpu(unsigned cpu, unsigned live, const char *when)
{
	bool is_pinned = false, is_fast = false;
	char path[128];

	for (unsigned i = 0; i < GUESTS; i++) {
		bool is_here = (live >> i & 1) && cpu >= guests[i].first &&
			       cpu <= guests[i].last;

		is_pinned = is_pinned || is_here;
		is_fast = is_fast || (is_here && guests[i].is_fast);
	}
	(void)snprintf(path, sizeof(path), CPUFREQ "policy%u/scaling_governor", cpu);
	ck_file(path, is_fast ? "performance" : "powersave", when);
	(void)snprintf(path, sizeof(path),
		       CPUFREQ "policy%u/energy_performance_preference", cpu);
	ck_file(path, is_fast ? "performance" : "balance_performance", when);
}

/* `live` has a bit for each guest that runs. */
static void ck_host(unsigned live, const char *when)
{
	CLEANUP_BUF struct buf share = BUF_NONE;
	struct cpuset left = CPUSET_NONE;
	char mask[8];

	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		cpuset_add(&left, cpu);
		ck_cpu(cpu, live, when);
	}
	for (unsigned i = 0; i < GUESTS; i++) {
		for (unsigned cpu = guests[i].first;
		     (live >> i & 1) && cpu <= guests[i].last; cpu++)
			cpuset_remove(&left, cpu);
	}
	cpuset_format(&left, &share);
	(void)snprintf(mask, sizeof(mask), "%x", (unsigned)left.words[0]);
	ck_file(".bus/cpus/system.slice", live ? share.data : "", when);
	ck_file(".bus/cpus/user.slice", share.data, when);
	ck_file("sys/fs/cgroup/init.scope/cpuset.cpus", live ? share.data : "", when);
	ck_file("sys/devices/virtual/workqueue/cpumask", mask, when);
	ck_file("proc/irq/default_smp_affinity", mask, when);
	ck_file("proc/irq/24/smp_affinity_list", share.data, when);
	ck_file("proc/irq/30/smp_affinity_list", "0-3", when);
}

static void ck_restored(const char *when)
{
	CLEANUP_FREE char *after = fakehost_snapshot(&tree.root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);

	ck_assert_msg(*difference == '\0', "%s:\n%s", when, difference);
}

/* --- calls --- */

static void run(const char *operation, unsigned guest)
{
	struct fakecall call = { .guest = &guests[guest].guest, .operation = operation };

	ck_assert_msg(fakehost_call(&tree.root, &call) == 0, "%s %s: %s", operation,
		      guests[guest].guest.name, call.err.msg);
	fakecall_done(&call);
}

/* Killed at the n-th point; returns whether there is one. */
static bool run_killed(const char *operation, unsigned guest, unsigned n,
		       struct killpoints *points)
{
	struct fakecall call = { .guest = &guests[guest].guest, .operation = operation };
	int status = call_killed_at(points, n, &tree.root, &call);

	if (points->n >= n) {
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		return true;
	}
	ck_assert_msg(WIFEXITED(status) && call.r == 0, "%s", call.err.msg);
	return false;
}

/* --- all orders --- */

/* "aAbB": a small letter is a prepare, a capital one a release. */
static void run_order(const char *order)
{
	unsigned live = 0;

	for (const char *c = order; *c; c++) {
		unsigned guest = (unsigned)(*c | 0x20) - 'a';

		run(*c >= 'a' ? "prepare" : "release", guest);
		live ^= 1U << guest;
		ck_host(live, order);
	}
	ck_restored(order);
}

/* Runs all orders that begin like this; returns how many. */
static unsigned go_on(unsigned live, unsigned gone, char *order, size_t len)
{
	unsigned n = 0;

	order[len] = '\0';
	if (len == 2 * GUESTS) {
		run_order(order);
		return 1;
	}
	for (unsigned i = 0; i < GUESTS; i++) {
		unsigned bit = 1U << i;

		if (gone & bit)
			continue;
		order[len] = (char)((live & bit ? 'A' : 'a') + (int)i);
		n += go_on(live ^ bit, live & bit ? gone | bit : gone, order, len + 1);
	}
	return n;
}

START_TEST(the_last_one_restores_in_whatever_order_they_come_and_go)
{
	char order[2 * GUESTS + 1];
	unsigned n = go_on(0, 0, order, 0);

	(void)printf("orders: %u\n", n);
	ck_assert_uint_eq(n, 90);
}
END_TEST

/* --- kills --- */

/*
 * While those of `live` run, the operation of a guest is killed at each of its points;
 * then libvirt says that it is gone.
 */
static unsigned kill_everywhere(const char *operation, unsigned guest, unsigned live)
{
	struct killpoints *points = killpoints_new();
	bool is_release = strcmp(operation, "release") == 0;
	unsigned n = 0;
	char when[192];
	bool is_killed;

	do {
		for (unsigned i = 0; i < GUESTS; i++) {
			if ((live >> i & 1) || (is_release && i == guest))
				run("prepare", i);
		}
		is_killed = run_killed(operation, guest, ++n, points);
		(void)snprintf(when, sizeof(when), "%s of %s killed at %u, %s", operation,
			       guests[guest].guest.name, n, points->last);
		run("release", guest);
		ck_host(live, when);
		for (unsigned i = 0; i < GUESTS; i++)
			run("release", i);
		ck_restored(when);
	} while (is_killed);
	killpoints_free(points);
	return n - 1;
}

static const struct {
	const char *operation;
	unsigned guest;
	unsigned live;
} kills[] = {
	{ "prepare", 0, 0 },
	{ "release", 0, 0 },
	{ "prepare", 1, 1 },
	{ "release", 0, 6 },
};

START_TEST(a_kill_loses_nothing)
{
	unsigned n =
		kill_everywhere(kills[_i].operation, kills[_i].guest, kills[_i].live);

	(void)printf("kills: %u points of %s beside %x\n", n, kills[_i].operation,
		     kills[_i].live);
	ck_assert_uint_ge(n, 60);
}
END_TEST

/* The next guest finds what a killed one left, and nobody ever says that it is gone. */
START_TEST(what_a_killed_release_left_is_undone_by_the_next_call)
{
	struct killpoints *points = killpoints_new();

	run("prepare", 0);
	/* the log says that it is gone by then */
	ck_assert(run_killed("release", 0, 20, points));
	run("prepare", 2);
	ck_host(4, "killed release, then another guest");
	run("release", 2);
	ck_restored("killed release");
	killpoints_free(points);
}
END_TEST

/* --- others --- */

static void ck_warned(unsigned guest, const char *text)
{
	struct fakecall call = { .guest = &guests[guest].guest, .operation = "release" };

	ck_assert_msg(fakehost_call(&tree.root, &call) == 0, "%s", call.err.msg);
	ck_assert_msg(strstr(buf_text(&call.account), text), "no '%s' in:\n%s", text,
		      buf_text(&call.account));
	fakecall_done(&call);
}

START_TEST(what_somebody_else_has_changed_is_left_to_them)
{
	run("prepare", 0);
	fakefile_put(&tree.root, "0-2", ".bus/cpus/system.slice");
	fakefile_put(&tree.root, "2", "proc/irq/24/smp_affinity_list");
	fakefile_put(&tree.root, "powersave", CPUFREQ "policy1/scaling_governor");
	ck_warned(0, "<4> cores: AllowedCPUs of 'system.slice' is '0-2', which somebody "
		     "else has made it: it is left so (it was 'unset' before)\n");
	ck_file(".bus/cpus/system.slice", "0-2", "left");
	ck_file("proc/irq/24/smp_affinity_list", "2", "left");
	ck_file("proc/irq/25/smp_affinity_list", "0-3", "restored");
	ck_file(".bus/cpus/user.slice", "0-3", "restored");
	ck_assert(!fakefile_has(&tree.root, "run/vfiokit/shared"));
}
END_TEST

START_TEST(while_others_run_too)
{
	run("prepare", 0);
	run("prepare", 1);
	fakefile_put(&tree.root, "0-2", ".bus/cpus/system.slice");
	run("release", 1);
	ck_file(".bus/cpus/system.slice", "0-2", "one has gone");
	run("release", 0);
	ck_file(".bus/cpus/system.slice", "0-2", "both have gone");
}
END_TEST

START_TEST(the_next_guest_takes_it_from_there)
{
	run("prepare", 0);
	fakefile_put(&tree.root, "0-2", ".bus/cpus/system.slice");
	run("prepare", 1);
	ck_file(".bus/cpus/system.slice", "0", "set again");
	run("release", 0);
	ck_file(".bus/cpus/system.slice", "0-1", "of what they had chosen");
	run("release", 1);
	ck_file(".bus/cpus/system.slice", "0-2", "what they had chosen");
}
END_TEST

START_TEST(guests_with_different_governors_are_told)
{
	struct fakecall call = { .guest = &guests[2].guest, .operation = "prepare" };

	run("prepare", 1);
	ck_assert_int_eq(fakehost_call(&tree.root, &call), 0);
	ck_assert_ptr_nonnull(strstr(buf_text(&call.account),
				     "<4> governor: the guest 'guest-b' wants the "
				     "governor 'performance' for 'policy3', this one "
				     "'powersave'\n"));
	fakecall_done(&call);
}
END_TEST

START_TEST(the_pins_of_all_guests_together_leave_the_host_a_core)
{
	static const struct fakeguest all = {
		.name = "all",
		.uuid = "dddddddd-0000-0000-0000-000000000001",
		.metadata = "<v:cores isolate='yes'/>",
		.domain = "<vcpu cpuset='0'>1</vcpu>",
	};
	struct fakecall call = { .guest = &all, .operation = "prepare" };

	run("prepare", 0);
	run("prepare", 1);
	ck_assert_int_lt(fakehost_call(&tree.root, &call), 0);
	ck_assert_str_eq(call.err.msg,
			 "the pins of this guest and of those that run take 4 of the 4 "
			 "CPUs and leave the host no whole core (CPUs left: none)");
	ck_host(3, "refused");
	fakecall_done(&call);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_shared");
	TCase *tc = tcase_create("shared");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, the_last_one_restores_in_whatever_order_they_come_and_go);
	tcase_add_loop_test(tc, a_kill_loses_nothing, 0, ARRAY_SIZE(kills));
	tcase_add_test(tc, what_a_killed_release_left_is_undone_by_the_next_call);
	tcase_add_test(tc, what_somebody_else_has_changed_is_left_to_them);
	tcase_add_test(tc, while_others_run_too);
	tcase_add_test(tc, the_next_guest_takes_it_from_there);
	tcase_add_test(tc, guests_with_different_governors_are_told);
	tcase_add_test(tc, the_pins_of_all_guests_together_leave_the_host_a_core);
	suite_add_tcase(s, tc);
	return s;
}
