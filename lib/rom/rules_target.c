/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Rules on a ROM and the device, or the firmware, that it is for. */

#include <inttypes.h>

#include "rom/rules.h"
#include "rom/verdict.h"

#define CLASS_DISPLAY 0x03

static void rules_ids(struct rom_findings *findings, const struct rom *rom,
		      const struct rom_image *image, const struct rom_target *target)
{
	const struct rom_pcir *pcir = &image->pcir;
	bool is_efi = rom_is_efi(image);
	const char *who = is_efi ? "OVMF" : "SeaBIOS";
	const char *then =
		is_efi ? "its driver may not take the device" : "SeaBIOS does not run it";

	if (pcir->vendor != target->vendor) {
		SAY(18, ROM_ERROR, pcir->at + 4, who,
		    "the image at 0x%" PRIx64
		    " is for the vendor %04x, and the device is "
		    "%04x:%04x: %s",
		    image->at, pcir->vendor, target->vendor, target->device, then);
		return;
	}
	if (pcir->device == target->device)
		return;
	SAY(19, is_efi ? ROM_WARNING : ROM_ERROR, pcir->at + 6, who,
	    "the image at 0x%" PRIx64
	    " is for %04x:%04x, and the device is %04x:%04x: %s",
	    image->at, pcir->vendor, pcir->device, target->vendor, target->device, then);
	if (!is_efi) {
		rom_findings_advise(findings,
				    "if the card is known to run it: 'vbios fix "
				    "--ids=%04x:%04x'",
				    target->vendor, target->device);
	}
	if (rom_lists_device(rom, image, target->device)) {
		SAY(20, ROM_INFO, pcir->at + pcir->device_list, "SeaBIOS",
		    "the image at 0x%" PRIx64
		    " lists %04x as a further device it is for; "
		    "SeaBIOS does not look there",
		    image->at, target->device);
	}
}

static void rules_class(struct rom_findings *findings, const struct rom_image *image,
			const struct rom_target *target)
{
	uint32_t class = target->has_class ? target->class : image->pcir.class;

	if (target->has_class && target->class >> 16 == CLASS_DISPLAY &&
	    image->pcir.class >> 16 != CLASS_DISPLAY) {
		SAY(21, ROM_WARNING, image->pcir.at + 0x0d, "all",
		    "the image at 0x%" PRIx64
		    " is for the class %06x, and the device is a "
		    "display (%06x)",
		    image->at, image->pcir.class, target->class);
	}
	if (rom_is_legacy(image) && class >> 8 != VERDICT_CLASS_VGA && !image->has_pnp) {
		SAY(24, ROM_INFO, image->at + 0x1a, "SeaBIOS",
		    "the legacy code at 0x%" PRIx64 " is for the class %06x and has no "
		    "'$PnP' header: SeaBIOS runs it late, just before it looks for "
		    "something to boot",
		    image->at, class);
	}
}

/* What there has to be for a picture from the firmware. */
static void rules_fit(struct rom_findings *findings, const struct rom *rom,
		      const struct rom_target *target)
{
	bool is_display = !target->has_class || target->class >> 16 == CLASS_DISPLAY;
	unsigned ovmf = 1U << ROM_OVMF | 1U << ROM_OVMF_SECUREBOOT;

	if (rom->n_images == 0 || !is_display)
		return;
	if (target->firmwares & 1U << ROM_SEABIOS && !rom_first(rom, ROM_CODE_X86)) {
		SAY(23, ROM_ERROR, rom->start, "SeaBIOS",
		    "there is no legacy code for a PCI device: the guest has no picture "
		    "before its operating system's driver starts");
	}
	if (target->firmwares & ovmf && !rom_first(rom, ROM_CODE_EFI)) {
		SAY(23, ROM_WARNING, rom->start, "OVMF",
		    "there is no EFI image: the guest has no picture before its operating "
		    "system's driver starts, which may work all the same");
	}
}

void rules_target(struct rom_findings *findings, const struct rom *rom,
		  const struct rom_target *target)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];

		if (!image->in_chain || !rom_has_pcir(image) ||
		    (!rom_is_efi(image) && !rom_is_legacy(image)))
			continue;
		if (target->has_ids)
			rules_ids(findings, rom, image, target);
		rules_class(findings, image, target);
	}
	rules_fit(findings, rom, target);
}
