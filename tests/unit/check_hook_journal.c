/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Entries for the journal, byte by byte, to a socket that is not its own. */

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "effects.h"
#include "journal.h"
#include "suite.h"

static char dir[] = "/tmp/journal.XXXXXX";
static char path[64];
static int journal;
static struct buf entry;

static void setup(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/socket", dir);
	memcpy(address.sun_path, path, strlen(path) + 1);
	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(
		bind(journal, (const struct sockaddr *)&address, sizeof(address)), 0);
	entry = BUF_NONE;
}

static void teardown(void)
{
	buf_done(&entry);
	(void)close(journal);
	(void)unlink(path);
	(void)rmdir(dir);
}

static void assert_received(const char *expected, size_t len)
{
	char text[4096];
	ssize_t n = recv(journal, text, sizeof(text), MSG_DONTWAIT);

	ck_assert_int_eq(n, (ssize_t)len);
	ck_assert_int_eq(memcmp(text, expected, len), 0);
}

#define TEXT(text) (text), sizeof(text) - 1

START_TEST(an_entry_is_a_datagram)
{
	journal_field(&entry, "MESSAGE", "win: 02:00.0 is back");
	journal_field(&entry, "PRIORITY", "6");
	journal_field(&entry, "VFIOKIT_UUID", "");
	journal_send(path, &entry);
	assert_received(
		TEXT("MESSAGE=win: 02:00.0 is back\nPRIORITY=6\nVFIOKIT_UUID=\n"));
	ck_assert_int_lt(recv(journal, dir, 1, MSG_DONTWAIT), 0);
}
END_TEST

/* A guest's name may hold one, and must not become a field. */
START_TEST(a_line_break_makes_no_field)
{
	journal_field(&entry, "VFIOKIT_GUEST", "a\nPRIORITY=0\n");
	journal_field(&entry, "VFIOKIT_STEP", "x=y");
	journal_send(path, &entry);
	assert_received(TEXT("VFIOKIT_GUEST\n\x0d\0\0\0\0\0\0\0a\nPRIORITY=0\n\n"
			     "VFIOKIT_STEP=x=y\n"));
}
END_TEST

START_TEST(without_a_journal_it_goes_nowhere)
{
	char long_path[200];
	uint64_t begin = effects_clock_us();

	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	journal_field(&entry, "MESSAGE", "x");
	journal_send("/nowhere/socket", &entry);
	journal_send(long_path, &entry);
	(void)close(journal);
	journal_send(path, &entry); /* bound, and nobody there */
	ck_assert_uint_lt(effects_clock_us() - begin, JOURNAL_WAIT_MS * 1000UL);
}
END_TEST

START_TEST(a_journal_that_hangs_is_not_waited_for)
{
	uint64_t begin;
	unsigned n = 0;
	char c;

	journal_field(&entry, "MESSAGE", "x");
	do {
		begin = effects_clock_us();
		journal_send(path, &entry);
	} while (effects_clock_us() - begin < JOURNAL_WAIT_MS * 1000UL / 2 &&
		 n++ < 10000);
	ck_assert_uint_lt(n, 10000); /* it was full at some time */
	ck_assert_uint_lt(effects_clock_us() - begin, 20UL * JOURNAL_WAIT_MS * 1000);
	for (unsigned i = 0; i < n; i++)
		ck_assert_int_eq(recv(journal, &c, 1, MSG_DONTWAIT), 1);
	ck_assert_int_lt(recv(journal, &c, 1, MSG_DONTWAIT), 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_journal");
	TCase *tc = tcase_create("journal");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_entry_is_a_datagram);
	tcase_add_test(tc, a_line_break_makes_no_field);
	tcase_add_test(tc, without_a_journal_it_goes_nowhere);
	tcase_add_test(tc, a_journal_that_hangs_is_not_waited_for);
	suite_add_tcase(s, tc);
	return s;
}
