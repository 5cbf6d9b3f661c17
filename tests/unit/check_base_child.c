/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "suite.h"

/* A few seconds, so that a busy machine does not matter. */
#define PATIENCE_MS 20000

static struct child child;
static struct error err;

static void setup(void)
{
	child = CHILD_NONE;
	err = (struct error){ 0 };
}

static void start(void (*run)(int socket, const void *data), const void *data)
{
	const struct child_work work = { .name = "a-test", .run = run, .data = data };

	ck_assert_msg(child_start(&child, &work, &err) == 0, "%s", err.msg);
	ck_assert_int_gt(child.pid, 0);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- what runs in the child --- */

static void hang(UNUSED int socket, UNUSED const void *data)
{
	for (;;)
		(void)pause();
}

static void echo(int socket, UNUSED const void *data)
{
	uint64_t value;

	while (recv(socket, &value, sizeof(value), 0) == sizeof(value)) {
		value++;
		(void)!send(socket, &value, sizeof(value), MSG_NOSIGNAL);
	}
}

static void die(UNUSED int socket, UNUSED const void *data)
{
	(void)raise(SIGKILL);
}

static void answer_half(int socket, UNUSED const void *data)
{
	(void)!send(socket, "half", 4, MSG_NOSIGNAL);
	hang(socket, NULL);
}

static void answer_more(int socket, UNUSED const void *data)
{
	(void)!send(socket, "far too much for it", 19, MSG_NOSIGNAL);
	hang(socket, NULL);
}

static void close_and_live(int socket, UNUSED const void *data)
{
	(void)close(socket);
	hang(socket, NULL);
}

/* Until nobody is there any more to read it. */
static void flood(int socket, UNUSED const void *data)
{
	uint64_t value = 42;

	while (send(socket, &value, sizeof(value), MSG_NOSIGNAL) >= 0)
		;
}

struct seen {
	char name[16];
	char streams[3][16];
	int kept[CHILD_KEEP_MAX];
	int n_others;
};

static void look_around(int socket, const void *data)
{
	struct seen seen = { 0 };
	const int *kept = data;
	FILE *comm = fopen("/proc/self/comm", "re");

	if (!comm || !fgets(seen.name, sizeof(seen.name), comm))
		_exit(1);
	(void)fclose(comm);
	for (int fd = 0; fd < 1024; fd++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (fd < 3) {
			(void)!readlink(path, seen.streams[fd], 15);
		} else if (fd == kept[0] || fd == kept[1]) {
			seen.kept[fd == kept[1]] = fcntl(fd, F_GETFD) >= 0;
		} else if (fd != socket) {
			seen.n_others += fcntl(fd, F_GETFD) >= 0;
		}
	}
	(void)!send(socket, &seen, sizeof(seen), MSG_NOSIGNAL);
}

/* --- tests --- */

START_TEST(questions_are_answered_and_the_end_is_reaped)
{
	uint64_t value = 1;
	pid_t pid;

	start(echo, NULL);
	pid = child.pid;
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(child_send(&child, &value, sizeof(value)), 0);
		ck_assert_int_eq(
			child_receive(&child, &value, sizeof(value), PATIENCE_MS), 0);
	}
	ck_assert_uint_eq(value, 4);
	child_end(&child);
	ck_assert_int_eq(child.fd, -1);
	ck_assert_int_eq(waitpid(pid, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	child_end(&child); /* none is no child */
}
END_TEST

START_TEST(child_that_hangs_is_given_up_in_time)
{
	uint64_t begin = now_ms();
	uint64_t value;
	pid_t pid;

	start(hang, NULL);
	pid = child.pid;
	ck_assert_int_eq(child_receive(&child, &value, sizeof(value), 200), -ETIMEDOUT);
	ck_assert_uint_ge(now_ms() - begin, 200);
	ck_assert_uint_le(now_ms() - begin, 10000);
	ck_assert(child_kill(&child, PATIENCE_MS));
	ck_assert_int_eq(child.fd, -1);
	ck_assert_int_eq(child.pid, 0);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(child_that_is_left_lives_on)
{
	pid_t pid;

	start(hang, NULL);
	pid = child.pid;
	child_leave(&child);
	ck_assert_int_eq(child.fd, -1);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

static void ignore(UNUSED int number)
{
}

START_TEST(signals_do_not_prolong_the_time)
{
	struct itimerspec often = { .it_value.tv_nsec = 30000000,
				    .it_interval.tv_nsec = 30000000 };
	uint64_t begin = now_ms();
	uint64_t value;
	timer_t timer;

	(void)signal(SIGALRM, ignore);
	ck_assert_int_eq(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	start(hang, NULL);
	ck_assert_int_eq(timer_settime(timer, 0, &often, NULL), 0);
	ck_assert_int_eq(child_receive(&child, &value, sizeof(value), 300), -ETIMEDOUT);
	ck_assert_int_eq(timer_delete(timer), 0);
	ck_assert_uint_ge(now_ms() - begin, 300);
	ck_assert_uint_le(now_ms() - begin, 10000);
	(void)child_kill(&child, PATIENCE_MS);
}
END_TEST

static void (*const answerless[])(int socket, const void *data) = {
	die,
	answer_half,
	answer_more,
	close_and_live,
};

START_TEST(child_without_an_answer_is_told_from_one_that_is_late)
{
	uint64_t value;
	pid_t pid;

	start(answerless[_i], NULL);
	pid = child.pid;
	ck_assert_int_eq(child_receive(&child, &value, sizeof(value), PATIENCE_MS),
			 -EPIPE);
	child_end(&child);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(child_that_has_died_cannot_be_sent_to)
{
	uint64_t value = 0;

	start(die, NULL);
	ck_assert_int_eq(child_receive(&child, &value, sizeof(value), PATIENCE_MS),
			 -EPIPE);
	ck_assert_int_eq(child_send(&child, &value, sizeof(value)), -EPIPE);
	child_end(&child);
}
END_TEST

START_TEST(child_that_floods_ends_with_its_socket)
{
	uint64_t begin = now_ms();
	uint64_t value = 0;
	pid_t pid;

	start(flood, NULL);
	pid = child.pid;
	ck_assert_int_eq(child_receive(&child, &value, sizeof(value), PATIENCE_MS), 0);
	ck_assert_uint_eq(value, 42);
	child_end(&child);
	ck_assert_int_eq(kill(pid, 0), -1);
	ck_assert_uint_le(now_ms() - begin, 10000);
}
END_TEST

START_TEST(child_has_nothing_open_but_what_it_keeps)
{
	int fds[] = { open("/dev/zero", O_RDONLY | O_CLOEXEC),
		      open("/dev/zero", O_RDONLY), open("/dev/zero", O_RDONLY),
		      open("/dev/zero", O_RDONLY) };
	const int kept[] = { fds[3], fds[1] };
	const struct child_work work = { .name = "a-test",
					 .run = look_around,
					 .data = kept,
					 .keep = { kept[0], -1, kept[1] } };
	struct seen seen = { 0 };

	ck_assert_int_gt(fds[3], 2);
	ck_assert_int_eq(child_start(&child, &work, &err), 0);
	ck_assert_int_eq(child_receive(&child, &seen, sizeof(seen), PATIENCE_MS), 0);
	child_end(&child);
	ck_assert_str_eq(seen.name, "a-test\n");
	for (int fd = 0; fd < 3; fd++)
		ck_assert_str_eq(seen.streams[fd], "/dev/null");
	ck_assert_int_eq(seen.kept[0], 1);
	ck_assert_int_eq(seen.kept[1], 1);
	ck_assert_int_eq(seen.n_others, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("base_child");
	TCase *tc = tcase_create("child");

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, questions_are_answered_and_the_end_is_reaped);
	tcase_add_test(tc, child_that_hangs_is_given_up_in_time);
	tcase_add_test(tc, child_that_is_left_lives_on);
	tcase_add_test(tc, signals_do_not_prolong_the_time);
	tcase_add_loop_test(tc, child_without_an_answer_is_told_from_one_that_is_late, 0,
			    ARRAY_SIZE(answerless));
	tcase_add_test(tc, child_that_has_died_cannot_be_sent_to);
	tcase_add_test(tc, child_that_floods_ends_with_its_socket);
	tcase_add_test(tc, child_has_nothing_open_but_what_it_keeps);
	suite_add_tcase(s, tc);
	return s;
}
