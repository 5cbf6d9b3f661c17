/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "effects.h"
#include "fakehost.h"
#include "host/sysfs.h"
#include "suite.h"

#define SCRIPTS "etc/vfiokit/hooks.d/"
#define PREPARE SCRIPTS "win/prepare/begin/"
#define RELEASE SCRIPTS "win/release/end/"
#define OUT     "\"${0%/etc/vfiokit*}/out\"" /* the file `out` at the top of the tree */
#define DRIVER                                                                          \
	"basename $(readlink \"${0%/etc/vfiokit*}/sys/devices/pci0000:00/" FAKEHOST_NIC \
	"/driver\")"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakecall last;

static const struct fakeguest win = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

static const struct fakeguest foreign = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000002",
};

/* Where scripts can be started: often they cannot in /dev/shm. */
static void setup(void)
{
	struct error err = { 0 };
	struct statvfs st;

	(void)umask(022);
	if (statvfs("/dev/shm", &st) < 0 || (st.f_flag & ST_NOEXEC)) {
		(void)strcpy(tree.dir, "/tmp/faketree-XXXXXX");
		ck_assert_ptr_nonnull(mkdtemp(tree.dir));
		ck_assert_msg(root_open(&tree.root, tree.dir, &err) == 0, "%s", err.msg);
	} else {
		faketree_setup(&tree);
	}
	fakehost_build(root);
	last = (struct fakecall){ 0 };
}

static void teardown(void)
{
	fakecall_done(&last);
	faketree_teardown(&tree);
}

static void put_script_as(const char *path, const char *text, mode_t mode)
{
	faketree_file(&tree, path, text);
	ck_assert_int_eq(fchmodat(root->fd, path, mode, 0), 0);
}

static void put_script(const char *path, const char *body)
{
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_gt(asprintf(&text, "#!/bin/sh\n%s\n", body), 0);
	put_script_as(path, text, 0755);
}

static void call(const struct fakeguest *guest, const char *operation)
{
	fakecall_done(&last);
	last = (struct fakecall){ .guest = guest, .operation = operation };
	(void)!fakehost_call(root, &last);
}

static void call_works(const struct fakeguest *guest, const char *operation)
{
	call(guest, operation);
	ck_assert_msg(last.r == 0, "%s\n%s", last.err.msg, buf_text(&last.account));
}

static void assert_out(const char *want)
{
	char text[FAKEFILE_MAX];

	ck_assert_msg(fakefile_get(root, text, "out") || !*want, "nothing has run:\n%s",
		      buf_text(&last.account));
	ck_assert_str_eq(text, want);
}

static bool is_told(const char *text)
{
	return strstr(buf_text(&last.account), text);
}

static void assert_told(const char *text)
{
	ck_assert_msg(is_told(text), "not told: %s\nbut:\n%s", text,
		      buf_text(&last.account));
}

/* %s stands for where the tree is. */
static void assert_refused(const char *fmt)
{
	char message[ERROR_MSG_MAX];
	const char *place = strstr(fmt, "%s");

	call(&win, "prepare");
	ck_assert_int_lt(last.r, 0);
	if (place)
		(void)snprintf(message, sizeof(message), "%.*s%s%s", (int)(place - fmt),
			       fmt, tree.dir, place + 2);
	ck_assert_str_eq(last.err.msg, place ? message : fmt);
	ck_assert(!fakefile_has(root, "dev/vfio/15"));
}

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

/* A process that was killed lives on until somebody takes notice. */
static bool ends(pid_t pid)
{
	for (unsigned i = 0; i < 100; i++) {
		char path[64];
		char text[256] = "";
		struct root host = ROOT_NONE;
		struct error err;

		ck_assert_int_eq(root_open(&host, "/", &err), 0);
		(void)snprintf(path, sizeof(path), "proc/%d/stat", pid);
		(void)!sysfs_read_start(&host, path, text, sizeof(text), &err);
		root_close(&host);
		if (!*text || strstr(text, ") Z "))
			return true;
		(void)usleep(20000);
	}
	return false;
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
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
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

/* --- whose they are --- */

START_TEST(script_that_others_can_write_is_refused)
{
	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchmodat(root->fd, PREPARE "1", 0775, 0), 0);
	assert_refused("'/" PREPARE "1' can be written by others than root: chown root, "
		       "chmod go-w");
	assert_out("");
}
END_TEST

START_TEST(directory_that_others_can_write_is_refused)
{
	static const char *const dirs[] = { "etc/vfiokit", "etc/vfiokit/hooks.d",
					    SCRIPTS "win", SCRIPTS "win/prepare",
					    SCRIPTS "win/prepare/begin" };
	char message[256];

	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchmodat(root->fd, dirs[_i], 0757, 0), 0);
	(void)snprintf(message, sizeof(message),
		       "'/%s' can be written by others than root: chown root, chmod go-w",
		       dirs[_i]);
	assert_refused(message);
	assert_out("");
}
END_TEST

START_TEST(script_of_somebody_else_is_refused)
{
	put_script(PREPARE "1", "echo yes >" OUT);
	ck_assert_int_eq(fchownat(root->fd, PREPARE "1", 1000, 1000, 0), 0);
	assert_refused("'/" PREPARE "1' can be written by others than root: chown root, "
		       "chmod go-w");
	assert_out("");
}
END_TEST

START_TEST(link_is_refused)
{
	put_script("usr/bin/script", "echo yes >" OUT);
	faketree_link(&tree, PREPARE "1", "/usr/bin/script");
	assert_refused("'/" PREPARE "1' is a link; scripts and their directories have to "
		       "be there themselves");
	assert_out("");
}
END_TEST

START_TEST(link_to_a_directory_is_refused)
{
	put_script(SCRIPTS "other/prepare/begin/1", "echo yes >" OUT);
	faketree_link(&tree, SCRIPTS "win", "other");
	assert_refused("'/" SCRIPTS "win' is a link; scripts and their directories have "
		       "to be there themselves");
	assert_out("");
}
END_TEST

START_TEST(what_is_no_script_is_left_out)
{
	put_script(PREPARE ".1", "echo yes >" OUT);
	put_script(PREPARE "1~", "echo yes >" OUT);
	put_script(PREPARE "dir/1", "echo yes >" OUT);
	put_script_as(PREPARE "README", "#!/bin/sh\nexit 1\n", 0644);
	call_works(&win, "prepare");
	assert_told("<4> scripts: '/" PREPARE "README' is not executable and is left "
		    "out\n");
	assert_out("");
}
END_TEST

/* --- names --- */

static const char *const bad_names[] = { "", ".", "..", "a/b", "/", "../win" };

START_TEST(name_that_no_directory_can_have_is_refused)
{
	struct fakeguest guest = win;
	char message[256];

	guest.name = bad_names[_i];
	put_script("etc/vfiokit/release/end/1", "echo yes >" OUT);
	put_script(SCRIPTS "release/end/1", "echo yes >" OUT);
	put_script(RELEASE "1", "echo yes >" OUT);
	last = (struct fakecall){ .guest = &guest, .operation = "prepare" };
	last.xml = fakehost_domain(root, &win);
	(void)!fakehost_call(root, &last);
	(void)snprintf(message, sizeof(message),
		       "a guest cannot be called '%s' here: there can be no directory of "
		       "that name for its scripts",
		       bad_names[_i]);
	ck_assert_str_eq(last.err.msg, message);
	last.operation = "release";
	ck_assert_int_eq(fakehost_call(root, &last), 0);
	assert_out("");
	free((char *)last.xml);
}
END_TEST

static const char *const odd_names[] = { "Windows 11",      "-rf",         "$(touch out)",
					 "`touch out`",     "a;touch out", "it's",
					 "\"quoted\" & so", "*",           "restore" };

START_TEST(name_is_never_evaluated)
{
	struct fakeguest guest = win;
	char path[128];

	guest.name = odd_names[_i];
	last = (struct fakecall){ .guest = &guest, .operation = "prepare" };
	last.xml = fakehost_domain(root, &win);
	(void)snprintf(path, sizeof(path), SCRIPTS "%s/prepare/begin/1", odd_names[_i]);
	put_script(path, "printf '%s\\n' \"$1\" >>" OUT);
	(void)!fakehost_call(root, &last);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	assert_out(odd_names[_i]);
	free((char *)last.xml);
}
END_TEST

START_TEST(name_that_is_too_long_has_no_scripts)
{
	char name[400];
	struct fakeguest guest = win;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	guest.name = name;
	put_script(PREPARE "1", "echo yes >" OUT);
	call_works(&guest, "prepare");
	assert_out("");
}
END_TEST

static void add_failures(Suite *s)
{
	TCase *tc = tcase_create("failures");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, failing_script_refuses_the_start);
	tcase_add_test(tc, silent_script_that_fails_is_named);
	tcase_add_test(tc, script_that_is_killed_is_named);
	tcase_add_test(tc, script_that_is_no_program_is_named);
	tcase_add_test(tc, script_that_takes_too_long_is_killed_with_all_it_started);
	tcase_add_test(tc, what_a_script_leaves_running_is_not_waited_for);
	tcase_add_test(tc, script_that_never_stops_printing_ends_in_time);
	tcase_add_test(tc, release_script_that_fails_is_told_only);
	tcase_add_test(tc, other_operations_have_scripts_too);
	tcase_add_test(tc, start_is_the_last_that_a_script_can_refuse);
	suite_add_tcase(s, tc);
}

static void add_owners(Suite *s)
{
	TCase *tc = tcase_create("owners");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, script_that_others_can_write_is_refused);
	tcase_add_loop_test(tc, directory_that_others_can_write_is_refused, 0, 5);
	if (geteuid() == 0) /* who can give a file away */
		tcase_add_test(tc, script_of_somebody_else_is_refused);
	tcase_add_test(tc, link_is_refused);
	tcase_add_test(tc, link_to_a_directory_is_refused);
	tcase_add_test(tc, what_is_no_script_is_left_out);
	suite_add_tcase(s, tc);
}

Suite *suite(void)
{
	Suite *s = suite_create("hook_scripts");
	TCase *tc = tcase_create("run");

	tcase_add_checked_fixture(tc, setup, teardown);
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
	add_owners(s);

	tc = tcase_create("names");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, name_that_no_directory_can_have_is_refused, 0,
			    ARRAY_SIZE(bad_names));
	tcase_add_loop_test(tc, name_is_never_evaluated, 0, ARRAY_SIZE(odd_names));
	tcase_add_test(tc, name_that_is_too_long_has_no_scripts);
	suite_add_tcase(s, tc);
	return s;
}
