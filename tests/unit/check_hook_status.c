/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What status says: the undo logs in words, and what somebody else has changed since. */

#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "fakehost.h"
#include "host/sysfs.h"
#include "shared.h"
#include "status_impl.h"
#include "steps.h"
#include "suite.h"

#define HEAD  "vfiokit-undo 1 " FAKEHOST_BOOT_ID " win\n"
#define NODE1 "sys/devices/system/node/node1/hugepages/hugepages-2048kB/"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct undo_logs logs;
static struct status status;

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	logs = UNDO_LOGS_NONE;
	status = STATUS_NONE;
}

static void teardown(void)
{
	status_done(&status);
	undo_logs_done(&logs);
	faketree_teardown(&tree);
}

static void read_logs(void)
{
	struct error err = { 0 };

	undo_logs_done(&logs);
	ck_assert_msg(undo_logs_open(&logs, root, true, &err) == 0 &&
			      undo_logs_read(&logs, UNDO_LOOK, &err) == 0,
		      "%s", err.msg);
}

/* A log of that name with these lines. */
static const struct undo_log *log_of(const char *id, const char *lines)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	char path[SYSFS_PATH_MAX];

	read_logs(); /* makes the directory */
	(void)snprintf(path, sizeof(path), UNDO_DIR "/%s", id);
	buf_addf(&text, HEAD "%s", lines);
	faketree_file(&tree, path, buf_text(&text));
	read_logs();
	ck_assert_ptr_nonnull(undo_logs_find(&logs, id));
	ck_assert(!undo_logs_find(&logs, id)->is_damaged);
	return undo_logs_find(&logs, id);
}

/* All that a log says, a line for each record that has something to say. */
static void assert_words(const struct undo_log *log, describe_fn *describe,
			 const char *want)
{
	CLEANUP_BUF struct buf all = BUF_NONE;

	for (size_t i = 0; i < log->n; i++) {
		CLEANUP_BUF struct buf text = BUF_NONE;

		if (log->v[i].state == UNDO_DONE)
			continue;
		describe(&text, log, &log->v[i]);
		if (text.len > 0)
			buf_addf(&all, "%s: %s\n", describe_step(&log->v[i]),
				 buf_text(&text));
	}
	ck_assert_str_eq(buf_text(&all), want);
}

static void prepare(const struct fakeguest *guest)
{
	struct fakecall call = { .guest = guest, .operation = "prepare" };

	ck_assert_msg(fakehost_call(root, &call) == 0, "%s", call.err.msg);
	fakecall_done(&call);
	read_logs();
}

/* --- words --- */

static const struct {
	const char *line;
	const char *words;
} guest_lines[] = {
	{ "+ 1 device 0000:02:00.0 amdgpu % amdgpu auto 1\n",
	  "device: 0000:02:00.0, which had the driver 'amdgpu'\n" },
	{ "+ 1 device 0000:06:00.0 % % % auto 1\n",
	  "device: 0000:06:00.0, which had no driver\n" },
	{ "+ 1 hugepages-claim 1 2048 32\n",
	  "hugepages: 32 huge pages of 2 MiB on NUMA node 1, 0 of them allocated\n" },
	{ "+ 1 hugepages 1 2048 12\n+ 2 hugepages-claim 1 2048 32\n",
	  "hugepages: 32 huge pages of 2 MiB on NUMA node 1, 12 of them allocated\n" },
	{ "+ 1 hugepages 0 2048 12\n+ 2 hugepages-claim 1 2048 1\n",
	  "hugepages: 12 huge pages of 2 MiB on NUMA node 0, allocated\n"
	  "hugepages: 1 huge page of 2 MiB on NUMA node 1, 0 of them allocated\n" },
	{ "+ 1 hugepages - 1048576 1\n",
	  "hugepages: 1 huge page of 1 GiB on the host, allocated\n" },
	{ "+ 1 hugepages 1 2048 388,412,24\n",
	  "hugepages: 388 huge pages of 2 MiB on NUMA node 1, allocated (on the way from "
	  "412 pages to 24)\n" },
	{ "+ 1 hugepages one 2048 12\n",
	  "hugepages: huge pages, and nobody can read which, allocated\n" },
	{ "+ 1 shmem looking-glass 24:17\n",
	  "shmem: the shared memory '/dev/shm/looking-glass'\n" },
	{ "+ 1 console (M)%20frame%20buffer%20device 0000:01:00.0 efi-framebuffer.0\n",
	  "console: the console '(M) frame buffer device', which was shown on "
	  "0000:01:00.0\n" },
	{ "+ 1 framebuffer efi-framebuffer.0 efi-framebuffer 0000:01:00.0\n",
	  "framebuffer: the framebuffer efi-framebuffer.0 on 0000:01:00.0, which had the "
	  "driver 'efi-framebuffer'\n" },
	{ "+ 1 modules nvidia_drm nvidia_modeset nvidia\n",
	  "device: the modules nvidia_drm, nvidia_modeset, nvidia, which were loaded\n" },
	{ "+ 1 stop gdm.service\n", "units: the unit 'gdm.service' is kept stopped\n" },
	{ "+ 1 cores 2-3\n", "cores: the host's processes keep off the CPUs 2-3\n" },
	{ "+ 1 irq 2-3\n", "irq: interrupts keep off the CPUs 2-3\n" },
	{ "+ 1 governor policy2 performance\n",
	  "governor: the governor 'performance' for the CPUs of 'policy2'\n" },
	{ "+ 1 sleep vfiokit-sleep-x.service\n",
	  "sleep: the host is kept awake by vfiokit-sleep-x.service\n" },
	{ "+ 1 cores 2-3\n- 1\n", "" },
	{ "+ 1 future {0} two%20words\n", ": future '{0}' 'two words'\n" },
};

START_TEST(a_record_of_a_guest_is_told_in_words)
{
	assert_words(log_of(fakeguest_win.uuid, guest_lines[_i].line), describe_record,
		     guest_lines[_i].words);
}
END_TEST

static const struct {
	const char *line;
	const char *words;
} shared_lines[] = {
	{ "+ 1 allowed-cpus user.slice % 0,2 %\n",
	  "cores: AllowedCPUs of 'user.slice' is 0,2 (was unset)\n" },
	{ "+ 1 workqueue cpumask 0-3 0-1 0-3\n",
	  "cores: the workqueues' 'cpumask' is 0-1 (was 0-3)\n" },
	{ "+ 1 irq-affinity default 0-3 0-1 0-3\n+ 2 irq-affinity 9 0-3 0-1 0-3\n"
	  "+ 3 irq-affinity 10 0-3 0-1 0-3\n- 3\n+ 4 irq-affinity 11 0-3 0-1 0-3\n",
	  "irq: 3 affinities of interrupts are changed\n" },
	{ "+ 1 scaling-governor policy2 schedutil performance schedutil\n",
	  "governor: the governor of 'policy2' is performance (was schedutil)\n" },
	{ "+ 1 energy-preference policy2 balance_power performance balance_power\n",
	  "governor: the energy preference of 'policy2' is performance (was "
	  "balance_power)\n" },
	{ "+ 1 unit gdm.service active inactive active\n",
	  "units: unit 'gdm.service' is inactive (was active)\n" },
	{ "+ 1 shmem-file looking-glass 24:17\n",
	  "shmem: the shared memory '/dev/shm/looking-glass' was made for guests\n" },
	{ "+ 1 future a b\n", ": future 'a' 'b'\n" },
};

START_TEST(what_guests_share_is_told_in_words)
{
	assert_words(log_of(UNDO_SHARED, shared_lines[_i].line), describe_shared,
		     shared_lines[_i].words);
}
END_TEST

START_TEST(every_kind_of_record_has_words)
{
	for (size_t i = 0; i < n_undo_kinds; i++) {
		ck_assert_msg(undo_kinds[i]->says || undo_kinds[i]->say, "%s",
			      undo_kinds[i]->name);
	}
	for (size_t i = 0; i < n_shared_kinds; i++) {
		ck_assert_msg(shared_kinds[i]->step, "%s", shared_kinds[i]->name);
		ck_assert_msg(shared_kinds[i]->titles || !shared_kinds[i]->is_many, "%s",
			      shared_kinds[i]->name);
	}
}
END_TEST

/* What the hook really writes, so that the tables above are no wishes. */
START_TEST(a_guest_that_was_prepared_is_told_in_words)
{
	prepare(&fakeguest_win);
	assert_words(
		undo_logs_find(&logs, fakeguest_win.uuid), describe_record,
		"hugepages: 32 huge pages of 2 MiB on NUMA node 1, 32 of them allocated\n"
		"cores: the host's processes keep off the CPUs 2-3\n"
		"governor: the governor 'performance' for the CPUs of 'policy2'\n"
		"governor: the governor 'performance' for the CPUs of 'policy3'\n"
		"sleep: the host is kept awake by "
		"vfiokit-sleep-11111111-2222-3333-4444-555555555555.service\n"
		"units: the unit 'gdm.service' is kept stopped\n"
		"sound: the sound card of 0000:02:00.1 is announced as gone\n"
		"device: 0000:02:00.0, which had the driver 'amdgpu'\n"
		"device: 0000:02:00.1, which had the driver 'snd_hda_intel'\n"
		"device: 0000:03:00.0, which had the driver 'nvme'\n"
		"irq: interrupts keep off the CPUs 2-3\n");
	assert_words(
		undo_logs_find(&logs, UNDO_SHARED), describe_shared,
		"cores: AllowedCPUs of 'system.slice' is 0-1 (was unset)\n"
		"cores: AllowedCPUs of 'user.slice' is 0-1 (was 0-3)\n"
		"cores: AllowedCPUs of 'init.scope' is 0-1 (was unset)\n"
		"cores: the workqueues' 'cpumask' is 0-1 (was 0-3)\n"
		"governor: the energy preference of 'policy2' is performance (was "
		"balance_performance)\n"
		"governor: the governor of 'policy2' is performance (was powersave)\n"
		"governor: the energy preference of 'policy3' is performance (was "
		"balance_performance)\n"
		"governor: the governor of 'policy3' is performance (was powersave)\n"
		"units: unit 'gdm.service' is inactive (was active)\n"
		"irq: 4 affinities of interrupts are changed\n");
}
END_TEST

/* --- what somebody else has changed --- */

/* Reads what status would find, with the bus and the clock of the fake host. */
static void find_drift(void)
{
	struct fakekernel kernel = { .root = root };
	struct fakebus manager = { .root = root };
	struct effects effects = fakekernel_effects(&kernel);
	struct bus bus = fakebus_bus(&manager);
	struct hook hook = HOOK_NONE;
	struct error err = { 0 };
	const struct undo_log *log;

	hook.root = root;
	hook.effects = &effects;
	hook.bus = &bus;
	hook.logs = logs;
	log = undo_logs_find(&logs, fakeguest_win.uuid);
	status.shared = undo_logs_find(&logs, UNDO_SHARED);
	ck_assert_ptr_nonnull(log);
	ck_assert_msg(status_find_drift(&status, &hook, log, &err) == 0 &&
			      status_find_shared_drift(&status, &hook, &err) == 0,
		      "%s", err.msg);
	bus_close(&bus);
}

static void assert_findings(const char *want)
{
	CLEANUP_BUF struct buf all = BUF_NONE;

	find_drift();
	for (size_t i = 0; i < status.n_findings; i++)
		buf_addf(&all, "%s\n", status.findings[i]);
	ck_assert_str_eq(buf_text(&all), want);
}

START_TEST(what_is_as_it_was_made_is_no_finding)
{
	prepare(&fakeguest_win);
	assert_findings("");
}
END_TEST

START_TEST(a_device_that_was_rebound_is_found)
{
	prepare(&fakeguest_win);
	fakekernel_unbind(root, "pci", FAKEHOST_GPU);
	assert_findings("0000:02:00.0 is held for 'win' and is with no driver instead of "
			"vfio-pci\n");
}
END_TEST

START_TEST(huge_pages_that_were_taken_away_are_found)
{
	prepare(&fakeguest_win);
	fakefile_put(root, "10", NODE1 "nr_hugepages");
	assert_findings("'win' has 32 huge pages of 2 MiB on NUMA node 1, and "
			"nr_hugepages there is 10: somebody else has changed it\n");
}
END_TEST

START_TEST(settings_that_were_changed_are_found)
{
	prepare(&fakeguest_win);
	fakefile_put(root, "f", "sys/devices/virtual/workqueue/cpumask");
	fakefile_put(root, "active", ".bus/units/gdm.service");
	assert_findings("the workqueues' 'cpumask' is 0-3 and was made 0-1 for guests: "
			"somebody else has changed it\n"
			"unit 'gdm.service' is active and was made inactive for guests: "
			"somebody else has changed it\n");
}
END_TEST

START_TEST(interrupts_that_were_moved_are_counted)
{
	prepare(&fakeguest_win);
	fakefile_put(root, "f", "proc/irq/default_smp_affinity");
	assert_findings("1 interrupt is not where guests want it: somebody else has "
			"moved it\n");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_status");
	TCase *tc = tcase_create("status");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_record_of_a_guest_is_told_in_words, 0,
			    (int)ARRAY_SIZE(guest_lines));
	tcase_add_loop_test(tc, what_guests_share_is_told_in_words, 0,
			    (int)ARRAY_SIZE(shared_lines));
	tcase_add_test(tc, every_kind_of_record_has_words);
	tcase_add_test(tc, a_guest_that_was_prepared_is_told_in_words);
	tcase_add_test(tc, what_is_as_it_was_made_is_no_finding);
	tcase_add_test(tc, a_device_that_was_rebound_is_found);
	tcase_add_test(tc, huge_pages_that_were_taken_away_are_found);
	tcase_add_test(tc, settings_that_were_changed_are_found);
	tcase_add_test(tc, interrupts_that_were_moved_are_counted);
	suite_add_tcase(s, tc);
	return s;
}
