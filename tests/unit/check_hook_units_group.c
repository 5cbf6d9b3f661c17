/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Units that stop with another one, as they depend on it. */

#include "unitfixture.h"

#define PARTNER "partner.service"
#define SEAT    "seat.target"

/* The partner needs gdm, and the seat the partner. */
static void make_partners(void)
{
	faketree_file(&tree, ".bus/units/" PARTNER, "active");
	faketree_file(&tree, ".bus/units/" SEAT, "active");
	faketree_file(&tree, ".bus/needed/" GDM, PARTNER "\nidle.service\n");
	faketree_file(&tree, ".bus/needed/" PARTNER, SEAT "\n");
	faketree_file(&tree, ".bus/units/idle.service", "inactive");
}

static void all_are(const char *state)
{
	is_state(GDM, state);
	is_state(PARTNER, state);
	is_state(SEAT, state);
	is_state("idle.service", "inactive");
}

START_TEST(check_says_what_stops_along)
{
	faketree_file(&tree, ".bus/units/" PARTNER, "active");
	faketree_file(&tree, ".bus/units/sddm.service", "active");
	faketree_file(&tree, ".bus/needed/" GDM, PARTNER "\nsddm.service\n");
	ck_assert_msg(check(GDM) == 0, "%s", err.msg);
	ck_assert_uint_eq(hook.notes.n, 3);
	ck_assert_int_eq(hook.notes.v[1].kind, NOTE_WARNING);
	ck_assert_str_eq(hook.notes.v[1].text,
			 "the unit '" PARTNER "', which /etc/vfiokit/hook.conf does not "
			 "name, depends on '" GDM "': it stops with that, and starts "
			 "again after it");
	ck_assert_int_eq(hook.notes.v[2].kind, NOTE_DECISION);
	ck_assert_str_eq(hook.notes.v[2].text,
			 "sddm.service: stops with " GDM ", and starts again after it");
	is_state(PARTNER, "active");
}
END_TEST

START_TEST(units_that_depend_on_it_stop_and_start_with_it)
{
	const struct undo_log *log;

	make_partners();
	prepare("a", GDM);
	all_are("inactive");
	log = undo_logs_find(&hook.logs, "a");
	ck_assert_uint_eq(log->n, 3);
	ck_assert_str_eq(undo_field(&log->v[0], 0), SEAT);
	ck_assert_str_eq(undo_field(&log->v[1], 0), PARTNER);
	ck_assert_str_eq(undo_field(&log->v[2], 0), GDM);
	buf_done(&account);
	release("a");
	all_are("active");
	ck_assert_uint_eq(hook.logs.n, 0);
	ck_assert_str_eq(buf_text(&account), "<6> unit '" GDM "': back to active\n"
					     "<6> unit '" PARTNER "': back to active\n"
					     "<6> unit '" SEAT "': back to active\n");
}
END_TEST

/* Started too early it would bring back the unit that the other guest wants stopped. */
START_TEST(unit_that_depends_on_it_waits_for_the_last_guest)
{
	const char *const first[] = { "a", "b" };
	const char *const second[] = { "b", "a" };

	make_partners();
	prepare("a", GDM);
	prepare("b", DM);
	release(first[_i]);
	all_are("inactive");
	release(second[_i]);
	all_are("active");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

START_TEST(units_that_depend_on_each_other_are_no_trap)
{
	make_partners();
	faketree_file(&tree, ".bus/needed/" SEAT, GDM "\n");
	prepare("a", GDM);
	all_are("inactive");
	release("a");
	all_are("active");
}
END_TEST

START_TEST(unit_that_does_not_run_takes_nothing_along)
{
	make_partners();
	faketree_file(&tree, ".bus/units/" GDM, "inactive");
	prepare("a", GDM);
	is_state(PARTNER, "active");
	release("a");
	is_state(GDM, "inactive");
}
END_TEST

START_TEST(session_that_ends_with_it_is_a_warning)
{
	make_partners();
	faketree_file(&tree, ".bus/transient/" SEAT, "");
	prepare("a", GDM);
	has_said("<4> the unit '" SEAT "' is gone now that it was stopped: nothing can "
		 "start it again\n");
	release("a");
	is_state(GDM, "active");
	is_state(PARTNER, "active");
	ck_assert_uint_eq(hook.logs.n, 0);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_units_group");
	TCase *tc = tcase_create("group");

	tcase_add_checked_fixture(tc, setup_units, teardown_units);
	tcase_add_test(tc, check_says_what_stops_along);
	tcase_add_test(tc, units_that_depend_on_it_stop_and_start_with_it);
	tcase_add_loop_test(tc, unit_that_depends_on_it_waits_for_the_last_guest, 0, 2);
	tcase_add_test(tc, units_that_depend_on_each_other_are_no_trap);
	tcase_add_test(tc, unit_that_does_not_run_takes_nothing_along);
	tcase_add_test(tc, session_that_ends_with_it_is_a_warning);
	suite_add_tcase(s, tc);
	return s;
}
