/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Files made of other files: what is in them, and what is said. */

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "rom/finding.h"
#include "rom/mend.h"
#include "romfile.h"
#include "suite.h"

static struct romfile file;
static struct romfile want;
static struct rom rom;
static struct buf out;
static struct notes notes;
static struct error err;

static void setup(void)
{
	file = ROMFILE_NONE;
	want = ROMFILE_NONE;
	out = BUF_NONE;
	notes = NOTES_NONE;
	err = (struct error){ 0 };
}

static void teardown(void)
{
	romfile_done(&file);
	romfile_done(&want);
	buf_done(&out);
	notes_done(&notes);
}

static void read_file(void)
{
	rom_read(&rom, file.data, file.len, file.len);
}

static void legacy_to(struct romfile *to, bool is_last)
{
	romfile_image(to, &(struct romfile_image){ .is_last = is_last });
}

static void efi_to(struct romfile *to, bool is_last)
{
	romfile_image(to, &(struct romfile_image){ .code = 3, .is_last = is_last });
}

static void assert_out(const char *said)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (size_t i = 0; i < notes.n; i++)
		buf_addf(&text, "%s: %s\n", notes.v[i].topic, notes.v[i].text);
	ck_assert_str_eq(buf_text(&text), said);
	ck_assert_uint_eq(out.len, want.len);
	ck_assert_mem_eq(out.data, want.data, want.len);
}

static void strip(bool keep_private)
{
	read_file();
	ck_assert_msg(rom_strip(&out, &notes, &rom, keep_private, &err) == 0, "%s",
		      err.msg);
}

static void fix(const struct rom_fix *how)
{
	read_file();
	ck_assert_msg(rom_fix(&out, &notes, &rom, how, &err) == 0, "%s", err.msg);
}

static void assert_error(int r, int code, const char *message)
{
	ck_assert_int_eq(r, -code);
	ck_assert_str_eq(err.msg, message);
}

START_TEST(strip_leaves_the_images_of_the_flash_chip)
{
	romfile_nvgi(&file, 3);
	legacy_to(&file, false);
	efi_to(&file, true);
	romfile_fill(&file, 0xa5, 700);
	legacy_to(&want, false);
	efi_to(&want, true);
	strip(false);
	assert_out("strip: 5120 bytes before the first image are left out: the header of "
		   "the flash chip\n"
		   "strip: 700 bytes behind the last image that is kept are left out\n");
}
END_TEST

/* images for NVIDIA's driver, and its own kind behind them */
static void full_flash(bool with_private, struct romfile *to)
{
	size_t at;

	legacy_to(to, true);
	romfile_npde(to, 0, 2, false, 0);
	romfile_balance(to, 0);
	if (!with_private)
		return;
	at = romfile_image(to, &(struct romfile_image){ .code = 0xe0, .is_last = true });
	romfile_npde(to, at, 2, false, 1);
}

START_TEST(strip_leaves_out_private_images)
{
	size_t vn;

	full_flash(true, &file);
	vn = romfile_image(&file, &(struct romfile_image){ .code = 0xe0 });
	romfile_text(&file, vn, "VN");
	romfile_text(&file, vn + ROMFILE_PCIR_AT, "NPDS");
	full_flash(_i == 1, &want);
	strip(_i == 1);
	if (_i == 1) {
		assert_out(
			"strip: the image at 0x800 (NVIDIA FwSec, 1024 bytes) is left "
			"out\n"
			"strip: 1024 bytes behind the last image that is kept are left "
			"out\n");
		return;
	}
	assert_out("strip: the image at 0x400 (NVIDIA FwSec, 1024 bytes) is left out\n"
		   "strip: the image at 0x800 (NVIDIA FwSec, 1024 bytes) is left out\n"
		   "strip: 2048 bytes behind the last image that is kept are left out\n");
}
END_TEST

/* the chain led on to what is left out */
START_TEST(strip_marks_the_last_image_it_keeps)
{
	legacy_to(&file, false);
	romfile_image(&file, &(struct romfile_image){ .code = 0xe0, .is_last = true });
	legacy_to(&want, true);
	strip(false);
	assert_out("strip: the image at 0x400 (NVIDIA FwSec, 1024 bytes) is left out\n"
		   "strip: 1024 bytes behind the last image that is kept are left out\n"
		   "strip: the byte at 0x55 becomes 80, it was 00: the mark of the last "
		   "image\n"
		   "strip: the byte at 0x6 becomes a0, it was 20: the checksum\n");
}
END_TEST

START_TEST(strip_of_a_plain_rom_is_told)
{
	legacy_to(&file, true);
	read_file();
	assert_error(rom_strip(&out, &notes, &rom, false, &err), EALREADY,
		     "there is nothing to strip: it begins with its first image and ends "
		     "with its last");
}
END_TEST

START_TEST(strip_of_nothing_is_refused)
{
	romfile_fill(&file, 1, 1024);
	read_file();
	assert_error(rom_strip(&out, &notes, &rom, false, &err), ENODATA,
		     "no image was found in it");
}
END_TEST

START_TEST(strip_of_amds_table_is_refused)
{
	romfile_vfct(&file);
	read_file();
	assert_error(rom_strip(&out, &notes, &rom, false, &err), EINVAL,
		     "it is AMD's table of images: 'vbios extract' takes one out of it");
}
END_TEST

START_TEST(fix_puts_the_checksum_right)
{
	legacy_to(&file, true);
	romfile_u8(&file, 0x100, 0x37);
	romfile_bytes(&want, file.data, file.len);
	romfile_balance(&want, 0);
	fix(&(struct rom_fix){ 0 });
	assert_out("fix: the byte at 0x6 becomes 69, it was a0: the checksum\n");
}
END_TEST

START_TEST(fix_marks_the_last_image)
{
	legacy_to(&file, false);
	efi_to(&file, false);
	legacy_to(&want, false);
	efi_to(&want, true);
	fix(&(struct rom_fix){ 0 });
	assert_out("fix: the byte at 0x455 becomes 80, it was 00: the mark of the last "
		   "image\n");
}
END_TEST

START_TEST(fix_writes_ids_into_every_image)
{
	struct romfile_image image = { .vendor = 0x10de,
				       .device = 0x1b81,
				       .class = 0x030000 };

	legacy_to(&file, false);
	efi_to(&file, true);
	romfile_image(&want, &image);
	image.code = 3;
	image.is_last = true;
	romfile_image(&want, &image);
	fix(&(struct rom_fix){ .has_ids = true, .vendor = 0x10de, .device = 0x1b81 });
	assert_out("fix: the byte at 0x46 becomes 81, it was 80: the device\n"
		   "fix: the byte at 0x6 becomes 1f, it was 20: the checksum\n"
		   "fix: the byte at 0x446 becomes 81, it was 80: the device\n");
}
END_TEST

START_TEST(fix_sets_the_length_of_legacy_code)
{
	legacy_to(&file, true);
	romfile_u8(&file, 2, 0);
	legacy_to(&want, true);
	fix(&(struct rom_fix){ 0 });
	assert_out("fix: the byte at 0x2 becomes 02, it was 00: the length of the legacy "
		   "code\n");
}
END_TEST

START_TEST(fix_of_what_is_right_is_told)
{
	legacy_to(&file, false);
	efi_to(&file, true);
	read_file();
	assert_error(rom_fix(&out, &notes, &rom, &(struct rom_fix){ 0 }, &err), EALREADY,
		     "there is nothing in it that can be fixed");
}
END_TEST

START_TEST(fix_of_what_is_cut_off_is_refused)
{
	legacy_to(&file, true);
	file.len = 1023;
	read_file();
	assert_error(rom_fix(&out, &notes, &rom, &(struct rom_fix){ 0 }, &err), ENODATA,
		     "the legacy code at 0x0 is cut off, and what is missing cannot be "
		     "made up");
}
END_TEST

START_TEST(fix_of_a_wrapped_rom_is_refused)
{
	romfile_nvgi(&file, 3);
	legacy_to(&file, true);
	read_file();
	assert_error(rom_fix(&out, &notes, &rom, &(struct rom_fix){ 0 }, &err), EINVAL,
		     "it does not begin with 55 AA: strip or extract the image first");
}
END_TEST

START_TEST(image_is_extracted_as_a_rom_of_its_own)
{
	legacy_to(&file, false);
	efi_to(&file, true);
	if (_i == 1) {
		legacy_to(&want, true);
	} else {
		efi_to(&want, true);
	}
	read_file();
	ck_assert_int_eq(rom_extract(&out, &notes, &rom, (uint64_t)_i, &err), 0);
	if (_i == 1) {
		assert_out(
			"extract: 1024 bytes from 0x0 on are taken\n"
			"extract: the byte at 0x55 becomes 80, it was 00: the mark of "
			"the last image\n"
			"extract: the byte at 0x6 becomes a0, it was 20: the checksum\n");
		return;
	}
	assert_out("extract: 1024 bytes from 0x400 on are taken\n");
}
END_TEST

START_TEST(image_that_is_not_there_is_told)
{
	legacy_to(&file, true);
	read_file();
	assert_error(rom_extract(&out, &notes, &rom, 2, &err), ENOENT,
		     "it has no image 2, there is 1");
}
END_TEST

START_TEST(entry_of_amds_table_is_extracted)
{
	romfile_vfct(&file);
	romfile_vfct_entry(&file, 0x1638, 1024);
	legacy_to(&file, true);
	romfile_vfct_entry(&file, 0x731f, 4096);
	legacy_to(&want, true);
	read_file();
	ck_assert_int_eq(rom_extract_vfct(&out, &notes, &rom, 1, &err), 0);
	assert_out("extract: 1024 bytes from 0x68 on are taken\n");
	assert_error(rom_extract_vfct(&out, &notes, &rom, 2, &err), ENODATA,
		     "VFCT entry 2 has 4096 bytes, and the file ends before that");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_mend");
	TCase *tcase = tcase_create("rom_mend");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, strip_leaves_the_images_of_the_flash_chip);
	tcase_add_loop_test(tcase, strip_leaves_out_private_images, 0, 2);
	tcase_add_test(tcase, strip_marks_the_last_image_it_keeps);
	tcase_add_test(tcase, strip_of_a_plain_rom_is_told);
	tcase_add_test(tcase, strip_of_nothing_is_refused);
	tcase_add_test(tcase, strip_of_amds_table_is_refused);
	tcase_add_test(tcase, fix_puts_the_checksum_right);
	tcase_add_test(tcase, fix_marks_the_last_image);
	tcase_add_test(tcase, fix_writes_ids_into_every_image);
	tcase_add_test(tcase, fix_sets_the_length_of_legacy_code);
	tcase_add_test(tcase, fix_of_what_is_right_is_told);
	tcase_add_test(tcase, fix_of_what_is_cut_off_is_refused);
	tcase_add_test(tcase, fix_of_a_wrapped_rom_is_refused);
	tcase_add_loop_test(tcase, image_is_extracted_as_a_rom_of_its_own, 1, 3);
	tcase_add_test(tcase, image_that_is_not_there_is_told);
	tcase_add_test(tcase, entry_of_amds_table_is_extracted);
	suite_add_tcase(suite, tcase);
	return suite;
}
