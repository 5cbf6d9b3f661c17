/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where the time of a call goes: what is slow is not counted as the hook's own. */

#include <errno.h>
#include <string.h>
#include <time.h>

#include "fakehost.h"
#include "hook.h"
#include "operation.h"
#include "suite.h"
#include "timing.h"

#define SLOW_MS 30
#define SLOW_US (SLOW_MS * 1000)

static void pause_ms(unsigned ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000L };

	(void)nanosleep(&time, NULL);
}

static int slow_write(UNUSED void *data, UNUSED const char *path,
		      UNUSED const char *value, UNUSED unsigned timeout_ms,
		      UNUSED struct error *err)
{
	pause_ms(SLOW_MS);
	return 0;
}

static int slow_module(UNUSED void *data, UNUSED const char *module,
		       UNUSED unsigned timeout_ms, UNUSED struct error *err)
{
	pause_ms(SLOW_MS);
	return 0;
}

static void slow_wait(UNUSED void *data, unsigned ms)
{
	pause_ms(ms);
}

static int slow_state(UNUSED void *data, UNUSED const char *unit,
		      enum bus_unit_state *ret_state, UNUSED struct error *err)
{
	pause_ms(SLOW_MS);
	*ret_state = BUS_UNIT_ACTIVE;
	return 0;
}

static const struct effects_ops slow_effects = {
	.write = slow_write,
	.load = slow_module,
	.unload = slow_module,
	.wait = slow_wait,
};

static const struct bus_ops slow_bus = { .unit_state = slow_state };

static int slow_open(struct bus *bus, UNUSED struct error *err)
{
	pause_ms(SLOW_MS);
	bus->ops = &slow_bus;
	return 0;
}

/* Loading what speaks to systemd is our own work, and not done for nothing. */
START_TEST(opening_the_bus_is_our_own)
{
	struct bus bus = { .open = slow_open };
	uint64_t begin_us = effects_clock_us();
	enum bus_unit_state state;
	struct error err;

	ck_assert_ptr_null(bus.ops);
	ck_assert_int_eq(bus_unit_state(&bus, "a.service", &state, &err), 0);
	ck_assert_uint_ge(bus.spent_us, SLOW_US);
	ck_assert_uint_ge(effects_clock_us() - begin_us, bus.spent_us + SLOW_US);
	bus_close(&bus);
	ck_assert_ptr_null(bus.ops);
}
END_TEST

static int no_open(UNUSED struct bus *bus, struct error *err)
{
	return error_set(err, ELIBACC, "load 'x.so'");
}

START_TEST(a_bus_that_does_not_open_says_why)
{
	CLEANUP_BUF struct buf names = BUF_NONE;
	char id[BUS_UNIT_MAX];
	struct bus bus = { .open = no_open };
	enum bus_unit_state state;
	struct error err = { 0 };

	ck_assert_int_eq(bus_unit_state(&bus, "a.service", &state, &err), -ELIBACC);
	ck_assert_str_eq(err.msg, "load 'x.so'");
	ck_assert_int_eq(bus_unit_id(&bus, "a.service", id, &err), -ELIBACC);
	ck_assert_int_eq(bus_unit_dependants(&bus, "a.service", &names, &err), -ELIBACC);
	ck_assert_int_eq(bus_is_going_down(&bus, &err), -ELIBACC);
	ck_assert_uint_eq(bus.spent_us, 0);
	bus_close(&bus);
}
END_TEST

/* Each part in its place, and their sum is all. */
START_TEST(the_time_of_others_is_not_our_own)
{
	struct effects effects = { .ops = &slow_effects };
	struct bus bus = { .ops = &slow_bus };
	struct hook hook = HOOK_NONE;
	uint64_t begin_us = effects_clock_us();
	enum bus_unit_state state;
	struct timing timing;
	struct error err;

	hook.effects = &effects;
	hook.bus = &bus;
	hook.scripts_us = SLOW_US;
	pause_ms(2 * SLOW_MS); /* its own, and the script */
	ck_assert_int_eq(effects_write(&effects, "x", "1", 0, &err), 0);
	ck_assert_int_eq(effects_load(&effects, "x", 0, &err), 0);
	ck_assert_int_eq(effects_unload(&effects, "x", 0, &err), 0);
	ck_assert_int_eq(bus_unit_state(&bus, "x", &state, &err), 0);
	effects_wait(&effects, 2 * SLOW_MS);
	timing_read(&timing, &hook, begin_us);

	ck_assert_uint_ge(timing.kernel_us, 3 * SLOW_US);
	ck_assert_uint_ge(timing.systemd_us, SLOW_US);
	ck_assert_uint_ge(timing.waits_us, 2 * SLOW_US);
	ck_assert_uint_eq(timing.scripts_us, SLOW_US);
	ck_assert_uint_ge(timing.own_us, SLOW_US);
	ck_assert_uint_eq(timing.total_us, timing.kernel_us + timing.systemd_us +
						   timing.waits_us + timing.scripts_us +
						   timing.own_us);
}
END_TEST

START_TEST(a_line_says_all_of_it)
{
	const struct timing timing = { .total_us = 812345,
				       .kernel_us = 700000,
				       .systemd_us = 90000,
				       .waits_us = 10040,
				       .scripts_us = 5,
				       .own_us = 12300 };
	CLEANUP_BUF struct buf text = BUF_NONE;

	timing_format(&timing, &text);
	ck_assert_str_eq(buf_text(&text),
			 "812.3 ms: 700.0 in the kernel, 90.0 in systemd, 10.0 waiting, "
			 "0.0 in scripts, 12.3 of its own");
}
END_TEST

/* --- what goes into the account --- */

static struct faketree tree;

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(&tree.root);
}

static void teardown(void)
{
	faketree_teardown(&tree);
}

/* How often the account of a call has a line of that beginning. */
static unsigned count_lines(const struct fakeguest *guest, const char *operation,
			    const char *line)
{
	struct fakecall call = { .guest = guest, .operation = operation };
	unsigned n = 0;

	(void)!fakehost_call(&tree.root, &call);
	for (const char *at = buf_text(&call.account); (at = strstr(at, line)); at++)
		n++;
	fakecall_done(&call);
	return n;
}

START_TEST(each_prepare_and_release_is_timed_once)
{
	ck_assert_uint_eq(count_lines(&fakeguest_win, "prepare", "<6> prepare took "), 1);
	ck_assert_uint_eq(count_lines(&fakeguest_win, "release", "<6> release took "), 1);
}
END_TEST

START_TEST(one_that_is_refused_is_timed_too)
{
	struct fakeguest gone = fakeguest_lin;

	gone.domain = "<memory unit='GiB'>64</memory><memoryBacking><hugepages/>"
		      "</memoryBacking>";
	ck_assert_uint_eq(count_lines(&gone, "prepare", "<6> prepare took "), 1);
}
END_TEST

START_TEST(others_are_not_timed)
{
	struct fakeguest foreign = fakeguest_lin;

	foreign.metadata = NULL;
	ck_assert_uint_eq(count_lines(&foreign, "prepare", " took "), 0);
	ck_assert_uint_eq(count_lines(&foreign, "release", " took "), 0);
	ck_assert_uint_eq(count_lines(&fakeguest_lin, "started", " took "), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_timing");
	TCase *tc = tcase_create("timing");
	TCase *account = tcase_create("account");

	tcase_add_test(tc, opening_the_bus_is_our_own);
	tcase_add_test(tc, a_bus_that_does_not_open_says_why);
	tcase_add_test(tc, the_time_of_others_is_not_our_own);
	tcase_add_test(tc, a_line_says_all_of_it);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(account, setup, teardown);
	tcase_add_test(account, each_prepare_and_release_is_timed_once);
	tcase_add_test(account, one_that_is_refused_is_timed_too);
	tcase_add_test(account, others_are_not_timed);
	suite_add_tcase(s, account);
	return s;
}
