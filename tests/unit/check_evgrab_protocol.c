/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "protocol.h"
#include "suite.h"

static const char *const good[] = { "switch win11", "switch host",   "started a",
				    "stopped a",    "status",        "list",
				    "monitor",      "keys",          "release",
				    "reload",       "switch x.y_z+-" };

START_TEST(requests_are_written_as_they_are_read)
{
	struct protocol_request request;
	struct error err = { 0 };
	char line[PROTOCOL_LINE_MAX + 1];

	ck_assert_int_eq(protocol_parse(&request, good[_i], strlen(good[_i]), &err), 0);
	ck_assert_int_eq(protocol_format(line, &request, &err), 0);
	line[strcspn(line, "\n")] = '\0';
	ck_assert_str_eq(line, good[_i]);
}
END_TEST

static const struct {
	const char *line, *message;
} bad[] = {
	{ "", "there is no such request" },
	{ "swtch win11", "there is no such request" },
	{ "switching", "there is no such request" },
	{ "STATUS", "there is no such request" },
	{ "switch", "'switch' needs a name" },
	{ "switch ", "'switch' needs a name" },
	{ "switch  win11", "'switch' needs a name" },
	{ "switch win11 now", "'switch' needs a name" },
	{ "switch win\t11", "'switch' needs a name" },
	{ "switch 0123456789012345678901234567890123456789012345678",
	  "'switch' needs a name" },
	{ "status ", "'status' needs nothing more" },
	{ "status win11", "'status' needs nothing more" },
};

START_TEST(what_is_no_request_is_refused)
{
	struct protocol_request request;
	struct error err = { 0 };

	ck_assert_int_eq(
		protocol_parse(&request, bad[_i].line, strlen(bad[_i].line), &err),
		-EINVAL);
	ck_assert_str_eq(err.msg, bad[_i].message);
}
END_TEST

static void feed(struct protocol_input *input, const char *text)
{
	size_t size;
	char *room = protocol_room(input, &size);

	ck_assert_uint_le(strlen(text), size);
	memcpy(room, text, strlen(text));
	protocol_filled(input, strlen(text));
}

START_TEST(requests_arrive_in_pieces_and_together)
{
	struct protocol_input input = { 0 };
	struct protocol_request request;
	struct error err = { 0 };

	feed(&input, "switch wi");
	ck_assert_int_eq(protocol_next(&input, &request, &err), 0);
	feed(&input, "n11\nstatus\nnonsense\nlist\nsta");
	ck_assert_int_eq(protocol_next(&input, &request, &err), 1);
	ck_assert_int_eq(request.verb, PROTOCOL_SWITCH);
	ck_assert_str_eq(request.name, "win11");
	ck_assert_int_eq(protocol_next(&input, &request, &err), 1);
	ck_assert_int_eq(request.verb, PROTOCOL_STATUS);
	ck_assert_str_eq(request.name, "");
	ck_assert_int_eq(protocol_next(&input, &request, &err), -EINVAL);
	ck_assert_int_eq(protocol_next(&input, &request, &err), 1);
	ck_assert_int_eq(request.verb, PROTOCOL_LIST);
	ck_assert_int_eq(protocol_next(&input, &request, &err), 0);
}
END_TEST

START_TEST(a_line_without_end_is_refused)
{
	struct protocol_input input = { 0 };
	struct protocol_request request;
	struct error err = { 0 };
	size_t size;

	memset(protocol_room(&input, &size), 'a', PROTOCOL_LINE_MAX);
	ck_assert_uint_eq(size, PROTOCOL_LINE_MAX);
	protocol_filled(&input, size);
	ck_assert_int_eq(protocol_next(&input, &request, &err), -EMSGSIZE);
	ck_assert_str_eq(err.msg, "a request is longer than 128 bytes");
}
END_TEST

START_TEST(a_name_that_would_be_two_words_is_not_written)
{
	struct protocol_request request = { PROTOCOL_SWITCH, "a\nreload" };
	struct error err = { 0 };
	char line[PROTOCOL_LINE_MAX + 1];

	ck_assert_int_eq(protocol_format(line, &request, &err), -EINVAL);
	ck_assert_str_eq(err.msg, "'a\nreload' cannot be a name");
}
END_TEST

START_TEST(answers_are_told_apart)
{
	const char *text;

	ck_assert_int_eq(protocol_answer("ok", &text), PROTOCOL_OK);
	ck_assert_int_eq(protocol_answer("data {}", &text), PROTOCOL_DATA);
	ck_assert_str_eq(text, "{}");
	ck_assert_int_eq(protocol_answer("error it is", &text), PROTOCOL_ERROR);
	ck_assert_str_eq(text, "it is");
	ck_assert_int_eq(protocol_answer("okay", &text), PROTOCOL_NONSENSE);
	ck_assert_int_eq(protocol_answer("", &text), PROTOCOL_NONSENSE);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("evgrab_protocol");
	TCase *tc = tcase_create("protocol");

	tcase_add_loop_test(tc, requests_are_written_as_they_are_read, 0,
			    ARRAY_SIZE(good));
	tcase_add_loop_test(tc, what_is_no_request_is_refused, 0, ARRAY_SIZE(bad));
	tcase_add_test(tc, requests_arrive_in_pieces_and_together);
	tcase_add_test(tc, a_line_without_end_is_refused);
	tcase_add_test(tc, a_name_that_would_be_two_words_is_not_written);
	tcase_add_test(tc, answers_are_told_apart);
	suite_add_tcase(s, tc);
	return s;
}
