/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Every rule: a file that breaks it, and all that is then said. */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "rom/finding.h"
#include "rom/verdict.h"
#include "romfile.h"
#include "suite.h"

#define PCIR ROMFILE_PCIR_AT

static struct romfile file;

static void teardown(void)
{
	romfile_done(&file);
}

static size_t legacy(bool is_last)
{
	return romfile_image(&file, &(struct romfile_image){ .is_last = is_last });
}

static size_t efi(bool is_last)
{
	return romfile_image(&file,
			     &(struct romfile_image){ .code = 3,
						      .is_last = is_last,
						      .is_signed = true,
						      /* 4 KiB of file */
						      .sectors = file.len ? 6 : 8 });
}

static void nothing(void)
{
}

static void good(void)
{
	legacy(false);
	efi(true);
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

static void no_last(void)
{
	legacy(false);
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

static void bad_sum(void)
{
	legacy(true);
	romfile_u8(&file, 0x80, 0x37);
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

static const struct rom_target unknown = { 0 };
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

struct rule_case {
	void (*build)(void);
	const struct rom_target *target;
	const char *said;
};

static const struct rule_case cases[] = {
	{ nothing, &unknown, "R01 error at 0x0 (all): the file is empty\n" },
	{ good, &unknown, "" },
	{ good, &same, "" },
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
	{ bad_sum, &unknown,
	  "R16 error at 0x6 (SeaBIOS): the checksum of the legacy code at "
	  "0x0 is wrong: its 1024 bytes add up to 0x37, and SeaBIOS runs it "
	  "only if that is 0 -- 'vbios fix' sets the byte at 0x6 from 0xa0 "
	  "to 0x69\n" },
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

static void render(struct buf *out, const struct rom_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct rom_finding *finding = &findings->v[i];

		buf_addf(out, "R%02u %s at 0x%" PRIx64 " (%s): %s", finding->rule,
			 rom_severity_name(finding->severity), finding->at,
			 finding->concerns, finding->text);
		if (finding->advice)
			buf_addf(out, " -- %s", finding->advice);
		buf_addc(out, '\n');
	}
}

START_TEST(rule_is_told)
{
	const struct rule_case *rule_case = &cases[_i];
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom rom;

	rule_case->build();
	rom_read(&rom, file.data, file.len, file.len);
	rom_examine(&findings, &rom, rule_case->target);
	render(&out, &findings);
	ck_assert_str_eq(buf_text(&out), rule_case->said);
}
END_TEST

/* of a larger file only the beginning is read */
START_TEST(size_beyond_any_bar_is_told)
{
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom rom;

	good();
	rom_read(&rom, file.data, file.len, 32ULL * 1024 * 1024);
	rom_examine(&findings, &rom, &unknown);
	render(&out, &findings);
	ck_assert_str_eq(buf_text(&out),
			 "R02 error at 0x0 (all): the file has 33554432 bytes, and an "
			 "option ROM has 16 MiB at most\n");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_rules");
	TCase *tcase = tcase_create("rom_rules");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, rule_is_told, 0, ARRAY_SIZE(cases));
	tcase_add_test(tcase, size_beyond_any_bar_is_told);
	suite_add_tcase(suite, tcase);
	return suite;
}
