/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The cores of one guest. */

#include "base/buf.h"
#include "coreguest.h"
#include "cores.h"
#include "domain/reading.h"
#include "suite.h"

#define OTHER   "bbbbbbbb-0000-0000-0000-000000000002"
#define ISOLATE "<v:cores isolate='yes'/>"

static struct coreguest guest;

static void setup(void)
{
	coreguest_setup(&guest);
}

static void teardown(void)
{
	coreguest_teardown(&guest);
}

/* --- pins --- */

static const struct {
	const char *domain;
	const char *cpus;
	unsigned n_vcpus;
	unsigned n_free;
} pins[] = {
	{ "", "", 1, 1 },
	{ "<vcpu>4</vcpu>", "", 4, 4 },
	{ COREGUEST_PINNED, "2-3", 2, 0 },
	{ "<vcpu>3</vcpu><cputune><vcpupin vcpu='0' cpuset='0-3,^1'/></cputune>", "0,2-3",
	  3, 2 },
	{ "<vcpu cpuset='4-5'>2</vcpu><cputune><vcpupin vcpu='0' cpuset='7'/></cputune>",
	  "4-5,7", 2, 0 },
	{ "<vcpu cpuset='4'>1</vcpu><cputune><vcpupin vcpu='0' cpuset='7'/></cputune>",
	  "7", 1, 0 },
	{ "<vcpu placement='auto' cpuset='4-5'>2</vcpu>", "", 2, 2 },
	{ "<vcpu>1</vcpu><cputune><vcpupin vcpu='1' cpuset='7'/>"
	  "<emulatorpin cpuset='6'/><iothreadpin iothread='1' cpuset='5'/></cputune>",
	  "", 1, 1 },
	{ "<vcpu current='1'>2</vcpu><cputune><vcpupin vcpu='1' cpuset='64,8191'/>"
	  "</cputune>",
	  "64,8191", 2, 1 },
};

static int read_pins(struct cores_pins *ret_pins, const char *domain, struct error *err)
{
	CLEANUP_READING struct reading reading = READING_NONE;
	CLEANUP_BUF struct buf xml = BUF_NONE;

	buf_addf(&xml, "<domain>%s</domain>", domain);
	ck_assert_int_eq(reading_parse(&reading, "test", xml.data, xml.len, err), 0);
	return cores_pins_read(ret_pins, reading.top, err);
}

START_TEST(pins_are_those_of_vcpus)
{
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct cores_pins found;
	struct error err = { 0 };

	ck_assert_msg(read_pins(&found, pins[_i].domain, &err) == 0, "%s", err.msg);
	cpuset_format(&found.cpus, &list);
	ck_assert_str_eq(buf_text(&list), pins[_i].cpus);
	ck_assert_uint_eq(found.n_vcpus, pins[_i].n_vcpus);
	ck_assert_uint_eq(found.n_free, pins[_i].n_free);
}
END_TEST

static const char *const bad_pins[][2] = {
	{ "<vcpu>0</vcpu>", "<vcpu> '0' is not between 1 and 8192" },
	{ "<cputune><vcpupin vcpu='0'/></cputune>",
	  "<vcpupin> has no vcpu or no cpuset" },
	{ "<cputune><vcpupin vcpu='0' cpuset='2-'/></cputune>",
	  "cpuset of <vcpupin>: '2-' is not a list of numbers below 8192 like '0-3,8'" },
	{ "<vcpu cpuset='x'>1</vcpu>",
	  "cpuset of <vcpu>: 'x' is not a list of numbers below 8192 like '0-3,8'" },
};

START_TEST(pins_that_make_no_sense_are_refused)
{
	struct cores_pins found;
	struct error err = { 0 };

	ck_assert_int_lt(read_pins(&found, bad_pins[_i][0], &err), 0);
	ck_assert_str_eq(err.msg, bad_pins[_i][1]);
}
END_TEST

/* --- cores --- */

START_TEST(the_host_keeps_off_the_pins_of_a_guest)
{
	coreguest_prepare(&guest, ISOLATE, COREGUEST_PINNED);
	coreguest_file(&guest, ".bus/cpus/system.slice", "0-1");
	coreguest_file(&guest, ".bus/cpus/user.slice", "0-1");
	coreguest_file(&guest, ".bus/cpus/init.scope", "0-1");
	coreguest_file(&guest, "sys/fs/cgroup/init.scope/cpuset.cpus", "0-1");
	coreguest_file(&guest, "sys/devices/virtual/workqueue/cpumask", "3");
	coreguest_file(&guest, "proc/irq/24/smp_affinity_list", "0-3");
	coreguest_account(&guest,
			  "<6> cores: AllowedCPUs of 'system.slice': unset -> 0-1\n");
	coreguest_release(&guest, ISOLATE, COREGUEST_PINNED);
	coreguest_account(&guest,
			  "<6> cores: AllowedCPUs of 'system.slice': back to unset\n");
	coreguest_account(&guest,
			  "<6> cores: AllowedCPUs of 'user.slice': back to 0-3\n");
}
END_TEST

START_TEST(a_value_of_the_administrator_is_cut_to_the_share)
{
	fakefile_put(guest.root, "1-2", ".bus/cpus/user.slice");
	fakefile_put(guest.root, "1-2", "sys/fs/cgroup/user.slice/cpuset.cpus");
	coreguest_prepare(&guest, ISOLATE, COREGUEST_PINNED);
	coreguest_file(&guest, ".bus/cpus/user.slice", "1");
	coreguest_release(&guest, ISOLATE, COREGUEST_PINNED);
}
END_TEST

/* As the kernel does while processes are in it, and a guest needs the controller. */
START_TEST(a_control_group_that_keeps_its_cpus_gets_all)
{
	fakefile_put(guest.root, "", ".bus/keeps/init.scope");
	coreguest_prepare(&guest, ISOLATE, COREGUEST_PINNED);
	ck_assert_int_eq(coreguest_run(&guest, "release", ISOLATE, COREGUEST_PINNED), 0);
	coreguest_file(&guest, "sys/fs/cgroup/init.scope/cpuset.cpus", "0-3");
	ck_assert(!fakefile_has(guest.root, ".bus/cpus/init.scope"));
	ck_assert_uint_lt(guest.call.ms, 1000);
}
END_TEST

START_TEST(masks_of_big_hosts_have_commas)
{
	fakefile_put(guest.root, "0-71", "sys/devices/system/cpu/online");
	fakefile_put(guest.root, "ff,ffffffff,ffffffff",
		     "sys/devices/virtual/workqueue/cpumask");
	coreguest_prepare(&guest, ISOLATE, "<vcpu cpuset='2-3,68'>1</vcpu>");
	coreguest_file(&guest, "sys/devices/virtual/workqueue/cpumask",
		       "ef,ffffffff,fffffff3");
	coreguest_file(&guest, ".bus/cpus/system.slice", "0-1,4-67,69-71");
	coreguest_release(&guest, ISOLATE, "<vcpu cpuset='2-3,68'>1</vcpu>");
}
END_TEST

START_TEST(a_kernel_without_that_workqueue_file_is_no_error)
{
	fakefile_remove(guest.root, "sys/devices/virtual/workqueue");
	coreguest_prepare(&guest, ISOLATE, COREGUEST_PINNED);
	coreguest_release(&guest, ISOLATE, COREGUEST_PINNED);
}
END_TEST

START_TEST(a_guest_without_pins_is_warned_about)
{
	coreguest_prepare(&guest,
			  "<v:cores isolate='yes' irq='yes' governor='performance'/>",
			  "<vcpu>2</vcpu>");
	coreguest_account(
		&guest,
		"<4> cores: no vCPU of the guest is pinned, so no core is its own; "
		"xmltweak --domain 'win' --pin --define pins them\n");
	coreguest_file(&guest, ".bus/cpus/init.scope", "");
	coreguest_file(&guest, "proc/irq/24/smp_affinity_list", "0-3");
	coreguest_release(&guest, ISOLATE, "<vcpu>2</vcpu>");
}
END_TEST

START_TEST(a_guest_with_some_pins_is_warned_about)
{
	coreguest_prepare(&guest, ISOLATE,
			  "<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='3'/>"
			  "</cputune>");
	coreguest_account(
		&guest,
		"<4> cores: 1 of the 2 vCPUs of the guest are not pinned, and run "
		"anywhere\n");
	coreguest_file(&guest, ".bus/cpus/init.scope", "0-2");
}
END_TEST

START_TEST(the_host_keeps_a_core)
{
	coreguest_refused(
		&guest, ISOLATE, "<vcpu cpuset='0-3'>4</vcpu>",
		"the pins of this guest and of those that run take 4 of the 4 CPUs "
		"and leave the host no whole core (CPUs left: none)");
}
END_TEST

START_TEST(half_a_core_is_not_enough_for_the_host)
{
	for (unsigned cpu = 0; cpu < 4; cpu++)
		fakefile_put(guest.root, cpu < 2 ? "0-1" : "2-3",
			     "sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
			     cpu);
	coreguest_refused(
		&guest, ISOLATE, "<vcpu cpuset='1-2'>4</vcpu>",
		"the pins of this guest and of those that run take 2 of the 4 CPUs "
		"and leave the host no whole core (CPUs left: 0,3)");
	/* a sibling that is offline does not count */
	fakefile_put(guest.root, "0,2-3", "sys/devices/system/cpu/online");
	ck_assert_int_eq(
		coreguest_run(&guest, "prepare", ISOLATE, "<vcpu cpuset='1-2'>4</vcpu>"),
		0);
}
END_TEST

START_TEST(a_slice_keeps_something_of_what_it_was_given)
{
	fakefile_put(guest.root, "2-3", ".bus/cpus/user.slice");
	coreguest_refused(
		&guest, ISOLATE, COREGUEST_PINNED,
		"AllowedCPUs of 'user.slice' is '2-3', and guests are pinned to all "
		"of that");
}
END_TEST

START_TEST(a_machine_slice_without_the_pins_is_refused)
{
	fakefile_put(guest.root, "0-2", ".bus/cpus/machine.slice");
	coreguest_refused(
		&guest, ISOLATE, COREGUEST_PINNED,
		"the guest is pinned to the CPUs 3, which AllowedCPUs of "
		"'machine.slice' does not hold; to unset it: systemctl set-property "
		"--runtime machine.slice AllowedCPUs=");
}
END_TEST

START_TEST(a_host_without_the_controller_is_refused)
{
	fakefile_put(guest.root, "cpu io memory", "sys/fs/cgroup/cgroup.controllers");
	coreguest_refused(
		&guest, ISOLATE, COREGUEST_PINNED,
		"cores cannot be isolated (isolate='yes'): the control groups of this "
		"host (/sys/fs/cgroup/cgroup.controllers) have no cpuset controller");
}
END_TEST

START_TEST(a_control_group_that_takes_no_notice_fails)
{
	struct fakefaults faults = { 0 };

	fakefaults_add(&faults, FAKEFAULT_NOTHING, 0, "cpus user.slice");
	guest.call.faults = &faults;
	coreguest_refused(
		&guest, ISOLATE, COREGUEST_PINNED,
		"AllowedCPUs of 'user.slice' was made '0-1', and its control group "
		"has taken no notice after 10 s");
	ck_assert_uint_le(guest.call.ms, 60000);
}
END_TEST

#define STATUS(uuid, name, vcpus)                                           \
	"<domstatus state='running' pid='1'><domain type='kvm'><name>" name \
	"</name><uuid>" uuid "</uuid>" vcpus "</domain></domstatus>"

START_TEST(running_guests_on_the_same_cores_are_named)
{
	fakefile_put(guest.root, STATUS(OTHER, "free", "<vcpu>2</vcpu>"),
		     "run/libvirt/qemu/free.xml");
	fakefile_put(guest.root, STATUS(OTHER, "near", "<vcpu cpuset='1-2'>2</vcpu>"),
		     "run/libvirt/qemu/near.xml");
	fakefile_put(guest.root, STATUS(OTHER, "far", "<vcpu cpuset='0-1'>2</vcpu>"),
		     "run/libvirt/qemu/far.xml");
	fakefile_put(guest.root, STATUS(COREGUEST_UUID, "win", "<vcpu>2</vcpu>"),
		     "run/libvirt/qemu/win.xml");
	fakefile_put(guest.root, "<broken", "run/libvirt/qemu/broken.xml");
	fakefile_put(guest.root, "4711", "run/libvirt/qemu/free.pid");
	coreguest_prepare(&guest, ISOLATE, COREGUEST_PINNED);
	coreguest_account(
		&guest,
		"<4> cores: the guest 'free' is running without pins, and may use the "
		"CPUs 2-3 as well\n"
		"<4> cores: the guest 'near' is running with pins that overlap, and "
		"may use the CPUs 2 as well\n");
	ck_assert_ptr_null(strstr(buf_text(&guest.call.account), "far"));
	ck_assert_ptr_null(strstr(buf_text(&guest.call.account), "'win' is running"));
	coreguest_release(&guest, ISOLATE, COREGUEST_PINNED);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_cores");
	TCase *tc = tcase_create("cores");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, pins_are_those_of_vcpus, 0, ARRAY_SIZE(pins));
	tcase_add_loop_test(tc, pins_that_make_no_sense_are_refused, 0,
			    ARRAY_SIZE(bad_pins));
	tcase_add_test(tc, the_host_keeps_off_the_pins_of_a_guest);
	tcase_add_test(tc, a_value_of_the_administrator_is_cut_to_the_share);
	tcase_add_test(tc, a_control_group_that_keeps_its_cpus_gets_all);
	tcase_add_test(tc, masks_of_big_hosts_have_commas);
	tcase_add_test(tc, a_kernel_without_that_workqueue_file_is_no_error);
	tcase_add_test(tc, a_guest_without_pins_is_warned_about);
	tcase_add_test(tc, a_guest_with_some_pins_is_warned_about);
	tcase_add_test(tc, the_host_keeps_a_core);
	tcase_add_test(tc, half_a_core_is_not_enough_for_the_host);
	tcase_add_test(tc, a_slice_keeps_something_of_what_it_was_given);
	tcase_add_test(tc, a_machine_slice_without_the_pins_is_refused);
	tcase_add_test(tc, a_host_without_the_controller_is_refused);
	tcase_add_test(tc, a_control_group_that_takes_no_notice_fails);
	tcase_add_test(tc, running_guests_on_the_same_cores_are_named);
	suite_add_tcase(s, tc);
	return s;
}
