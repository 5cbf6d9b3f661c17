/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/macro.h"
#include "control.h"
#include "control_impl.h"
#include "faketree.h"
#include "seatfixture.h"
#include "suite.h"

static struct seatfixture fixture;
static struct faketree tree;
static struct control *control;
static struct control_options options;
static struct error err;
static char path[64];
static int n_reloads;
static const char *reload_error;

static int reload(UNUSED void *data, struct error *ret_err)
{
	n_reloads++;
	return reload_error ? error_set(ret_err, EINVAL, "%s", reload_error) : 0;
}

static void setup(void)
{
	err = (struct error){ 0 };
	n_reloads = 0;
	reload_error = NULL;
	faketree_setup(&tree);
	(void)snprintf(path, sizeof(path), "%s/sock", tree.dir);
	options = (struct control_options){ .path = path, .reload = reload };
	seatfixture_setup(&fixture, "[guest win11]\nlive = always\n[guest linux]\n");
	ck_assert_msg(
		control_new(&control, &options, fixture.seat, &fixture.loop, &err) == 0,
		"%s", err.msg);
}

static void teardown(void)
{
	control_free(control);
	seatfixture_teardown(&fixture);
	ck_assert_int_ne(access(path, F_OK), 0);
	faketree_teardown(&tree);
}

static int new_client(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	seatfixture_pump(&fixture);
	return fd;
}

/* What the daemon's timer does. */
static void pump(void)
{
	do {
		seat_wake(fixture.seat);
		if (control_deadline(control) <= fixture.seat->now)
			control_tick(control, fixture.seat->now);
		seatfixture_pump(&fixture);
	} while (control_deadline(control) <= fixture.seat->now);
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	pump();
}

static void assert_answer(int fd, const char *expected)
{
	char answer[4096];
	ssize_t n = read(fd, answer, sizeof(answer) - 1);

	answer[n > 0 ? n : 0] = '\0';
	ck_assert_str_eq(answer, expected);
}

static bool has_hung_up(int fd)
{
	char answer[65536];
	ssize_t n;

	do {
		n = read(fd, answer, sizeof(answer));
	} while (n > 0);
	return n == 0 || errno == ECONNRESET;
}

START_TEST(requests_are_answered_in_order)
{
	int fd = new_client();

	say(fd, "switch win11\nswitch linux\nswitch nobody\nfoo\nreload\n");
	assert_answer(fd, "ok\n"
			  "error guest 'linux' does not run\n"
			  "error there is no guest 'nobody'\n"
			  "error there is no such request\n"
			  "ok\n");
	ck_assert_uint_eq(router_current(fixture.seat->router), 1);
	ck_assert_int_eq(n_reloads, 1);
	(void)close(fd);
}
END_TEST

START_TEST(of_many_requests_one_is_answered_at_a_turn)
{
	int fd = new_client(), other = new_client();
	struct epoll_event event;

	ck_assert_int_eq(write(fd, "switch win11\nswitch host\nswitch win11\n", 38), 38);
	ck_assert_int_eq(write(other, "switch nobody\nswitch nobody\n", 28), 28);
	for (int i = 0; i < 2; i++) {
		struct source *source;

		ck_assert_int_eq(epoll_wait(fixture.loop.epoll_fd, &event, 1, 0), 1);
		source = event.data.ptr;
		ck_assert_int_eq(source->ready(source, event.events, &err), 0);
	}
	assert_answer(fd, "ok\n");
	assert_answer(other, "error there is no guest 'nobody'\n");
	ck_assert_uint_eq(router_current(fixture.seat->router), 1);
	control_tick(control, fixture.seat->now);
	assert_answer(fd, "ok\n");
	assert_answer(other, "");
	control_tick(control, fixture.seat->now);
	assert_answer(fd, "");
	assert_answer(other, "error there is no guest 'nobody'\n");
	ck_assert_uint_eq(control_deadline(control), fixture.seat->now);
	control_tick(control, fixture.seat->now);
	assert_answer(fd, "ok\n");
	ck_assert_uint_eq(control_deadline(control), UINT64_MAX);
	(void)close(fd);
	(void)close(other);
}
END_TEST

START_TEST(a_guest_starts_and_stops)
{
	int fd = new_client();

	say(fd, "started linux\nswitch linux\nstopped linux\nswitch linux\n");
	assert_answer(fd, "ok\nok\nok\nerror guest 'linux' does not run\n");
	ck_assert_uint_eq(router_current(fixture.seat->router), ROUTER_HOST);
	(void)close(fd);
}
END_TEST

START_TEST(a_mistake_is_one_line)
{
	int fd = new_client();

	reload_error = "a\nb";
	say(fd, "reload\n");
	assert_answer(fd, "error a b\n");
	(void)close(fd);
}
END_TEST

START_TEST(status_is_one_line_of_json)
{
	int fd = new_client();

	say(fd, "switch win11\n");
	assert_answer(fd, "ok\n");
	say(fd, "status\n");
	assert_answer(
		fd,
		"data {\"current\":\"win11\",\"host\":\"keep\",\"guests\":["
		"{\"name\":\"win11\",\"live\":true,\"lost\":false,\"reads\":\"evdev\",\"nodes\":["
		"{\"role\":\"keyboard\",\"path\":\"/dev/input/event0\","
		"\"link\":\"/dev/input/by-id/vfiokit-win11-event-kbd\",\"kept\":false,"
		"\"frames\":0,\"lost\":0},"
		"{\"role\":\"mouse\",\"path\":\"/dev/input/event1\","
		"\"link\":\"/dev/input/by-id/vfiokit-win11-event-mouse\",\"kept\":false,"
		"\"frames\":0,\"lost\":0}]},"
		"{\"name\":\"linux\",\"live\":false,\"lost\":false,\"reads\":\"evdev\",\"nodes\":["
		"{\"role\":\"keyboard\",\"path\":\"/dev/input/event2\","
		"\"link\":\"/dev/input/by-id/vfiokit-linux-event-kbd\",\"kept\":false,"
		"\"frames\":0,\"lost\":0},"
		"{\"role\":\"mouse\",\"path\":\"/dev/input/event3\","
		"\"link\":\"/dev/input/by-id/vfiokit-linux-event-mouse\",\"kept\":false,"
		"\"frames\":0,\"lost\":0}]}],\"devices\":["
		"{\"name\":\"Some Keyboard\",\"path\":\"/dev/input/event0\",\"group\":0,"
		"\"state\":\"grabbed\",\"frames\":0,\"resyncs\":0},"
		"{\"name\":\"Some Mouse\",\"path\":\"/dev/input/event1\",\"group\":1,"
		"\"state\":\"grabbed\",\"frames\":0,\"resyncs\":0}]}\n"
		"ok\n");
	(void)close(fd);
}
END_TEST

START_TEST(who_watches_is_told_of_switches_and_rates)
{
	int fd = new_client();

	say(fd, "monitor\n");
	assert_answer(fd, "data {\"current\":\"host\"}\n");
	seat_wake(fixture.seat);
	ck_assert_int_eq(seat_switch(fixture.seat, "win11", &err), 0);
	seatfixture_pump(&fixture);
	assert_answer(fd, "data {\"current\":\"win11\"}\n");
	fakeinput_key(fixture.keyboard, KEY_A, 1);
	fakeinput_key(fixture.keyboard, KEY_A, 0);
	seatfixture_pump(&fixture);
	assert_answer(fd, "");
	control_tick(control, control_deadline(control));
	assert_answer(fd, "data {\"target\":\"win11\",\"frames\":2}\n");
	(void)close(fd);
	seatfixture_pump(&fixture);
	ck_assert_uint_eq(control_deadline(control), UINT64_MAX);
	ck_assert_ptr_null(fixture.seat->watch);
}
END_TEST

START_TEST(keys_are_told_to_root_only)
{
	int fd = new_client();

	/* who connects is asked of the kernel when it does */
	control->clients[0].uid = 1000;
	say(fd, "keys\n");
	assert_answer(fd, "error which keys are pressed is told to root only\n");
	ck_assert_ptr_null(fixture.seat->watch);
	control->clients[0].uid = 0;
	say(fd, "keys\n");
	assert_answer(fd, "data {\"current\":\"host\"}\n");
	ck_assert_int_eq(seat_switch(fixture.seat, "win11", &err), 0);
	seatfixture_pump(&fixture);
	fakeinput_key(fixture.keyboard, KEY_A, 1);
	seatfixture_pump(&fixture);
	assert_answer(fd, "data {\"current\":\"win11\"}\n"
			  "data {\"target\":\"win11\",\"key\":\"KEY_A\",\"value\":1}\n");
	(void)close(fd);
}
END_TEST

START_TEST(the_uid_of_a_client_is_the_kernel_s)
{
	int fd = new_client();

	ck_assert_uint_eq(control->clients[0].uid, geteuid());
	(void)close(fd);
}
END_TEST

START_TEST(who_sends_without_end_is_hung_up_on)
{
	char text[PROTOCOL_LINE_MAX + 1];
	int fd = new_client();

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	say(fd, text);
	assert_answer(fd, "error a request is longer than 128 bytes\n");
	ck_assert(has_hung_up(fd));
	(void)close(fd);
}
END_TEST

START_TEST(who_does_not_read_is_hung_up_on_and_others_are_served)
{
	int slow = new_client(), other = new_client();
	unsigned long n = 0;

	while (control->clients[0].source.fd >= 0 && n++ < 100000) {
		(void)!write(slow, "status\n", 7);
		pump();
	}
	ck_assert_uint_lt(n, 100000);
	say(other, "switch win11\n");
	assert_answer(other, "ok\n");
	(void)close(slow);
	(void)close(other);
}
END_TEST

START_TEST(who_takes_nothing_for_long_is_hung_up_on)
{
	int fd = new_client();

	while (!control->clients[0].is_waiting) {
		(void)!write(fd, "status\n", 7);
		seatfixture_pump(&fixture);
	}
	ck_assert_uint_lt(control_deadline(control), UINT64_MAX);
	control_tick(control, control_deadline(control) - 1);
	ck_assert_int_ge(control->clients[0].source.fd, 0);
	control_tick(control, control_deadline(control));
	ck_assert_int_lt(control->clients[0].source.fd, 0);
	(void)close(fd);
}
END_TEST

START_TEST(one_client_too_many_is_hung_up_on)
{
	int fds[CONTROL_CLIENTS + 1];

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = new_client();
	ck_assert(has_hung_up(fds[CONTROL_CLIENTS]));
	(void)close(fds[3]);
	seatfixture_pump(&fixture);
	fds[3] = new_client();
	say(fds[3], "release\n");
	assert_answer(fds[3], "ok\n");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		(void)close(fds[i]);
	seatfixture_pump(&fixture);
}
END_TEST

START_TEST(a_second_daemon_is_refused)
{
	struct control *second;
	char want[128];

	ck_assert_int_eq(
		control_new(&second, &options, fixture.seat, &fixture.loop, &err),
		-EADDRINUSE);
	(void)snprintf(want, sizeof(want), "evgrab runs already: it answers at '%s'",
		       path);
	ck_assert_str_eq(err.msg, want);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(what_a_killed_daemon_left_behind_is_replaced)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int left = socket(AF_UNIX, SOCK_STREAM, 0);
	struct stat st;

	control_free(control);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(bind(left, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)close(left);
	ck_assert_int_eq(
		control_new(&control, &options, fixture.seat, &fixture.loop, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	(void)close(new_client());
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_control");
	TCase *tc = tcase_create("control");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, requests_are_answered_in_order);
	tcase_add_test(tc, of_many_requests_one_is_answered_at_a_turn);
	tcase_add_test(tc, a_guest_starts_and_stops);
	tcase_add_test(tc, a_mistake_is_one_line);
	tcase_add_test(tc, status_is_one_line_of_json);
	tcase_add_test(tc, who_watches_is_told_of_switches_and_rates);
	tcase_add_test(tc, keys_are_told_to_root_only);
	tcase_add_test(tc, the_uid_of_a_client_is_the_kernel_s);
	tcase_add_test(tc, who_sends_without_end_is_hung_up_on);
	tcase_add_test(tc, who_does_not_read_is_hung_up_on_and_others_are_served);
	tcase_add_test(tc, who_takes_nothing_for_long_is_hung_up_on);
	tcase_add_test(tc, one_client_too_many_is_hung_up_on);
	tcase_add_test(tc, a_second_daemon_is_refused);
	tcase_add_test(tc, what_a_killed_daemon_left_behind_is_replaced);
	suite_add_tcase(s, tc);
	return s;
}
