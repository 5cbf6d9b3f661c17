/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Every effect of a whole prepare goes wrong in every way, once and always. The prepare
 * then fails, says with what, and leaves the host as it was, but for what the fault
 * itself makes impossible: a device in which the kernel hangs stays as it is, and nobody
 * touches it any more.
 */

#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakehost.h"
#include "suite.h"

#define GUEST    (&fakeguest_win)
#define LIMIT_MS 60000 /* the time that a prepare has, by default */

static struct faketree tree;
static const struct root *root = &tree.root;
static char *before;
static char *prepared;
static struct fakefaults expected; /* what a prepare does when nothing goes wrong */

/* Effects without which a guest can start all the same, and why. */
static const struct {
	const char *pattern;
	unsigned kinds; /* bits */
	const char *why;
} tolerated[] = {
	{ "proc/irq/*", ~0U, "the kernel may keep an interrupt where it is" },
	{ "*/nr_hugepages", 1U << FAKEFAULT_NOTHING, "it is asked for again" },
	{ "sleep *", ~0U, "a host without logind has nothing to tell" },
	{ "sys/devices/system/cpu/*/energy_performance_preference", 1U << FAKEFAULT_EBUSY,
	  "intel_pstate says so when the governor leaves no choice" },
};

static void setup(void)
{
	struct fakecall call = { .guest = GUEST, .operation = "prepare" };

	faketree_setup(&tree);
	fakehost_build(root);
	before = fakehost_snapshot(root);
	expected = (struct fakefaults){ 0 };
	call.faults = &expected;
	ck_assert_msg(fakehost_call(root, &call) == 0, "%s", call.err.msg);
	prepared = fakehost_snapshot(root);
	fakecall_done(&call);
}

static void teardown(void)
{
	free(before);
	free(prepared);
	faketree_teardown(&tree);
}

/* --- one case --- */

struct test_case {
	enum fakefault_kind kind;
	bool is_lasting; /* not once, but at every such effect */
	const struct fakeeffect *effect;
	char object[128]; /* that the fault is at: a device, a unit, a path */
	const char *name; /* that messages have to name */
	char what[256];   /* the case, for messages of this test */
	struct buf *failures;
	struct fakefaults faults;
	struct fakecall call;
};

/* Where a message calls it otherwise than by its path. */
static const struct {
	const char *pattern;
	const char *name;
} names[] = {
	{ "sys/devices/virtual/workqueue/cpumask", "cpumask" },
	{ "sys/devices/system/cpu/cpufreq/policy2/*", "policy2" },
	{ "sys/devices/system/cpu/cpufreq/policy3/*", "policy3" },
	{ "sys/devices/system/node/node1/*", "node 1" },
};

static const char *find_name(const struct fakeeffect *effect, const char *object)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (fnmatch(names[i].pattern, effect->name, 0) == 0)
			return names[i].name;
	}
	return object;
}

/* All cases run, whatever becomes of one. */
static void complain(const struct test_case *test, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

static void complain(const struct test_case *test, const char *fmt, ...)
{
	va_list ap;

	buf_addf(test->failures, "%s: ", test->what);
	va_start(ap, fmt);
	buf_addv(test->failures, fmt, ap);
	va_end(ap);
	buf_adds(test->failures, "\n");
}

/* "0000:01:00.0", "gdm.service", or the path. */
static void find_object(char object[static 128], const struct fakeeffect *effect)
{
	const char *space = strchr(effect->name, ' ');
	const char *device = strstr(effect->name, "/0000:");

	if (strncmp(effect->value, "0000:", 5) == 0)
		(void)snprintf(object, 128, "%s", effect->value);
	else if (device)
		(void)snprintf(object, 128, "%.12s", device + 1);
	else
		(void)snprintf(object, 128, "%s", space ? space + 1 : effect->name);
}

/* Writes that take long, but come back some time: the next call waits behind them. */
static bool is_slow(const struct test_case *test)
{
	return test->kind == FAKEFAULT_HANG &&
	       fnmatch("*/nr_hugepages", test->effect->name, 0) == 0;
}

static bool is_tolerated(const struct test_case *test)
{
	for (size_t i = 0; i < ARRAY_SIZE(tolerated); i++) {
		if (fnmatch(tolerated[i].pattern, test->effect->name, 0) == 0 &&
		    (tolerated[i].kinds & 1U << test->kind))
			return true;
	}
	return false;
}

/* What the snapshots differ in, but for what the kernel hangs in. */
static void expect_same(const struct test_case *test, const char *when)
{
	CLEANUP_FREE char *now = fakehost_snapshot(root);
	const char *const but[] = {
		".kernel/wedged/", "run/vfiokit/",   test->object, "dev/vfio/",
		".kernel/hidden/", "proc/1700/fd/8", NULL
	};
	bool is_wedged = fakefile_has(root, ".kernel/wedged");
	CLEANUP_FREE char *difference =
		fakehost_difference(before, now, is_wedged ? but : NULL);

	if (*difference)
		complain(test, "%s the host differs:\n%s", when, difference);
}

static void call(struct test_case *test, const char *operation)
{
	test->call.operation = operation;
	(void)!fakehost_call(root, &test->call);
}

/* libvirt calls release in any case. */
static void release(struct test_case *test)
{
	call(test, "release");
	if (test->call.r < 0)
		complain(test, "release: %s", test->call.err.msg);
}

static void check_success(struct test_case *test)
{
	const char *const but[] = { test->object, "run/vfiokit/", NULL };
	CLEANUP_FREE char *now = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(prepared, now, but);

	if (!is_tolerated(test))
		complain(test, "nobody noticed");
	if (*difference)
		complain(test, "prepared otherwise:\n%s", difference);
	test->faults.n = 0;
	release(test);
	expect_same(test, "after release");
}

static void check_failure(struct test_case *test)
{
	const char *text = test->call.err.msg;

	if (!strstr(text, test->object) && !strstr(text, test->name))
		complain(test, "'%s' does not name '%s'", text, test->name);
	if (strchr(text, '\n'))
		complain(test, "'%s' is no single line", text);
	if (test->call.ms > LIMIT_MS)
		complain(test, "took %lu ms", test->call.ms);
	if (!test->is_lasting)
		expect_same(test, "after the failure");
	release(test);
	test->faults.n = 0;
	if (is_slow(test))
		fakekernel_come_back(root);
	release(test);
	expect_same(test, "after release");
}

/* What the kernel hangs in is left alone, also by whoever wants it next. */
static void check_wedge(struct test_case *test)
{
	if (fakekernel_was_wedge_touched(root))
		complain(test, "touched again");
	if (test->kind != FAKEFAULT_HANG || strncmp(test->object, "0000:", 5) != 0)
		return;
	call(test, "prepare");
	if (test->call.r != -EBUSY || !strstr(test->call.err.msg, "only a reboot helps"))
		complain(test, "the next prepare: %d %s", test->call.r,
			 test->call.err.msg);
	if (fakekernel_was_wedge_touched(root))
		complain(test, "touched by the next prepare");
	release(test);
}

static void run_case(enum fakefault_kind kind, unsigned nth, bool is_lasting,
		     struct buf *failures)
{
	const struct fakeeffect *effect = &expected.effects[nth - 1];
	struct test_case test = { .kind = kind,
				  .is_lasting = is_lasting,
				  .effect = effect,
				  .failures = failures,
				  .call = { .guest = GUEST } };

	find_object(test.object, effect);
	test.name = find_name(effect, test.object);
	(void)snprintf(test.what, sizeof(test.what), "%s %s at %u '%s' <- '%s'",
		       fakefault_name(kind), is_lasting ? "always" : "once", nth,
		       effect->name, effect->value);
	if (is_lasting)
		fakefaults_add(&test.faults, kind, 0, effect->name)->value =
			effect->value;
	else
		fakefaults_add(&test.faults, kind, nth, NULL);
	test.call.faults = &test.faults;
	fakehost_renew(&tree, before);
	call(&test, "prepare");
	if (test.faults.n_hits == 0)
		complain(&test, "never came");
	if (test.call.r == 0)
		check_success(&test);
	else
		check_failure(&test);
	check_wedge(&test);
	fakecall_done(&test.call);
}

static void run_kind(enum fakefault_kind kind, bool is_lasting)
{
	CLEANUP_BUF struct buf failures = BUF_NONE;
	unsigned n = 0;

	for (; n < expected.n_effects; n++)
		run_case(kind, n + 1, is_lasting, &failures);
	ck_assert_uint_ge(n, 20);
	ck_assert_msg(failures.len == 0, "%s", buf_text(&failures));
	(void)printf("%u cases of '%s' %s\n", n, fakefault_name(kind),
		     is_lasting ? "always" : "once");
	(void)fflush(stdout);
}

START_TEST(a_fault_that_comes_once_is_undone)
{
	run_kind((enum fakefault_kind)_i, false);
}
END_TEST

START_TEST(what_a_lasting_fault_holds_up_is_undone_when_it_is_over)
{
	run_kind((enum fakefault_kind)_i, true);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_faults");
	TCase *tc = tcase_create("faults");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, a_fault_that_comes_once_is_undone, 1, FAKEFAULT_KINDS);
	tcase_add_loop_test(tc, what_a_lasting_fault_holds_up_is_undone_when_it_is_over,
			    1, FAKEFAULT_KINDS);
	suite_add_tcase(s, tc);
	return s;
}
