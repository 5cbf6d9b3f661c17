/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "rom/rom.h"
#include "romfile.h"
#include "suite.h"

static struct romfile file;
static struct rom rom;

static void teardown(void)
{
	romfile_done(&file);
}

static void read_file(void)
{
	rom_read(&rom, file.data, file.len, file.len);
}

static void assert_image(size_t n, uint64_t at, uint64_t end)
{
	ck_assert_uint_lt(n, rom.n_images);
	ck_assert_uint_eq(rom.images[n].at, at);
	ck_assert_uint_eq(rom.images[n].end, end);
}

START_TEST(images_are_found_by_their_lengths)
{
	romfile_image(&file, &(struct romfile_image){ .sectors = 3 });
	romfile_image(&file, &(struct romfile_image){ .code = 3, .is_last = true });
	read_file();
	ck_assert_int_eq(rom.kind, ROM_KIND_OPTION);
	ck_assert_uint_eq(rom.n_images, 2);
	assert_image(0, 0, 1536);
	assert_image(1, 1536, 2560);
	ck_assert_uint_eq(rom.chain_len, 2560);
	ck_assert(rom_is_legacy(&rom.images[0]) && rom_is_efi(&rom.images[1]));
	ck_assert_ptr_eq(rom_first(&rom, ROM_CODE_EFI), &rom.images[1]);
	ck_assert_uint_eq(rom.images[0].pcir.vendor, 0x10de);
	ck_assert_uint_eq(rom.images[0].pcir.device, 0x1b80);
	ck_assert_uint_eq(rom.images[0].pcir.class, 0x030000);
	ck_assert_uint_eq(rom.images[0].header_sum, 0);
	ck_assert_uint_eq(rom.images[1].efi.machine, ROM_MACHINE_X64);
	ck_assert(rom.images[1].efi.has_program);
	ck_assert_int_eq(rom.images[1].efi.is_signed, ROM_SIGNED_NO);
	ck_assert_uint_eq(rom_bar_size(&rom), 4096);
}
END_TEST

START_TEST(signature_of_a_program_is_seen)
{
	romfile_image(&file, &(struct romfile_image){ .code = 3, .is_signed = true });
	read_file();
	ck_assert_int_eq(rom.images[0].efi.is_signed, ROM_SIGNED_YES);
}
END_TEST

START_TEST(image_behind_the_last_is_in_no_chain)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_fill(&file, 0xff, 1024);
	romfile_image(&file, &(struct romfile_image){ .code = 3, .is_last = true });
	read_file();
	ck_assert_uint_eq(rom.n_images, 2);
	ck_assert(rom.images[0].in_chain && rom.images[0].in_layout);
	ck_assert(!rom.images[1].in_chain && !rom.images[1].in_layout);
	assert_image(1, 2048, 3072);
	ck_assert_ptr_null(rom_first(&rom, ROM_CODE_EFI));
}
END_TEST

START_TEST(lengths_of_nvidia_lead_further)
{
	size_t vn;

	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_npde(&file, 0, 2, false, 0);
	romfile_image(&file, &(struct romfile_image){ .code = 0xe0, .is_last = false });
	romfile_npde(&file, 1024, 2, false, 1);
	vn = romfile_image(&file, &(struct romfile_image){ .code = 0xe0 });
	romfile_text(&file, vn, "VN");
	romfile_text(&file, vn + ROMFILE_PCIR_AT, "NPDS");
	romfile_npde(&file, vn, 2, true, 1);
	read_file();
	ck_assert_uint_eq(rom.n_images, 3);
	ck_assert(rom.images[0].in_chain && rom.images[0].in_layout);
	ck_assert(!rom.images[1].in_chain && rom.images[1].in_layout);
	ck_assert(!rom.images[2].in_chain && rom.images[2].in_layout);
	ck_assert_int_eq(rom.images[2].signature, ROM_SIGNATURE_VN);
	ck_assert_str_eq(rom.images[2].pcir.signature, "NPDS");
	ck_assert_uint_eq(rom.chain_len, 1024);
	ck_assert_uint_eq(rom.layout_len, 3072);
}
END_TEST

START_TEST(header_of_the_flash_chip_is_followed)
{
	romfile_nvgi(&file, (unsigned)_i);
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	read_file();
	ck_assert_int_eq(rom.kind, ROM_KIND_NVGI);
	ck_assert_uint_eq(rom.nvgi.version, (unsigned)_i);
	ck_assert_uint_eq(rom.nvgi.fixed_len, 0x24);
	ck_assert_ptr_null(rom.nvgi.problem);
	ck_assert(!rom.nvgi.is_by_pattern);
	ck_assert_uint_eq(rom.start, _i == 3 ? 0x1400 : 0x200);
	ck_assert_uint_eq(rom.n_images, 1);
}
END_TEST

/* as posted by a user, of a GTX 1080 */
START_TEST(header_of_the_flash_chip_is_decoded)
{
	static const uint8_t posted[] = { 0x4e, 0x56, 0x47, 0x49, 0xfe, 0x03,
					  0x24, 0x00, 0xc0, 0x19, 0x00, 0x00 };

	romfile_bytes(&file, posted, sizeof(posted));
	read_file();
	ck_assert_uint_eq(rom.nvgi.version, 3);
	ck_assert_uint_eq(rom.nvgi.fixed_len, 0x24);
	ck_assert_uint_eq(rom.nvgi.total_len, 0x19c0);
	ck_assert(!rom.has_start);
}
END_TEST

START_TEST(broken_directory_of_the_flash_chip_is_searched_around)
{
	romfile_nvgi(&file, 3);
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_text(&file, 0x200 + 4096, "XXXX");
	read_file();
	ck_assert_str_eq(rom.nvgi.problem, "there is no directory where its header says");
	ck_assert(rom.nvgi.is_by_pattern && rom.has_start);
	ck_assert_uint_eq(rom.start, 0x1400);
}
END_TEST

START_TEST(entries_of_amds_table_are_listed)
{
	romfile_vfct(&file);
	romfile_vfct_entry(&file, 0x1638, 1024);
	romfile_image(&file,
		      &(struct romfile_image){ .vendor = 0x1002, .is_last = true });
	romfile_vfct_entry(&file, 0x731f, 512);
	romfile_fill(&file, 0x11, 512);
	read_file();
	ck_assert_int_eq(rom.kind, ROM_KIND_VFCT);
	ck_assert_uint_eq(rom.n_vfct, 2);
	ck_assert_uint_eq(rom.vfct[0].bus, 3);
	ck_assert_uint_eq(rom.vfct[0].device_id, 0x1638);
	ck_assert_uint_eq(rom.vfct[0].image_at, 0x68);
	ck_assert_uint_eq(rom.vfct[1].device_id, 0x731f);
	ck_assert_uint_eq(rom.vfct[1].image_len, 512);
	ck_assert_uint_eq(rom.start, 0x68);
}
END_TEST

START_TEST(tables_of_amd_are_found)
{
	romfile_image(&file, &(struct romfile_image){ .vendor = 0x1002,
						      .device = 0x731f,
						      .class = 0x030000,
						      .is_last = true });
	romfile_text(&file, 0x30, " 761295520");
	romfile_u16(&file, 0x18, 0x180);
	memmove(file.data + 0x180, file.data + ROMFILE_PCIR_AT, 0x18);
	romfile_u16(&file, 0x48, 0x100);
	romfile_text(&file, 0x104, "ATOM");
	romfile_text(&file, 0x50, "10/14/19,03:12");
	romfile_u16(&file, 0x6e, 0x200);
	romfile_text(&file, 0x200, "113-D1880201-102");
	read_file();
	ck_assert(rom.is_atom);
	ck_assert_uint_eq(rom.atom_at, 0x100);
	ck_assert_str_eq(rom.maker, "AMD");
	ck_assert_str_eq(rom.date, "10/14/19,03:12");
	ck_assert_str_eq(rom.part, "113-D1880201-102");
}
END_TEST

START_TEST(table_of_nvidia_is_found)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_text(&file, 0x38, "05/13/16");
	romfile_text(&file, 0x100,
		     "\xff\xb8"
		     "BIT");
	romfile_text(&file, 0x200, "Version 86.04.17.00.80 ");
	read_file();
	ck_assert(rom.is_nvidia);
	ck_assert_uint_eq(rom.bit_at, 0x100);
	ck_assert_str_eq(rom.maker, "NVIDIA");
	ck_assert_str_eq(rom.date, "05/13/16");
	ck_assert_str_eq(rom.version, "86.04.17.00.80");
}
END_TEST

START_TEST(further_devices_are_listed)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_u8(&file, ROMFILE_PCIR_AT + 0x0c, 3);
	romfile_u16(&file, ROMFILE_PCIR_AT + 8, 0x100);
	romfile_u16(&file, ROMFILE_PCIR_AT + 0x100, 0x1b81);
	romfile_u16(&file, ROMFILE_PCIR_AT + 0x102, 0x1b82);
	read_file();
	ck_assert(rom_lists_device(&rom, &rom.images[0], 0x1b82));
	ck_assert(!rom_lists_device(&rom, &rom.images[0], 0x1b80));
	ck_assert(!rom_lists_device(&rom, &rom.images[0], 0));
}
END_TEST

/* every beginning of a file: nothing is read beyond it (the sanitizers look) */
START_TEST(cut_file_is_read_to_its_end)
{
	romfile_nvgi(&file, 3);
	romfile_image(&file, &(struct romfile_image){ .sectors = 1 });
	romfile_npde(&file, 0x1400, 1, false, 0);
	romfile_image(&file, &(struct romfile_image){ .code = 3, .is_last = true });
	for (size_t len = 0; len <= file.len; len++) {
		struct romfile cut = ROMFILE_NONE;

		romfile_bytes(&cut, file.data, len);
		rom_read(&rom, cut.data, cut.len, cut.len);
		for (size_t i = 0; i < rom.n_images; i++)
			ck_assert_uint_le(rom.images[i].end, len);
		romfile_done(&cut);
	}
}
END_TEST

START_TEST(no_more_images_than_there_is_room_for)
{
	for (int i = 0; i < ROM_IMAGES_MAX + 1; i++)
		romfile_image(&file, &(struct romfile_image){ .sectors = 1 });
	read_file();
	ck_assert_uint_eq(rom.n_images, ROM_IMAGES_MAX);
	ck_assert(rom.has_more);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom");
	TCase *tcase = tcase_create("rom");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_test(tcase, images_are_found_by_their_lengths);
	tcase_add_test(tcase, signature_of_a_program_is_seen);
	tcase_add_test(tcase, image_behind_the_last_is_in_no_chain);
	tcase_add_test(tcase, lengths_of_nvidia_lead_further);
	tcase_add_loop_test(tcase, header_of_the_flash_chip_is_followed, 1, 4);
	tcase_add_test(tcase, header_of_the_flash_chip_is_decoded);
	tcase_add_test(tcase, broken_directory_of_the_flash_chip_is_searched_around);
	tcase_add_test(tcase, entries_of_amds_table_are_listed);
	tcase_add_test(tcase, tables_of_amd_are_found);
	tcase_add_test(tcase, table_of_nvidia_is_found);
	tcase_add_test(tcase, further_devices_are_listed);
	tcase_add_test(tcase, cut_file_is_read_to_its_end);
	tcase_add_test(tcase, no_more_images_than_there_is_room_for);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
