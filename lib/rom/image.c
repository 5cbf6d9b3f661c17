/* SPDX-License-Identifier: GPL-2.0-or-later */

/* One image: its header, its data structures, the program in it. */

#include "rom/rom_impl.h"

static bool read_signature(enum rom_signature *ret, const struct rom_bytes *bytes,
			   uint64_t at)
{
	if (!rom_has(bytes, at, 2))
		return false;
	switch (rom_u16(bytes, at)) {
	case 0xaa55:
		*ret = ROM_SIGNATURE_PCI;
		return true;
	case 0x4e56:
		*ret = ROM_SIGNATURE_VN;
		return true;
	case 0xbb77:
		*ret = ROM_SIGNATURE_BB;
		return true;
	default:
		return false;
	}
}

/* NVIDIA's own structures have the same fields, and stand only in its own images. */
static bool is_pcir(const struct rom_bytes *bytes, uint64_t at, enum rom_signature image)
{
	if (rom_is(bytes, at, "PCIR"))
		return true;
	return image != ROM_SIGNATURE_PCI &&
	       (rom_is(bytes, at, "NPDS") || rom_is(bytes, at, "RGIS"));
}

static enum rom_pointer judge_pointer(const struct rom_bytes *bytes,
				      const struct rom_image *image)
{
	uint64_t at = image->at + image->pointer_at;

	if (image->pointer_at == 0)
		return ROM_POINTER_NONE;
	if (image->pointer_at < ROM_HEADER_LEN)
		return ROM_POINTER_HEADER;
	if (!rom_has(bytes, at, ROM_PCIR_LEN))
		return ROM_POINTER_OUTSIDE;
	return is_pcir(bytes, at, image->signature) ? ROM_POINTER_GOOD
						    : ROM_POINTER_FOREIGN;
}

static void read_pcir(struct rom_pcir *pcir, const struct rom_bytes *bytes, uint64_t at)
{
	pcir->at = at;
	memcpy(pcir->signature, bytes->data + at, 4);
	pcir->vendor = rom_u16(bytes, at + 0x04);
	pcir->device = rom_u16(bytes, at + 0x06);
	pcir->length = rom_u16(bytes, at + 0x0a);
	pcir->revision = rom_u8(bytes, at + 0x0c);
	pcir->class = rom_u32(bytes, at + 0x0c) >> 8;
	pcir->image_len = rom_u16(bytes, at + 0x10) * (uint64_t)ROM_SECTOR;
	pcir->code_revision = rom_u16(bytes, at + 0x12);
	pcir->code = rom_u8(bytes, at + 0x14);
	pcir->is_last = rom_u8(bytes, at + 0x15) & 0x80;
	if (pcir->revision >= 3) {
		pcir->device_list = rom_u16(bytes, at + 0x08);
		pcir->runtime_len = rom_u16(bytes, at + 0x16) * (uint64_t)ROM_SECTOR;
	}
}

/* It follows the other structure at the next multiple of 16 bytes. */
static void read_npde(struct rom_npde *npde, const struct rom_bytes *bytes,
		      const struct rom_image *image)
{
	uint64_t from = image->pcir.at - image->at + image->pcir.length;
	uint64_t at = image->at + (from + 15) / 16 * 16;

	if (!rom_is(bytes, at, "NPDE") || !rom_has(bytes, at, 0x0b))
		return;
	npde->is_there = true;
	npde->at = at;
	npde->revision = rom_u16(bytes, at + 0x04);
	npde->length = rom_u16(bytes, at + 0x06);
	npde->image_len = rom_u16(bytes, at + 0x08) * (uint64_t)ROM_SECTOR;
	npde->is_last = rom_u8(bytes, at + 0x0a) & 0x80;
	npde->flags = npde->length > 0x0b ? rom_u8(bytes, at + 0x0b) : 0;
}

/* The header of a PE file, as far as it tells what may load it. */
static void read_program(struct rom_efi *efi, const struct rom_bytes *bytes, uint64_t at)
{
	uint64_t pe = at + rom_u32(bytes, at + 0x3c);
	uint64_t optional = pe + 24;
	bool is_plus = rom_u16(bytes, optional) == 0x20b;
	uint64_t directories = optional + (is_plus ? 112 : 96);

	if (!rom_is(bytes, at, "MZ") || !rom_has(bytes, pe, 24) ||
	    !rom_is(bytes, pe, "PE") || rom_u16(bytes, pe + 2) != 0)
		return;
	efi->has_program = true;
	efi->program_machine = rom_u16(bytes, pe + 4);
	efi->is_signed = ROM_SIGNED_NO;
	/* the fifth directory, of 8 bytes each, is that of signatures */
	if (rom_u32(bytes, directories - 4) > 4 && rom_has(bytes, directories + 32, 8) &&
	    rom_u32(bytes, directories + 36) != 0)
		efi->is_signed = ROM_SIGNED_YES;
}

static void read_efi(struct rom_efi *efi, const struct rom_bytes *bytes,
		     const struct rom_image *image)
{
	uint64_t at = image->at;
	struct rom_bytes own = *bytes;

	efi->signature = rom_u32(bytes, at + 0x04);
	efi->init_len = rom_u16(bytes, at + 0x02) * (uint64_t)ROM_SECTOR;
	efi->subsystem = rom_u16(bytes, at + 0x08);
	efi->machine = rom_u16(bytes, at + 0x0a);
	efi->compression = rom_u16(bytes, at + 0x0c);
	efi->program_at = rom_u16(bytes, at + 0x16);
	if (own.len > image->end)
		own.len = image->end;
	if (efi->compression == 0)
		read_program(efi, &own, at + efi->program_at);
}

static uint64_t find_end(const struct rom_bytes *bytes, const struct rom_image *image)
{
	uint64_t len = image->pcir.image_len ? image->pcir.image_len : image->header_len;

	if (len < ROM_SECTOR)
		len = ROM_SECTOR;
	return len < bytes->len - image->at ? image->at + len : bytes->len;
}

bool rom_read_image(struct rom_image *ret_image, const struct rom_bytes *bytes,
		    uint64_t at)
{
	struct rom_image image = { .at = at };
	uint16_t pnp_at = rom_u16(bytes, at + 0x1a);

	if (!read_signature(&image.signature, bytes, at))
		return false;
	image.pointer_at = rom_u16(bytes, at + 0x18);
	image.pointer = judge_pointer(bytes, &image);
	if (rom_has_pcir(&image)) {
		read_pcir(&image.pcir, bytes, at + image.pointer_at);
		read_npde(&image.npde, bytes, &image);
	}
	if (rom_is_legacy(&image)) {
		image.header_len = rom_u8(bytes, at + 2) * (uint64_t)ROM_SECTOR;
		image.header_sum = rom_sum(bytes, at, image.header_len);
		image.has_pnp =
			pnp_at >= ROM_HEADER_LEN && rom_is(bytes, at + pnp_at, "$PnP");
	}
	image.end = find_end(bytes, &image);
	if (rom_is_efi(&image))
		read_efi(&image.efi, bytes, &image);
	*ret_image = image;
	return true;
}

bool rom_is_image(const struct rom_bytes *bytes, uint64_t at)
{
	uint64_t pcir = at + rom_u16(bytes, at + 0x18);
	uint64_t len = rom_u16(bytes, pcir + 0x10) * (uint64_t)ROM_SECTOR;

	return rom_u16(bytes, at) == 0xaa55 && pcir >= at + ROM_HEADER_LEN &&
	       rom_has(bytes, pcir, ROM_PCIR_LEN) && rom_is(bytes, pcir, "PCIR") &&
	       len > 0 && rom_u16(bytes, pcir + 0x0a) >= ROM_PCIR_LEN;
}
