/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a frame costs on its way from a device to a guest, in the daemon's own loop: one
 * wait, one read, one write, no allocation, and no look at the clock, which is a system
 * call where the kernel keeps time by HPET.
 */

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "seatfixture.h"
#include "suite.h"

#define FRAMES 500

static struct seatfixture fixture;
static struct device_ops device_ops;
static struct vnode_ops vnode_ops;
static unsigned long allocations, waits, reads, writes, looks;
static bool is_counting;

/* The linker leads the daemon's calls here. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *mem, size_t size);
int __real_epoll_wait(int fd, struct epoll_event *events, int n, int timeout);
int __real_clock_gettime(clockid_t clock, struct timespec *ts);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *mem, size_t size);
int __wrap_epoll_wait(int fd, struct epoll_event *events, int n, int timeout);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

void *__wrap_malloc(size_t size)
{
	allocations += is_counting;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	allocations += is_counting;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *mem, size_t size)
{
	allocations += is_counting;
	return __real_realloc(mem, size);
}

int __wrap_epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
	waits += is_counting;
	return __real_epoll_wait(fd, events, n, timeout);
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	looks += is_counting;
	return __real_clock_gettime(clock, ts);
}

static ssize_t count_read(void *data, int fd, struct input_event *events, size_t n)
{
	reads += is_counting;
	return fakeinput_ops.read(data, fd, events, n);
}

static ssize_t count_write(void *data, int fd, const struct input_event *events, size_t n)
{
	writes += is_counting;
	return fakenode_ops.write(data, fd, events, n);
}

static void setup(void)
{
	struct error err = { 0 };

	seatfixture_setup(&fixture, "[guest win11]\n");
	ck_assert_int_eq(seat_set_live(fixture.seat, "win11", true, &err), 0);
	device_ops = fakeinput_ops;
	device_ops.read = count_read;
	vnode_ops = fakenode_ops;
	vnode_ops.write = count_write;
	fixture.seat->guests[1].nodes[ROLE_MOUSE].vnode.ops = &vnode_ops;
	for (size_t i = 0; i < fixture.seat->devices.n; i++)
		fixture.seat->devices.v[i]->device.ops = &device_ops;
	/* what the test writes down must not count */
	buf_reserve(&fixture.nodes.log, 128 * FRAMES);
}

static void teardown(void)
{
	seatfixture_teardown(&fixture);
}

START_TEST(a_frame_costs_one_wait_one_read_one_write)
{
	struct error err = { 0 };
	struct epoll_event event;

	ck_assert_int_eq(seat_switch(fixture.seat, "win11", &err), 0);
	seatfixture_pump(&fixture);
	for (int i = 0; i < FRAMES; i++) {
		struct source *source;

		fakeinput_move(fixture.mouse, 1);
		is_counting = true;
		/* as loop_run() does it */
		if (epoll_wait(fixture.loop.epoll_fd, &event, 1, 0) == 1) {
			source = event.data.ptr;
			(void)source->ready(source, event.events, &err);
			seat_settle(fixture.seat);
		}
		is_counting = false;
	}
	ck_assert_uint_eq(fixture.seat->guests[1].nodes[ROLE_MOUSE].frames, FRAMES);
	ck_assert_uint_eq(waits, FRAMES);
	ck_assert_uint_eq(reads, FRAMES);
	ck_assert_uint_eq(writes, FRAMES);
	ck_assert_uint_eq(allocations, 0);
	ck_assert_uint_eq(looks, 0);
}
END_TEST

/* Of a device that sends faster than it is read, as after a moment without the CPU. */
START_TEST(frames_that_have_piled_up_cost_one_wait)
{
	struct error err = { 0 };
	struct epoll_event event;
	struct source *source;
	int n;

	ck_assert_int_eq(seat_switch(fixture.seat, "win11", &err), 0);
	seatfixture_pump(&fixture);
	for (int i = 0; i < DEVICE_BATCH; i++)
		fakeinput_move(fixture.mouse, 1);
	is_counting = true;
	n = epoll_wait(fixture.loop.epoll_fd, &event, 1, 0);
	source = event.data.ptr;
	(void)source->ready(source, event.events, &err);
	seat_settle(fixture.seat);
	is_counting = false;
	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(fixture.seat->guests[1].nodes[ROLE_MOUSE].frames, DEVICE_BATCH);
	ck_assert_uint_eq(waits, 1);
	ck_assert_uint_eq(writes, 2);
	ck_assert_uint_eq(reads, 3); /* the last one found nothing */
	ck_assert_uint_eq(allocations, 0);
}
END_TEST

START_TEST(the_counters_count)
{
	is_counting = true;
	buf_reserve(&fixture.nodes.log, 1 << 20);
	seat_wake(fixture.seat);
	is_counting = false;
	ck_assert_uint_gt(allocations, 0);
	ck_assert_uint_gt(looks, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_cost");
	TCase *tc = tcase_create("cost");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_frame_costs_one_wait_one_read_one_write);
	tcase_add_test(tc, frames_that_have_piled_up_cost_one_wait);
	tcase_add_test(tc, the_counters_count);
	suite_add_tcase(s, tc);
	return s;
}
