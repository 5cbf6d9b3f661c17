/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Rules on images with code for EFI, as edk2 has them: LocalLoadFile2() of
 * PciOptionRomSupport.c, and CoreLoadPeImage().
 */

#include <inttypes.h>

#include "rom/rules.h"

static void rules_header(struct rom_findings *findings, const struct rom_image *image)
{
	const struct rom_efi *efi = &image->efi;

	if (efi->signature != 0x0ef1) {
		SAY(22, ROM_ERROR, image->at + 4, "OVMF",
		    "the EFI image at 0x%" PRIx64 " has the signature 0x%08" PRIx32
		    " in place of 0x00000ef1",
		    image->at, efi->signature);
	}
	if (efi->subsystem == ROM_SUBSYSTEM_APPLICATION) {
		SAY(22, ROM_ERROR, image->at + 8, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is an application: firmware loads "
		    "drivers only",
		    image->at);
	} else if (!rom_subsystem_name(efi->subsystem)) {
		SAY(22, ROM_ERROR, image->at + 8, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is of the subsystem 0x%02x: firmware "
		    "loads drivers only (0x0b, 0x0c)",
		    image->at, efi->subsystem);
	}
	if (efi->compression > 1) {
		SAY(22, ROM_ERROR, image->at + 0x0c, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is compressed by the method %u, and "
		    "firmware knows 1 only",
		    image->at, efi->compression);
	}
	if (efi->init_len > image->pcir.image_len) {
		SAY(22, ROM_ERROR, image->at + 2, "OVMF",
		    "the EFI image at 0x%" PRIx64 " has %" PRIu64 " bytes by its header, "
		    "and only %" PRIu64 " by its PCI data structure",
		    image->at, efi->init_len, image->pcir.image_len);
	} else if (efi->program_at >= efi->init_len) {
		SAY(22, ROM_ERROR, image->at + 0x16, "OVMF",
		    "the program of the EFI image at 0x%" PRIx64 " would begin at 0x%x "
		    "of it, behind its end at 0x%" PRIx64,
		    image->at, efi->program_at, efi->init_len);
	}
}

static void rules_program(struct rom_findings *findings, const struct rom_image *image)
{
	const struct rom_efi *efi = &image->efi;
	uint16_t machine = rom_efi_machine(efi);
	const char *name = rom_machine_name(machine);
	uint64_t at = image->at + efi->program_at;

	if (machine == ROM_MACHINE_EBC) {
		SAY(22, ROM_WARNING, image->at + 0x0a, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is EFI byte code, which newer OVMF "
		    "cannot run",
		    image->at);
	} else if (machine != ROM_MACHINE_X64) {
		SAY(22, ROM_ERROR, image->at + 0x0a, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is for %s (0x%04x), and the guest's "
		    "firmware is for x86-64",
		    image->at, name ? name : "an unknown machine", machine);
	}
	if (efi->compression != 0 || efi->program_at >= efi->init_len)
		return;
	if (!efi->has_program) {
		SAY(22, ROM_ERROR, at, "OVMF",
		    "the EFI image at 0x%" PRIx64 " has no program at 0x%" PRIx64
		    ", where its header says",
		    image->at, at);
		return;
	}
	if (efi->program_machine != efi->machine) {
		SAY(22, ROM_WARNING, at, "OVMF",
		    "the EFI image at 0x%" PRIx64
		    " is for the machine 0x%04x by its header, and for 0x%04x by its "
		    "program, which is what counts",
		    image->at, efi->machine, efi->program_machine);
	}
	if (efi->is_signed == ROM_SIGNED_NO) {
		SAY(22, ROM_INFO, image->at + efi->program_at, "PCs",
		    "the EFI image at 0x%" PRIx64 " is not signed: OVMF loads it all the "
		    "same, a PC under Secure Boot does not",
		    image->at);
	}
}

void rules_efi(struct rom_findings *findings, const struct rom_image *image)
{
	rules_header(findings, image);
	rules_program(findings, image);
}
