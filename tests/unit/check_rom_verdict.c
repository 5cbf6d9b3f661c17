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
static const struct rom_target second = { .has_class = true,
					  .class = 0x030000,
					  .vga_before = "0000:01:00.0" };
static const struct rom_target second_audio = { .has_class = true,
						.class = 0x040300,
						.vga_before = "0000:01:00.0" };
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
	const char *seabios_on;
	const char *seabios_off;
	const char *ovmf; /* the ROM BAR is on; Secure Boot makes no difference */
};

/* What is said most. */
#define RUNS      "runs, the legacy code at 0x0 is run"
#define LATE      "runs, the legacy code at 0x0 is run, late, as it has no '$PnP' header"
#define NO_LEGACY "ignored, there is no legacy code in it"
#define EFI_FIRST "ignored, the first image is for EFI"
#define LOADS     "loads GOP, the EFI driver at 0x0 is loaded"
#define LOADS_400 "loads GOP, the EFI driver at 0x400 is loaded"
#define NO_EFI    "ignored, there is no EFI image in it"
#define NO_55AA   "ignored, the file does not begin with 55 AA"
#define TOO_LONG                                                                      \
	"ignored, without a ROM BAR SeaBIOS copies the whole file, and has room for " \
	"165888 bytes"
#define BARS_ONLY "ignored, OVMF looks for ROMs in BARs only"

static const struct verdict_case cases[] = {
	{ legacy_only, &own, RUNS, RUNS, NO_EFI },
	{ bad_sum, &own, "ignored, the checksum of the code at 0x0 is wrong by 0x01",
	  "ignored, the checksum of the code at 0x0 is wrong by 0x01", NO_EFI },
	{ efi_only, &own, NO_LEGACY, EFI_FIRST, LOADS },
	{ efi_signed, &own, NO_LEGACY, EFI_FIRST, LOADS },
	{ efi_compressed, &own, NO_LEGACY, EFI_FIRST, LOADS },
	{ efi_aarch64, &own, NO_LEGACY, EFI_FIRST,
	  "refused, the EFI image at 0x0 is not for x86-64" },
	{ efi_header_aarch64, &own, NO_LEGACY, EFI_FIRST, LOADS },
	{ efi_application, &own, NO_LEGACY, EFI_FIRST,
	  "ignored, the EFI image at 0x0 is no driver" },
	{ efi_byte_code, &own, NO_LEGACY, EFI_FIRST,
	  "may load GOP, only if the firmware can run EFI byte code" },
	{ efi_sums_up, &own, NO_LEGACY,
	  "hangs, its checksum is right by chance, and what is no code for a PC's "
	  "BIOS is run as such",
	  LOADS },
	{ both, &own, RUNS, RUNS, LOADS_400 },
	{ efi_first, &own, "runs, the legacy code at 0x1000 is run", EFI_FIRST, LOADS },
	{ for_another_then_own, &own, RUNS, RUNS, NO_EFI },
	{ nvgi, &own, NO_55AA, NO_55AA, NO_55AA },
	{ of_isa_times, &own, "ignored, the image at 0x0 has no PCI data structure", RUNS,
	  "ignored, the PCI data structure of the image at 0x0 is not where it may "
	  "be" },
	{ nic_with_pnp, &own, RUNS, RUNS, NO_EFI },
	{ nic_without_pnp, &own, LATE, LATE, NO_EFI },
	{ length_zero, &own,
	  "hangs, SeaBIOS looks for the image behind the one at 0x0 for ever, as "
	  "that has the length 0",
	  "ignored, the code at 0x0 has 0 bytes by its header",
	  "hangs, OVMF looks for the image behind the one at 0x0 for ever, as that "
	  "has the length 0" },
	{ unaligned, &own, NO_LEGACY, EFI_FIRST,
	  "ignored, the PCI data structure of the image at 0x0 is not where it may "
	  "be" },
	{ behind_a_gap, &own, RUNS, RUNS,
	  "loads GOP, the EFI driver at 0x600 is loaded" },
	{ behind_the_last, &own, RUNS, RUNS, NO_EFI },
	{ longer_than_the_bar, &own, NO_LEGACY, EFI_FIRST,
	  "ignored, the image at 0x0 is longer than the BAR" },
	{ efi_small, &own, NO_LEGACY, EFI_FIRST,
	  "ignored, OVMF takes a ROM BAR of 2 KiB or less for none" },
	{ nothing, &own, "refused, QEMU refuses an empty file",
	  "ignored, the file is empty", "refused, QEMU refuses an empty file" },
	{ as_long_as_there_is_room, &own, RUNS, RUNS, NO_EFI },
	{ longer_than_there_is_room, &own, RUNS, TOO_LONG, NO_EFI },
	{ legacy_only, &other,
	  "ignored, the legacy code is for 10de:1b80, and the device is 10de:1b81", RUNS,
	  NO_EFI },
	{ both, &other,
	  "ignored, the legacy code is for 10de:1b80, and the device is 10de:1b81", RUNS,
	  "may load GOP, the EFI driver decides itself whether one for 10de:1b80 "
	  "takes 10de:1b81" },
	{ legacy_only, &audio, LATE, LATE, NO_EFI },
	{ efi_only, &audio, NO_LEGACY, EFI_FIRST, LOADS },
	{ legacy_only, &display,
	  "ignored, the device is a display without VGA (0380): SeaBIOS runs code "
	  "of none of them",
	  LATE, NO_EFI },
	{ both, &second,
	  "ignored, SeaBIOS runs the ROM of the first VGA device only, which is "
	  "0000:01:00.0",
	  RUNS, LOADS_400 },
	{ legacy_only, &second_audio, LATE, LATE, NO_EFI },
};

/* The file as it is now, for one of that size. */
static void assert_verdicts(uint64_t size, const struct verdict_case *want)
{
	CLEANUP_BUF struct buf out = BUF_NONE;
	CLEANUP_BUF struct buf text = BUF_NONE;

	rom_read(&rom, file.data, file.len, size);
	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		const char *name = rom_firmware_name((enum rom_firmware)firmware);
		bool is_seabios = firmware == ROM_SEABIOS;

		for (int bar = 1; bar >= 0; bar--) {
			struct rom_verdict verdict = rom_judge(
				&rom, want->target, (enum rom_firmware)firmware, bar);

			buf_addf(&out, "%s, %s: %s, %s\n", name, bar ? "on" : "off",
				 rom_outcome_name(&verdict), verdict.why);
		}
		buf_addf(&text, "%s, on: %s\n%s, off: %s\n", name,
			 is_seabios ? want->seabios_on : want->ovmf, name,
			 is_seabios ? want->seabios_off : BARS_ONLY);
	}
	ck_assert_str_eq(buf_text(&out), buf_text(&text));
}

START_TEST(verdicts_are_as_the_firmware_has_them)
{
	cases[_i].build();
	assert_verdicts(file.len, &cases[_i]);
}
END_TEST

#define MIB (1024ULL * 1024)
#define MAY_FIT(mib)                                                                     \
	"may fit, only if the guest has room for a ROM BAR of " mib " MiB below 4 GiB, " \
	"and it stops without"
#define REFUSED "refused, QEMU refuses a file of more than 2 GiB"

/* Of these the beginning is read, and nothing is refused that QEMU takes. */
static const struct {
	uint64_t size;
	struct verdict_case want;
} large[] = {
	{ 17 * MIB, { both, &own, RUNS, TOO_LONG, LOADS_400 } },
	{ 256 * MIB, { both, &own, RUNS, TOO_LONG, LOADS_400 } },
	{ 256 * MIB + 1, { both, &own, MAY_FIT("512"), TOO_LONG, MAY_FIT("512") } },
	{ 512 * MIB, { efi_only, &own, NO_LEGACY, TOO_LONG, MAY_FIT("512") } },
	{ 2048 * MIB, { both, &own, MAY_FIT("2048"), TOO_LONG, MAY_FIT("2048") } },
	{ 2048 * MIB + 1, { both, &own, REFUSED, TOO_LONG, REFUSED } },
};

START_TEST(large_file_is_refused_by_qemu_only)
{
	large[_i].want.build();
	assert_verdicts(large[_i].size, &large[_i].want);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_verdict");
	TCase *tcase = tcase_create("rom_verdict");

	tcase_add_checked_fixture(tcase, NULL, teardown);
	tcase_add_loop_test(tcase, verdicts_are_as_the_firmware_has_them, 0,
			    ARRAY_SIZE(cases));
	tcase_add_loop_test(tcase, large_file_is_refused_by_qemu_only, 0,
			    ARRAY_SIZE(large));
	suite_add_tcase(suite, tcase);
	return suite;
}
