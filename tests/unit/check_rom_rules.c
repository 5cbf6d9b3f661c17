/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Every rule on what is in an image, and whether it suits the device: a file that breaks
 * it, and all that is then said.
 */

#include "rom/verdict.h"
#include "rulefixture.h"

#define PCIR ROMFILE_PCIR_AT

static void bad_sum(void)
{
	legacy(true);
	romfile_u8(&file, 0x80, 0x37);
}

/* what is missing is no mistake that could be put right */
static void bad_sum_cut_off(void)
{
	legacy(true);
	romfile_u8(&file, 2, 4);
	romfile_u16(&file, PCIR + 0x10, 4);
}

static void header_zero(void)
{
	legacy(true);
	romfile_u8(&file, 2, 0);
}

static void no_checksum_wanted(void)
{
	legacy(true);
	romfile_npde(&file, 0, 2, true, ROM_NPDE_NO_CHECKSUM);
	romfile_balance(&file, 0);
}

static void with_list(void)
{
	legacy(true);
	romfile_u8(&file, PCIR + 0x0c, 3);
	romfile_u16(&file, PCIR + 8, 0x100);
	romfile_u16(&file, PCIR + 0x100, 0x1b81);
	romfile_balance(&file, 0);
}

static void of_a_nic(void)
{
	romfile_image(&file, &(struct romfile_image){ .vendor = 0x10de,
						      .device = 0x1b80,
						      .class = 0x020000,
						      .is_last = true });
}

static void efi_u16(size_t at, uint16_t value)
{
	efi(true);
	romfile_u16(&file, at, value);
}

static void efi_signature(void)
{
	efi_u16(4, 0x0ef2);
}

static void efi_application(void)
{
	efi_u16(8, 0x0a);
}

static void efi_subsystem(void)
{
	efi_u16(8, 1);
}

static void efi_compression(void)
{
	efi_u16(0x0c, 2);
}

static void efi_longer(void)
{
	efi_u16(2, 9);
}

static void efi_program_outside(void)
{
	efi_u16(0x16, 0x1000);
}

static void efi_byte_code(void)
{
	efi_u16(0x0a, ROM_MACHINE_EBC);
	romfile_u16(&file, ROMFILE_PE_AT + 0x44, ROM_MACHINE_EBC);
}

static void efi_aarch64(void)
{
	efi_u16(0x0a, ROM_MACHINE_AARCH64);
	romfile_u16(&file, ROMFILE_PE_AT + 0x44, ROM_MACHINE_AARCH64);
}

static void efi_no_program(void)
{
	efi_u16(ROMFILE_PE_AT, 0);
}

static void efi_two_machines(void)
{
	efi_u16(ROMFILE_PE_AT + 0x44, ROM_MACHINE_IA32);
}

static void efi_header_aarch64(void)
{
	efi_u16(0x0a, ROM_MACHINE_AARCH64);
}

static void efi_unsigned(void)
{
	romfile_image(&file, &(struct romfile_image){
				     .code = 3, .is_last = true, .sectors = 8 });
}

static void efi_small(void)
{
	romfile_image(&file, &(struct romfile_image){
				     .code = 3, .is_last = true, .is_signed = true });
}

static void with_texts(void)
{
	legacy(true);
	romfile_text(&file, 0x38, "05/13/16");
	romfile_text(&file, 0x100,
		     "\xff\xb8"
		     "BIT");
	romfile_text(&file, 0x200, "Version 86.04.17.00.80 ");
	romfile_balance(&file, 0);
}

#define ALL (1U << ROM_SEABIOS | 1U << ROM_OVMF)

static const struct rom_target same = { .has_ids = true,
					.vendor = 0x10de,
					.device = 0x1b80,
					.has_class = true,
					.class = 0x030000,
					.firmwares = ALL };
static const struct rom_target other_device = { .has_ids = true,
						.vendor = 0x10de,
						.device = 0x1b81 };
static const struct rom_target other_vendor = { .has_ids = true,
						.vendor = 0x1002,
						.device = 0x1b80 };

static const struct rule_case cases[] = {
	{ good, &same, "" },
	{ bad_sum, &unknown,
	  "R16 error at 0x6 (SeaBIOS): the checksum of the legacy code at "
	  "0x0 is wrong: its 1024 bytes add up to 0x37, and SeaBIOS runs it "
	  "only if that is 0 -- 'vbios fix' sets the byte at 0x6 from 0xa0 "
	  "to 0x69\n" },
	{ bad_sum_cut_off, &unknown,
	  "R11 error at 0x50 (all): the image at 0x0 has 2048 bytes, of which the "
	  "last 1024 are missing: the file is cut off -- make another dump; of an "
	  "AMD card often 64 KiB of 128 are read\n"
	  "R16 error at 0x6 (SeaBIOS): the checksum of the legacy code at 0x0 is "
	  "wrong: its 2048 bytes add up to 0x04, and SeaBIOS runs it only if that is "
	  "0\n" },
	{ header_zero, &unknown,
	  "R16 error at 0x2 (SeaBIOS): the legacy code at 0x0 has the length "
	  "0 in its header: SeaBIOS does not run it\n" },
	{ no_checksum_wanted, &unknown,
	  "R17 note at 0x6b (NVIDIA): the maker has switched off the "
	  "checksum of the image at 0x0; SeaBIOS wants it all the same\n" },
	{ efi_signature, &unknown,
	  "R22 error at 0x4 (OVMF): the EFI image at 0x0 has the signature "
	  "0x00000ef2 in place of 0x00000ef1\n" },
	{ efi_application, &unknown,
	  "R22 error at 0x8 (OVMF): the EFI image at 0x0 is an application: "
	  "firmware loads drivers only\n" },
	{ efi_subsystem, &unknown,
	  "R22 error at 0x8 (OVMF): the EFI image at 0x0 is of the subsystem "
	  "0x01: firmware loads drivers only (0x0b, 0x0c)\n" },
	{ efi_compression, &unknown,
	  "R22 error at 0xc (OVMF): the EFI image at 0x0 is compressed by "
	  "the method 2, and firmware knows 1 only\n" },
	{ efi_longer, &unknown,
	  "R22 error at 0x2 (OVMF): the EFI image at 0x0 has 4608 bytes by "
	  "its header, and only 4096 by its PCI data structure\n" },
	{ efi_program_outside, &unknown,
	  "R22 error at 0x16 (OVMF): the program of the EFI image at 0x0 "
	  "would begin at 0x1000 of it, behind its end at 0x1000\n" },
	{ efi_byte_code, &unknown,
	  "R22 warning at 0xa (OVMF): the EFI image at 0x0 is EFI byte code, "
	  "which newer OVMF cannot run\n" },
	{ efi_aarch64, &unknown,
	  "R22 error at 0xa (OVMF): the EFI image at 0x0 is for AArch64 "
	  "(0xaa64), and the guest's firmware is for x86-64\n" },
	{ efi_no_program, &unknown,
	  "R22 error at 0x80 (OVMF): the EFI image at 0x0 has no program at "
	  "0x80, where its header says\n" },
	{ efi_two_machines, &unknown,
	  "R22 error at 0xa (OVMF): the EFI image at 0x0 is for IA32 "
	  "(0x014c), and the guest's firmware is for x86-64\n"
	  "R22 warning at 0x80 (OVMF): the EFI image at 0x0 is for the "
	  "machine 0x8664 by its header, and for 0x014c by its program, "
	  "which is what counts\n" },
	{ efi_header_aarch64, &unknown,
	  "R22 warning at 0x80 (OVMF): the EFI image at 0x0 is for the "
	  "machine 0xaa64 by its header, and for 0x8664 by its program, "
	  "which is what counts\n" },
	{ efi_unsigned, &unknown,
	  "R22 note at 0x80 (PCs): the EFI image at 0x0 is not signed: OVMF "
	  "loads it all the same, a PC under Secure Boot does not\n" },
	{ efi_small, &unknown,
	  "R22 error at 0x0 (OVMF): the EFI image at 0x0 is in a file of "
	  "1024 bytes: OVMF takes a ROM BAR of 2 KiB or less for none\n" },
	{ with_texts, &unknown,
	  "R35 note at 0x0 (nobody): it is from NVIDIA, version "
	  "86.04.17.00.80, built 05/13/16\n" },
	{ good, &other_vendor,
	  "R18 error at 0x44 (SeaBIOS): the image at 0x0 is for the vendor "
	  "10de, and the device is 1002:1b80: SeaBIOS does not run it\n"
	  "R18 error at 0x444 (OVMF): the image at 0x400 is for the vendor "
	  "10de, and the device is 1002:1b80: its driver may not take the "
	  "device\n" },
	{ good, &other_device,
	  "R19 error at 0x46 (SeaBIOS): the image at 0x0 is for 10de:1b80, "
	  "and the device is 10de:1b81: SeaBIOS does not run it -- if the "
	  "card is known to run it: 'vbios fix --ids=10de:1b81'\n"
	  "R19 warning at 0x446 (OVMF): the image at 0x400 is for 10de:1b80, "
	  "and the device is 10de:1b81: its driver may not take the device\n" },
	{ with_list, &other_device,
	  "R19 error at 0x46 (SeaBIOS): the image at 0x0 is for 10de:1b80, "
	  "and the device is 10de:1b81: SeaBIOS does not run it -- if the "
	  "card is known to run it: 'vbios fix --ids=10de:1b81'\n"
	  "R20 note at 0x140 (SeaBIOS): the image at 0x0 lists 1b81 as a "
	  "further device it is for; SeaBIOS does not look there\n" },
	{ of_a_nic, &unknown,
	  "R24 note at 0x1a (SeaBIOS): the legacy code at 0x0 is for the "
	  "class 020000 and has no '$PnP' header: SeaBIOS runs it late, just "
	  "before it looks for something to boot\n" },
	{ of_a_nic, &same,
	  "R21 warning at 0x4d (all): the image at 0x0 is for the class "
	  "020000, and the device is a display (030000)\n"
	  "R23 warning at 0x0 (OVMF): there is no EFI image: the guest has "
	  "no picture before its operating system's driver starts, which may "
	  "work all the same\n" },
	{ efi_unsigned, &same,
	  "R22 note at 0x80 (PCs): the EFI image at 0x0 is not signed: OVMF "
	  "loads it all the same, a PC under Secure Boot does not\n"
	  "R23 error at 0x0 (SeaBIOS): there is no legacy code for a PCI "
	  "device: the guest has no picture before its operating system's "
	  "driver starts\n" },
	{ no_last, &same,
	  "R13 warning at 0x55 (Linux): no image is marked as the last one, "
	  "and none follows the one at 0x0: Linux logs 'No more image in the "
	  "PCI ROM' -- 'vbios fix' marks it\n"
	  "R23 warning at 0x0 (OVMF): there is no EFI image: the guest has "
	  "no picture before its operating system's driver starts, which may "
	  "work all the same\n" },
};

START_TEST(rule_is_told)
{
	assert_rule(&cases[_i]);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_rules");
	TCase *tcase = tcase_create("rom_rules");

	tcase_add_checked_fixture(tcase, NULL, teardown_rule);
	tcase_add_loop_test(tcase, rule_is_told, 0, ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}
