/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Rules on one image: where its structures are, its lengths, its checksum. */

#include <inttypes.h>

#include "rom/rules.h"

static void rule_pointer(struct rom_findings *findings, const struct rom_image *image)
{
	uint64_t at = image->at + 0x18;
	bool is_isa = image->header_len > 0 && image->header_sum == 0;

	switch (image->pointer) {
	case ROM_POINTER_GOOD:
		break;
	case ROM_POINTER_HEADER:
		SAY(7, ROM_ERROR, at, "all",
		    "the pointer to the PCI data structure of the image at 0x%" PRIx64
		    " is 0x%x, which is within its header",
		    image->at, image->pointer_at);
		return;
	case ROM_POINTER_OUTSIDE:
	case ROM_POINTER_FOREIGN:
	case ROM_POINTER_NONE:
		if (is_isa) {
			SAY(9, ROM_INFO, at, "all",
			    "the image at 0x%" PRIx64 " is of ISA times and has no PCI "
			    "data structure: SeaBIOS runs it with the ROM BAR off, and "
			    "nobody else does",
			    image->at);
		} else if (image->pointer == ROM_POINTER_FOREIGN) {
			SAY(9, ROM_ERROR, at, "all",
			    "there is no 'PCIR' at 0x%" PRIx64
			    ", where the image at 0x%" PRIx64 " says",
			    image->at + image->pointer_at, image->at);
		} else if (image->pointer == ROM_POINTER_NONE) {
			SAY(7, ROM_ERROR, at, "all",
			    "the image at 0x%" PRIx64
			    " has no pointer to a PCI data structure",
			    image->at);
		} else {
			SAY(7, ROM_ERROR, at, "all",
			    "the pointer to the PCI data structure of the image at 0x%" PRIx64
			    " is 0x%x, which is outside of the file",
			    image->at, image->pointer_at);
		}
		return;
	}
	if (image->pointer_at % 4 != 0 && image->in_chain) {
		SAY(8, rom_is_efi(image) ? ROM_ERROR : ROM_WARNING, at, "OVMF",
		    "the PCI data structure is at 0x%" PRIx64 ", no multiple of 4: OVMF "
		    "looks at neither this image nor those behind it",
		    image->pcir.at);
	}
}

static void rules_length(struct rom_findings *findings, const struct rom *rom,
			 const struct rom_image *image)
{
	const struct rom_pcir *pcir = &image->pcir;
	uint64_t end = image->at + pcir->image_len;

	if (pcir->image_len == 0) {
		SAY(10, ROM_ERROR, pcir->at + 0x10, "all",
		    "the image at 0x%" PRIx64 " has the length 0: firmware that looks "
		    "for the next one never gets past it",
		    image->at);
		return;
	}
	if (end > rom->file_len) {
		SAY(11, ROM_ERROR, pcir->at + 0x10, "all",
		    "the image at 0x%" PRIx64 " has %" PRIu64
		    " bytes, of which the last %" PRIu64
		    " are missing: the file is cut off",
		    image->at, pcir->image_len, end - rom->file_len);
		rom_findings_advise(findings, "make another dump; of an AMD card often "
					      "64 KiB of 128 are read");
	}
	if (rom_is_legacy(image) && image->header_len > pcir->image_len) {
		SAY(12, ROM_WARNING, image->at + 2, "SeaBIOS",
		    "the legacy code at 0x%" PRIx64 " has %" PRIu64 " bytes by its "
		    "header, and %" PRIu64 " by its PCI data structure",
		    image->at, image->header_len, pcir->image_len);
	}
}

static void rules_checksum(struct rom_findings *findings, const struct rom *rom,
			   const struct rom_image *image)
{
	uint8_t byte = rom_u8(&rom->bytes, image->at + 6);

	if (image->npde.is_there && image->npde.flags & ROM_NPDE_NO_CHECKSUM) {
		SAY(17, ROM_INFO, image->npde.at + 0x0b, "NVIDIA",
		    "the maker has switched off the checksum of the image at 0x%" PRIx64
		    "; SeaBIOS wants it all the same",
		    image->at);
	}
	if (image->header_len == 0) {
		SAY(16, ROM_ERROR, image->at + 2, "SeaBIOS",
		    "the legacy code at 0x%" PRIx64 " has the length 0 in its header: "
		    "SeaBIOS does not run it",
		    image->at);
	} else if (image->header_sum != 0) {
		SAY(16, ROM_ERROR, image->at + 6, "SeaBIOS",
		    "the checksum of the legacy code at 0x%" PRIx64
		    " is wrong: its %" PRIu64
		    " bytes add up to 0x%02x, and SeaBIOS runs it only if that is 0",
		    image->at, image->header_len, image->header_sum);
		if (rom_is_cut(rom, image))
			return; /* right would be wrong: the rest is missing */
		rom_findings_advise(
			findings,
			"'vbios fix' sets the byte at 0x%" PRIx64 " from 0x%02x "
			"to 0x%02x",
			image->at + 6, byte, (uint8_t)(byte - image->header_sum));
	}
}

/* Whether the chain says that it ends before the image. */
static bool is_behind_last(const struct rom *rom, const struct rom_image *image)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *other = &rom->images[i];

		if (other->in_chain && other->at < image->at && other->pcir.is_last)
			return true;
	}
	return false;
}

void rules_image(struct rom_findings *findings, const struct rom *rom,
		 const struct rom_image *image)
{
	const char *name = rom_code_name(image->pcir.code);

	if (!image->in_chain) {
		if (image->in_layout)
			return; /* for NVIDIA's driver, which knows what it wants */
		SAY(15, ROM_WARNING, image->at, "all",
		    "an image (%s, %04x:%04x) stands at 0x%" PRIx64
		    ", where the image before it does not lead: %s",
		    name ? name : "unknown code", image->pcir.vendor, image->pcir.device,
		    image->at,
		    is_behind_last(rom, image)
			    ? "firmware does not find it"
			    : "OVMF finds it by searching, SeaBIOS does not");
		return;
	}
	rule_pointer(findings, image);
	if (rom_has_pcir(image))
		rules_length(findings, rom, image);
	if (rom_is_legacy(image) && image->pointer == ROM_POINTER_GOOD)
		rules_checksum(findings, rom, image);
	if (rom_is_efi(image) && rom_bar_size(rom) <= ROM_BAR_IGNORED) {
		SAY(22, ROM_ERROR, image->at, "OVMF",
		    "the EFI image at 0x%" PRIx64 " is in a file of %" PRIu64
		    " bytes: OVMF takes a ROM BAR of 2 KiB or less for none",
		    image->at, rom->file_len);
	}
	if (rom_is_efi(image))
		rules_efi(findings, image);
}
