/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a relay of input devices adds, by the kernel's own stamps.
 *
 *	latency relay NODE     the least that a relay can be: grabs NODE, makes a copy of
 *it, reads and writes. Says the path of the copy. latency measure        makes a mouse
 *and says its path; then takes commands: sink PATH            where its frames come out
 *	  run RATE FRAMES      so many frames a second; says "p50 p99 p99.9 most lost",
 *times in microseconds from before the write to the stamp of the frame at the sink
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* ---- the floor ---- */

__attribute__((__noreturn__)) static void relay(const char *path)
{
	int in = open(path, O_RDONLY | O_CLOEXEC);
	struct input_event events[BATCH];
	struct libevdev_uinput *out = make_mouse();
	int fd = libevdev_uinput_get_fd(out);
	ssize_t n;

	if (in < 0 || ioctl(in, EVIOCGRAB, 1) < 0)
		die(path);
	(void)puts(libevdev_uinput_get_devnode(out));
	(void)fflush(stdout);
	do {
		n = read(in, events, sizeof(events));
	} while (n > 0 && write(fd, events, (size_t)n) == n);
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
static void *read_sink(void *data)
{
	struct run *run = data;
	struct pollfd poll_fd = { .fd = run->sink, .events = POLLIN };
	struct input_event events[BATCH];
	size_t next = 0;

	while (poll(&poll_fd, 1, WAIT_MS) > 0 || !run->is_sent) {
		ssize_t n = read(run->sink, events, sizeof(events));

		for (ssize_t i = 0; i < n / (ssize_t)sizeof(*events); i++) {
			const struct input_event *event = &events[i];
			size_t at;

			if (event->type != EV_REL || event->code != REL_X)
				continue;
			/* some may be lost in between, never a whole round of numbers */
			at = next - next % SEQ_MODS + (size_t)event->value - 1;
			if (at + SEQ_MODS / 2 < next)
				at += SEQ_MODS;
			if (at >= run->n)
				continue;
			run->arrived[at] =
				(uint64_t)event->input_event_sec * 1000000000u +
				(uint64_t)event->input_event_usec * 1000u;
			next = at + 1;
		}
	}
	return NULL;
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
			times[n++] = run->arrived[i] > run->sent[i]
					     ? run->arrived[i] - run->sent[i]
					     : 0;
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
	if (!run->sent || !run->arrived ||
	    pthread_create(&reader, NULL, read_sink, run) != 0)
		die("run");
	send_frames(run);
	(void)pthread_join(reader, NULL);
	tell(run);
	free(run->sent);
	free(run->arrived);
}

static int open_sink(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int clock = CLOCK_MONOTONIC;

	if (fd < 0 || ioctl(fd, EVIOCSCLOCKID, &clock) < 0)
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
		relay(argv[2]);
	if (argc == 2 && strcmp(argv[1], "measure") == 0)
		return measure();
	errno = EINVAL;
	die("arguments");
}
