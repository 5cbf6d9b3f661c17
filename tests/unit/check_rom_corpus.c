/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The option ROMs in Debian's packages, and files there that are none. */

#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "rom/finding.h"
#include "suite.h"

#define SEABIOS "/usr/share/seabios/"
#define VGABIOS "/usr/share/vgabios/"
#define IPXE    "/usr/lib/ipxe/qemu/"
#define QEMU    "/usr/share/qemu/"

struct sample {
	const char *path;
	const char *text; /* "kind size: image image", as describe() has it */
};

/* One image of a legacy VGA BIOS: all of the file. */
#define VGA(file, size, ids, pcir)                                     \
	{                                                              \
		file, "option " size ": x86 0+" size " " ids " 030000" \
		      " rev0 pcir " pcir " last sum0"                  \
	}

static const struct sample vga[] = {
	VGA(SEABIOS "vgabios-stdvga.bin", "39936", "1234:1111", "99dc"),
	VGA(SEABIOS "vgabios-virtio.bin", "39936", "1af4:1050", "99dc"),
	VGA(SEABIOS "vgabios-qxl.bin", "39936", "1b36:0100", "99dc"),
	VGA(SEABIOS "vgabios-vmware.bin", "39936", "15ad:0405", "99dc"),
	VGA(SEABIOS "vgabios-ati.bin", "39936", "1002:5159", "99dc"),
	VGA(SEABIOS "vgabios-cirrus.bin", "39424", "1013:00b8", "989c"),
	VGA(SEABIOS "vgabios-bochs-display.bin", "28672", "1234:1111", "6f20"),
	VGA(VGABIOS "vgabios.bin", "38400", "1234:1111", "110"),
	VGA(VGABIOS "vgabios.debug.bin", "39424", "1234:1111", "110"),
	VGA(VGABIOS "vgabios.cirrus.bin", "33280", "1013:00b8", "110"),
	VGA(VGABIOS "vgabios.cirrus.debug.bin", "33280", "1013:00b8", "110"),
	VGA(VGABIOS "vgabios.qxl.bin", "38400", "1b36:0100", "110"),
	VGA(VGABIOS "vgabios.qxl.debug.bin", "39424", "1b36:0100", "110"),
	VGA(VGABIOS "vgabios.vmware.bin", "38400", "15ad:0405", "110"),
	VGA(VGABIOS "vgabios.vmware.debug.bin", "39424", "15ad:0405", "110"),
	VGA(VGABIOS "vgabios.banshee.bin", "32768", "121a:0003", "110"),
};

#define OLD(file, size, sum)                                            \
	{                                                               \
		file, "option " size ": old 0+" size " pointer " sum "" \
	}

static const struct sample old[] = {
	OLD(SEABIOS "vgabios-isavga.bin", "39424", "0 sum0"),
	OLD(SEABIOS "vgabios-ramfb.bin", "29184", "0 sum0"),
	OLD(QEMU "kvmvapic.bin", "9216", "8dcb sum0"),
	OLD(QEMU "linuxboot.bin", "1024", "0 sum0"),
	OLD(QEMU "linuxboot_dma.bin", "1536", "0 sum0"),
	OLD(QEMU "multiboot.bin", "1024", "0 sum0"),
	OLD(QEMU "multiboot_dma.bin", "1024", "0 sum0"),
	OLD(QEMU "pvh.bin", "1536", "0 sum0"),
	OLD(QEMU "sgabios.bin", "4096", "0 sum0"),
};

#define PXE(file, size, ids)                                                       \
	{                                                                          \
		IPXE "pxe-" file ".rom", "option " size ": x86 0+" size " " ids    \
					 " 020000 rev3 pcir " PXE_PCIR " list 4bf" \
					 " pnp last sum0"                          \
	}
#define PXE_PCIR "1c"

#define EFI(file, size, ids, x86, efi, efi_ids)                                      \
	{                                                                            \
		IPXE "efi-" file ".rom",                                             \
			"option " size ": x86 0+" x86 " " ids                        \
			" 020000 rev3 pcir " PXE_PCIR " list 4bf pnp sum0; efi " x86 \
			"+" efi " " efi_ids                                          \
			" 020000 rev0 pcir 1c last 8664 b 0 at 38 unsigned"          \
	}

static const struct sample ipxe[] = {
	PXE("e1000", "75264", "8086:100e"),
	PXE("e1000e", "75264", "8086:10d3"),
	PXE("eepro100", "75264", "8086:1229"),
	PXE("ne2k_pci", "74752", "0000:0000"),
	PXE("pcnet", "74752", "1022:2000"),
	PXE("rtl8139", "75776", "10ec:8139"),
	PXE("virtio", "75776", "1af4:1041"),
	PXE("vmxnet3", "74240", "15ad:07b0"),
	EFI("e1000", "249856", "8086:100e", "75264", "174592", "8086:100e"),
	EFI("e1000e", "249856", "8086:10d3", "75264", "174592", "8086:10d3"),
	EFI("eepro100", "247808", "8086:1229", "75264", "172544", "8086:1229"),
	EFI("ne2k_pci", "245760", "0000:0000", "74752", "171008", "fff3:0000"),
	EFI("pcnet", "246272", "1022:2000", "74752", "171520", "1022:2000"),
	EFI("rtl8139", "249856", "10ec:8139", "75776", "174080", "10ec:8139"),
	EFI("virtio", "249344", "1af4:1041", "75776", "173568", "1af4:1041"),
	EFI("vmxnet3", "243712", "15ad:07b0", "74240", "169472", "15ad:07b0"),
};

/* What the first finding says of files that are no option ROMs. */
static const char mainboard[] =
	"the file is the BIOS of a mainboard or of a virtual machine, not of a device";
static const char volume[] =
	"the file is a UEFI firmware volume, such as a mainboard's firmware is made of";
static const char fcode[] =
	"the file is FCode for Open Firmware, without the header of a ROM";
static const char elf[] = "the file is a program for Linux (ELF)";
static const char nothing[] =
	"the file does not begin with 55 AA, and no image was found in it";

static const struct sample negative[] = {
	{ SEABIOS "bios.bin", mainboard },
	{ SEABIOS "bios-256k.bin", mainboard },
	{ SEABIOS "bios-microvm.bin", mainboard },
	{ "/usr/share/OVMF/OVMF_CODE_4M.fd", volume },
	{ "/usr/share/OVMF/OVMF_VARS_4M.fd", volume },
	{ QEMU "QEMU,VGA.bin", fcode },
	{ QEMU "QEMU,cgthree.bin", fcode },
	{ QEMU "QEMU,tcx.bin", fcode },
	{ QEMU "slof.bin", nothing },
	{ QEMU "vof.bin", nothing },
	{ QEMU "qboot.rom", nothing },
	{ QEMU "npcm7xx_bootrom.bin", nothing },
	{ QEMU "opensbi-riscv64-generic-fw_dynamic.bin", nothing },
	{ QEMU "hppa-firmware.img", elf },
	{ QEMU "s390-ccw.img", elf },
	{ QEMU "s390-netboot.img", elf },
	{ "/bin/true", elf },
	{ "/etc/os-release", "the file is a text" },
};

static void describe_image(struct buf *out, const struct rom_image *image)
{
	const struct rom_pcir *pcir = &image->pcir;
	uint64_t len = image->end - image->at;

	if (!rom_has_pcir(image)) {
		buf_addf(out, " old %lu+%lu pointer %x sum%x", image->at, len,
			 image->pointer_at, image->header_sum);
		return;
	}
	buf_addf(out, "%s %lu+%lu %04x:%04x %06x rev%u pcir %x",
		 rom_is_efi(image) ? "; efi" : " x86", image->at, len, pcir->vendor,
		 pcir->device, pcir->class, pcir->revision, image->pointer_at);
	if (pcir->device_list)
		buf_addf(out, " list %x", pcir->device_list);
	if (image->has_pnp)
		buf_adds(out, " pnp");
	if (pcir->is_last)
		buf_adds(out, " last");
	if (rom_is_efi(image)) {
		buf_addf(out, " %x %x %x at %x%s", image->efi.machine,
			 image->efi.subsystem, image->efi.compression,
			 image->efi.program_at,
			 image->efi.is_signed == ROM_SIGNED_NO ? " unsigned" : "");
	} else {
		buf_addf(out, " sum%x", image->header_sum);
	}
}

static void read_sample(struct rom *ret_rom, struct buf *content, const char *path)
{
	struct error err = { 0 };

	ck_assert_msg(access(path, R_OK) == 0, "%s is not installed", path);
	ck_assert_msg(file_read(content, path, &err) == 0, "%s", err.msg);
	rom_read(ret_rom, (const uint8_t *)content->data, content->len, content->len);
}

static void assert_described(const struct sample *sample)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	static struct rom rom;

	read_sample(&rom, &content, sample->path);
	ck_assert_int_eq(rom.kind, ROM_KIND_OPTION);
	buf_addf(&out, "option %zu:", content.len);
	for (size_t i = 0; i < rom.n_images; i++)
		describe_image(&out, &rom.images[i]);
	ck_assert_msg(strcmp(buf_text(&out), sample->text) == 0, "%s: %s\n not %s",
		      sample->path, buf_text(&out), sample->text);
}

START_TEST(vga_bios_is_read)
{
	assert_described(&vga[_i]);
}
END_TEST

START_TEST(rom_of_isa_times_is_read)
{
	assert_described(&old[_i]);
}
END_TEST

START_TEST(network_rom_is_read)
{
	assert_described(&ipxe[_i]);
}
END_TEST

/* what is sold as a ROM breaks no rule */
START_TEST(no_error_is_found_in_what_works)
{
	const char *path = (size_t)_i < ARRAY_SIZE(vga)
				   ? vga[_i].path
				   : ipxe[(size_t)_i - ARRAY_SIZE(vga)].path;
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf content = BUF_NONE;
	static struct rom rom;

	read_sample(&rom, &content, path);
	rom_examine(&findings, &rom, &ROM_TARGET_NONE);
	for (size_t i = 0; i < findings.n; i++) {
		ck_assert_msg(findings.v[i].severity != ROM_ERROR, "%s: %s", path,
			      findings.v[i].text);
	}
}
END_TEST

START_TEST(what_is_no_option_rom_is_named)
{
	const struct sample *sample = &negative[_i];
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf content = BUF_NONE;
	static struct rom rom;

	read_sample(&rom, &content, sample->path);
	rom_examine(&findings, &rom, &ROM_TARGET_NONE);
	ck_assert_uint_gt(findings.n, 0);
	ck_assert_uint_eq(findings.v[0].rule, 6);
	ck_assert_int_eq(findings.v[0].severity, ROM_ERROR);
	ck_assert_str_eq(findings.v[0].text, sample->text);
	ck_assert_uint_eq(rom.n_images, 0);
}
END_TEST

/* Every beginning of a real ROM that ends within an image says so. */
START_TEST(rom_that_is_cut_off_is_named)
{
	static const size_t lengths[] = { 512, 4096, 65536, 75776, 131072, 249344 };
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	CLEANUP_BUF struct buf content = BUF_NONE;
	CLEANUP_BUF struct buf want = BUF_NONE;
	size_t len = lengths[_i];
	size_t image = len < 75264 ? 0 : 75264;
	size_t all = image ? 174592 : 75264;
	static struct rom rom;

	read_sample(&rom, &content, IPXE "efi-e1000e.rom");
	rom_read(&rom, (const uint8_t *)content.data, len, len);
	rom_examine(&findings, &rom, &ROM_TARGET_NONE);
	buf_addf(
		&want,
		"the image at 0x%zx has %zu bytes, of which the last %zu are missing: the "
		"file is cut off",
		image, all, image + all - len);
	for (size_t i = 0; i < findings.n; i++) {
		if (findings.v[i].rule == 11) {
			ck_assert_int_eq(findings.v[i].severity, ROM_ERROR);
			ck_assert_str_eq(findings.v[i].text, buf_text(&want));
			return;
		}
	}
	ck_abort_msg("%zu bytes: R11 is missing", len);
}
END_TEST

static bool is_listed(const char *path, const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(samples[i].path, path) == 0)
			return true;
	}
	return false;
}

/* What Debian's packages put there, by its name, is in one of the lists. */
START_TEST(no_file_of_the_packages_is_left_out)
{
	static const char *const patterns[] = { SEABIOS "*.bin", VGABIOS "*.bin",
						IPXE "*.rom",    QEMU "*.bin",
						QEMU "*.rom",    QEMU "*.img" };
	unsigned n_files = 0;
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t found;

		ck_assert_msg(glob(patterns[i], 0, NULL, &found) == 0, "%s", patterns[i]);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			const char *path = found.gl_pathv[k];

			if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
				continue; /* another package's, or another name */
			n_files++;
			ck_assert_msg(
				is_listed(path, vga, ARRAY_SIZE(vga)) ||
					is_listed(path, old, ARRAY_SIZE(old)) ||
					is_listed(path, ipxe, ARRAY_SIZE(ipxe)) ||
					is_listed(path, negative, ARRAY_SIZE(negative)),
				"%s is in no list", path);
		}
		globfree(&found);
	}
	ck_assert_uint_gt(n_files, 50);
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("rom_corpus");
	TCase *tcase = tcase_create("rom_corpus");

	tcase_add_loop_test(tcase, vga_bios_is_read, 0, ARRAY_SIZE(vga));
	tcase_add_loop_test(tcase, rom_of_isa_times_is_read, 0, ARRAY_SIZE(old));
	tcase_add_loop_test(tcase, network_rom_is_read, 0, ARRAY_SIZE(ipxe));
	tcase_add_loop_test(tcase, no_error_is_found_in_what_works, 0,
			    ARRAY_SIZE(vga) + ARRAY_SIZE(ipxe));
	tcase_add_loop_test(tcase, what_is_no_option_rom_is_named, 0,
			    ARRAY_SIZE(negative));
	tcase_add_loop_test(tcase, rom_that_is_cut_off_is_named, 0, 6);
	tcase_add_test(tcase, no_file_of_the_packages_is_left_out);
	suite_add_tcase(suite, tcase);
	return suite;
}
