/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Rules 1 to 15, on the file and on how its images follow each other. */

#include "rulefixture.h"

#define PCIR ROMFILE_PCIR_AT

static void nothing(void)
{
}

static void odd_length(void)
{
	good();
	romfile_fill(&file, 0, 100);
}

static void three_sectors(void)
{
	romfile_image(&file, &(struct romfile_image){ .sectors = 3, .is_last = true });
}

static void nvgi(void)
{
	romfile_nvgi(&file, 3);
	legacy(true);
}

static void nvgi_without_directory(void)
{
	romfile_nvgi(&file, 2);
	romfile_u32(&file, 0x28, 0x123);
	legacy(true);
}

static void nvgi_without_image(void)
{
	romfile_nvgi(&file, 1);
}

static void nvgi_of_the_future(void)
{
	romfile_nvgi(&file, 4);
}

static void vfct(void)
{
	romfile_vfct(&file);
	romfile_vfct_entry(&file, 0x1638, 1024);
	legacy(true);
}

static void vfct_without_entries(void)
{
	romfile_vfct(&file);
}

static void shifted(void)
{
	romfile_fill(&file, 0x01, 1200);
	legacy(true);
}

/* A file of this byte, with a text in it. */
#define FILLED(name, byte, at, text)               \
	static void name(void)                     \
	{                                          \
		romfile_fill(&file, (byte), 1024); \
		romfile_text(&file, (at), (text)); \
	}

FILLED(program, 0x01, 0, "MZ")
FILLED(volume, 0, 0x28, "_FVH")
FILLED(elf, 1, 0, "\177ELF")
FILLED(archive, 1, 0, "PK\003\004")
FILLED(pdf, 1, 0, "%PDF-1.4")
FILLED(web_page, ' ', 0, "<!DOCTYPE html>\n")
FILLED(zeros, 0, 0, "")
FILLED(ones, 0xff, 0, "")
FILLED(junk, 0x01, 0, "")

static void no_pointer(void)
{
	legacy(true);
	romfile_u16(&file, 0x18, 0);
}

static void pointer_into_header(void)
{
	legacy(true);
	romfile_u16(&file, 0x18, 0x10);
	romfile_balance(&file, 0);
}

static void pointer_outside(void)
{
	legacy(true);
	romfile_u16(&file, 0x18, 0xfffe);
}

static void unaligned_legacy(void)
{
	legacy(true);
	memmove(file.data + PCIR + 2, file.data + PCIR, 0x18);
	romfile_u16(&file, 0x18, PCIR + 2);
	romfile_balance(&file, 0);
}

static void unaligned_efi(void)
{
	efi(true);
	memmove(file.data + PCIR + 2, file.data + PCIR, 0x18);
	romfile_u16(&file, 0x18, PCIR + 2);
}

static void no_pcir(void)
{
	legacy(true);
	romfile_text(&file, PCIR, "RICP");
	romfile_u8(&file, 0x20, 1);
}

static void of_isa_times(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_old = true });
}

static void length_zero(void)
{
	legacy(false);
	romfile_u16(&file, PCIR + 0x10, 0);
	romfile_balance(&file, 0);
}

static void cut_off(void)
{
	legacy(true);
	romfile_u16(&file, PCIR + 0x10, 4);
	romfile_balance(&file, 0);
}

static void header_longer(void)
{
	legacy(false);
	efi(true);
	romfile_u8(&file, 2, 3);
	romfile_balance(&file, 0);
}

static void padded(void)
{
	legacy(true);
	romfile_fill(&file, 0xff, 1024);
}

static void trailed(void)
{
	legacy(true);
	romfile_fill(&file, 0x55, 1024);
}

static void hidden(void)
{
	legacy(true);
	efi(true);
}

static void behind_a_gap(void)
{
	legacy(false);
	romfile_fill(&file, 0, 512);
	efi(true);
}

static void for_the_driver(void)
{
	legacy(true);
	romfile_npde(&file, 0, 2, false, 0);
	romfile_balance(&file, 0);
	romfile_image(&file, &(struct romfile_image){ .code = 0xe0, .is_last = true });
}

static void too_many(void)
{
	for (int i = 0; i <= ROM_IMAGES_MAX; i++) {
		romfile_image(&file, &(struct romfile_image){ .code = 1, .sectors = 1 });
		romfile_u8(&file, file.len - 1, 1);
	}
}

static const struct rule_case cases[] = {
	{ nothing, &unknown, "R01 error at 0x0 (all): the file is empty\n" },
	{ good, &unknown, "" },
	{ odd_length, &unknown,
	  "R04 warning at 0x1064 (all): the length of 4196 bytes is no "
	  "multiple of 512: the last 100 bytes are no part of any image\n"
	  "R05 note at 0x1064 (QEMU): the length of 4196 bytes is no power "
	  "of two, and need not be: QEMU makes a BAR of 8192 bytes\n"
	  "R14 note at 0x1000 (nobody): 100 bytes of padding follow the last "
	  "image\n" },
	{ three_sectors, &unknown,
	  "R05 note at 0x600 (QEMU): the length of 1536 bytes is no power of "
	  "two, and need not be: QEMU makes a BAR of 2048 bytes\n" },
	{ nvgi, &unknown,
	  "R06 error at 0x0 (all): the file begins with 'NVGI', the header "
	  "of a whole flash chip of NVIDIA (version 3), and firmware looks "
	  "for 55 AA there -- the image is at 0x1400; 'vbios strip' writes a "
	  "file that begins with the image\n" },
	{ nvgi_without_directory, &unknown,
	  "R06 error at 0x0 (all): the file begins with 'NVGI', the header "
	  "of a whole flash chip of NVIDIA (version 2), and firmware looks "
	  "for 55 AA there -- there is no image where its directory says, "
	  "but an image of NVIDIA was found at 0x200; 'vbios strip' writes a "
	  "file that begins with the image\n" },
	{ nvgi_without_image, &unknown,
	  "R06 error at 0x0 (all): the file begins with 'NVGI', the header "
	  "of a whole flash chip of NVIDIA (version 1), and firmware looks "
	  "for 55 AA there -- there is no image where its directory says, "
	  "and no image of NVIDIA was found in the file: make another dump\n" },
	{ nvgi_of_the_future, &unknown,
	  "R06 error at 0x0 (all): the file begins with 'NVGI', the header "
	  "of a whole flash chip of NVIDIA (version 4), and firmware looks "
	  "for 55 AA there -- its header has a version that is not known, "
	  "and no image of NVIDIA was found in the file: make another dump\n" },
	{ vfct, &unknown,
	  "R06 error at 0x0 (all): the file is AMD's ACPI table 'VFCT' with "
	  "1 image in it, and firmware looks for 55 AA at its beginning -- "
	  "'vbios extract' takes an image out of it\n" },
	{ vfct_without_entries, &unknown,
	  "R06 error at 0x0 (all): the file is AMD's ACPI table 'VFCT' with "
	  "0 images in it, and firmware looks for 55 AA at its beginning -- "
	  "copy /sys/firmware/acpi/tables/VFCT again\n" },
	{ shifted, &unknown,
	  "R06 error at 0x0 (all): the file does not begin with 55 AA: the "
	  "first image is at 0x4b0 -- 'vbios strip' writes a file that "
	  "begins with the image\n" },
	{ program, &unknown,
	  "R06 error at 0x0 (all): the file begins with 'MZ': it is an EFI "
	  "program, not an option ROM with one in it -- wrap it with EfiRom "
	  "of edk2, with the ids of the device\n" },
	{ volume, &unknown,
	  "R06 error at 0x0 (all): the file is a UEFI firmware volume, such "
	  "as a mainboard's firmware is made of -- UEFIExtract takes option "
	  "ROMs out of a mainboard's firmware\n" },
	{ elf, &unknown,
	  "R06 error at 0x0 (all): the file is a program for Linux (ELF) -- "
	  "if it was compiled to make a ROM: run it, and use what it writes\n" },
	{ archive, &unknown,
	  "R06 error at 0x0 (all): the file is an archive -- unpack it\n" },
	{ pdf, &unknown, "R06 error at 0x0 (all): the file is a PDF document\n" },
	{ web_page, &unknown,
	  "R06 error at 0x0 (all): the file is a text -- a web page saved in "
	  "place of the file looks like this: download it again\n" },
	{ zeros, &unknown,
	  "R06 error at 0x0 (all): all bytes of the file are 00: nothing was "
	  "read when it was made -- make another dump, with 'vbios dump'\n" },
	{ ones, &unknown,
	  "R06 error at 0x0 (all): all bytes of the file are FF: nothing was "
	  "read when it was made -- make another dump, with 'vbios dump'\n" },
	{ junk, &unknown,
	  "R06 error at 0x0 (all): the file does not begin with 55 AA, and "
	  "no image was found in it\n" },
	{ no_pointer, &unknown,
	  "R07 error at 0x18 (all): the image at 0x0 has no pointer to a PCI "
	  "data structure\n" },
	{ pointer_into_header, &unknown,
	  "R07 error at 0x18 (all): the pointer to the PCI data structure of "
	  "the image at 0x0 is 0x10, which is within its header\n" },
	{ pointer_outside, &unknown,
	  "R07 error at 0x18 (all): the pointer to the PCI data structure of "
	  "the image at 0x0 is 0xfffe, which is outside of the file\n" },
	{ unaligned_legacy, &unknown,
	  "R08 warning at 0x18 (OVMF): the PCI data structure is at 0x42, no "
	  "multiple of 4: OVMF looks at neither this image nor those behind "
	  "it\n" },
	{ unaligned_efi, &unknown,
	  "R08 error at 0x18 (OVMF): the PCI data structure is at 0x42, no "
	  "multiple of 4: OVMF looks at neither this image nor those behind "
	  "it\n" },
	{ no_pcir, &unknown,
	  "R09 error at 0x18 (all): there is no 'PCIR' at 0x40, where the "
	  "image at 0x0 says\n" },
	{ of_isa_times, &unknown,
	  "R09 note at 0x18 (all): the image at 0x0 is of ISA times and has "
	  "no PCI data structure: SeaBIOS runs it with the ROM BAR off, and "
	  "nobody else does\n" },
	{ length_zero, &unknown,
	  "R10 error at 0x50 (all): the image at 0x0 has the length 0: "
	  "firmware that looks for the next one never gets past it\n" },
	{ cut_off, &unknown,
	  "R11 error at 0x50 (all): the image at 0x0 has 2048 bytes, of "
	  "which the last 1024 are missing: the file is cut off -- make "
	  "another dump; of an AMD card often 64 KiB of 128 are read\n" },
	{ header_longer, &unknown,
	  "R12 warning at 0x2 (SeaBIOS): the legacy code at 0x0 has 1536 "
	  "bytes by its header, and 1024 by its PCI data structure\n" },
	{ no_last, &unknown,
	  "R13 warning at 0x55 (Linux): no image is marked as the last one, "
	  "and none follows the one at 0x0: Linux logs 'No more image in the "
	  "PCI ROM' -- 'vbios fix' marks it\n" },
	{ padded, &unknown,
	  "R14 note at 0x400 (nobody): 1024 bytes of padding follow the last "
	  "image\n" },
	{ trailed, &unknown,
	  "R14 warning at 0x400 (nobody): 1024 bytes that are no image "
	  "follow the last one: a signature, settings, or the rest of "
	  "another file\n" },
	{ hidden, &unknown,
	  "R15 warning at 0x400 (all): an image (EFI, 10de:1b80) stands at "
	  "0x400, where the image before it does not lead: firmware does not "
	  "find it\n" },
	{ behind_a_gap, &unknown,
	  "R05 note at 0x1200 (QEMU): the length of 4608 bytes is no power "
	  "of two, and need not be: QEMU makes a BAR of 8192 bytes\n"
	  "R13 warning at 0x55 (Linux): no image is marked as the last one, "
	  "and none follows the one at 0x0: Linux logs 'No more image in the "
	  "PCI ROM' -- 'vbios fix' marks it\n"
	  "R15 warning at 0x600 (all): an image (EFI, 10de:1b80) stands at "
	  "0x600, where the image before it does not lead: OVMF finds it by "
	  "searching, SeaBIOS does not\n" },
	{ for_the_driver, &unknown,
	  "R15 note at 0x400 (NVIDIA): the guest's firmware sees images of "
	  "1024 bytes; by NVIDIA's own lengths there are 2048, the rest is "
	  "for its driver\n" },
	{ too_many, &unknown,
	  "R05 note at 0x8200 (QEMU): the length of 33280 bytes is no power "
	  "of two, and need not be: QEMU makes a BAR of 65536 bytes\n"
	  "R13 warning at 0x7e55 (Linux): no image is marked as the last "
	  "one, and none follows the one at 0x7e00: Linux logs 'No more "
	  "image in the PCI ROM' -- 'vbios fix' marks it\n"
	  "R15 warning at 0x8000 (nobody): there are more than 64 images: "
	  "the others are not looked at\n" },
};

START_TEST(rule_is_told)
{
	assert_rule(&cases[_i]);
}
END_TEST

/* of a larger file only the beginning is read */
START_TEST(size_beyond_any_card_is_told)
{
	good();
	assert_said(
		32ULL * 1024 * 1024, &unknown,
		"R02 warning at 0x0 (all): the file has 33554432 bytes, and no card's "
		"ROM has more than 16 MiB: QEMU and firmware take it all the same, "
		"and what is behind 16 MiB was not looked at\n");
	assert_said(2048ULL * 1024 * 1024 + 512, &unknown,
		    "R02 error at 0x0 (QEMU): the file has 2147484160 bytes, and QEMU "
		    "takes 2 GiB at most\n");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_rules_file");
	TCase *tcase = tcase_create("rom_rules_file");

	tcase_add_checked_fixture(tcase, NULL, teardown_rule);
	tcase_add_loop_test(tcase, rule_is_told, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, size_beyond_any_card_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
