/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakefile.h"
#include "faketree.h"
#include "import.h"
#include "suite.h"

#define OLD "etc/libvirt/hooks/qemu.d/"
#define NEW "etc/vfiokit/hooks.d/"

static struct faketree tree;
static const struct root *root = &tree.root;
static struct import import;

static void setup(void)
{
	(void)umask(022);
	faketree_setup(&tree);
	fakefile_dir(root, "etc/libvirt/hooks/qemu.d");
	import = (struct import){ .root = root, .dir = IMPORT_DIR };
}

static void teardown(void)
{
	buf_done(&import.report);
	faketree_teardown(&tree);
}

static void put(const char *path, const char *text, mode_t mode)
{
	faketree_file(&tree, path, text);
	ck_assert_int_eq(fchmodat(root->fd, path, mode, 0), 0);
}

static void run(size_t n_copied, const char *report)
{
	struct error err = { 0 };

	ck_assert_msg(import_run(&import, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(buf_text(&import.report), report);
	ck_assert_uint_eq(import.n_copied, n_copied);
}

static void assert_file(const char *path, const char *want)
{
	char text[FAKEFILE_MAX];

	ck_assert_msg(fakefile_get(root, text, "%s", path), "no %s", path);
	ck_assert_str_eq(text, want);
}

START_TEST(scripts_are_copied_with_their_places)
{
	struct stat st;

	put(OLD "win/prepare/begin/start.sh", "#!/bin/sh\necho a\n", 0775);
	put(OLD "win/release/end/stop.sh", "#!/bin/sh\necho b\n", 0755);
	run(2, "copied '/" OLD "win/prepare/begin/start.sh' to '/" NEW
	       "win/prepare/begin/start.sh'\n"
	       "copied '/" OLD "win/release/end/stop.sh' to '/" NEW
	       "win/release/end/stop.sh'\n");
	assert_file(NEW "win/prepare/begin/start.sh", "#!/bin/sh\necho a");
	assert_file(OLD "win/prepare/begin/start.sh", "#!/bin/sh\necho a");
	ck_assert_int_eq(fstatat(root->fd, NEW "win/prepare/begin/start.sh", &st, 0), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_uint_eq(st.st_nlink, 1);
}
END_TEST

START_TEST(single_script_gets_a_directory)
{
	put(OLD "win/prepare/begin", "#!/bin/sh\n", 0755);
	run(1,
	    "copied '/" OLD "win/prepare/begin' to '/" NEW "win/prepare/begin/begin'\n");
}
END_TEST

START_TEST(linked_script_is_copied_as_a_file)
{
	struct stat st;

	put("opt/start.sh", "#!/bin/sh\n", 0755);
	fakefile_dir(root, OLD "win/prepare/begin");
	faketree_link(&tree, OLD "win/prepare/begin/start.sh", "/opt/start.sh");
	run(1, "copied '/" OLD "win/prepare/begin/start.sh' to '/" NEW
	       "win/prepare/begin/start.sh'\n");
	ck_assert_int_eq(fstatat(root->fd, NEW "win/prepare/begin/start.sh", &st,
				 AT_SYMLINK_NOFOLLOW),
			 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(libvirts_own_scripts_and_other_files_are_left)
{
	put(OLD "50-vfiokit", "#!/bin/sh\n", 0755);
	put(OLD "win/README", "text\n", 0644);
	put(OLD "win/prepare/begin/notes", "text\n", 0644);
	put(OLD "win/prepare/begin/dir/x", "#!/bin/sh\n", 0755);
	run(0, "");
	ck_assert_uint_eq(import.n_found, 0);
	ck_assert(!fakefile_has(root, "etc/vfiokit"));
}
END_TEST

START_TEST(script_that_calls_libvirt_is_left_out)
{
	put(OLD "win/prepare/begin/1", "#!/bin/sh\n# virsh\nvirsh nodedev-detach x\n",
	    0755);
	run(0, "left out '/" OLD "win/prepare/begin/1': line 3 calls libvirt ('virsh'), "
	       "which waits for its hooks: both would wait for ever\n");
	ck_assert_uint_eq(import.n_found, 1);
	ck_assert(!fakefile_has(root, "etc/vfiokit"));
}
END_TEST

START_TEST(script_that_calls_libvirt_is_copied_by_force)
{
	put(OLD "win/prepare/begin/1", "#!/bin/sh\n/usr/bin/virsh list\n", 0755);
	import.is_forced = true;
	run(1, "beware of '/" OLD "win/prepare/begin/1': line 2 calls libvirt ('virsh'), "
	       "which waits for its hooks: both would wait for ever\n"
	       "copied '/" OLD "win/prepare/begin/1' to '/" NEW "win/prepare/begin/1'\n");
}
END_TEST

START_TEST(comments_and_parts_of_words_call_nobody)
{
	put(OLD "win/prepare/begin/1",
	    "#!/bin/sh\n  # virsh would hang\ncat /sys/devices/myvirt-x\necho xvirsh\n",
	    0755);
	run(1, "copied '/" OLD "win/prepare/begin/1' to '/" NEW "win/prepare/begin/1'\n");
}
END_TEST

START_TEST(script_that_is_there_is_never_replaced)
{
	put(OLD "win/prepare/begin/1", "#!/bin/sh\necho old\n", 0755);
	put(NEW "win/prepare/begin/1", "#!/bin/sh\necho new\n", 0755);
	run(0, "left out '/" OLD "win/prepare/begin/1': '/" NEW
	       "win/prepare/begin/1' is there already\n");
	assert_file(NEW "win/prepare/begin/1", "#!/bin/sh\necho new");
}
END_TEST

START_TEST(what_the_hook_does_itself_is_noted)
{
	put(OLD "win/prepare/begin/1",
	    "#!/bin/bash\nsystemctl stop display-manager\n"
	    "echo 0 > /sys/class/vtconsole/vtcon0/bind\n"
	    "echo efi-framebuffer.0 > /sys/bus/platform/drivers/efi-framebuffer/unbind\n"
	    "modprobe vfio-pci\necho 1024 > /proc/sys/vm/nr_hugepages\n",
	    0755);
	run(1,
	    "copied '/" OLD "win/prepare/begin/1' to '/" NEW "win/prepare/begin/1'\n"
	    "    line 6, 'nr_hugepages': the hook allocates what <memoryBacking> asks "
	    "for\n"
	    "    line 4, '/unbind': the hook hands the devices over, with managed='no'\n"
	    "    line 5, 'vfio-pci': the hook loads it when it is needed\n"
	    "    line 3, 'vtcon': the hook takes the console off the GPU\n"
	    "    line 4, '-framebuffer': the hook takes the framebuffer off the GPU\n"
	    "    line 2, 'display-manager': the hook stops and starts it with <stop "
	    "unit='...'/>\n");
}
END_TEST

START_TEST(script_that_the_kernel_does_not_run_is_noted)
{
	put(OLD "win/prepare/begin/1", "echo hello\n", 0755);
	run(1, "copied '/" OLD "win/prepare/begin/1' to '/" NEW "win/prepare/begin/1'\n"
	       "    line 1: without '#!/bin/bash' or the like there the kernel does not "
	       "run it\n");
}
END_TEST

START_TEST(directory_that_is_not_there_is_an_error)
{
	struct error err = { 0 };

	import.dir = "/etc/nowhere";
	ck_assert_int_eq(import_run(&import, &err), -ENOTDIR);
	ck_assert_str_eq(err.msg, "there is no directory '/etc/nowhere'");
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_import");
	TCase *tc = tcase_create("import");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, scripts_are_copied_with_their_places);
	tcase_add_test(tc, single_script_gets_a_directory);
	tcase_add_test(tc, linked_script_is_copied_as_a_file);
	tcase_add_test(tc, libvirts_own_scripts_and_other_files_are_left);
	tcase_add_test(tc, script_that_calls_libvirt_is_left_out);
	tcase_add_test(tc, script_that_calls_libvirt_is_copied_by_force);
	tcase_add_test(tc, comments_and_parts_of_words_call_nobody);
	tcase_add_test(tc, script_that_is_there_is_never_replaced);
	tcase_add_test(tc, what_the_hook_does_itself_is_noted);
	tcase_add_test(tc, script_that_the_kernel_does_not_run_is_noted);
	tcase_add_test(tc, directory_that_is_not_there_is_an_error);
	suite_add_tcase(s, tc);
	return s;
}
