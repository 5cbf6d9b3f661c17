/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "loop.h"
#include "suite.h"

static struct loop loop;
static struct error err;
static int n_calls, n_after;

static void setup(void)
{
	err = (struct error){ 0 };
	loop = LOOP_NONE;
	n_calls = n_after = 0;
	ck_assert_int_eq(loop_init(&loop, &err), 0);
}

static void teardown(void)
{
	loop_done(&loop);
}

/* The third time it is enough. */
static int count(struct source *source, uint32_t events, struct error *ret_err)
{
	(void)source;
	(void)ret_err;
	ck_assert_uint_eq(events, EPOLLIN);
	return ++n_calls == 3 ? LOOP_QUIT : 0;
}

static int break_down(struct source *source, uint32_t events, struct error *ret_err)
{
	(void)source;
	(void)events;
	return error_set(ret_err, EIO, "it is broken");
}

static int count_after(void *data, struct error *ret_err)
{
	(void)data;
	(void)ret_err;
	n_after++;
	return 0;
}

START_TEST(it_runs_until_a_callback_quits)
{
	struct source source = { .fd = eventfd(1, EFD_CLOEXEC), .ready = count };

	loop.after = count_after;
	ck_assert_int_eq(loop_add(&loop, &source, EPOLLIN, &err), 0);
	ck_assert_int_eq(loop_run(&loop, &err), 0);
	ck_assert_int_eq(n_calls, 3);
	/* before each wait */
	ck_assert_int_eq(n_after, 3);
	loop_del(&loop, &source);
	(void)close(source.fd);
}
END_TEST

START_TEST(it_ends_with_the_error_of_a_callback)
{
	struct source source = { .fd = eventfd(1, EFD_CLOEXEC), .ready = break_down };

	ck_assert_int_eq(loop_add(&loop, &source, EPOLLIN, &err), 0);
	ck_assert_int_eq(loop_run(&loop, &err), -EIO);
	ck_assert_str_eq(err.msg, "it is broken");
	(void)close(source.fd);
}
END_TEST

static struct source *victim;

/* Another source that is ready too goes away before its turn. */
static int remove_victim(struct source *source, uint32_t events, struct error *ret_err)
{
	(void)source;
	(void)events;
	(void)ret_err;
	n_calls++;
	loop_del(&loop, victim);
	return LOOP_QUIT;
}

START_TEST(what_was_removed_is_not_called)
{
	struct source a = { .fd = eventfd(1, EFD_CLOEXEC), .ready = remove_victim };
	struct source b = { .fd = eventfd(1, EFD_CLOEXEC), .ready = remove_victim };

	victim = &b;
	ck_assert_int_eq(loop_add(&loop, &a, EPOLLIN, &err), 0);
	ck_assert_int_eq(loop_add(&loop, &b, EPOLLIN, &err), 0);
	ck_assert_int_eq(loop_run(&loop, &err), 0);
	loop_del(&loop, &a);
	ck_assert_int_eq(epoll_wait(loop.epoll_fd, &(struct epoll_event){ 0 }, 1, 0), 0);
	ck_assert_int_eq(n_calls, 1);
	(void)close(a.fd);
	(void)close(b.fd);
}
END_TEST

static struct timer timer;

static int on_timer(struct source *source, uint32_t events, struct error *ret_err)
{
	(void)source;
	(void)events;
	(void)ret_err;
	n_calls++;
	timer_clear(&timer);
	return LOOP_QUIT;
}

/* Also a moment that is past, or the first there ever was. */
START_TEST(a_timer_is_ready_at_its_moment)
{
	const uint64_t moments[] = { loop_now() + 30000, loop_now() - 5, 0 };
	uint64_t at = moments[_i];

	timer = TIMER_NONE;
	ck_assert_int_eq(timer_init(&timer, &err), 0);
	timer.source.ready = on_timer;
	ck_assert_int_eq(loop_add(&loop, &timer.source, EPOLLIN, &err), 0);
	ck_assert_int_eq(timer_set(&timer, UINT64_MAX, &err), 0);
	ck_assert_int_eq(timer_set(&timer, at, &err), 0);
	ck_assert_int_eq(loop_run(&loop, &err), 0);
	ck_assert_int_eq(n_calls, 1);
	ck_assert_uint_ge(loop_now(), at);
	ck_assert_uint_eq(timer.at, UINT64_MAX);
	loop_del(&loop, &timer.source);
	timer_done(&timer);
	timer_done(&timer);
}
END_TEST

START_TEST(a_timer_that_is_not_set_is_never_ready)
{
	struct epoll_event event;

	timer = TIMER_NONE;
	ck_assert_int_eq(timer_init(&timer, &err), 0);
	ck_assert_int_eq(loop_add(&loop, &timer.source, EPOLLIN, &err), 0);
	ck_assert_int_eq(timer_set(&timer, loop_now() + 10000, &err), 0);
	ck_assert_int_eq(timer_set(&timer, UINT64_MAX, &err), 0);
	ck_assert_int_eq(epoll_wait(loop.epoll_fd, &event, 1, 50), 0);
	timer_done(&timer);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_loop");
	TCase *tc = tcase_create("loop");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_runs_until_a_callback_quits);
	tcase_add_test(tc, it_ends_with_the_error_of_a_callback);
	tcase_add_test(tc, what_was_removed_is_not_called);
	tcase_add_loop_test(tc, a_timer_is_ready_at_its_moment, 0, 3);
	tcase_add_test(tc, a_timer_that_is_not_set_is_never_ready);
	suite_add_tcase(s, tc);
	return s;
}
