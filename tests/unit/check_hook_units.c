/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <unistd.h>

#include "unitfixture.h"

/* --- checking --- */

START_TEST(unit_that_is_not_allowed_is_refused)
{
	ck_assert_int_eq(check("foo.service"), -EPERM);
	ck_assert_str_eq(err.msg,
			 "the unit 'foo.service' may not be stopped; to allow it add it "
			 "to 'stop =' in section [allow] of /etc/vfiokit/hook.conf");
}
END_TEST

static void is_noted(const char *unit, enum note_kind kind, const char *text)
{
	ck_assert_msg(check(unit) == 0, "%s", err.msg);
	ck_assert_uint_eq(hook.notes.n, 1);
	ck_assert_int_eq(hook.notes.v[0].kind, kind);
	ck_assert_str_eq(hook.notes.v[0].text, text);
	ck_assert_str_eq(hook.notes.v[0].topic, "units");
}

START_TEST(check_says_what_is_stopped)
{
	is_noted(GDM, NOTE_DECISION, GDM ": stop, and start again afterwards");
	is_state(GDM, "active");
}
END_TEST

START_TEST(check_says_what_an_alias_stands_for)
{
	is_noted(DM, NOTE_DECISION, GDM " (" DM "): stop, and start again afterwards");
}
END_TEST

START_TEST(check_says_what_does_not_run)
{
	faketree_file(&tree, ".bus/units/" GDM, "inactive");
	is_noted(GDM, NOTE_DECISION, GDM ": does not run");
}
END_TEST

START_TEST(check_warns_of_units_that_are_not_there)
{
	is_noted("sddm.service", NOTE_WARNING,
		 "the host has no unit 'sddm.service', which the guest wants stopped");
}
END_TEST

/* --- stopping and starting --- */

START_TEST(unit_is_stopped_and_starts_again)
{
	prepare("a", GDM);
	is_state(GDM, "inactive");
	release("a");
	is_state(GDM, "active");
	ck_assert_uint_eq(hook.logs.n, 0);
	has_said("<6> unit 'gdm.service': active -> inactive\n");
	has_said("<6> unit 'gdm.service': back to active\n");
}
END_TEST

START_TEST(unit_that_did_not_run_stays_off)
{
	faketree_file(&tree, ".bus/units/" GDM, "inactive");
	prepare("a", GDM);
	release("a");
	is_state(GDM, "inactive");
}
END_TEST

START_TEST(unit_that_is_masked_stays_so)
{
	faketree_file(&tree, ".bus/units/" GDM, "masked");
	prepare("a", GDM);
	release("a");
	is_state(GDM, "masked");
}
END_TEST

START_TEST(unit_that_is_not_there_is_no_failure)
{
	prepare("a", "sddm.service");
	ck_assert_uint_eq(hook.logs.v[0]->n, 0);
}
END_TEST

START_TEST(last_of_two_guests_starts_it_again)
{
	const char *const first[] = { "a", "b" };
	const char *const second[] = { "b", "a" };

	prepare("a", GDM);
	prepare("b", DM); /* the same one */
	release(first[_i]);
	is_state(GDM, "inactive");
	release(second[_i]);
	is_state(GDM, "active");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(unit_named_twice_is_claimed_once)
{
	const char *stop[] = { DM, GDM };

	ck_assert_int_eq(undo_logs_add(&hook.log, &hook.logs, "a", "a", &err), 0);
	hook.needs.stop = stop;
	hook.needs.n_stop = 2;
	ck_assert_int_eq(units_step.apply(&hook, &err), 0);
	ck_assert_uint_eq(hook.log->n, 1);
	ck_assert_str_eq(undo_field(&hook.log->v[0], 0), GDM);
	hook.log = NULL;
	release("a");
	is_state(GDM, "active");
}
END_TEST

START_TEST(whoever_starts_it_under_a_guest_keeps_it)
{
	prepare("a", GDM);
	prepare("b", GDM);
	faketree_file(&tree, ".bus/units/" GDM, "active");
	release("a");
	is_state(GDM, "active");
	release("b");
	is_state(GDM, "active");
}
END_TEST

START_TEST(next_guest_stops_it_again)
{
	prepare("a", GDM);
	faketree_file(&tree, ".bus/units/" GDM, "active");
	prepare("b", GDM);
	is_state(GDM, "inactive");
	release("a");
	release("b");
	is_state(GDM, "active");
}
END_TEST

START_TEST(unit_masked_meanwhile_is_left_with_a_warning)
{
	prepare("a", GDM);
	faketree_file(&tree, ".bus/units/" GDM, "masked");
	release("a");
	is_state(GDM, "masked");
	has_said("<4> the unit 'gdm.service', which ran before, is masked meanwhile: it "
		 "is not started\n");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(unit_removed_meanwhile_is_a_warning)
{
	prepare("a", GDM);
	ck_assert_int_eq(unlinkat(tree.root.fd, ".bus/units/" GDM, 0), 0);
	release("a");
	has_said("<4> the unit 'gdm.service', which ran before, is not there any more: "
		 "nothing to start\n");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(transient_unit_is_a_warning)
{
	faketree_file(&tree, ".bus/transient/" GDM, "");
	prepare("a", GDM);
	has_said("<4> the unit 'gdm.service' is gone now that it was stopped: nothing "
		 "can start it again\n");
	release("a");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(host_that_goes_down_starts_no_unit)
{
	prepare("a", GDM);
	faketree_file(&tree, ".bus/down", "");
	release("a");
	is_state(GDM, "inactive");
	has_said("<6> the host is going down: the unit 'gdm.service' is not started\n");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

/* --- failures --- */

START_TEST(job_that_does_not_end_is_refused_and_not_wedged)
{
	struct undo_log *log;

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "stop *");
	ck_assert_int_eq(apply("a", GDM), -ETIME);
	ck_assert_str_eq(err.msg,
			 "the unit 'gdm.service' has not finished its job after 10 s");
	log = undo_logs_find(&hook.logs, "a");
	ck_assert_int_eq(log->v[0].state, UNDO_OPEN);
	release("a");
	is_state(GDM, "active");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(unit_that_cannot_start_is_tried_again_by_the_next_call)
{
	struct undo_log *log;

	prepare("a", GDM);
	fakefaults_add(&faults, FAKEFAULT_EIO, 0, "start *");
	log = undo_logs_find(&hook.logs, "a");
	ck_assert_int_eq(undo_log_release(log, &err), 0);
	ck_assert_int_eq(steps_undo(&hook, log, &err), -EIO);
	ck_assert_str_eq(err.msg, "start the unit 'gdm.service': Input/output error");
	is_state(GDM, "inactive");

	faults.n = 0;
	ck_assert_int_eq(steps_undo(&hook, log, &err), 0);
	is_state(GDM, "active");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_units");
	TCase *tc = tcase_create("units");

	tcase_add_checked_fixture(tc, setup_units, teardown_units);
	tcase_add_test(tc, unit_that_is_not_allowed_is_refused);
	tcase_add_test(tc, check_says_what_is_stopped);
	tcase_add_test(tc, check_says_what_an_alias_stands_for);
	tcase_add_test(tc, check_says_what_does_not_run);
	tcase_add_test(tc, check_warns_of_units_that_are_not_there);
	tcase_add_test(tc, unit_is_stopped_and_starts_again);
	tcase_add_test(tc, unit_that_did_not_run_stays_off);
	tcase_add_test(tc, unit_that_is_masked_stays_so);
	tcase_add_test(tc, unit_that_is_not_there_is_no_failure);
	tcase_add_test(tc, unit_named_twice_is_claimed_once);
	tcase_add_test(tc, whoever_starts_it_under_a_guest_keeps_it);
	tcase_add_test(tc, next_guest_stops_it_again);
	tcase_add_test(tc, unit_masked_meanwhile_is_left_with_a_warning);
	tcase_add_test(tc, unit_removed_meanwhile_is_a_warning);
	tcase_add_test(tc, transient_unit_is_a_warning);
	tcase_add_test(tc, host_that_goes_down_starts_no_unit);
	tcase_add_test(tc, job_that_does_not_end_is_refused_and_not_wedged);
	tcase_add_test(tc, unit_that_cannot_start_is_tried_again_by_the_next_call);
	tcase_add_loop_test(tc, last_of_two_guests_starts_it_again, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
