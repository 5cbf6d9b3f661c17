/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Interrupts, governors and sleep, for one guest. */

#include <string.h>

#include "coreguest.h"
#include "suite.h"

#define IRQ         "<v:cores irq='yes'/>"
#define PERFORMANCE "<v:cores governor='performance'/>"
#define POLICY      "sys/devices/system/cpu/cpufreq/policy"

static struct coreguest guest;

static void setup(void)
{
	coreguest_setup(&guest);
}

static void teardown(void)
{
	coreguest_teardown(&guest);
}

/* --- interrupts --- */

START_TEST(interrupts_keep_off_the_pins)
{
	fakefile_put(guest.root, "1,3", "proc/irq/24/smp_affinity_list");
	fakefile_put(guest.root, "2", "proc/irq/25/smp_affinity_list");
	coreguest_prepare(&guest, IRQ, COREGUEST_PINNED);
	coreguest_file(&guest, "proc/irq/default_smp_affinity", "3");
	coreguest_file(&guest, "proc/irq/1/smp_affinity_list", "0-1");
	coreguest_file(&guest, "proc/irq/24/smp_affinity_list", "1");
	coreguest_file(&guest, "proc/irq/25/smp_affinity_list", "0-1");
	coreguest_file(&guest, "proc/irq/30/smp_affinity_list", "0-3");
	coreguest_file(&guest, ".bus/cpus/system.slice", "");
	coreguest_account(
		&guest,
		"<6> irq: interrupts keep off the guest's CPUs, but for 1 that only "
		"the kernel moves\n");
	coreguest_release(&guest, IRQ, COREGUEST_PINNED);
}
END_TEST

START_TEST(interrupts_that_vanish_or_appear_are_no_error)
{
	coreguest_prepare(&guest, IRQ, COREGUEST_PINNED);
	fakefile_remove(guest.root, "proc/irq/24");
	fakefile_put(guest.root, "2", "proc/irq/26/smp_affinity_list");
	ck_assert_int_eq(coreguest_run(&guest, "release", IRQ, COREGUEST_PINNED), 0);
	coreguest_file(&guest, "proc/irq/26/smp_affinity_list", "2");
	coreguest_file(&guest, "proc/irq/25/smp_affinity_list", "0-3");
	ck_assert(!fakefile_has(guest.root, "run/vfiokit/shared"));
}
END_TEST

START_TEST(an_interrupt_that_takes_no_notice_is_counted)
{
	struct fakefaults faults = { 0 };

	fakefaults_add(&faults, FAKEFAULT_NOTHING, 0, "proc/irq/1/*");
	guest.call.faults = &faults;
	coreguest_prepare(&guest, IRQ, COREGUEST_PINNED);
	coreguest_account(&guest, "but for 2 that only the kernel moves\n");
	guest.call.faults = NULL;
	coreguest_release(&guest, IRQ, COREGUEST_PINNED);
}
END_TEST

START_TEST(a_write_that_never_returns_is_not_tried_again)
{
	struct fakefaults faults = { 0 };
	static const char left[] = "irq";

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "proc/irq/24/*");
	guest.call.faults = &faults;
	ck_assert_int_lt(coreguest_run(&guest, "prepare", IRQ, COREGUEST_PINNED), 0);
	ck_assert_ptr_nonnull(
		strstr(guest.call.err.msg, "/proc/irq/24/smp_affinity_list"));
	ck_assert_int_eq(coreguest_run(&guest, "release", IRQ, COREGUEST_PINNED), 0);
	ck_assert_uint_eq(faults.n_hits, 1);
	ck_assert(!fakekernel_was_wedge_touched(guest.root));
	coreguest_file(&guest, "proc/irq/1/smp_affinity_list", "0-3");
	coreguest_file(&guest, "proc/irq/default_smp_affinity", "f");
	ck_assert(fakefile_has(guest.root, "run/vfiokit/shared"));
	ck_assert_int_lt(coreguest_run(&guest, "prepare", IRQ, COREGUEST_PINNED), 0);
	ck_assert_str_eq(guest.call.err.msg,
			 "the affinity of interrupt '24': an earlier change of it never "
			 "came back from the kernel; only a reboot helps");
	ck_assert_ptr_nonnull(strstr(buf_text(&guest.call.account), left));
}
END_TEST

START_TEST(irqbalance_is_warned_about)
{
	fakefile_put(guest.root, "active", ".bus/units/irqbalance.service");
	coreguest_prepare(&guest, IRQ, COREGUEST_PINNED);
	coreguest_account(&guest,
			  "<4> irq: irqbalance runs, and will put interrupts back on the "
			  "guest's CPUs; stop it, or start it with "
			  "IRQBALANCE_BANNED_CPULIST=2-3\n");
	coreguest_release(&guest, IRQ, COREGUEST_PINNED);
}
END_TEST

/* --- governors --- */

START_TEST(policies_of_the_pins_get_the_governor)
{
	coreguest_prepare(&guest, PERFORMANCE, COREGUEST_PINNED);
	coreguest_file(&guest, POLICY "1/scaling_governor", "powersave");
	coreguest_file(&guest, POLICY "1/energy_performance_preference",
		       "balance_performance");
	coreguest_file(&guest, POLICY "2/scaling_governor", "performance");
	coreguest_file(&guest, POLICY "2/energy_performance_preference", "performance");
	coreguest_file(&guest, POLICY "3/scaling_governor", "performance");
	coreguest_release(&guest, PERFORMANCE, COREGUEST_PINNED);
}
END_TEST

START_TEST(processors_without_energy_preference_are_no_error)
{
	for (unsigned cpu = 0; cpu < 4; cpu++) {
		fakefile_remove(guest.root, POLICY "%u/energy_performance_preference",
				cpu);
		fakefile_remove(guest.root,
				POLICY "%u/energy_performance_available_preferences",
				cpu);
	}
	coreguest_prepare(&guest, PERFORMANCE, COREGUEST_PINNED);
	coreguest_file(&guest, POLICY "2/scaling_governor", "performance");
	coreguest_release(&guest, PERFORMANCE, COREGUEST_PINNED);
}
END_TEST

START_TEST(a_governor_that_is_not_there_is_refused)
{
	coreguest_refused(
		&guest, "<v:cores governor='turbo'/>", COREGUEST_PINNED,
		"there is no governor 'turbo' for the guest's CPUs ('policy2'); there "
		"are: performance powersave");
	coreguest_refused(
		&guest, "<v:cores governor='power'/>", COREGUEST_PINNED,
		"there is no governor 'power' for the guest's CPUs ('policy2'); there "
		"are: performance powersave");
}
END_TEST

START_TEST(a_host_without_policies_is_warned_about)
{
	fakefile_remove(guest.root, "sys/devices/system/cpu/cpufreq");
	coreguest_prepare(&guest, PERFORMANCE, COREGUEST_PINNED);
	coreguest_account(
		&guest,
		"<4> governor: the kernel does not set the frequency of the guest's "
		"CPUs (/sys/devices/system/cpu/cpufreq has no policy for them): no "
		"governor 'performance'\n");
	coreguest_release(&guest, PERFORMANCE, COREGUEST_PINNED);
}
END_TEST

/* --- sleep --- */

START_TEST(the_host_does_not_sleep_while_the_guest_runs)
{
	static const char unit[] = ".bus/units/vfiokit-sleep-" COREGUEST_UUID ".service";

	coreguest_prepare(&guest, "<v:sleep/>", "");
	coreguest_file(&guest, unit, "active");
	coreguest_file(&guest, ".bus/transient/vfiokit-sleep-" COREGUEST_UUID ".service",
		       "the guest 'win' is running");
	coreguest_release(&guest, "<v:sleep/>", "");
	ck_assert(!fakefile_has(guest.root, "%s", unit));
}
END_TEST

START_TEST(a_host_that_cannot_be_kept_awake_is_warned_about)
{
	struct fakefaults faults = { 0 };

	fakefaults_add(&faults, FAKEFAULT_EIO, 0, "sleep *");
	guest.call.faults = &faults;
	coreguest_prepare(&guest, "<v:sleep/>", "");
	coreguest_account(
		&guest,
		"<4> sleep: the host may sleep while the guest runs: sleep the unit "
		"'vfiokit-sleep-" COREGUEST_UUID ".service': Input/output error\n");
	guest.call.faults = NULL;
	coreguest_release(&guest, "<v:sleep/>", "");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_irq");
	TCase *tc = tcase_create("irq");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, interrupts_keep_off_the_pins);
	tcase_add_test(tc, interrupts_that_vanish_or_appear_are_no_error);
	tcase_add_test(tc, an_interrupt_that_takes_no_notice_is_counted);
	tcase_add_test(tc, a_write_that_never_returns_is_not_tried_again);
	tcase_add_test(tc, irqbalance_is_warned_about);
	tcase_add_test(tc, policies_of_the_pins_get_the_governor);
	tcase_add_test(tc, processors_without_energy_preference_are_no_error);
	tcase_add_test(tc, a_governor_that_is_not_there_is_refused);
	tcase_add_test(tc, a_host_without_policies_is_warned_about);
	tcase_add_test(tc, the_host_does_not_sleep_while_the_guest_runs);
	tcase_add_test(tc, a_host_that_cannot_be_kept_awake_is_warned_about);
	suite_add_tcase(s, tc);
	return s;
}
