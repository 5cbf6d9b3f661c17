/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakehost.h"
#include "romfile.h"
#include "suite.h"

#define ROM      "usr/share/vgabios/gpu.rom"
#define SHA256   "1a0806c20104d3461d8ede70362f16734dbd6a17db24005d1841a7387c9b2405"
#define CONTENT  "rom"
#define THIS_ROM "the ROM of " FAKEHOST_NIC ": "

static struct faketree tree;
static const struct root *root = &tree.root;
static struct fakecall last;

static const struct fakeguest guest = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "<v:rom address='" FAKEHOST_NIC "' sha256='" SHA256 "'/>",
};

static const struct fakeguest unsure = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
};

static const struct fakeguest uefi = {
	.name = "win",
	.uuid = "00000000-0000-0000-0000-000000000001",
	.devices = { FAKEHOST_NIC },
	.metadata = "",
	.domain = "<os firmware='efi'><type>hvm</type></os>",
};

static void setup(void)
{
	faketree_setup(&tree);
	ck_assert_int_eq(chmod(tree.dir, 0755), 0);
	fakehost_build(root);
	fakefile_put(root, "libvirt-qemu:x:64055:64055::/:/bin/false", "etc/passwd");
	last = (struct fakecall){ 0 };
}

static void teardown(void)
{
	fakecall_done(&last);
	faketree_teardown(&tree);
}

static void prepare(const struct fakeguest *who, const char *file)
{
	CLEANUP_FREE char *xml = fakehost_domain(root, who);
	CLEANUP_FREE char *text = NULL;
	const char *end = strstr(xml, "</hostdev>");

	ck_assert_int_gt(asprintf(&text, "%.*s<rom file='%s'/>%s", (int)(end - xml), xml,
				  file, end),
			 0);
	fakecall_done(&last);
	last = (struct fakecall){ .guest = who, .operation = "prepare", .xml = text };
	(void)!fakehost_call(root, &last);
	last.xml = NULL;
}

static void assert_refused(const char *message)
{
	CLEANUP_FREE char *before = fakehost_snapshot(root);
	CLEANUP_FREE char *after = NULL;

	prepare(&guest, "/" ROM);
	after = fakehost_snapshot(root);
	ck_assert_str_eq(last.err.msg, message);
	ck_assert_str_eq(after, before);
}

START_TEST(rom_that_is_the_one_meant_is_taken)
{
	faketree_file(&tree, ROM, CONTENT);
	prepare(&guest, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
}
END_TEST

START_TEST(rom_that_nobody_knows_is_taken)
{
	faketree_file(&tree, ROM, "something else");
	prepare(&unsure, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
}
END_TEST

START_TEST(rom_that_has_changed_is_refused)
{
	faketree_file(&tree, ROM, "");
	assert_refused(
		THIS_ROM
		"'/" ROM "' has changed: its SHA-256 is "
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, "
		"and the guest means " SHA256 "; if the new one is meant run: "
		"xmltweak --domain 'win' --hook --define");
}
END_TEST

START_TEST(rom_that_is_not_there_is_refused)
{
	assert_refused(THIS_ROM "open '/" ROM "': No such file or directory");
}
END_TEST

START_TEST(rom_that_is_no_file_is_refused)
{
	fakefile_dir(root, ROM);
	assert_refused(THIS_ROM "'/" ROM "' is no regular file");
}
END_TEST

START_TEST(rom_that_qemu_cannot_read_is_refused)
{
	faketree_file(&tree, ROM, CONTENT);
	ck_assert_int_eq(fchmodat(root->fd, ROM, 0600, 0), 0);
	assert_refused(THIS_ROM "QEMU, running as 'libvirt-qemu', cannot read '/" ROM
				"' (Permission denied): file and directories on the way "
				"have to let it");
}
END_TEST

START_TEST(rom_behind_a_closed_directory_is_refused)
{
	faketree_file(&tree, ROM, CONTENT);
	ck_assert_int_eq(fchmodat(root->fd, "usr/share", 0700, 0), 0);
	assert_refused(THIS_ROM "QEMU, running as 'libvirt-qemu', cannot read '/" ROM
				"' (Permission denied): file and directories on the way "
				"have to let it");
}
END_TEST

START_TEST(rom_without_an_absolute_path_is_refused)
{
	prepare(&guest, "gpu.rom");
	ck_assert_str_eq(last.err.msg, "the ROM file 'gpu.rom' of " FAKEHOST_NIC
				       " is no absolute path");
}
END_TEST

static void confine(const char *profiles, const char *local)
{
	fakefile_put(root, "Y", "sys/module/apparmor/parameters/enabled");
	fakefile_put(root, profiles, "sys/kernel/security/apparmor/profiles");
	fakefile_put(root, "  /usr/share/seabios/** r,\n",
		     "etc/apparmor.d/abstractions/libvirt-qemu");
	fakefile_put(root, local, "etc/apparmor.d/local/abstractions/libvirt-qemu");
}

START_TEST(rom_that_apparmor_denies_is_refused)
{
	faketree_file(&tree, ROM, CONTENT);
	confine("virt-aa-helper (enforce)\nlibvirtd (enforce)\n", "");
	assert_refused(THIS_ROM "AppArmor does not let QEMU read '/" ROM "': put it into "
				"/usr/share/vgabios, or this line into "
				"'/etc/apparmor.d/local/abstractions/libvirt-qemu': "
				"\"/" ROM "\" r,");
	/* by the name that AppArmor knows it by */
	ck_assert_int_eq(symlinkat("vgabios", root->fd, "usr/share/seabios"), 0);
	prepare(&unsure, "/usr/share/seabios/gpu.rom");
	ck_assert_ptr_nonnull(strstr(last.err.msg, "QEMU read '/" ROM "': put it"));

	confine("libvirtd (enforce)\n", "\"/" ROM "\" r,\n");
	prepare(&unsure, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
}
END_TEST

START_TEST(rom_of_a_guest_that_is_not_confined_is_taken)
{
	static const struct fakeguest free = {
		.name = "win",
		.uuid = "00000000-0000-0000-0000-000000000001",
		.devices = { FAKEHOST_NIC },
		.metadata = "",
		.domain = "<seclabel type='none' model='apparmor'/>",
	};

	faketree_file(&tree, ROM, CONTENT);
	confine("libvirtd (enforce)\n", "");
	prepare(&free, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	/* libvirt that is not confined confines nobody */
	confine("libvirtd (complain)\nman_groff (enforce)\n", "");
	prepare(&unsure, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
}
END_TEST

/* An image of 512 bytes: its checksum is right, its ids are these. */
static void put_rom(uint16_t vendor, uint16_t device)
{
	CLEANUP_CLOSE int fd = -1;
	struct romfile file = ROMFILE_NONE;
	const struct romfile_image image = { .vendor = vendor,
					     .device = device,
					     .class = 0x020000,
					     .has_pnp = true,
					     .is_last = true };

	(void)romfile_image(&file, &image);
	faketree_file(&tree, ROM, "");
	fd = openat(root->fd, ROM, O_WRONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, file.data, file.len), (ssize_t)file.len);
	romfile_done(&file);
}

#define IGNORED                                                                       \
	"<4> rom: the guest's firmware, SeaBIOS, will not run '/" ROM                 \
	"' of " FAKEHOST_NIC " (ignored): the legacy code is for 1234:1111, and the " \
	"device is 8086:10d3; more says: vbios check --domain='win'\n"

START_TEST(rom_that_firmware_ignores_is_a_warning_in_the_log)
{
	put_rom(0x1234, 0x1111);
	prepare(&unsure, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	ck_assert_msg(strstr(buf_text(&last.account), IGNORED) != NULL, "%s",
		      buf_text(&last.account));
}
END_TEST

START_TEST(rom_that_firmware_runs_is_not_mentioned)
{
	put_rom(0x8086, 0x10d3);
	prepare(&unsure, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	ck_assert_ptr_null(strstr(buf_text(&last.account), ROM));
}
END_TEST

/* The guest has a display of QEMU's, which SeaBIOS finds first. */
START_TEST(rom_of_a_second_display_is_a_warning)
{
	static const struct fakeguest display = {
		.name = "win",
		.uuid = "00000000-0000-0000-0000-000000000001",
		.devices = { FAKEHOST_GPU, FAKEHOST_GPU_AUDIO },
		.metadata = "<v:stop unit='gdm.service'/>",
	};
	CLEANUP_FREE char *xml = fakehost_domain(root, &display);
	const char *end = strstr(xml, "</hostdev>");
	CLEANUP_FREE char *text = NULL;

	put_rom(0x8086, 0x10d3);
	ck_assert_int_gt(asprintf(&text,
				  "%.*s<rom file='/" ROM "'/></hostdev>"
				  "<video><model type='qxl'/></video>%s",
				  (int)(end - xml), xml, end + strlen("</hostdev>")),
			 0);
	last = (struct fakecall){ .guest = &display,
				  .operation = "prepare",
				  .xml = text };
	(void)!fakehost_call(root, &last);
	last.xml = NULL;
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	ck_assert_msg(strstr(buf_text(&last.account),
			     "<4> rom: the guest's firmware, SeaBIOS, will not run '/" ROM
			     "' of " FAKEHOST_GPU " (ignored): SeaBIOS runs the ROM of "
			     "the first VGA device only, which is its <video> ('qxl'); "
			     "more says: vbios check --domain='win'\n"),
		      "%s", buf_text(&last.account));
}
END_TEST

START_TEST(rom_that_is_longer_than_any_card_s_is_judged_by_its_beginning)
{
	CLEANUP_CLOSE int fd = -1;

	put_rom(0x1234, 0x1111);
	fd = openat(root->fd, ROM, O_WRONLY);
	ck_assert_int_eq(ftruncate(fd, 17 << 20), 0);
	prepare(&unsure, "/" ROM);
	ck_assert_msg(strstr(buf_text(&last.account), IGNORED) != NULL, "%s",
		      buf_text(&last.account));
}
END_TEST

START_TEST(rom_of_legacy_code_is_ignored_by_uefi)
{
	put_rom(0x8086, 0x10d3);
	prepare(&uefi, "/" ROM);
	ck_assert_msg(last.r == 0, "%s", last.err.msg);
	ck_assert_msg(strstr(buf_text(&last.account),
			     "the guest's firmware, OVMF, will not run '/" ROM
			     "' of " FAKEHOST_NIC
			     " (ignored): there is no EFI image in it; more says:"),
		      "%s", buf_text(&last.account));
}
END_TEST

Suite *suite(void)
{
	Suite *s = suite_create("hook_rom");
	TCase *tc = tcase_create("rom");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, rom_that_is_the_one_meant_is_taken);
	tcase_add_test(tc, rom_that_nobody_knows_is_taken);
	tcase_add_test(tc, rom_that_has_changed_is_refused);
	tcase_add_test(tc, rom_that_firmware_ignores_is_a_warning_in_the_log);
	tcase_add_test(tc, rom_that_firmware_runs_is_not_mentioned);
	tcase_add_test(tc, rom_of_legacy_code_is_ignored_by_uefi);
	tcase_add_test(tc, rom_of_a_second_display_is_a_warning);
	tcase_add_test(tc, rom_that_is_longer_than_any_card_s_is_judged_by_its_beginning);
	tcase_add_test(tc, rom_that_apparmor_denies_is_refused);
	tcase_add_test(tc, rom_of_a_guest_that_is_not_confined_is_taken);
	tcase_add_test(tc, rom_that_is_not_there_is_refused);
	tcase_add_test(tc, rom_that_is_no_file_is_refused);
	tcase_add_test(tc, rom_without_an_absolute_path_is_refused);
	if (geteuid() == 0) { /* who can be somebody else */
		tcase_add_test(tc, rom_that_qemu_cannot_read_is_refused);
		tcase_add_test(tc, rom_behind_a_closed_directory_is_refused);
	}
	suite_add_tcase(s, tc);
	return s;
}
