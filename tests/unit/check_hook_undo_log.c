/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "undofixture.h"

#define UUID "11111111-2222-3333-4444-555555555555"
#define LOG  UNDO_DIR "/" UUID
#define HEAD "vfiokit-undo 1 " BOOT " win\n"

/* As the next process does. */
static struct undo_log *read_again(void)
{
	struct error err = { 0 };

	open_logs();
	ck_assert_msg(undo_logs_read(&logs, UNDO_OWN, &err) == 0, "%s", err.msg);
	return undo_logs_find(&logs, UUID);
}

static struct undo_log *add_log(const char *guest)
{
	struct undo_log *log = NULL;
	struct error err = { 0 };

	open_logs();
	ck_assert_msg(undo_logs_add(&log, &logs, UUID, guest, &err) == 0, "%s", err.msg);
	return log;
}

static struct undo_record *add(struct undo_log *log, const char *kind, const char *one,
			       const char *two)
{
	struct undo_record *record = NULL;
	struct error err = { 0 };

	ck_assert_msg(undo_log_add(log, &record, &err, kind, one, two, NULL) == 0, "%s",
		      err.msg);
	return record;
}

static void assert_text(const char *want)
{
	char text[4096] = "";
	int fd = openat(tree.root.fd, LOG, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_ge(read(fd, text, sizeof(text) - 1), 0);
	(void)close(fd);
	ck_assert_str_eq(text, want);
}

/* A log as it lies there, with n bytes of text. */
static void write_log(const char *text, size_t n)
{
	int fd;

	open_logs();
	fd = openat(tree.root.fd, LOG, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, n), (ssize_t)n);
	(void)close(fd);
}

/* --- what is written is read --- */

START_TEST(a_log_is_read_as_it_was_written)
{
	struct undo_log *log = add_log("win");
	struct undo_record *record;
	struct error err = { 0 };

	(void)add(log, "device", "0000:01:00.0", "");
	record = add(log, "pages", "node1", "?");
	ck_assert_int_eq(undo_log_amend(log, record, 1, "32", &err), 0);
	(void)add(log, "device", "0000:01:00.1", "snd_hda_intel");
	ck_assert_int_eq(undo_log_mark(log, &log->v[0], UNDO_DONE, &err), 0);
	ck_assert_int_eq(undo_log_mark(log, &log->v[2], UNDO_WEDGED, &err), 0);
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	assert_text(HEAD "+ 1 device 0000:01:00.0 %\n"
			 "+ 2 pages node1 ?\n"
			 "= 2 1 32\n"
			 "+ 3 device 0000:01:00.1 snd_hda_intel\n"
			 "- 1\n"
			 "! 3\n"
			 "~\n");

	log = read_again();
	ck_assert_ptr_nonnull(log);
	ck_assert_str_eq(log->guest, "win");
	ck_assert(log->is_released && !log->is_stale && !log->is_damaged);
	ck_assert_uint_eq(log->n, 3);
	ck_assert_int_eq(log->v[0].state, UNDO_DONE);
	ck_assert_str_eq(undo_field(&log->v[0], 0), "0000:01:00.0");
	ck_assert_str_eq(undo_field(&log->v[0], 1), "");
	ck_assert_uint_eq(log->v[0].n_fields, 2);
	ck_assert_int_eq(log->v[1].state, UNDO_OPEN);
	ck_assert_str_eq(log->v[1].kind, "pages");
	ck_assert_str_eq(undo_field(&log->v[1], 1), "32");
	ck_assert_str_eq(undo_field(&log->v[1], 2), "");
	ck_assert_int_eq(log->v[2].state, UNDO_WEDGED);
	ck_assert(!undo_log_is_clean(log));
}
END_TEST

static const char *const hostile[] = {
	"",
	" ",
	"%",
	"%41",
	"a b",
	"two\nlines\n",
	"tab\there",
	"- 1",
	"~",
	"\x01\x7f\x80\xff",
	"\xc3\xa4",
	"$(reboot)",
	"../../etc/passwd",
	"'\"`;",
	"\r\n",
	"vfiokit-undo 1",
};

START_TEST(any_text_comes_back_as_it_was)
{
	const char *text = hostile[_i];
	struct undo_log *log = add_log(text);
	struct error err = { 0 };

	(void)add(log, "kind", text, "behind");
	ck_assert_int_eq(undo_log_amend(log, &log->v[0], 1, text, &err), 0);
	log = read_again();
	ck_assert(!log->is_damaged);
	ck_assert_str_eq(log->guest, text);
	ck_assert_str_eq(undo_field(&log->v[0], 0), text);
	ck_assert_str_eq(undo_field(&log->v[0], 1), text);
}
END_TEST

START_TEST(a_long_field_comes_back_whole)
{
	char text[20000];
	struct undo_log *log;

	memset(text, '%', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log = add_log("win");
	(void)add(log, "kind", text, "behind");
	log = read_again();
	ck_assert_str_eq(undo_field(&log->v[0], 0), text);
	ck_assert_str_eq(undo_field(&log->v[0], 1), "behind");
}
END_TEST

START_TEST(records_go_on_counting_in_the_next_process)
{
	(void)add(add_log("win"), "a", "1", "2");
	(void)add(read_again(), "b", "3", "4");
	assert_text(HEAD "+ 1 a 1 2\n+ 2 b 3 4\n");
	ck_assert_ptr_nonnull(undo_log_find(read_again(), "b", "3"));
	ck_assert_ptr_null(undo_log_find(read_again(), "b", "1"));
}
END_TEST

START_TEST(what_is_done_is_found_no_more)
{
	struct undo_log *log = add_log("win");
	struct error err = { 0 };

	(void)add(log, "a", "key", "");
	ck_assert_ptr_nonnull(undo_log_find(log, "a", "key"));
	ck_assert_int_eq(undo_log_mark(log, &log->v[0], UNDO_DONE, &err), 0);
	ck_assert_ptr_null(undo_log_find(log, "a", "key"));
	ck_assert(undo_log_is_clean(log));
}
END_TEST

START_TEST(a_log_that_is_removed_is_gone)
{
	struct undo_log *log = add_log("win");
	struct undo_log *shared = NULL;
	struct error err = { 0 };

	ck_assert_int_eq(undo_logs_add(&shared, &logs, UNDO_SHARED, "", &err), 0);
	ck_assert_int_eq(undo_logs_remove(&logs, log, &err), 0);
	ck_assert_ptr_null(undo_logs_find(&logs, UUID));
	ck_assert_ptr_eq(undo_logs_find(&logs, UNDO_SHARED), shared);
	ck_assert_ptr_null(read_again());
	ck_assert_ptr_nonnull(undo_logs_find(&logs, UNDO_SHARED));
}
END_TEST

/* --- guests that go and come --- */

START_TEST(released_is_noted_once)
{
	struct undo_log *log = add_log("win");
	struct error err = { 0 };

	ck_assert_int_eq(undo_log_release(log, &err), 0);
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	assert_text(HEAD "~\n");
}
END_TEST

START_TEST(a_guest_that_returns_is_gone_no_more)
{
	struct undo_log *log = add_log("win");
	struct error err = { 0 };

	ck_assert_int_eq(undo_log_return(log, &err), 0);
	assert_text(HEAD);
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	ck_assert_int_eq(undo_log_return(log, &err), 0);
	assert_text(HEAD "~\n*\n");
	ck_assert(!read_again()->is_released);
}
END_TEST

/* --- what is damaged --- */

/* Every length of the text: a record is there when its line is whole. */
START_TEST(a_torn_last_line_was_never_acted_upon)
{
	static const char text[] = HEAD "+ 1 device a b\n= 1 1 longer\n- 1\n";
	static const size_t added = sizeof(HEAD "+ 1 device a b\n") - 1;
	static const size_t amended = sizeof(HEAD "+ 1 device a b\n= 1 1 longer\n") - 1;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct undo_log *log;

		write_log(text, n);
		log = read_again();
		/* without its head it is no log, and nobody has done anything */
		ck_assert_int_eq(log != NULL, n >= sizeof(HEAD) - 1);
		ck_assert_int_eq(fakefile_has(&tree.root, LOG), log != NULL);
		if (!log)
			continue;
		ck_assert_msg(!log->is_damaged, "%zu", n);
		ck_assert_uint_eq(log->n, n >= added);
		ck_assert_str_eq(log->guest, "win");
		if (log->n == 0)
			continue;
		ck_assert_str_eq(undo_field(&log->v[0], 1),
				 n >= amended ? "longer" : "b");
		ck_assert_int_eq(log->v[0].state,
				 n == sizeof(text) - 1 ? UNDO_DONE : UNDO_OPEN);
	}
}
END_TEST

START_TEST(a_torn_line_goes_before_the_next_is_written)
{
	write_log(HEAD "+ 1 device a b\n+ 2 dev",
		  sizeof(HEAD "+ 1 device a b\n+ 2 dev") - 1);
	(void)add(read_again(), "device", "c", "d");
	assert_text(HEAD "+ 1 device a b\n+ 2 device c d\n");
}
END_TEST

START_TEST(without_the_lock_nothing_is_cut_and_release_is_noted)
{
	static const char text[] = HEAD "+ 1 device a b\n+ 2 dev";
	struct error err = { 0 };
	struct undo_log *log;

	write_log(text, sizeof(text) - 1);
	open_logs();
	ck_assert_int_eq(undo_logs_read(&logs, UNDO_LOOK, &err), 0);
	assert_text(text);
	log = undo_logs_find(&logs, UUID);
	ck_assert_uint_eq(log->n, 1);
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	log = read_again();
	ck_assert(log->is_released);
	ck_assert_uint_eq(log->n, 1);
}
END_TEST

static const struct {
	const char *line;
	unsigned n;       /* records then */
	const char *last; /* first field of the last one */
} damages[] = {
	{ "+ 1 device first\nrubbish\n+ 2 device second\n", 2, "second" },
	{ "+ 1 device first\n+ 2 dev%ice x\n+ 3 device third\n", 3, "third" },
	{ "+ 1 device first\n+ 1 device again\n+ 2 device second\n", 2, "second" },
	{ "+ 0 device zero\n+ 1 device first\n", 1, "first" },
	{ "+ 1 device first\n+ 4294967297 device far\n+ 2 device second\n", 2, "second" },
	{ "+ x device first\n+ 1 device first\n", 1, "first" },
	{ "+ 1\n+ 1 device first\n", 1, "first" },
	{ "+ 1 device 1 2 3 4 5 6 7 8 9\n+ 1 device first\n", 1, "first" },
	{ "+ 1 device first\n= 1 1 x\n", 1, "first" },
	{ "+ 1 device first\n= 2 0 x\n", 1, "first" },
	{ "+ 1 device first\n= 1 0\n", 1, "first" },
	{ "+ 1 device first\n- 2\n", 1, "first" },
	{ "+ 1 device first\n- 1 1\n", 1, "first" },
	{ "+ 1 device first\n! 0\n", 1, "first" },
	{ "+ 1 device first\n? 1\n", 1, "first" },
	{ "+ 1 device first\n+ 2 device %zz\n", 1, "first" },
	{ "+ 1 device first\n+ 2 device %4\n", 1, "first" },
	{ "+ 1 device first\n+ 2 device a%00b\n", 1, "first" },
};

START_TEST(a_line_that_nobody_can_read_costs_nothing_else)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct undo_log *log;

	buf_addf(&text, HEAD "%s", damages[_i].line);
	write_log(text.data, text.len);
	log = read_again();
	ck_assert(log->is_damaged);
	ck_assert_uint_eq(log->n, damages[_i].n);
	ck_assert_str_eq(undo_field(&log->v[log->n - 1], 0), damages[_i].last);
	ck_assert_int_eq(log->v[log->n - 1].state, UNDO_OPEN);
	(void)add(log, "device", "next", "");
	log = read_again();
	ck_assert_uint_eq(log->n, damages[_i].n + 1);
	ck_assert_str_eq(undo_field(&log->v[log->n - 1], 0), "next");
}
END_TEST

START_TEST(a_zero_byte_costs_its_line_only)
{
	static const char text[] = HEAD "+ 1 de\0ice first\n+ 2 device second\n";
	struct undo_log *log;

	write_log(text, sizeof(text) - 1);
	log = read_again();
	ck_assert_uint_eq(log->n, 2);
	ck_assert_str_eq(undo_field(&log->v[1], 0), "second");
}
END_TEST

START_TEST(a_log_of_another_boot_is_stale)
{
	static const char text[] = "vfiokit-undo 1 0-0-0 win\n+ 1 device a\n";

	write_log(text, sizeof(text) - 1);
	ck_assert(read_again()->is_stale);
}
END_TEST

/* --- what cannot be written --- */

START_TEST(a_short_write_leaves_the_log_as_it_was)
{
	struct undo_log *log = add_log("win");
	struct rlimit limit = { .rlim_cur = sizeof(HEAD) - 1 + 5, .rlim_max = 1 << 20 };
	struct undo_record *record = NULL;
	struct error err = { 0 };

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(undo_log_add(log, &record, &err, "device", "a", NULL), -ENOSPC);
	ck_assert_str_eq(err.msg,
			 "write to the undo log '/" LOG "': only 5 of 13 bytes taken");
	ck_assert_uint_eq(log->n, 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_text(HEAD);
	(void)add(log, "device", "a", "b");
	assert_text(HEAD "+ 1 device a b\n");
}
END_TEST

START_TEST(a_write_that_fails_says_where)
{
	struct undo_log *log = add_log("win");
	struct rlimit limit = { .rlim_cur = sizeof(HEAD) - 1, .rlim_max = 1 << 20 };
	struct error err = { 0 };

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	ck_assert_int_eq(undo_log_release(log, &err), -EFBIG);
	ck_assert_str_eq(err.msg, "write to the undo log '/" LOG "': File too large");
	ck_assert(!log->is_released);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_undo_log");
	TCase *tc = tcase_create("undo log");

	tcase_add_checked_fixture(tc, setup_undo, teardown_undo);
	tcase_add_test(tc, a_log_is_read_as_it_was_written);
	tcase_add_loop_test(tc, any_text_comes_back_as_it_was, 0, ARRAY_SIZE(hostile));
	tcase_add_test(tc, a_long_field_comes_back_whole);
	tcase_add_test(tc, records_go_on_counting_in_the_next_process);
	tcase_add_test(tc, what_is_done_is_found_no_more);
	tcase_add_test(tc, a_log_that_is_removed_is_gone);
	tcase_add_test(tc, released_is_noted_once);
	tcase_add_test(tc, a_guest_that_returns_is_gone_no_more);
	tcase_add_test(tc, a_torn_last_line_was_never_acted_upon);
	tcase_add_test(tc, a_torn_line_goes_before_the_next_is_written);
	tcase_add_test(tc, without_the_lock_nothing_is_cut_and_release_is_noted);
	tcase_add_loop_test(tc, a_line_that_nobody_can_read_costs_nothing_else, 0,
			    ARRAY_SIZE(damages));
	tcase_add_test(tc, a_zero_byte_costs_its_line_only);
	tcase_add_test(tc, a_log_of_another_boot_is_stale);
	tcase_add_test(tc, a_short_write_leaves_the_log_as_it_was);
	tcase_add_test(tc, a_write_that_fails_says_where);
	suite_add_tcase(s, tc);
	return s;
}
