/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#define USEC_PER_SEC  1000000u
#define NSEC_PER_USEC 1000u

int loop_init(struct loop *loop, struct error *err)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return error_sys(err, errno, "create event loop");
	return 0;
}

void loop_done(struct loop *loop)
{
	cleanup_close(&loop->epoll_fd);
	loop->epoll_fd = -1;
}

static int control(struct loop *loop, int op, struct source *source, uint32_t events,
		   struct error *err)
{
	struct epoll_event event = { .events = events, .data.ptr = source };

	if (epoll_ctl(loop->epoll_fd, op, source->fd, &event) < 0)
		return error_sys(err, errno, "watch descriptor %d", source->fd);
	return 0;
}

int loop_add(struct loop *loop, struct source *source, uint32_t events, struct error *err)
{
	return control(loop, EPOLL_CTL_ADD, source, events, err);
}

int loop_change(struct loop *loop, struct source *source, uint32_t events,
		struct error *err)
{
	return control(loop, EPOLL_CTL_MOD, source, events, err);
}

void loop_del(struct loop *loop, struct source *source)
{
	if (source->fd >= 0)
		(void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

/*
 * One event at a time: a callback may remove any other source, and a batch fetched
 * earlier would still name it.
 */
int loop_run(struct loop *loop, struct error *err)
{
	for (;;) {
		struct epoll_event event;
		struct source *source;
		int r = loop->after ? loop->after(loop->data, err) : 0;

		if (r < 0)
			return r;
		r = epoll_wait(loop->epoll_fd, &event, 1, -1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return error_sys(err, errno, "wait for events");

		source = event.data.ptr;
		r = source->ready(source, event.events, err);
		if (r == LOOP_QUIT)
			return 0;
		if (r < 0)
			return r;
	}
}

uint64_t loop_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC +
	       (uint64_t)now.tv_nsec / NSEC_PER_USEC;
}

int timer_init(struct timer *timer, struct error *err)
{
	timer->source.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer->source.fd < 0)
		return error_sys(err, errno, "create timer");
	return 0;
}

void timer_done(struct timer *timer)
{
	cleanup_close(&timer->source.fd);
	*timer = TIMER_NONE;
}

int timer_set(struct timer *timer, uint64_t at, struct error *err)
{
	struct itimerspec spec = { .it_value = { 0 } };

	if (at == timer->at)
		return 0;
	if (at != UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(at / USEC_PER_SEC);
		spec.it_value.tv_nsec = (long)(at % USEC_PER_SEC * NSEC_PER_USEC);
		/* zero would mean: not at all */
		if (at == 0)
			spec.it_value.tv_nsec = 1;
	}
	if (timerfd_settime(timer->source.fd, TFD_TIMER_ABSTIME, &spec, NULL) < 0)
		return error_sys(err, errno, "set timer");
	timer->at = at;
	return 0;
}

void timer_clear(struct timer *timer)
{
	uint64_t expired;

	while (read(timer->source.fd, &expired, sizeof(expired)) < 0 && errno == EINTR)
		;
	timer->at = UINT64_MAX;
}
