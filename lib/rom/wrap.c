/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What images come wrapped in: the header of NVIDIA's flash chip (as kernel_gsp_vbios_
 * tu102.c of NVIDIA's open kernel modules reads it), and AMD's ACPI table (as the
 * kernel's atombios.h has it).
 */

#include "rom/rom_impl.h"

#define NVGI_DIRECTORY_GAP 4096 /* from the file system to its directory */
#define VFCT_FIRST_AT      0x34
#define VFCT_HEADER_LEN    0x1c
#define VENDOR_NVIDIA      0x10de

/* NULL, or what is wrong. */
static const char *find_nvgi_image(struct rom *rom)
{
	const struct rom_bytes *bytes = &rom->bytes;
	struct rom_nvgi *nvgi = &rom->nvgi;
	uint64_t at;

	switch (nvgi->version) {
	case 1:
	case 2:
		if (!rom_has(bytes, nvgi->fixed_len + 4ULL, 4))
			return "its header ends outside of the file";
		nvgi->image_at = rom_u32(bytes, nvgi->fixed_len + 4ULL);
		break;
	case 3:
		if (!rom_has(bytes, nvgi->total_len, 4))
			return "its header ends outside of the file";
		at = (uint64_t)rom_u32(bytes, nvgi->total_len) + NVGI_DIRECTORY_GAP;
		if (!rom_is(bytes, at, "RFRD") || !rom_has(bytes, at, 12))
			return "there is no directory where its header says";
		nvgi->directory_at = at;
		nvgi->image_at = rom_u32(bytes, at + 8);
		break;
	default:
		return "its header has a version that is not known";
	}
	if (nvgi->image_at % 4 != 0 || rom_u16(bytes, nvgi->image_at) != 0xaa55)
		return "there is no image where its directory says";
	return NULL;
}

static void search_nvidia_image(struct rom *rom)
{
	const struct rom_bytes *bytes = &rom->bytes;

	for (uint64_t at = 16; at < bytes->len; at += 16) {
		uint64_t pcir = at + rom_u16(bytes, at + 0x18);

		if (rom_is_image(bytes, at) &&
		    rom_u16(bytes, pcir + 4) == VENDOR_NVIDIA) {
			rom->nvgi.image_at = at;
			rom->nvgi.is_by_pattern = true;
			rom->has_start = true;
			return;
		}
	}
	rom->nvgi.image_at = 0;
}

void rom_read_nvgi(struct rom *rom)
{
	uint32_t fixed = rom_u32(&rom->bytes, 4);

	rom->nvgi = (struct rom_nvgi){
		.version = (uint8_t)(fixed >> 8),
		.fixed_len = fixed >> 16 & 0x7fff,
		.total_len = rom_u32(&rom->bytes, 8) & 0xfffff,
	};
	rom->nvgi.problem = find_nvgi_image(rom);
	if (rom->nvgi.problem) {
		search_nvidia_image(rom);
	} else {
		rom->has_start = true;
	}
	rom->start = rom->nvgi.image_at;
}

void rom_read_vfct(struct rom *rom)
{
	const struct rom_bytes *bytes = &rom->bytes;
	uint64_t at = rom_u32(bytes, VFCT_FIRST_AT);

	/* each entry is behind the one before, so this ends */
	while (rom_has(bytes, at, VFCT_HEADER_LEN) && at >= VFCT_FIRST_AT &&
	       rom->n_vfct < ROM_VFCT_MAX) {
		struct rom_vfct entry = {
			.at = at,
			.bus = rom_u32(bytes, at),
			.device = rom_u32(bytes, at + 4),
			.function = rom_u32(bytes, at + 8),
			.vendor_id = rom_u16(bytes, at + 12),
			.device_id = rom_u16(bytes, at + 14),
			.subvendor_id = rom_u16(bytes, at + 16),
			.subdevice_id = rom_u16(bytes, at + 18),
			.revision = rom_u32(bytes, at + 20),
			.image_len = rom_u32(bytes, at + 24),
			.image_at = at + VFCT_HEADER_LEN,
		};

		if (entry.image_len == 0)
			break;
		rom->vfct[rom->n_vfct++] = entry;
		at = entry.image_at + entry.image_len;
	}
	if (rom->n_vfct > 0 && rom_u16(bytes, rom->vfct[0].image_at) == 0xaa55) {
		rom->start = rom->vfct[0].image_at;
		rom->has_start = true;
	}
}
