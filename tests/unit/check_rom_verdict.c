/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What each firmware does with a file, with the ROM BAR on and off. */

#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "rom/verdict.h"
#include "romfile.h"
#include "suite.h"

static struct romfile file;
static struct rom rom;

static const struct rom_target own = { 0 };
static const struct rom_target other = { .has_ids = true,
					 .vendor = 0x10de,
					 .device = 0x1b81,
					 .has_class = true,
					 .class = 0x030000 };
static const struct rom_target audio = { .has_ids = true,
					 .vendor = 0x10de,
					 .device = 0x1b80,
					 .has_class = true,
					 .class = 0x040300 };
static const struct rom_target display = { .has_class = true, .class = 0x038000 };

static void teardown(void)
{
	romfile_done(&file);
}

static void legacy_only(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
}

static void bad_sum(void)
{
	legacy_only();
	romfile_u8(&file, 0x100, 1);
}

static void efi_only(void)
{
	romfile_image(&file, &(struct romfile_image){
				     .code = 3, .is_last = true, .sectors = 8 });
}

static void efi_signed(void)
{
	romfile_image(&file, &(struct romfile_image){ .code = 3,
						      .is_last = true,
						      .is_signed = true,
						      .sectors = 8 });
}

static void efi_compressed(void)
{
	efi_only();
	romfile_u16(&file, 0x0c, 1);
}

static void efi_aarch64(void)
{
	efi_only();
	romfile_u16(&file, 0x0a, ROM_MACHINE_AARCH64);
	romfile_u16(&file, ROMFILE_PE_AT + 0x44, ROM_MACHINE_AARCH64);
}

static void efi_header_aarch64(void)
{
	efi_only();
	romfile_u16(&file, 0x0a, ROM_MACHINE_AARCH64);
}

static void efi_application(void)
{
	efi_only();
	romfile_u16(&file, 8, ROM_SUBSYSTEM_APPLICATION);
}

static void efi_byte_code(void)
{
	efi_only();
	romfile_u16(&file, 0x0a, ROM_MACHINE_EBC);
	romfile_u16(&file, ROMFILE_PE_AT + 0x44, ROM_MACHINE_EBC);
}

static void efi_sums_up(void)
{
	efi_only();
	romfile_u8(&file, file.len - 1, (uint8_t)-romfile_sum(&file));
}

static void both(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = false });
	efi_only();
}

static void efi_first(void)
{
	romfile_image(&file, &(struct romfile_image){ .code = 3, .sectors = 8 });
	legacy_only();
}

static void for_another_then_own(void)
{
	romfile_image(&file, &(struct romfile_image){ .vendor = 0x10de,
						      .device = 0x1b81,
						      .class = 0x030000 });
	legacy_only();
}

static void nvgi(void)
{
	romfile_nvgi(&file, 3);
	both();
}

static void of_isa_times(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_old = true });
}

static void nic_with_pnp(void)
{
	romfile_image(&file, &(struct romfile_image){ .vendor = 0x8086,
						      .device = 0x10d3,
						      .class = 0x020000,
						      .has_pnp = true,
						      .is_last = true });
}

static void nic_without_pnp(void)
{
	romfile_image(&file, &(struct romfile_image){ .vendor = 0x8086,
						      .device = 0x10d3,
						      .class = 0x020000,
						      .is_last = true });
}

static void length_zero(void)
{
	romfile_image(&file, &(struct romfile_image){ .code = 1 });
	romfile_u16(&file, ROMFILE_PCIR_AT + 0x10, 0);
}

static void unaligned(void)
{
	efi_only();
	memmove(file.data + ROMFILE_PCIR_AT + 2, file.data + ROMFILE_PCIR_AT, 0x18);
	romfile_u16(&file, 0x18, ROMFILE_PCIR_AT + 2);
}

static void behind_a_gap(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = false });
	romfile_fill(&file, 0, 512);
	efi_only();
}

static void behind_the_last(void)
{
	legacy_only();
	efi_only();
}

static void longer_than_the_bar(void)
{
	romfile_image(&file, &(struct romfile_image){ .code = 3, .sectors = 8 });
	romfile_u16(&file, ROMFILE_PCIR_AT + 0x10, 9);
}

static void efi_small(void)
{
	romfile_image(&file, &(struct romfile_image){
				     .code = 3, .is_last = true, .sectors = 4 });
}

static void nothing(void)
{
}

static void as_long_as_there_is_room(void)
{
	legacy_only();
	romfile_fill(&file, 0, 0x28800 - file.len);
}

static void longer_than_there_is_room(void)
{
	as_long_as_there_is_room();
	romfile_fill(&file, 0, 1);
}

struct verdict_case {
	void (*build)(void);
	const struct rom_target *target;
	const char *text;
};

static const struct verdict_case cases[] = {
	{ legacy_only, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ bad_sum, &own,
	  "SeaBIOS, on: ignored, the checksum of the code at 0x0 is wrong by "
	  "0x01\n"
	  "SeaBIOS, off: ignored, the checksum of the code at 0x0 is wrong by "
	  "0x01\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_only, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_signed, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_compressed, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_aarch64, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: refused, the EFI image at 0x0 is not for x86-64\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: refused, the EFI image at 0x0 is not for "
	  "x86-64\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_header_aarch64, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_application, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: ignored, the EFI image at 0x0 is no driver\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, the EFI image at 0x0 is no "
	  "driver\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_byte_code, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: may load GOP, only if the firmware can run EFI byte "
	  "code\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: may load GOP, only if the firmware can run "
	  "EFI byte code\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_sums_up, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: hangs, its checksum is right by chance, and what is "
	  "no code for a PC's BIOS is run as such\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ both, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x400 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x400 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_first, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x1000 is run\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ for_another_then_own, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ nvgi, &own,
	  "SeaBIOS, on: ignored, the file does not begin with 55 AA\n"
	  "SeaBIOS, off: ignored, the file does not begin with 55 AA\n"
	  "OVMF, on: ignored, the file does not begin with 55 AA\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, the file does not begin with 55 "
	  "AA\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ of_isa_times, &own,
	  "SeaBIOS, on: ignored, the image at 0x0 has no PCI data structure\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, the PCI data structure of the image at 0x0 is "
	  "not where it may be\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, the PCI data structure of the "
	  "image at 0x0 is not where it may be\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ nic_with_pnp, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ nic_without_pnp, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run, late, as it has "
	  "no '$PnP' header\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run, late, as it has "
	  "no '$PnP' header\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ length_zero, &own,
	  "SeaBIOS, on: hangs, SeaBIOS looks for the image behind the one at "
	  "0x0 for ever, as that has the length 0\n"
	  "SeaBIOS, off: ignored, the code at 0x0 has 0 bytes by its header\n"
	  "OVMF, on: hangs, OVMF looks for the image behind the one at 0x0 "
	  "for ever, as that has the length 0\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: hangs, OVMF looks for the image behind the "
	  "one at 0x0 for ever, as that has the length 0\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ unaligned, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: ignored, the PCI data structure of the image at 0x0 is "
	  "not where it may be\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, the PCI data structure of the "
	  "image at 0x0 is not where it may be\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ behind_a_gap, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x600 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x600 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ behind_the_last, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ longer_than_the_bar, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: ignored, the image at 0x0 is longer than the BAR\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, the image at 0x0 is longer than "
	  "the BAR\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_small, &own,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: ignored, OVMF takes a ROM BAR of 2 KiB or less for "
	  "none\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, OVMF takes a ROM BAR of 2 KiB or "
	  "less for none\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ nothing, &own,
	  "SeaBIOS, on: refused, QEMU refuses an empty file\n"
	  "SeaBIOS, off: ignored, the file is empty\n"
	  "OVMF, on: refused, QEMU refuses an empty file\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: refused, QEMU refuses an empty file\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ as_long_as_there_is_room, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ longer_than_there_is_room, &own,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run\n"
	  "SeaBIOS, off: ignored, without a ROM BAR SeaBIOS copies the whole "
	  "file, and has room for 165888 bytes\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ legacy_only, &other,
	  "SeaBIOS, on: ignored, the legacy code is for 10de:1b80, and the "
	  "device is 10de:1b81\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ both, &other,
	  "SeaBIOS, on: ignored, the legacy code is for 10de:1b80, and the "
	  "device is 10de:1b81\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run\n"
	  "OVMF, on: may load GOP, the EFI driver decides itself whether one "
	  "for 10de:1b80 takes 10de:1b81\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: may load GOP, the EFI driver decides itself "
	  "whether one for 10de:1b80 takes 10de:1b81\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ legacy_only, &audio,
	  "SeaBIOS, on: runs, the legacy code at 0x0 is run, late, as it has "
	  "no '$PnP' header\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run, late, as it has "
	  "no '$PnP' header\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ efi_only, &audio,
	  "SeaBIOS, on: ignored, there is no legacy code in it\n"
	  "SeaBIOS, off: ignored, the first image is for EFI\n"
	  "OVMF, on: loads GOP, the EFI driver at 0x0 is loaded\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: loads GOP, the EFI driver at 0x0 is "
	  "loaded\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
	{ legacy_only, &display,
	  "SeaBIOS, on: ignored, the device is a display without VGA (0380): "
	  "SeaBIOS runs code of none of them\n"
	  "SeaBIOS, off: runs, the legacy code at 0x0 is run, late, as it has "
	  "no '$PnP' header\n"
	  "OVMF, on: ignored, there is no EFI image in it\n"
	  "OVMF, off: ignored, OVMF looks for ROMs in BARs only\n"
	  "OVMF, Secure Boot, on: ignored, there is no EFI image in it\n"
	  "OVMF, Secure Boot, off: ignored, OVMF looks for ROMs in BARs "
	  "only\n" },
};

START_TEST(verdicts_are_as_the_firmware_has_them)
{
	const struct verdict_case *verdict_case = &cases[_i];
	CLEANUP_BUF struct buf out = BUF_NONE;

	verdict_case->build();
	rom_read(&rom, file.data, file.len, file.len);
	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		for (int bar = 1; bar >= 0; bar--) {
			struct rom_verdict verdict =
				rom_judge(&rom, verdict_case->target,
					  (enum rom_firmware)firmware, bar);

			buf_addf(&out, "%s, %s: %s, %s\n",
				 rom_firmware_name((enum rom_firmware)firmware),
				 bar ? "on" : "off", rom_outcome_name(&verdict),
				 verdict.why);
		}
	}
	ck_assert_str_eq(buf_text(&out), verdict_case->text);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_verdict");
	TCase *tcase = tcase_create("rom_verdict");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, verdicts_are_as_the_firmware_has_them, 0,
			    ARRAY_SIZE(cases));
	suite_add_tcase(suite, tcase);
	return suite;
}
