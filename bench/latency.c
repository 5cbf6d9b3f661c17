/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a relay of input devices adds to a frame.
 *
 * "latency relay NODE" is the least that a relay can be: it grabs NODE, makes a copy
 * of it and says its path, reads and writes. "latency epoll NODE" is the least that one
 * of several devices can be: it waits for NODE by epoll before it reads.
 *
 * "latency measure" makes a mouse and says its path. Then it takes commands:
 *
 *	sink PATH
 *
 * where its frames come out, which may be the mouse itself;
 *
 *	run RATE FRAMES
 *
 * so many frames a second: says "p50 p99 p99.9 most lost", times in microseconds from
 * before the write of a frame until who waits for it at the sink has read it. The
 * kernel's stamps would not do: a relay that has asked for stamps of the monotonic
 * clock passes those of its source on.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <libevdev/libevdev-uinput.h>
#include <libevdev/libevdev.h>

#include "base/macro.h"

#define NAME     "bench mouse"
#define BATCH    64
#define WAIT_MS  1000 /* for the last frames */
#define SEQ_MODS 30000
#define PRIORITY 30 /* of who reads the sink, above all relays */

__attribute__((__noreturn__)) static void die(const char *what)
{
	(void)fprintf(stderr, "latency: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct libevdev_uinput *make_mouse(void)
{
	struct libevdev *model = libevdev_new();
	struct libevdev_uinput *mouse = NULL;

	if (!model)
		die("make a mouse");
	libevdev_set_name(model, NAME);
	(void)libevdev_enable_event_type(model, EV_REL);
	(void)libevdev_enable_event_code(model, EV_REL, REL_X, NULL);
	(void)libevdev_enable_event_code(model, EV_REL, REL_Y, NULL);
	(void)libevdev_enable_event_type(model, EV_KEY);
	for (unsigned code = BTN_LEFT; code <= BTN_MIDDLE; code++)
		(void)libevdev_enable_event_code(model, EV_KEY, code, NULL);
	if (libevdev_uinput_create_from_device(model, LIBEVDEV_UINPUT_OPEN_MANAGED,
					       &mouse) < 0)
		die("make a mouse");
	libevdev_free(model);
	return mouse;
}

/* ---- the floors ---- */

static int watch(int fd)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		die("watch");
	return epoll_fd;
}

/* epoll_fd: -1 not to wait before reading */
static bool pass_on(int epoll_fd, int in, int out)
{
	struct input_event events[BATCH];
	struct epoll_event event;
	ssize_t n;

	/* who counts the calls interrupts it */
	while (epoll_fd >= 0 && epoll_wait(epoll_fd, &event, 1, -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	n = read(in, events, sizeof(events));
	return n > 0 && write(out, events, (size_t)n) == n;
}

__attribute__((__noreturn__)) static void relay(const char *path, bool is_waiting)
{
	int in = open(path, O_RDONLY | O_CLOEXEC);
	struct libevdev_uinput *out = make_mouse();
	int fd = libevdev_uinput_get_fd(out);
	int epoll_fd = -1;

	if (in < 0 || ioctl(in, EVIOCGRAB, 1) < 0)
		die(path);
	if (is_waiting)
		epoll_fd = watch(in);
	(void)puts(libevdev_uinput_get_devnode(out));
	(void)fflush(stdout);
	while (pass_on(epoll_fd, in, fd))
		;
	die("relay");
}

/* ---- measuring ---- */

struct run {
	int out, sink;
	unsigned rate;
	size_t n;
	uint64_t *sent;    /* when, by number */
	uint64_t *arrived; /* 0: it has not */
	volatile bool is_sent;
};

/* Frames are numbered by how far the mouse moves, right by the number and up by one. */
static void take_events(struct run *run, const struct input_event *events, size_t n,
			size_t *next)
{
	uint64_t now = now_ns();

	for (size_t i = 0; i < n; i++) {
		size_t at;

		if (events[i].type != EV_REL || events[i].code != REL_X)
			continue;
		/* some may be lost in between, never a whole round of numbers */
		at = *next - *next % SEQ_MODS + (size_t)events[i].value - 1;
		if (at + SEQ_MODS / 2 < *next)
			at += SEQ_MODS;
		if (at >= run->n)
			continue;
		run->arrived[at] = now;
		*next = at + 1;
	}
}

static void *read_sink(void *data)
{
	struct run *run = data;
	struct pollfd poll_fd = { .fd = run->sink, .events = POLLIN };
	struct input_event events[BATCH];
	size_t next = 0;

	while (poll(&poll_fd, 1, WAIT_MS) > 0 || !run->is_sent) {
		ssize_t n = read(run->sink, events, sizeof(events));

		if (n > 0)
			take_events(run, events, (size_t)n / sizeof(*events), &next);
	}
	return NULL;
}

static pthread_t start_reader(struct run *run)
{
	const struct sched_param param = { .sched_priority = PRIORITY };
	pthread_t reader;
	pthread_attr_t attr;

	if (pthread_attr_init(&attr) != 0 ||
	    pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED) != 0 ||
	    pthread_attr_setschedpolicy(&attr, SCHED_FIFO) != 0 ||
	    pthread_attr_setschedparam(&attr, &param) != 0 ||
	    pthread_create(&reader, &attr, read_sink, run) != 0) {
		errno = EPERM;
		die("start who reads the sink");
	}
	(void)pthread_attr_destroy(&attr);
	return reader;
}

static void send_frames(struct run *run)
{
	uint64_t step = 1000000000u / run->rate;
	uint64_t at = now_ns() + 100000000u;

	for (size_t i = 0; i < run->n; i++, at += step) {
		const struct input_event frame[] = {
			{ .type = EV_REL,
			  .code = REL_X,
			  .value = (int)(i % SEQ_MODS) + 1 },
			{ .type = EV_REL, .code = REL_Y, .value = -1 },
			{ .type = EV_SYN, .code = SYN_REPORT },
		};
		const struct timespec due = { .tv_sec = (time_t)(at / 1000000000u),
					      .tv_nsec = (long)(at % 1000000000u) };

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
		run->sent[i] = now_ns();
		if (write(run->out, frame, sizeof(frame)) != sizeof(frame))
			die("write a frame");
	}
	run->is_sent = true;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void tell(const struct run *run)
{
	uint64_t *times = calloc(run->n, sizeof(*times));
	size_t n = 0;

	if (!times)
		die("tell");
	for (size_t i = 0; i < run->n; i++) {
		if (run->arrived[i])
			times[n++] = run->arrived[i] - run->sent[i];
	}
	qsort(times, n, sizeof(*times), compare);
	if (n == 0) {
		(void)printf("- - - - %zu\n", run->n);
	} else {
		(void)printf("%.1f %.1f %.1f %.1f %zu\n", (double)times[n / 2] / 1000,
			     (double)times[n * 99 / 100] / 1000,
			     (double)times[n * 999 / 1000] / 1000,
			     (double)times[n - 1] / 1000, run->n - n);
	}
	(void)fflush(stdout);
	free(times);
}

static void measure_run(struct run *run)
{
	pthread_t reader;

	run->is_sent = false;
	run->sent = calloc(run->n, sizeof(*run->sent));
	run->arrived = calloc(run->n, sizeof(*run->arrived));
	if (!run->sent || !run->arrived)
		die("run");
	reader = start_reader(run);
	send_frames(run);
	(void)pthread_join(reader, NULL);
	tell(run);
	free(run->sent);
	free(run->arrived);
}

static int open_sink(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		die(path);
	return fd;
}

static int measure(void)
{
	struct libevdev_uinput *mouse = make_mouse();
	struct run run = { .out = libevdev_uinput_get_fd(mouse), .sink = -1 };
	char line[256], path[200];

	(void)puts(libevdev_uinput_get_devnode(mouse));
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "sink %199s", path) == 1) {
			if (run.sink >= 0)
				(void)close(run.sink);
			run.sink = open_sink(path);
		} else if (sscanf(line, "run %u %zu", &run.rate, &run.n) == 2 &&
			   run.rate > 0 && run.n > 0 && run.sink >= 0) {
			measure_run(&run);
		} else {
			errno = EINVAL;
			die(line);
		}
	}
	libevdev_uinput_destroy(mouse);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "relay") == 0)
		relay(argv[2], false);
	if (argc == 3 && strcmp(argv[1], "epoll") == 0)
		relay(argv[2], true);
	if (argc == 2 && strcmp(argv[1], "measure") == 0)
		return measure();
	errno = EINVAL;
	die("arguments");
}
