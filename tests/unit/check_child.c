/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "suite.h"

/* A few seconds, so that a busy machine does not matter. */
#define PATIENCE_MS 20000

static volatile sig_atomic_t n_signals;

static void count_signal(UNUSED int number)
{
	n_signals++;
}

static int answer(const char *dir, const void *arg, struct buf *out, struct notes *notes,
		  UNUSED struct error *err)
{
	const char *text = arg;

	buf_adds(out, dir);
	buf_adds(out, "\n");
	buf_adds(out, text);
	notes_add(notes, NOTE_INFO, "child", "100 %% done");
	notes_add(notes, NOTE_WARNING, "child", "and a warning");
	(void)fputs("this must not be seen\n", stderr);
	return 0;
}

static int refuse(UNUSED const char *dir, UNUSED const void *arg, UNUSED struct buf *out,
		  UNUSED struct notes *notes, struct error *err)
{
	return error_set(err, ENOPKG, "nothing is installed");
}

static int crash(UNUSED const char *dir, UNUSED const void *arg, UNUSED struct buf *out,
		 UNUSED struct notes *notes, UNUSED struct error *err)
{
	(void)signal(SIGABRT, SIG_DFL);
	abort();
}

static int quit(UNUSED const char *dir, UNUSED const void *arg, UNUSED struct buf *out,
		UNUSED struct notes *notes, UNUSED struct error *err)
{
	_exit(0);
}

/* Until it is killed. */
static int hang(UNUSED const char *dir, UNUSED const void *arg, UNUSED struct buf *out,
		UNUSED struct notes *notes, UNUSED struct error *err)
{
	for (;;)
		(void)pause();
	return 0;
}

static int signal_parent(const char *dir, const void *arg, struct buf *out,
			 struct notes *notes, struct error *err)
{
	(void)kill(getppid(), SIGTERM);
	return hang(dir, arg, out, notes, err);
}

static void mark(const char *dir)
{
	ck_assert_int_eq(access(dir, F_OK), 0);
	n_signals += 100;
}

START_TEST(result_and_notes_come_back_and_the_directory_is_gone)
{
	const struct child_job job = { .run = answer,
				       .arg = "text",
				       .what = "a test",
				       .topic = "topic",
				       .timeout_ms = PATIENCE_MS };
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	struct error err = { 0 };
	char *newline;

	buf_adds(&out, "");
	ck_assert_msg(child_run(&job, &out, &notes, &err) == 0, "%s", err.msg);
	newline = strchr(out.data, '\n');
	ck_assert_ptr_nonnull(newline);
	ck_assert_str_eq(newline + 1, "text");
	*newline = '\0';
	ck_assert_int_eq(access(out.data, F_OK), -1);

	ck_assert_uint_eq(notes.n, 2);
	ck_assert_str_eq(notes.v[0].topic, "topic");
	ck_assert_str_eq(notes.v[0].text, "100 % done");
	ck_assert_int_eq(notes.v[1].kind, NOTE_WARNING);
}
END_TEST

static const struct {
	int (*run)(const char *dir, const void *arg, struct buf *out, struct notes *notes,
		   struct error *err);
	int timeout_ms;
	int want;
	const char *msg;
	int marks;
} failures[] = {
	{ refuse, PATIENCE_MS, -ENOPKG, "nothing is installed", 0 },
	{ crash, PATIENCE_MS, -EIO, "a test: crashed over this document (Aborted)", 0 },
	{ quit, PATIENCE_MS, -EIO, "a test: its process ended without an answer", 0 },
	{ hang, 1000, -ETIMEDOUT, "a test: no answer within 1 seconds", 100 },
	{ signal_parent, PATIENCE_MS, -EINTR, "a test: interrupted", 101 },
};

START_TEST(failure_says_what_happened)
{
	const struct child_job job = { .run = failures[_i].run,
				       .killed = mark,
				       .what = "a test",
				       .topic = "topic",
				       .timeout_ms = failures[_i].timeout_ms };
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	struct error err = { 0 };

	(void)signal(SIGTERM, count_signal);
	ck_assert_int_eq(child_run(&job, &out, &notes, &err), failures[_i].want);
	ck_assert_str_eq(err.msg, failures[_i].msg);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_int_eq(n_signals, failures[_i].marks);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("child");
	TCase *tc = tcase_create("run");

	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, result_and_notes_come_back_and_the_directory_is_gone);
	tcase_add_loop_test(tc, failure_says_what_happened, 0, ARRAY_SIZE(failures));
	suite_add_tcase(s, tc);
	return s;
}
