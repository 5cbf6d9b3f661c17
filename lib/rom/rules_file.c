/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Rules on the file as a whole: what it is, how long, what is in it beside images. */

#include <inttypes.h>

#include "base/macro.h"
#include "rom/rom_impl.h"
#include "rom/rules.h"

#define SEE_STRIP "'vbios strip' writes a file that begins with the image"

static void rules_size(struct rom_findings *findings, const struct rom *rom)
{
	uint64_t len = rom->file_len;

	if (len > ROM_QEMU_LIMIT) {
		SAY(2, ROM_ERROR, 0, "QEMU",
		    "the file has %" PRIu64 " bytes, and QEMU takes 2 GiB at most", len);
	} else if (len > ROM_SIZE_LIMIT) {
		SAY(2, ROM_WARNING, 0, "all",
		    "the file has %" PRIu64 " bytes, and no card's ROM has more than "
		    "16 MiB: QEMU and firmware take it all the same, and what is behind "
		    "16 MiB was not looked at",
		    len);
	}
	if (rom->kind != ROM_KIND_OPTION)
		return; /* it has to be made into another file first */
	if (len % ROM_SECTOR != 0) {
		SAY(4, ROM_WARNING, len, "all",
		    "the length of %" PRIu64
		    " bytes is no multiple of 512: the last %" PRIu64
		    " bytes are no part of any image",
		    len, len % ROM_SECTOR);
	}
	if (rom_can_be_bar(rom) && (len & (len - 1)) != 0) {
		SAY(5, ROM_INFO, len, "QEMU",
		    "the length of %" PRIu64 " bytes is no power of two, and need not "
		    "be: QEMU makes a BAR of %" PRIu64 " bytes",
		    len, rom_bar_size(rom));
	}
}

static void rule_nvgi(struct rom_findings *findings, const struct rom *rom)
{
	const struct rom_nvgi *nvgi = &rom->nvgi;

	SAY(6, ROM_ERROR, 0, "all",
	    "the file begins with 'NVGI', the header of a whole flash chip of NVIDIA "
	    "(version %u), and firmware looks for 55 AA there",
	    nvgi->version);
	if (!rom->has_start) {
		rom_findings_advise(findings,
				    "%s, and no image of NVIDIA was found in "
				    "the file: make another dump",
				    nvgi->problem);
	} else if (nvgi->problem) {
		rom_findings_advise(findings,
				    "%s, but an image of NVIDIA was found at 0x%" PRIx64
				    "; " SEE_STRIP,
				    nvgi->problem, rom->start);
	} else {
		rom_findings_advise(findings, "the image is at 0x%" PRIx64 "; " SEE_STRIP,
				    rom->start);
	}
}

static void rule_vfct(struct rom_findings *findings, const struct rom *rom)
{
	SAY(6, ROM_ERROR, 0, "all",
	    "the file is AMD's ACPI table 'VFCT' with %zu image%s in it, and firmware "
	    "looks for 55 AA at its beginning",
	    rom->n_vfct, rom->n_vfct == 1 ? "" : "s");
	if (rom->n_vfct > 0) {
		rom_findings_advise(findings, "'vbios extract' takes an image out of it");
	} else {
		rom_findings_advise(findings,
				    "copy /sys/firmware/acpi/tables/VFCT again");
	}
}

/* Kinds of files for which there is no more to say than what they are. */
static const struct {
	enum rom_kind kind;
	const char *text;
	const char *advice;
} foreign[] = {
	{ ROM_KIND_PE,
	  "the file begins with 'MZ': it is an EFI program, not an option ROM with one in "
	  "it",
	  "wrap it with EfiRom of edk2, with the ids of the device" },
	{ ROM_KIND_VOLUME,
	  "the file is a UEFI firmware volume, such as a mainboard's firmware is made of",
	  "UEFIExtract takes option ROMs out of a mainboard's firmware" },
	{ ROM_KIND_MAINBOARD,
	  "the file is the BIOS of a mainboard or of a virtual machine, not of a device",
	  "what is wanted is the option ROM of the device: 'vbios dump' reads it" },
	{ ROM_KIND_ELF, "the file is a program for Linux (ELF)",
	  "if it was compiled to make a ROM: run it, and use what it writes" },
	{ ROM_KIND_ARCHIVE, "the file is an archive", "unpack it" },
	{ ROM_KIND_PDF, "the file is a PDF document", NULL },
	{ ROM_KIND_TEXT, "the file is a text",
	  "a web page saved in place of the file looks like this: download it again" },
	{ ROM_KIND_FCODE,
	  "the file is FCode for Open Firmware, without the header of a "
	  "ROM",
	  NULL },
	{ ROM_KIND_UNKNOWN,
	  "the file does not begin with 55 AA, and no image was found in it", NULL },
};

static void rule_foreign(struct rom_findings *findings, const struct rom *rom)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		if (foreign[i].kind != rom->kind)
			continue;
		SAY(6, ROM_ERROR, 0, "all", "%s", foreign[i].text);
		if (foreign[i].advice)
			rom_findings_advise(findings, "%s", foreign[i].advice);
	}
}

static void rules_kind(struct rom_findings *findings, const struct rom *rom)
{
	switch (rom->kind) {
	case ROM_KIND_EMPTY:
		SAY(1, ROM_ERROR, 0, "all", "the file is empty");
		break;
	case ROM_KIND_BLANK:
		SAY(6, ROM_ERROR, 0, "all",
		    "all bytes of the file are %02X: nothing was read when it was made",
		    rom->blank_byte);
		rom_findings_advise(findings, "make another dump, with 'vbios dump'");
		break;
	case ROM_KIND_NVGI:
		rule_nvgi(findings, rom);
		break;
	case ROM_KIND_VFCT:
		rule_vfct(findings, rom);
		break;
	case ROM_KIND_SHIFTED:
		SAY(6, ROM_ERROR, 0, "all",
		    "the file does not begin with 55 AA: the first image is at 0x%" PRIx64,
		    rom->start);
		rom_findings_advise(findings, SEE_STRIP);
		break;
	default:
		rule_foreign(findings, rom);
	}
}

static bool is_filled(const struct rom_bytes *bytes, uint64_t from, uint8_t with)
{
	for (uint64_t at = from; at < bytes->len; at++) {
		if (bytes->data[at] != with)
			return false;
	}
	return true;
}

static void rules_tail(struct rom_findings *findings, const struct rom *rom)
{
	uint64_t end = rom->start;
	uint64_t len;

	for (size_t i = 0; i < rom->n_images; i++) {
		if (rom->images[i].end > end)
			end = rom->images[i].end;
	}
	len = rom->bytes.len - end;
	/* others have their own entries behind it, or are not known */
	if (rom->n_images == 0 || rom->has_more || len == 0 ||
	    rom->kind == ROM_KIND_VFCT || rom->file_len > rom->bytes.len)
		return;
	if (is_filled(&rom->bytes, end, 0x00) || is_filled(&rom->bytes, end, 0xff)) {
		SAY(14, ROM_INFO, end, "nobody",
		    "%" PRIu64 " bytes of padding follow the last image", len);
		return;
	}
	SAY(14, ROM_WARNING, end, "nobody",
	    "%" PRIu64 " bytes that are no image follow the last one: a signature, "
	    "settings, or the rest of another file",
	    len);
}

static void rules_chain(struct rom_findings *findings, const struct rom *rom)
{
	const struct rom_image *last = NULL;

	for (size_t i = 0; i < rom->n_images; i++) {
		if (rom->images[i].in_chain)
			last = &rom->images[i];
	}
	if (last && rom_has_pcir(last) && !last->pcir.is_last &&
	    last->pcir.image_len > 0) {
		SAY(13, ROM_WARNING, last->pcir.at + 0x15, "Linux",
		    "no image is marked as the last one, and none follows the one at 0x%" PRIx64
		    ": Linux logs 'No more image in the PCI ROM'",
		    last->at);
		rom_findings_advise(findings, "'vbios fix' marks it");
	}
	if (rom->has_more) {
		SAY(15, ROM_WARNING, rom->images[rom->n_images - 1].end, "nobody",
		    "there are more than %d images: the others are not looked at",
		    ROM_IMAGES_MAX);
	}
	if (rom->layout_len > rom->chain_len) {
		SAY(15, ROM_INFO, rom->start + rom->chain_len, "NVIDIA",
		    "the guest's firmware sees images of %" PRIu64 " bytes; by NVIDIA's "
		    "own lengths there are %" PRIu64 ", the rest is for its driver",
		    rom->chain_len, rom->layout_len);
	}
}

static void rule_maker(struct rom_findings *findings, const struct rom *rom)
{
	if (!*rom->maker && !*rom->date)
		return;
	SAY(35, ROM_INFO, rom->start, "nobody", "it is from %s%s%s%s%s%s%s",
	    *rom->maker ? rom->maker : "a maker that is not named",
	    *rom->part ? ", part " : "", rom->part, *rom->version ? ", version " : "",
	    rom->version, *rom->date ? ", built " : "", rom->date);
}

void rules_file(struct rom_findings *findings, const struct rom *rom)
{
	rules_kind(findings, rom);
	rules_size(findings, rom);
	rules_chain(findings, rom);
	rules_tail(findings, rom);
	rule_maker(findings, rom);
}
