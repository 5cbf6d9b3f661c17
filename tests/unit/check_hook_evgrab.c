/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the hook does for guests that read devices of evgrab's. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <check.h>

#include "evgrab.h"
#include "suite.h"

#define KBD "/dev/input/by-id/vfiokit-win11-event-kbd"
#define LONG_NAME                   \
	"/dev/input/by-id/vfiokit-" \
	"a1234567890123456789012345678901234567890-event-kbd"
#define MOUSE "/dev/input/by-id/vfiokit-win11-event-mouse"

/* Both forms of libvirt's, and QEMU's arguments in both of its spellings. */
#define EVDEV(path) "<input type='evdev'><source dev='" path "' grab='all'/></input>"
#define PASSTHROUGH(path)                                                   \
	"<input type='passthrough' bus='virtio'><source evdev='" path "'/>" \
	"</input>"
#define ARGUMENT(path)                                                             \
	"<qemu:arg value='-object'/><qemu:arg value='input-linux,id=k,evdev=" path \
	",repeat=on'/>"
#define JSON(path)                                                                   \
	"<qemu:arg value='{&quot;qom-type&quot;:&quot;input-linux&quot;,&quot;evdev" \
	"&quot;:&quot;" path "&quot;}'/>"

static char dir[64], socket_path[96];
static struct evgrab_place place;
static int listener;

static void setup(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[160];

	(void)snprintf(dir, sizeof(dir), "/tmp/evgrab.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "mkdir -p %s/dev/input/by-id", dir);
	ck_assert_int_eq(system(path), 0);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/sock", dir);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 0), 0);
	place = (struct evgrab_place){
		.root = dir,
		.socket = socket_path,
		.run = dir,
		.wait_ms = 200,
		.tell_ms = 200,
	};
}

static void teardown(void)
{
	char command[96];

	(void)close(listener);
	(void)snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The device is there: a link to what is a character device. */
static void plug(const char *link, const char *target)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s%s", dir, link);
	ck_assert_int_eq(symlink(target, path), 0);
}

/* As libvirt calls; a failure says why. */
static void calls(const char *operation, const char *suboperation, const char *xml,
		  const char *why)
{
	struct call call = {
		.guest = "win",
		.operation = operation,
		.suboperation = suboperation,
		.extra = "-",
		.xml = xml,
		.len = strlen(xml),
	};
	struct error err = { 0 };
	int r = evgrab_call(&place, &call, &err);

	ck_assert_int_eq(r, why ? -ENOENT : 0);
	if (why)
		ck_assert_str_eq(err.msg, why);
}

/* ---- prepare ---- */

static const char *const forms[] = {
	"<domain>" EVDEV(KBD) "</domain>",
	"<domain>" PASSTHROUGH(KBD) "</domain>",
	"<domain>" ARGUMENT(KBD) "</domain>",
	"<domain>" JSON(KBD) "</domain>",
};

START_TEST(a_device_that_is_there_is_not_waited_for)
{
	int64_t begin = now_ms();

	plug(KBD, "/dev/null");
	place.wait_ms = 10000;
	calls("prepare", "begin", forms[_i], NULL);
	ck_assert_int_lt(now_ms() - begin, 5000);
}
END_TEST

START_TEST(without_evgrab_a_guest_that_needs_it_does_not_start)
{
	int64_t begin = now_ms();

	ck_assert_int_eq(unlink(socket_path), 0);
	calls("prepare", "begin", forms[_i],
	      "evgrab is not running: '" KBD "', which the guest reads, is not there");
	ck_assert_int_ge(now_ms() - begin, 200);
}
END_TEST

START_TEST(a_socket_that_was_left_behind_is_no_evgrab)
{
	ck_assert_int_eq(close(listener), 0);
	listener = -1;
	calls("prepare", "begin", forms[0],
	      "evgrab is not running: '" KBD "', which the guest reads, is not there");
}
END_TEST

START_TEST(evgrab_may_run_and_not_know_the_guest)
{
	calls("prepare", "begin", forms[0],
	      "evgrab has no '" KBD "', which the guest reads: name 'win11' in "
	      "/etc/vfiokit/evgrab.conf");
}
END_TEST

START_TEST(whether_evgrab_runs_may_not_be_known)
{
	char why[400];

	(void)snprintf(why, sizeof(why),
		       "'" KBD
		       "', which the guest reads, is not there, and whether evgrab "
		       "runs is not known: connect to evgrab at '%s/x': Not a directory",
		       socket_path);
	(void)strcat(socket_path, "/x");
	calls("prepare", "begin", forms[0], why);
}
END_TEST

START_TEST(all_devices_are_waited_for)
{
	plug(KBD, "/dev/null");
	ck_assert_int_eq(unlink(socket_path), 0);
	calls("prepare", "begin", "<domain>" EVDEV(KBD) PASSTHROUGH(MOUSE) "</domain>",
	      "evgrab is not running: '" MOUSE "', which the guest reads, is not there");
}
END_TEST

START_TEST(a_device_that_comes_in_time_is_enough)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)usleep(100000);
		plug(KBD, "/dev/null");
		_exit(0);
	}
	place.wait_ms = 20000;
	calls("prepare", "begin", forms[0], NULL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_link_that_leads_to_no_device_is_none)
{
	plug(KBD, _i ? "/dev/nothing" : "/etc/passwd");
	ck_assert_int_eq(unlink(socket_path), 0);
	calls("prepare", "begin", forms[0],
	      "evgrab is not running: '" KBD "', which the guest reads, is not there");
}
END_TEST

/* What is no value of an attribute, and what evgrab would never make. */
START_TEST(other_words_are_no_devices)
{
	static const char *const others[] = {
		"",
		"<domain/>",
		"<description>needs " KBD "</description>",
		"<source dev='/dev/input/by-id/usb-Logitech-event-kbd'/>",
		"<source dev='/dev/input/by-id/vfiokit-'/>",
		"<source dev='/dev/input/by-id/vfiokit-win11'/>",
		"<source dev='/dev/input/by-id/vfiokit--event-kbd'/>",
		"<source dev='/mnt" KBD "'/>",
		"<source dev='" LONG_NAME "'/>",
	};

	calls("prepare", "begin", others[_i], NULL);
}
END_TEST

START_TEST(only_prepare_waits)
{
	int64_t begin = now_ms();

	place.wait_ms = 20000;
	calls("start", "begin", forms[0], NULL);
	calls("release", "end", forms[0], NULL);
	calls("prepare", "end", forms[0], NULL);
	calls("migrate", "begin", forms[0], NULL);
	ck_assert_int_lt(now_ms() - begin, 10000);
}
END_TEST

/* ---- started and stopped ---- */

/* Answers n calls; what they said is in said, in order. */
static pid_t serve(int n, const char *answer, int *ret_said)
{
	int pipe_fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
	pid = fork();
	for (int i = 0; pid == 0 && i < n; i++) {
		char line[256];
		int fd = accept(listener, NULL, NULL);
		ssize_t len = read(fd, line, sizeof(line));

		if (len > 0 && write(pipe_fds[1], line, (size_t)len) == len)
			(void)!write(fd, answer, strlen(answer));
		(void)close(fd);
	}
	if (pid == 0)
		_exit(0);
	(void)close(pipe_fds[1]);
	*ret_said = pipe_fds[0];
	return pid;
}

static void says(pid_t pid, int fd, const char *expected)
{
	char said[512];
	size_t len = 0;
	ssize_t n;

	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	while ((n = read(fd, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	said[len] = '\0';
	(void)close(fd);
	ck_assert_str_eq(said, expected);
}

static const struct {
	const char *operation;
	const char *suboperation;
	const char *said;
} told[] = {
	{ "started", "begin", "started win11\n" },
	{ "reconnect", "begin", "started win11\n" },
	{ "stopped", "end", "stopped win11\n" },
};

START_TEST(evgrab_is_told_once_by_its_own_name)
{
	int said;
	pid_t pid = serve(1, "ok\n", &said);

	place.tell_ms = 20000;
	calls(told[_i].operation, told[_i].suboperation,
	      "<domain>" EVDEV(KBD) PASSTHROUGH(MOUSE) ARGUMENT(KBD) "</domain>", NULL);
	says(pid, said, told[_i].said);
}
END_TEST

START_TEST(each_guest_that_is_named_is_told_of)
{
	int said;
	pid_t pid = serve(2, "error there is no guest 'a'\n", &said);

	place.tell_ms = 20000;
	calls("started", "begin",
	      EVDEV("/dev/input/by-id/vfiokit-a-event-b-event-kbd")
		      EVDEV("/dev/input/by-id/vfiokit-b_.+1-event-tablet"),
	      NULL);
	says(pid, said, "started a-event-b\nstarted b_.+1\n");
}
END_TEST

START_TEST(what_evgrab_answers_is_passed_on)
{
	struct error err = { 0 };
	int said;
	pid_t pid = serve(1, "error there is no guest 'x'\n", &said);

	place.tell_ms = 20000;
	ck_assert_int_eq(evgrab_tell(&place, "started", "x", &err), -EREMOTEIO);
	ck_assert_str_eq(err.msg, "evgrab: there is no guest 'x'");
	says(pid, said, "started x\n");
}
END_TEST

START_TEST(an_evgrab_that_hangs_up_is_an_error)
{
	struct error err = { 0 };
	int said;
	pid_t pid = serve(1, "", &said);

	place.tell_ms = 20000;
	ck_assert_int_eq(evgrab_tell(&place, "stopped", "x", &err), -EPROTO);
	ck_assert_str_eq(err.msg, "evgrab hung up");
	says(pid, said, "stopped x\n");
}
END_TEST

/* Stopped by a signal it still has its socket, and takes connections up to a limit. */
START_TEST(an_evgrab_that_hangs_keeps_nobody_waiting)
{
	int64_t begin = now_ms();
	char why[160];

	(void)snprintf(why, sizeof(why), "evgrab does not answer at '%s'", socket_path);
	for (int i = 0; i < 4; i++) {
		struct error err = { 0 };

		ck_assert_int_eq(evgrab_tell(&place, "started", "x", &err), -ETIMEDOUT);
		ck_assert_str_eq(err.msg, why);
	}
	calls("started", "begin", forms[0], NULL);
	calls("stopped", "end", forms[0], NULL);
	ck_assert_int_lt(now_ms() - begin, 5000);
}
END_TEST

static bool is_noted(const char *guest)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/evgrab-live.%s", dir, guest);
	return access(path, F_OK) == 0;
}

/* It may be told by a file when it is back. */
START_TEST(which_guests_run_is_noted_whether_evgrab_runs_or_not)
{
	static const char both[] = EVDEV("/dev/input/by-id/vfiokit-a-event-kbd")
		EVDEV("/dev/input/by-id/vfiokit-b-event-kbd");

	if (_i)
		ck_assert_int_eq(unlink(socket_path), 0);
	calls("prepare", "begin", "<domain/>", NULL);
	ck_assert(!is_noted("a"));
	calls("started", "begin", both, NULL);
	ck_assert(is_noted("a"));
	ck_assert(is_noted("b"));
	calls("reconnect", "begin", both, NULL);
	ck_assert(is_noted("a"));
	calls("stopped", "end", both, NULL);
	ck_assert(!is_noted("a"));
	ck_assert(!is_noted("b"));
	place.run = "/proc/nowhere";
	calls("started", "begin", both, NULL);
}
END_TEST

START_TEST(without_evgrab_nothing_is_told)
{
	struct error err = { 0 };

	ck_assert_int_eq(unlink(socket_path), 0);
	ck_assert_int_eq(evgrab_tell(&place, "started", "x", &err), -ENOENT);
	ck_assert_str_eq(err.msg, "evgrab is not running");
	calls("started", "begin", forms[0], NULL);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_evgrab");
	TCase *tc = tcase_create("prepare");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_device_that_is_there_is_not_waited_for, 0, 4);
	tcase_add_loop_test(tc, without_evgrab_a_guest_that_needs_it_does_not_start, 0,
			    4);
	tcase_add_test(tc, a_socket_that_was_left_behind_is_no_evgrab);
	tcase_add_test(tc, evgrab_may_run_and_not_know_the_guest);
	tcase_add_test(tc, whether_evgrab_runs_may_not_be_known);
	tcase_add_test(tc, all_devices_are_waited_for);
	tcase_add_test(tc, a_device_that_comes_in_time_is_enough);
	tcase_add_loop_test(tc, a_link_that_leads_to_no_device_is_none, 0, 2);
	tcase_add_loop_test(tc, other_words_are_no_devices, 0, 9);
	tcase_add_test(tc, only_prepare_waits);
	suite_add_tcase(s, tc);

	tc = tcase_create("started and stopped");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, evgrab_is_told_once_by_its_own_name, 0, 3);
	tcase_add_test(tc, each_guest_that_is_named_is_told_of);
	tcase_add_test(tc, what_evgrab_answers_is_passed_on);
	tcase_add_test(tc, an_evgrab_that_hangs_up_is_an_error);
	tcase_add_test(tc, an_evgrab_that_hangs_keeps_nobody_waiting);
	tcase_add_loop_test(tc, which_guests_run_is_noted_whether_evgrab_runs_or_not, 0,
			    2);
	tcase_add_test(tc, without_evgrab_nothing_is_told);
	suite_add_tcase(s, tc);
	return s;
}
