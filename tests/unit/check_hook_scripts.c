/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "effects.h"
#include "host/sysfs.h"
#include "scriptfixture.h"

#define DRIVER                                                                          \
	"basename $(readlink \"${0%/etc/vfiokit*}/sys/devices/pci0000:00/" FAKEHOST_NIC \
	"/driver\")"

static const struct fakeguest foreign = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000002",
};

/* --- what they get --- */

START_TEST(scripts_run_in_the_order_of_their_bytes)
{
	static const char *const names[] = { "a", "B", "9-x", "10-y" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), PREPARE "%s", names[i]);
		put_script(path, "echo \"${0##*/} $#: $*\" >>" OUT);
	}
	call_works(&win, "prepare");
	assert_out("10-y 4: win prepare begin -\n9-x 4: win prepare begin -\n"
		   "B 4: win prepare begin -\na 4: win prepare begin -");
}
END_TEST

START_TEST(each_script_gets_the_domain)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &win);
	char text[4096];
	struct error err;

	put_script(PREPARE "1", "cat >/dev/null");
	put_script(PREPARE "2", "cat >" OUT);
	call_works(&win, "prepare");
	ck_assert_int_eq(sysfs_read_start(root, "out", text, sizeof(text), &err), 0);
	ck_assert_str_eq(text, xml);
}
END_TEST

START_TEST(domain_that_nobody_reads_is_no_error)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, &win);
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_gt(asprintf(&text, "%s<!--%*s-->", xml, 1 << 20, ""), 0);
	put_script(PREPARE "1", "exec <&-");
	last = (struct fakecall){ .guest = &win, .operation = "prepare", .xml = text };
	ck_assert_int_eq(fakehost_call(root, &last), 0);
	last.xml = NULL;
}
END_TEST

START_TEST(what_scripts_print_is_told)
{
	put_script(PREPARE "1", "echo out; echo error >&2; printf '\\033[1mred\\n\\n'; "
				"printf '%0300d' 1");
	call_works(&win, "prepare");
	assert_told("<6> scripts: 1: out\n<6> scripts: 1: error\n"
		    "<6> scripts: 1:  [1mred\n<6> scripts: 1: 000");
	assert_told("<6> scripts: script '/" PREPARE "1' has run\n");
}
END_TEST

START_TEST(scripts_have_nothing_open_but_their_own)
{
	CLEANUP_CLOSE int fd = fcntl(STDIN_FILENO, F_DUPFD, 40);

	ck_assert_int_ge(fd, 40);
	put_script(PREPARE "1", "exec ls -1 /proc/self/fd");
	call_works(&win, "prepare");
	assert_told("1: 2\n");
	ck_assert(!is_told("1: 4"));
}
END_TEST

START_TEST(scripts_frame_all_that_the_hook_does)
{
	put_script(PREPARE "1", DRIVER);
	put_script(RELEASE "1", DRIVER);
	call_works(&win, "prepare");
	assert_told("<6> scripts: 1: e1000e\n");
	ck_assert(fakefile_has(root, "dev/vfio/15"));
	call_works(&win, "release");
	assert_told("<6> scripts: 1: e1000e\n");
}
END_TEST

START_TEST(guests_that_take_no_part_have_no_scripts)
{
	put_script(PREPARE "1", "echo yes >" OUT);
	call_works(&foreign, "prepare");
	assert_out("");
}
END_TEST

/* --- failures --- */

START_TEST(failing_script_refuses_the_start)
{
	put_script(PREPARE "1", "echo first; echo no such luck >&2; exit 3");
	put_script(PREPARE "2", "echo yes >" OUT);
	assert_refused("script: '%s/" PREPARE "1' failed with status 3: no such luck");
	assert_out("");
}
END_TEST

START_TEST(silent_script_that_fails_is_named)
{
	put_script(PREPARE "1", "exit 1");
	assert_refused("script: '%s/" PREPARE "1' failed with status 1");
}
END_TEST

START_TEST(script_that_is_killed_is_named)
{
	put_script(PREPARE "1", "kill -9 $$");
	assert_refused("script: '%s/" PREPARE "1' was killed by signal 9");
}
END_TEST

START_TEST(script_that_is_no_program_is_named)
{
	put_script_as(PREPARE "1", "echo yes\n", 0755);
	assert_refused("script: start '%s/" PREPARE "1': Exec format error");
}
END_TEST

static pid_t read_pid(void)
{
	return (pid_t)fakefile_number(root, "out");
}

/* One that was killed stays until somebody takes notice. */
static bool is_alive(pid_t pid)
{
	struct root host = ROOT_NONE;
	struct error err;
	char path[64];
	char text[256] = "";

	ck_assert_int_eq(root_open(&host, "/", &err), 0);
	(void)snprintf(path, sizeof(path), "proc/%d/stat", pid);
	(void)!sysfs_read_start(&host, path, text, sizeof(text), &err);
	root_close(&host);
	return *text && !strstr(text, ") Z ");
}

static bool ends(pid_t pid)
{
	for (unsigned i = 0; i < 500 && is_alive(pid); i++)
		(void)usleep(20000);
	return !is_alive(pid);
}

START_TEST(script_that_takes_too_long_is_killed_with_all_it_started)
{
	uint64_t begin = effects_clock_us();

	fakefile_put(root, "[deadline]\nwait = 1", "etc/vfiokit/hook.conf");
	put_script(PREPARE "1", "sleep 600 & echo $! >" OUT "; echo waiting; wait");
	assert_refused("script: '%s/" PREPARE "1' had not ended after 1.0 s: waiting");
	ck_assert_uint_lt(effects_clock_us() - begin, 8000000);
	ck_assert(ends(read_pid()));
}
END_TEST

START_TEST(what_a_script_leaves_running_is_not_waited_for)
{
	uint64_t begin = effects_clock_us();
	pid_t pid;

	put_script(PREPARE "1", "sleep 600 & echo $! >" OUT);
	call_works(&win, "prepare");
	ck_assert_uint_lt(effects_clock_us() - begin, 8000000);
	pid = read_pid();
	ck_assert_int_gt(pid, 1);
	ck_assert(is_alive(pid));
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
}
END_TEST

/* --- the hook is killed --- */

static const struct {
	const char
		*text; /* says by itself which processes there are: its own and another */
} lasting[] = {
	{ "sleep 600 & echo $$ $! >" OUT "; wait" },
	/* it has a word with its process group first, for the guard too */
	{ "trap '' HUP INT TERM; kill -TERM 0; kill -INT 0; kill -HUP 0\n"
	  "sleep 600 & echo $$ $! >" OUT "; wait" },
	/* nobody reads what it prints */
	{ "exec >&- 2>&-; sleep 600 & echo $$ $! >" OUT "; wait" },
};

static pid_t start_hook(void)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		call(&win, "prepare");
		_exit(0);
	}
	return pid;
}

static void await_processes(pid_t script[static 2])
{
	char text[FAKEFILE_MAX];

	for (unsigned i = 0; i < 500; i++) {
		if (fakefile_get(root, text, "out") &&
		    sscanf(text, "%d %d", &script[0], &script[1]) == 2)
			return;
		(void)usleep(20000);
	}
	ck_abort_msg("the script has not begun");
}

START_TEST(script_goes_with_a_hook_that_is_killed)
{
	pid_t script[2] = { 0 };
	int status = 0;
	pid_t hook;

	put_script(PREPARE "1", lasting[_i].text);
	put_script(PREPARE "2", "echo next >" OUT);
	hook = start_hook();
	await_processes(script);
	ck_assert(is_alive(script[0]) && is_alive(script[1]));
	ck_assert_int_eq(kill(hook, SIGKILL), 0);
	ck_assert_int_eq(waitpid(hook, &status, 0), hook);
	ck_assert(WIFSIGNALED(status));
	ck_assert(ends(script[0]));
	ck_assert(ends(script[1]));
	ck_assert_int_eq(read_pid(), script[0]);
}
END_TEST

START_TEST(script_that_never_stops_printing_ends_in_time)
{
	fakefile_put(root, "[deadline]\nwait = 1", "etc/vfiokit/hook.conf");
	put_script(PREPARE "1", "exec yes");
	assert_refused("script: '%s/" PREPARE "1' had not ended after 1.0 s: y");
}
END_TEST

START_TEST(release_script_that_fails_is_told_only)
{
	char text[256];

	put_script(RELEASE "1", "exit 1");
	call_works(&win, "prepare");
	call_works(&win, "release");
	(void)snprintf(text, sizeof(text),
		       "<3> scripts: script: '%s/" RELEASE "1' failed with status 1\n",
		       tree.dir);
	assert_told(text);
	ck_assert(!fakefile_has(root, "dev/vfio/15"));
}
END_TEST

START_TEST(other_operations_have_scripts_too)
{
	put_script(SCRIPTS "win/stopped/end/1", "echo yes >" OUT "; exit 1");
	call_works(&win, "stopped");
	assert_out("yes");
}
END_TEST

START_TEST(start_is_the_last_that_a_script_can_refuse)
{
	put_script(SCRIPTS "win/start/end/1", "exit 1");
	call(&win, "start");
	ck_assert_int_lt(last.r, 0);
}
END_TEST

static void add_failures(Suite *s)
{
	TCase *tc = tcase_create("failures");

	tcase_add_checked_fixture(tc, setup_scripts, teardown_host);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, failing_script_refuses_the_start);
	tcase_add_test(tc, silent_script_that_fails_is_named);
	tcase_add_test(tc, script_that_is_killed_is_named);
	tcase_add_test(tc, script_that_is_no_program_is_named);
	tcase_add_test(tc, script_that_takes_too_long_is_killed_with_all_it_started);
	tcase_add_test(tc, what_a_script_leaves_running_is_not_waited_for);
	tcase_add_test(tc, script_that_never_stops_printing_ends_in_time);
	tcase_add_loop_test(tc, script_goes_with_a_hook_that_is_killed, 0,
			    ARRAY_SIZE(lasting));
	tcase_add_test(tc, release_script_that_fails_is_told_only);
	tcase_add_test(tc, other_operations_have_scripts_too);
	tcase_add_test(tc, start_is_the_last_that_a_script_can_refuse);
	suite_add_tcase(s, tc);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_scripts");
	TCase *tc = tcase_create("run");

	tcase_add_checked_fixture(tc, setup_scripts, teardown_host);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, scripts_run_in_the_order_of_their_bytes);
	tcase_add_test(tc, each_script_gets_the_domain);
	tcase_add_test(tc, domain_that_nobody_reads_is_no_error);
	tcase_add_test(tc, what_scripts_print_is_told);
	tcase_add_test(tc, scripts_have_nothing_open_but_their_own);
	tcase_add_test(tc, scripts_frame_all_that_the_hook_does);
	tcase_add_test(tc, guests_that_take_no_part_have_no_scripts);
	suite_add_tcase(s, tc);

	add_failures(s);

	return s;
}
