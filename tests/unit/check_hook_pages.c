/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "pagesfixture.h"

/* --- there and back --- */

START_TEST(missing_pages_are_allocated_and_given_back)
{
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	assert_pool(1, 2048, 0, 0);
	assert_said("hugepages: 40 huge pages of 2 MiB on NUMA node 0, 40 of them "
		    "allocated\n");
	start(&one, 7, 0, 40, 2048);
	stop(&one, 7, 0, 40, 2048);
	call(&one, "release", "");
	assert_said("hugepages: NUMA node 0: 40 huge pages of 2 MiB given back\n");
	assert_as_before();
}
END_TEST

START_TEST(free_pages_are_taken_first)
{
	pool(0, 2048, 16, 12, 0, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	call(&one, "release", "");
	assert_as_before();

	pool(0, 2048, 50, 41, 0, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 50, 41);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_of_two_sizes_come_from_their_pools)
{
	const struct fakeguest guest = {
		.name = "sizes",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain =
			"<memoryBacking><hugepages><page size='1' unit='G' nodeset='1'/>"
			"<page size='2' unit='M'/></hugepages></memoryBacking>"
			"<cpu><numa><cell id='0' memory='20481'/>"
			"<cell id='1' memory='2' unit='GiB'/></numa></cpu>"
			"<numatune><memory nodeset='0'/>"
			"<memnode cellid='1' mode='strict' nodeset='1'/></numatune>",
	};

	pool(0, 1048576, 0, 0, 0, 0);
	pool(1, 1048576, 1, 1, 0, 3);
	call(&guest, "prepare", "");
	assert_pool(0, 2048, 15, 11);
	assert_pool(1, 1048576, 2, 2);
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* The kernel makes surplus pages permanent before it makes new ones. */
START_TEST(surplus_pages_are_surplus_again_afterwards)
{
	pool(0, 2048, 10, 0, 6, 1000);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 50, 40);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(nodes_give_alike_what_may_come_from_any)
{
	call(&anywhere, "prepare", "");
	assert_pool(0, 2048, 24, 20);
	assert_pool(1, 2048, 20, 20);
	call(&anywhere, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_one_node_has_not_comes_from_the_other)
{
	pool(0, 2048, 4, 0, 0, 10);
	pool(1, 2048, 0, 0, 0, 1000);
	call(&anywhere, "prepare", "");
	assert_pool(0, 2048, 10, 6);
	assert_pool(1, 2048, 34, 34);
	call(&anywhere, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(a_host_without_nodes_has_one_pool)
{
	fakefile_remove(root, "sys/devices/system/node");
	fakefile_put(root, "50", HOST "/nr_hugepages", 2048U);
	fakefile_put(root, "45", HOST "/free_hugepages", 2048U);
	again();
	call(&anywhere, "prepare", "");
	assert_said(
		"hugepages: 40 huge pages of 2 MiB on the host, 0 of them allocated\n");
	call(&anywhere, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(guests_without_huge_pages_leave_no_trace)
{
	struct fakefaults faults = { 0 };
	struct fakecall quiet = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "small",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("80"),
	};

	call_with(&quiet, &guest, "prepare", "");
	ck_assert_uint_eq(faults.n_effects, 0);
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* --- shortage --- */

START_TEST(a_shortage_names_numbers_and_gives_everything_back)
{
	pool(0, 2048, 16, 12, 0, 25);
	call(&one, "prepare",
	     "NUMA node 0 has 9 of the 28 huge pages of 2 MiB that the guest lacks (needed: 40, free: 12): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE);
	assert_as_before();
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_of_1_gib_are_to_be_had_at_boot)
{
	const struct fakeguest guest = {
		.name = "big",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("3072") BACKING("1048576"),
	};

	pool(0, 1048576, 1, 1, 0, 1);
	pool(1, 1048576, 0, 0, 0, 0);
	call(&guest, "prepare",
	     "the host has 0 of the 2 huge pages of 1 GiB that the guest lacks (needed: 3, free: 1): pages of this size are to be had at boot only, in practice, with the kernel's parameters hugepagesz=1G hugepages=3");
	assert_as_before();
}
END_TEST

/* What can never be is refused before anything is tried. */
static const struct {
	const char *domain;
	const char *message;
} refused[] = {
	{ MEMORY("16384") BACKING("2048") NODES("strict", "0"),
	  "the guest needs 8192 huge pages of 2 MiB from NUMA node 0, which has memory for "
	  "no more than 4092" },
	{ MEMORY("20480") BACKING("2048"),
	  "the guest needs 10240 huge pages of 2 MiB from the host, which has memory for no "
	  "more than 8188" },
	{ MEMORY("80") BACKING("2048") NODES("strict", "7"),
	  "the guest's memory is to come from NUMA node 7, and the host has no memory of "
	  "that name" },
	{ MEMORY("80") BACKING("16384"),
	  "the host has no huge pages of 16 MiB, but of 2 MiB" },
};

START_TEST(what_the_host_can_never_have_is_refused)
{
	struct fakefaults faults = { 0 };
	struct fakecall quiet = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "much",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = refused[_i].domain,
	};

	call_with(&quiet, &guest, "prepare", refused[_i].message);
	ck_assert_uint_eq(faults.n_effects, 0);
	assert_as_before();
}
END_TEST

static bool wrote(const struct fakefaults *faults, const char *path)
{
	for (size_t i = 0; i < faults->n_effects; i++) {
		if (strcmp(faults->effects[i].name, path) == 0)
			return true;
	}
	return false;
}

START_TEST(compaction_is_tried_before_giving_up)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	fakefile_put(root, "20 44", ".kernel/pages/node0/hugepages-2048kB");
	again();
	call_with(&call_faulty, &one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	ck_assert(wrote(&faults, "sys/devices/system/node/node0/compact"));
	ck_assert(!wrote(&faults, "proc/sys/vm/drop_caches"));
	call(&one, "release", "");
	ck_assert_uint_eq(fakefile_number(root, POOL "/nr_hugepages", 0U, 2048U), 4);
}
END_TEST

/* Caches are dropped only when the administrator allows it. */
START_TEST(caches_are_dropped_when_that_is_allowed)
{
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };

	if (_i == 1)
		fakefile_put(root, "[allow]\ndrop-caches = yes", "etc/vfiokit/hook.conf");
	pool(0, 2048, 4, 0, 0, 4);
	call_with(
		&call_faulty, &one, "prepare",
		_i ? "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44"
		   : "NUMA node 0 has 0 of the 40 huge pages of 2 MiB that the guest lacks (needed: 40, free: 0): its memory is too full or too fragmented; reserve them at boot, with the kernel's parameters hugepagesz=2M hugepages=0:44, " ADVICE);
	ck_assert_int_eq(wrote(&faults, "proc/sys/vm/drop_caches"), _i == 1);
	fakefile_put(root, "0", "proc/sys/vm/drop_caches");
	assert_as_before();
}
END_TEST

/* Each time twice as many, where the kernel is fast. */
START_TEST(many_pages_are_allocated_in_parts)
{
	static const char *const totals[] = { "32", "96", "224", "480", "512" };
	struct fakefaults faults = { 0 };
	struct fakecall call_faulty = { .faults = &faults };
	const struct fakeguest guest = {
		.name = "large",
		.uuid = "00000000-0000-0000-0000-000000000009",
		.metadata = "",
		.domain = MEMORY("1024") BACKING("2048") NODES("strict", "1"),
	};

	call_with(&call_faulty, &guest, "prepare", "");
	ck_assert_uint_eq(faults.n_effects, ARRAY_SIZE(totals));
	for (size_t i = 0; i < ARRAY_SIZE(totals); i++)
		ck_assert_str_eq(faults.effects[i].value, totals[i]);
	call(&guest, "release", "");
	assert_as_before();
}
END_TEST

/* --- other guests --- */

START_TEST(pages_that_another_guest_waits_for_are_not_free)
{
	call(&one, "prepare", "");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 70);
	call(&one, "release", "");
	assert_pool(0, 2048, 34, 30);
	call(&two, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(pages_that_a_qemu_has_are_promised_no_more)
{
	pool(0, 2048, 104, 100, 0, 1000);
	call(&one, "prepare", "");
	start(&one, 7, 0, 40, 2048);
	call(&two, "prepare", "");
	assert_pool(0, 2048, 104, 60);
	call(&two, "release", "");
	stop(&one, 7, 0, 40, 2048);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

START_TEST(what_a_qemu_has_not_touched_yet_stays_promised)
{
	pool(0, 2048, 54, 50, 0, 1000);
	call(&one, "prepare", "");
	start(&one, 7, 0, 15, 2048); /* of 40: 35 are free, 25 promised */
	fakefile_put(root, "25", HOST "/resv_hugepages", 2048U);
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 55);
	call(&two, "release", "");
	assert_pool(0, 2048, 54, 35);
}
END_TEST

START_TEST(the_pid_of_another_process_is_none_of_the_guest)
{
	call(&one, "prepare", "");
	start(&one, 7, 0, 0, 2048);
	fakefile_put(root, "bash", "proc/7/cmdline");
	call(&two, "prepare", "");
	assert_pool(0, 2048, 74, 70);
}
END_TEST

START_TEST(pages_that_programs_have_reserved_are_not_free)
{
	pool(0, 2048, 44, 40, 0, 1000);
	fakefile_put(root, "15", HOST "/resv_hugepages", 2048U);
	again();
	call(&one, "prepare", "");
	assert_pool(0, 2048, 59, 55);
	call(&one, "release", "");
	assert_as_before();
}
END_TEST

/* A guest that may take from any node has not always taken what was planned. */
START_TEST(a_guest_that_has_all_its_pages_elsewhere_waits_for_none)
{
	pool(0, 2048, 104, 100, 0, 1000);
	pool(1, 2048, 50, 50, 0, 1000);
	call(&anywhere, "prepare", "");
	start(&anywhere, 7, 1, 40, 2048);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 104, 100);
	assert_pool(1, 2048, 50, 10);
}
END_TEST

/* --- giving back --- */

START_TEST(the_pages_of_a_qemu_that_is_dying_are_waited_for)
{
	char path[SYSFS_PATH_MAX];
	struct error err;

	call(&one, "prepare", "");
	start(&one, 7, 0, 40, 2048);
	ck_assert_int_eq(sysfs_path(path, &err, POOL "/free_hugepages", 0U, 2048U), 0);
	fakekernel_later(root, 700, "40", path);
	fakefile_remove(root, "run/libvirt");
	fakefile_remove(root, "proc/7");
	call(&one, "release", "");
	assert_pool(0, 2048, 4, 0);
	ck_assert(!strstr(said, "<4>"));
	assert_as_before();
}
END_TEST

START_TEST(pages_that_stay_in_use_become_surplus)
{
	call(&one, "prepare", "");
	fakefile_put(root, "30", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_said(
		"<4> hugepages: NUMA node 0 has to give back 40 huge pages of 2 MiB, of "
		"which only 30 are free and promised to nobody: the others go when they "
		"are let go of\n");
	assert_pool(0, 2048, 14, 0);
	ck_assert_uint_eq(fakefile_number(root, POOL "/surplus_hugepages", 0U, 2048U),
			  10);
}
END_TEST

START_TEST(what_others_did_to_the_pool_stays)
{
	call(&one, "prepare", "");
	fakefile_put(root, "64", POOL "/nr_hugepages", 0U, 2048U);
	fakefile_put(root, "60", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, 24, 20);
	call(&one, "prepare", "");
	assert_pool(0, 2048, 44, 40);
	fakefile_put(root, "10", POOL "/nr_hugepages", 0U,
		     2048U); /* somebody took them */
	fakefile_put(root, "6", POOL "/free_hugepages", 0U, 2048U);
	call(&one, "release", "");
	assert_pool(0, 2048, 4, 0); /* of the 20 of his 14 are gone */
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_pages");
	TCase *tc = tcase_create("pages");

	tcase_add_checked_fixture(tc, setup_pages, teardown_host);
	tcase_set_timeout(tc, 300);
	tcase_add_test(tc, missing_pages_are_allocated_and_given_back);
	tcase_add_test(tc, free_pages_are_taken_first);
	tcase_add_test(tc, pages_of_two_sizes_come_from_their_pools);
	tcase_add_test(tc, surplus_pages_are_surplus_again_afterwards);
	tcase_add_test(tc, nodes_give_alike_what_may_come_from_any);
	tcase_add_test(tc, what_one_node_has_not_comes_from_the_other);
	tcase_add_test(tc, a_host_without_nodes_has_one_pool);
	tcase_add_test(tc, guests_without_huge_pages_leave_no_trace);
	tcase_add_test(tc, a_shortage_names_numbers_and_gives_everything_back);
	tcase_add_test(tc, pages_of_1_gib_are_to_be_had_at_boot);
	tcase_add_loop_test(tc, what_the_host_can_never_have_is_refused, 0,
			    ARRAY_SIZE(refused));
	tcase_add_test(tc, compaction_is_tried_before_giving_up);
	tcase_add_loop_test(tc, caches_are_dropped_when_that_is_allowed, 0, 2);
	tcase_add_test(tc, many_pages_are_allocated_in_parts);
	tcase_add_test(tc, pages_that_another_guest_waits_for_are_not_free);
	tcase_add_test(tc, pages_that_a_qemu_has_are_promised_no_more);
	tcase_add_test(tc, what_a_qemu_has_not_touched_yet_stays_promised);
	tcase_add_test(tc, the_pid_of_another_process_is_none_of_the_guest);
	tcase_add_test(tc, pages_that_programs_have_reserved_are_not_free);
	tcase_add_test(tc, a_guest_that_has_all_its_pages_elsewhere_waits_for_none);
	tcase_add_test(tc, the_pages_of_a_qemu_that_is_dying_are_waited_for);
	tcase_add_test(tc, pages_that_stay_in_use_become_surplus);
	tcase_add_test(tc, what_others_did_to_the_pool_stays);
	suite_add_tcase(s, tc);
	return s;
}
