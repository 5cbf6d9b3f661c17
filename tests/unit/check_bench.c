/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Of the testbench: what agrees with what, and images for browsers. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "suite.h"

START_TEST(what_runs_is_seen_to_run_and_nothing_else)
{
	/* by enum seen: not yet, runs, ignored, refused, silent */
	static const struct {
		enum rom_outcome predicted;
		bool starts;
		const char *agrees;
	} cases[] = {
		{ ROM_RUNS, true, ".y..." },    { ROM_LOADS, true, ".y..." },
		{ ROM_UNSURE, true, ".yy.." },  { ROM_IGNORED, true, "..y.." },
		{ ROM_REFUSED, true, "..y.." }, { ROM_HANGS, true, "....y" },
		{ ROM_RUNS, false, "...y." },   { ROM_IGNORED, false, "...y." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		for (int seen = 0; seen < SEEN_N; seen++) {
			const struct trial trial = { .predicted = cases[i].predicted,
						     .starts = cases[i].starts,
						     .seen = (enum seen)seen };

			ck_assert_msg(bench_agrees(&trial) ==
					      (cases[i].agrees[seen] == 'y'),
				      "case %zu, %s", i, bench_seen_name(trial.seen));
		}
	}
}
END_TEST

static void assert_image(const char *data, size_t len, const char *want)
{
	CLEANUP_BUF struct buf image = BUF_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;

	buf_add(&image, data, len);
	image_add(&out, &image);
	ck_assert_str_eq(buf_text(&out), want);
}

START_TEST(ppm_becomes_a_bitmap)
{
	/* red over blue */
	static const char ppm[] = "P6\n1 2\n255\n\xff\0\0\0\0\xff";

	assert_image(ppm, sizeof(ppm) - 1,
		     "data:image/bmp;base64,"
		     "Qk0+AAAAAAAAADYAAAAoAAAAAQAAAAIAAAABABgAAAAAAAAAAAAAAAAAAAAAAAAA"
		     "AAAAAAAA/wAAAAAA/wA=");
}
END_TEST

START_TEST(png_is_taken_as_it_is)
{
	assert_image("\x89PNG\r\n\x1a\nxyz", 11,
		     "data:image/png;base64,iVBORw0KGgp4eXo=");
}
END_TEST

START_TEST(what_is_no_image_is_none)
{
	assert_image("", 0, "");
	assert_image("P6\n1 2\n255\n12345", 16, "");
	assert_image("P6\n0 2\n255\n123456", 17, "");
	assert_image("P6\n99999 99999\n255\n123456", 25, "");
	assert_image("P5\n1 2\n255\n123456", 17, "");
}
END_TEST

/* As a truncated one is no reason to begin anew without a word. */
START_TEST(damaged_results_are_named)
{
	char dir[] = "/tmp/check_bench.XXXXXX";
	struct bench bench = { .work = mkdtemp(dir) };
	struct error err = { 0 };
	char want[128];
	char path[64];
	FILE *file;

	ck_assert_ptr_nonnull(bench.work);
	ck_assert_int_eq(bench_load(&bench, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/results.json", dir);
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs("{ \"guest\": ", file), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(bench_load(&bench, &err), -EBADMSG);
	(void)snprintf(want, sizeof(want),
		       "what was seen before (--again leaves it): '%s' is no JSON object",
		       path);
	ck_assert_str_eq(err.msg, want);
	(void)unlink(path);
	(void)rmdir(dir);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("bench");
	TCase *tc = tcase_create("bench");

	tcase_add_test(tc, what_runs_is_seen_to_run_and_nothing_else);
	tcase_add_test(tc, ppm_becomes_a_bitmap);
	tcase_add_test(tc, png_is_taken_as_it_is);
	tcase_add_test(tc, what_is_no_image_is_none);
	tcase_add_test(tc, damaged_results_are_named);
	suite_add_tcase(s, tc);
	return s;
}
