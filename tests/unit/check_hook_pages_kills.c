/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "killfixture.h"
#include "pagesfixture.h"

/* --- what goes wrong --- */

static const struct {
	enum fakefault_kind kind;
	const char *message;
} faults_of[] = {
	{ FAKEFAULT_EIO, "allocate 40 huge pages of 2 MiB on NUMA node 0: write '36' to "
			 "'/sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
			 "nr_hugepages': Input/output error" },
	{ FAKEFAULT_NOTHING,
	  "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE },
	{ FAKEFAULT_HANG,
	  "allocate 40 huge pages of 2 MiB on NUMA node 0: write to "
	  "'/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages': the "
	  "kernel has not come back for 10.0 s" },
};

START_TEST(a_write_that_fails_is_named_and_leaves_nothing)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefaults_add(&faults, faults_of[_i].kind, 0, "*nr_hugepages");
	call_with(&call_faulty, &one, "prepare", faults_of[_i].message);
	ck_assert_uint_ge(faults.n_hits, 1);
	fakefile_remove(root, ".kernel/wedged"); /* it came back at last */
	fakefile_remove(root, ".kernel/touched");
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_could_not_be_given_back_is_given_back_by_the_next_call)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	call(&one, "prepare", "");
	fakefaults_add(&faults, _i ? FAKEFAULT_NOTHING : FAKEFAULT_EIO, 0,
		       "*nr_hugepages");
	call_with(&call_faulty, &one, "release", "");
	assert_pool(0, 2048, 44, 40);
	/* they are as good as gone: the next guest gets its own */
	call_with(&call_faulty, &anywhere, "release", "");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 34, 30);
	call(&two, "release", "");
	assert_as_before();
}
END_TEST

/* What a write that was ended has got by then is counted, and goes back. */
START_TEST(a_write_that_is_too_slow_is_ended_and_counted)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_slow = { .faults = &faults };

	fakefaults_add(&faults, FAKEFAULT_ENDED, 0, "*nr_hugepages")->value = "36";
	call_with(&call_slow, &one, "prepare",
		  "NUMA node 0 has 16 of the 40 huge pages of 2 MiB that the guest lacks "
		  "(needed: 40, free: 0): its memory is too full or too fragmented "
		  "to find them in the time for waits; reserve them at boot, with the "
		  "kernel's parameters hugepagesz=2M "
		  "hugepages=0:44, " ADVICE);
	assert_said(
		"<4> hugepages: write to "
		"'/sys/devices/system/node/node0/hugepages/hugepages-2048kB/"
		"nr_hugepages': the kernel had not done it after 10.0 s, and was told "
		"to stop\n");
	ck_assert_uint_eq(faults.n_hits, 1);
	assert_as_before();
}
END_TEST

/* A write that was under way when the hook gave up goes on making pages. */
START_TEST(a_write_that_comes_back_late_is_undone_too)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "*nr_hugepages");
	call_with(&call_faulty, &one, "prepare", faults_of[2].message);
	fakefile_remove(root, ".kernel/wedged");
	fakefile_remove(root, ".kernel/touched");
	fakefile_put(root, "44", POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put(root, "40", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

/* Runs an operation that is killed at that point; returns whether it was reached. */
static bool call_killed(const struct fakeguest *guest, const char *operation, unsigned at)
{
	struct fakecall killed = { .guest = guest, .operation = operation };
	struct killpoints *points = killpoints_new();
	int status = call_killed_at(points, at, root, &killed);

	killpoints_free(points);
	fakecall_done(&killed);
	return WIFSIGNALED(status);
}

START_TEST(a_kill_before_or_after_any_write_loses_nothing)
{
	const char *operation = _i ? "release" : "prepare";
	unsigned at = 1;

	pool(0, 2048, 4, 0, 0,
	     25); /* short: with writes that do something and compaction */
	pool(1, 2048, 0, 0, 0, 1000);
	for (;; at++) {
		bool was_killed;

		if (_i)
			call(&anywhere, "prepare", "");
		was_killed = call_killed(&anywhere, operation, at);
		call(&anywhere, "release", "");
		assert_as_before();
		if (!was_killed)
			break;
	}
	ck_assert_uint_gt(at, 4);
}
END_TEST

/* The states of a record in which a kill can find it, and what is ours then. */
static const struct {
	const char *pages; /* in the record */
	unsigned now;      /* pages, of which 4 are in use */
	unsigned after;    /* the guest has gone */
} states[] = {
	{ "0,4,44", 4, 4 },        /* not made */
	{ "0,4,44", 20, 4 },       /* half made */
	{ "0,4,44", 44, 4 },       /* made */
	{ "0,4,44", 60, 20 },      /* and somebody has added some */
	{ "40", 44, 4 },           /* made, on record */
	{ "40,44,4", 44, 4 },      /* not undone */
	{ "40,44,4", 30, 4 },      /* half undone */
	{ "40,44,4", 4, 4 },       /* undone */
	{ "0,4,44,late", 4, 4 },   /* not made, and may still be */
	{ "0,4,44,late", 30, 4 },  /* half made, the same */
	{ "40,44,4,late", 44, 4 }, /* not undone, the same */
	{ "0", 44, 44 },           /* undone, on record */
};

START_TEST(records_of_calls_that_were_killed_are_brought_up_to_date)
{
	char text[512];

	pool(0, 2048, 4, 0, 0, 1000);
	(void)snprintf(text, sizeof(text),
		       "vfiokit-undo 1 " FAKEHOST_BOOT_ID " one\n"
		       "+ 1 hugepages 0 2048 %s",
		       states[_i].pages);
	call(&two, "prepare", ""); /* makes the directory */
	call(&two, "release", "");
	fakefile_put(root, text, "run/vfiokit/%s", one.uuid);
	fakefile_put_number(root, states[_i].now, POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put_number(root, states[_i].now - 4, POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, states[_i].after, states[_i].after - 4);
}
END_TEST

START_TEST(a_record_that_makes_no_sense_is_left_alone)
{
	call(&two, "prepare", "");
	call(&two, "release", "");
	fakefile_put(root,
		     "vfiokit-undo 1 " FAKEHOST_BOOT_ID " one\n"
		     "+ 1 hugepages 0 2048 40,x",
		     "run/vfiokit/%s", one.uuid);
	call(&one, "release", "");
	assert_said("not undone: record 1 of the undo log makes no sense: '40,x'\n");
	assert_pool(0, 2048, 4, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_pages_kills");
	TCase *tc = tcase_create("pages");

	tcase_add_checked_fixture(tc, setup_pages, teardown_host);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, a_write_that_fails_is_named_and_leaves_nothing, 0,
			    ARRAY_SIZE(faults_of));
	tcase_add_loop_test(
		tc, what_could_not_be_given_back_is_given_back_by_the_next_call, 0, 2);
	tcase_add_test(tc, a_write_that_is_too_slow_is_ended_and_counted);
	tcase_add_test(tc, a_write_that_comes_back_late_is_undone_too);
	tcase_add_loop_test(tc, a_kill_before_or_after_any_write_loses_nothing, 0, 2);
	tcase_add_loop_test(tc, records_of_calls_that_were_killed_are_brought_up_to_date,
			    0, ARRAY_SIZE(states));
	tcase_add_test(tc, a_record_that_makes_no_sense_is_left_alone);
	suite_add_tcase(s, tc);
	return s;
}
