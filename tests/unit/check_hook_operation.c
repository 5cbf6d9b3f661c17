/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "hostfixture.h"
#include "undo_log.h"

#define NIC "sys/bus/pci/devices/" FAKEHOST_NIC

static const struct fakeguest nic = {
	.name = "nic",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

static const struct fakeguest disk = {
	.name = "disk",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.devices = { FAKEHOST_NVME },
	.metadata = "",
};

/* `account` is a line that the account has, or NULL. */
static void run(struct fakecall *call, int want, const char *message, const char *account)
{
	(void)!fakehost_call(root, call);
	ck_assert_msg(call->r == want, "%s: %d %s\n%s", call->operation, call->r,
		      call->err.msg, buf_text(&call->account));
	if (want < 0)
		ck_assert_str_eq(call->err.msg, message);
	ck_assert_msg(!account || strstr(buf_text(&call->account), account), "%s",
		      buf_text(&call->account));
	fakecall_done(call);
}

static void call(const struct fakeguest *guest, const char *operation,
		 const char *account)
{
	struct fakecall call = { .guest = guest, .operation = operation };

	run(&call, 0, NULL, account);
}

/* --- what is none of our business --- */

START_TEST(a_guest_without_the_element_costs_nothing)
{
	struct fakeguest foreign = nic;

	foreign.metadata = NULL;
	call(&foreign, "prepare", NULL);
	call(&foreign, "release", NULL);
	assert_driver(FAKEHOST_NIC, "e1000e");
	assert_as_before();
}
END_TEST

static const char *const others[] = { "start",    "started",      "stopped", "migrate",
				      "restore",  "attach",       "",        "PREPARE",
				      "prepare ", "something-new" };

START_TEST(operations_that_nobody_knows_succeed_and_do_nothing)
{
	call(&nic, others[_i], NULL);
	assert_as_before();
	ck_assert(!fakefile_has(root, UNDO_DIR "/%s", nic.uuid));
}
END_TEST

/* --- prepare and release --- */

START_TEST(a_log_is_there_as_long_as_the_guest)
{
	call(&nic, "prepare", "<5> prepared\n");
	ck_assert(fakefile_has(root, UNDO_DIR "/%s", nic.uuid));
	call(&nic, "release", "<5> released\n");
	ck_assert(!fakefile_has(root, UNDO_DIR "/%s", nic.uuid));
	assert_as_before();
}
END_TEST

START_TEST(a_guest_that_is_prepared_twice_was_released_in_between)
{
	call(&nic, "prepare", NULL);
	call(&nic, "prepare",
	     "<4> libvirt never said that the guest had stopped: undoing what it had\n");
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	call(&nic, "release", NULL);
	assert_as_before();
}
END_TEST

static const char *const unreadable[] = {
	"",
	"rubbish",
	"<domain><name>nic</name><metadata><v:guest "
	"xmlns:v='https://vfiokit.org/xmlns/guest/1'><v:new/></v:guest></metadata>"
	"</domain>",
};

START_TEST(a_domain_that_cannot_be_read_is_released_by_its_name)
{
	struct fakecall release = { .guest = &nic,
				    .operation = "release",
				    .xml = unreadable[_i] };

	call(&nic, "prepare", NULL);
	call(&disk, "prepare", NULL);
	run(&release, 0, NULL, "<5> released\n");
	assert_driver(FAKEHOST_NIC, "e1000e");
	assert_driver(FAKEHOST_NVME, "vfio-pci");
	call(&disk, "release", NULL);
	assert_as_before();
}
END_TEST

START_TEST(a_renamed_guest_is_released_by_its_uuid)
{
	struct fakeguest renamed = nic;

	renamed.name = "renamed";
	call(&nic, "prepare", NULL);
	call(&renamed, "release", "<5> released\n");
	assert_as_before();
}
END_TEST

/* The state of the kernel is clean after a reboot, so nothing of that is true. */
START_TEST(what_another_boot_has_left_is_thrown_away)
{
	fakefile_put(root,
		     "vfiokit-undo 1 0-0-0 old\n"
		     "+ 1 device " FAKEHOST_NIC " nvidia % nvidia auto 1",
		     UNDO_DIR "/%s", nic.uuid);
	ck_assert_int_eq(fchmodat(root->fd, UNDO_DIR, 0700, 0), 0);
	call(&disk, "prepare", NULL);
	ck_assert(!fakefile_has(root, UNDO_DIR "/%s", nic.uuid));
	assert_driver(FAKEHOST_NIC, "e1000e");
	call(&disk, "release", NULL);
	assert_as_before();
}
END_TEST

START_TEST(what_a_later_version_has_written_stays_pending)
{
	struct fakecall prepare = { .guest = &nic, .operation = "prepare" };

	fakefile_put(root, "vfiokit-undo 1 " FAKEHOST_BOOT_ID " nic\n+ 1 teleport there",
		     UNDO_DIR "/%s", nic.uuid);
	ck_assert_int_eq(fchmodat(root->fd, UNDO_DIR, 0700, 0), 0);
	run(&prepare, -ENOTSUP,
	    "what the guest had before is not undone: this version cannot undo "
	    "'teleport' (record 1)",
	    NULL);
	call(&nic, "release", "<3> not undone: this version cannot undo 'teleport'");
	ck_assert(fakefile_has(root, UNDO_DIR "/%s", nic.uuid));
}
END_TEST

/* --- what stays pending --- */

START_TEST(what_could_not_be_undone_is_undone_by_the_next_call)
{
	struct fakefaults faults = { 0 };
	struct fakecall release = { .guest = &nic,
				    .operation = "release",
				    .faults = &faults };

	call(&nic, "prepare", NULL);
	fakefaults_add(&faults, FAKEFAULT_EIO, 0, "sys/bus/pci/drivers/vfio-pci/unbind");
	run(&release, 0, NULL, "<3> device: not undone: ");
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	call(&disk, "prepare", "<5> undoing what the guest 'nic' left behind\n");
	assert_driver(FAKEHOST_NIC, "e1000e");
	call(&disk, "release", NULL);
	assert_as_before();
}
END_TEST

/*
 * A log in which something hangs stays when the guest is gone. When that is started
 * again, with other devices, another guest's call must not take those for left over.
 */
START_TEST(a_guest_that_starts_beside_what_hangs_keeps_its_devices)
{
	struct fakefaults faults = { 0 };
	struct fakeguest restarted = disk;
	struct fakeguest third = { .name = "third",
				   .uuid = "00000000-0000-0000-0000-000000000003",
				   .devices = { FAKEHOST_BARE },
				   .metadata = "" };
	struct fakecall prepare = { .guest = &nic,
				    .operation = "prepare",
				    .faults = &faults };

	fakefaults_add(&faults, FAKEFAULT_HANG, 0, "sys/bus/pci/drivers/*/unbind");
	run(&prepare, -ETIMEDOUT,
	    "take 0000:05:00.0 from the driver e1000e: write to "
	    "'/sys/bus/pci/drivers/e1000e/unbind': the kernel has not come back for "
	    "10.0 s",
	    NULL);
	call(&nic, "release", NULL);
	restarted.name = nic.name;
	restarted.uuid = nic.uuid;
	call(&restarted, "prepare", NULL);
	call(&third, "prepare", NULL);
	assert_driver(FAKEHOST_NVME, "vfio-pci");
	call(&third, "release", NULL);
	assert_driver(FAKEHOST_NVME, "vfio-pci");
	call(&restarted, "release", NULL);
	assert_driver(FAKEHOST_NVME, "nvme");
	ck_assert(!fakekernel_was_wedge_touched(root));
}
END_TEST

/* --- the lock --- */

/* Another hook is at work, and the kernel tells who that is. */
static int take_lock(void)
{
	char line[128];
	struct stat st;
	int fd = openat(root->fd, UNDO_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	(void)snprintf(line, sizeof(line),
		       "1: POSIX  ADVISORY  WRITE 99 00:01:2 0 EOF\n"
		       "2: FLOCK  ADVISORY  WRITE 4711 %02x:%02x:%lu 0 EOF",
		       major(st.st_dev), minor(st.st_dev), (unsigned long)st.st_ino);
	fakefile_put(root, line, "proc/locks");
	return fd;
}

#define BUSY                                                                            \
	"another vfiokit-hook is at work (pid 4711) and has not finished in time; try " \
	"again"

START_TEST(prepare_waits_for_the_lock_and_says_who_has_it)
{
	struct fakecall prepare = { .guest = &nic, .operation = "prepare" };
	int fd;

	call(&disk, "prepare", NULL);
	fd = take_lock();
	(void)!fakehost_call(root, &prepare);
	ck_assert_int_eq(prepare.r, -EBUSY);
	ck_assert_str_eq(prepare.err.msg, BUSY);
	ck_assert_uint_ge(prepare.ms, 10000);
	ck_assert_uint_le(prepare.ms, 11000);
	fakecall_done(&prepare);
	assert_driver(FAKEHOST_NIC, "e1000e");
	(void)close(fd);
	call(&nic, "prepare", NULL);
	call(&nic, "release", NULL);
	call(&disk, "release", NULL);
}
END_TEST

START_TEST(release_does_not_give_up_because_of_the_lock)
{
	struct fakecall release = { .guest = &nic, .operation = "release" };
	int fd;

	call(&nic, "prepare", NULL);
	call(&disk, "prepare", NULL);
	fd = take_lock();
	run(&release, -EBUSY, "left to the next call: " BUSY, NULL);
	assert_driver(FAKEHOST_NIC, "vfio-pci");
	(void)close(fd);
	call(&disk, "release", "<5> undoing what the guest 'nic' left behind\n");
	fakefile_put(root, "", "proc/locks");
	assert_as_before();
}
END_TEST

/* --- reconnect --- */

START_TEST(reconnect_never_fails)
{
	static const char unprepared[] =
		"<4> the guest runs, and nothing was prepared for "
		"it: it was started without this hook\n";
	struct fakecall reconnect = { .guest = &nic,
				      .operation = "reconnect",
				      .xml = "rubbish" };

	run(&reconnect, 0, NULL, NULL);
	call(&nic, "reconnect", unprepared);
	call(&disk, "prepare", NULL);
	call(&nic, "reconnect", unprepared);
	call(&disk, "reconnect", "");
	assert_driver(FAKEHOST_NVME, "vfio-pci");
	call(&disk, "release", NULL);
	assert_as_before();
}
END_TEST

/* --- deadlines --- */

START_TEST(all_of_a_prepare_ends_in_time)
{
	struct fakefaults faults = { 0 };
	struct fakecall prepare = { .guest = &nic,
				    .operation = "prepare",
				    .faults = &faults };

	fakefile_put(root, "[deadline]\nwait = 7\nprepare = 5", "etc/vfiokit/hook.conf");
	fakefaults_add(&faults, FAKEFAULT_NOTHING, 0, "sys/bus/pci/drivers_probe");
	(void)!fakehost_call(root, &prepare);
	ck_assert_int_eq(prepare.r, -EIO);
	ck_assert_str_eq(prepare.err.msg,
			 "give 0000:05:00.0 to the driver vfio-pci: the kernel took no "
			 "notice, it is with no driver; its log (dmesg) may say why");
	ck_assert_uint_ge(prepare.ms, 5000);
	ck_assert_uint_le(prepare.ms, 10200); /* as long again to undo it */
	fakecall_done(&prepare);
	fakefile_remove(root, "etc/vfiokit");
	call(&nic, "release", NULL);
	assert_as_before();
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_operation");
	TCase *tc = tcase_create("operations");

	tcase_add_checked_fixture(tc, setup_host, teardown_host);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_guest_without_the_element_costs_nothing);
	tcase_add_loop_test(tc, operations_that_nobody_knows_succeed_and_do_nothing, 0,
			    ARRAY_SIZE(others));
	tcase_add_test(tc, a_log_is_there_as_long_as_the_guest);
	tcase_add_test(tc, a_guest_that_is_prepared_twice_was_released_in_between);
	tcase_add_loop_test(tc, a_domain_that_cannot_be_read_is_released_by_its_name, 0,
			    ARRAY_SIZE(unreadable));
	tcase_add_test(tc, a_renamed_guest_is_released_by_its_uuid);
	tcase_add_test(tc, what_another_boot_has_left_is_thrown_away);
	tcase_add_test(tc, what_a_later_version_has_written_stays_pending);
	tcase_add_test(tc, what_could_not_be_undone_is_undone_by_the_next_call);
	tcase_add_test(tc, a_guest_that_starts_beside_what_hangs_keeps_its_devices);
	tcase_add_test(tc, prepare_waits_for_the_lock_and_says_who_has_it);
	tcase_add_test(tc, release_does_not_give_up_because_of_the_lock);
	tcase_add_test(tc, reconnect_never_fails);
	tcase_add_test(tc, all_of_a_prepare_ends_in_time);
	suite_add_tcase(s, tc);
	return s;
}
