/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * SIGKILL at every place of a prepare, and of a release, of guests that take a console, a
 * framebuffer and shared memory; then libvirt's release. The host is in the end what it
 * was, or what the kernel makes of it.
 */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "killfixture.h"

#define CONSOLE  "sys/class/vtconsole/vtcon1"
#define GPU_DIR  "sys/devices/pci0000:00/0000:00:02.0/" FAKEHOST_GPU
#define FIRMWARE "efi-framebuffer.0"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct killpoints *points;
static char *before;

static const struct fakeguest boot = {
	.name = "boot",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_BOOT_GPU, "0000:01:00.1" },
	.metadata = "<v:shmem name='looking-glass' user='anna'/>",
	.is_boot_gpu = true,
};

static const struct fakeguest gpu = {
	.name = "gpu",
	.uuid = "00000000-0000-0000-0000-000000000002",
	.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
	.metadata = "<v:stop unit='gdm.service'/>"
		    "<v:shmem name='looking-glass' user='anna'/>",
};

static void put_users(void)
{
	uid_t user = geteuid() == 0 ? 1000 : geteuid();
	char text[256];

	(void)snprintf(text, sizeof(text),
		       "anna:x:%u:%u::/:/bin/sh\n"
		       "libvirt-qemu:x:64055:%u::/:/bin/false",
		       user, getegid(), getegid());
	fakefile_put(root, text, "etc/passwd");
}

static void setup(void)
{
	faketree_setup(&tree);
	fakehost_build(root);
	points = killpoints_new();
}

static void teardown(void)
{
	killpoint_watch(NULL);
	killpoints_free(points);
	free(before);
	before = NULL;
	faketree_teardown(&tree);
}

static void move_console(void)
{
	put_users();
	fakehost_move_console(root);
}

static char *domain_of(const struct fakeguest *guest)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, guest);
	const char *end = strstr(xml, "</devices>");
	char *text = NULL;

	ck_assert_int_gt(asprintf(&text,
				  "%.*s<shmem name='looking-glass'>"
				  "<model type='ivshmem-plain'/><size unit='M'>32</size>"
				  "</shmem>%s",
				  (int)(end - xml), xml, end),
			 0);
	return text;
}

/* A call in a process of its own, to be killed at a point; 0: not. */
static int run(const struct fakeguest *guest, const char *operation, unsigned at)
{
	CLEANUP_FREE char *xml = domain_of(guest);
	struct fakecall call = { .guest = guest, .operation = operation, .xml = xml };

	return call_killed_at(points, at, root, &call);
}

/* Once the kernel has forgotten the firmware's framebuffer no hook brings it back. */
static void expect_before(struct buf *failures, unsigned at, const char *where)
{
	CLEANUP_FREE char *after = fakehost_snapshot(root);
	CLEANUP_FREE char *difference = fakehost_difference(before, after, NULL);
	bool is_gone = strstr(before, "sys/bus/platform/devices/" FIRMWARE) &&
		       !fakefile_has(root, "sys/bus/platform/devices/" FIRMWARE);

	if (fakefile_has(root, "run/vfiokit/shared") ||
	    fakefile_has(root, "dev/shm/looking-glass") || (!is_gone && *difference))
		buf_addf(failures, "killed at %u (%s):\n%s", at, where, difference);
}

/* Kills an operation at each of its points; returns how many there are. */
static unsigned kill_each(const struct fakeguest *guest, const char *operation,
			  void (*arrange)(void))
{
	CLEANUP_BUF struct buf failures = BUF_NONE;
	unsigned n = 0;

	arrange();
	before = fakehost_snapshot(root);
	for (;;) {
		char where[sizeof(points->last)];
		int status;

		fakehost_renew(&tree, before);
		if (!fakefile_has(root, "etc/passwd"))
			arrange(); /* another one */
		if (strcmp(operation, "release") == 0)
			(void)run(guest, "prepare", 0);
		status = run(guest, operation, ++n);
		memcpy(where, points->last, sizeof(where));
		if (WIFEXITED(status)) /* there are no more points */
			break;
		ck_assert_int_eq(WTERMSIG(status), SIGKILL);
		(void)run(guest, "release", 0);
		expect_before(&failures, n, where);
	}
	ck_assert_str_eq(buf_text(&failures), "");
	(void)printf("%s of %s: %u points\n", operation, guest->name, n - 1);
	return n - 1;
}

static const char *const operations[] = { "prepare", "release" };

START_TEST(kill_loses_no_console_of_a_driver)
{
	ck_assert_uint_gt(kill_each(&gpu, operations[_i], move_console), 20);
}
END_TEST

START_TEST(kill_loses_no_framebuffer_that_can_come_back)
{
	ck_assert_uint_gt(kill_each(&boot, operations[_i], put_users), 20);
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_console_kills");
	TCase *tc = tcase_create("kills");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, kill_loses_no_console_of_a_driver, 0, 2);
	tcase_add_loop_test(tc, kill_loses_no_framebuffer_that_can_come_back, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}
