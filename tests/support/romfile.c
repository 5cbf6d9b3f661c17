/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "romfile.h"

#include <stdlib.h>
#include <string.h>

#define SECTOR  512
#define CODE_AT 0x180 /* from a program */

size_t romfile_fill(struct romfile *file, uint8_t byte, size_t len)
{
	size_t at = file->len;
	uint8_t *grown = realloc(file->data, file->len + len + 1);

	if (!grown)
		abort();
	memset(grown + at, byte, len);
	file->data = grown;
	file->len += len;
	return at;
}

size_t romfile_bytes(struct romfile *file, const void *data, size_t len)
{
	size_t at = romfile_fill(file, 0, len);

	if (len > 0)
		memcpy(file->data + at, data, len);
	return at;
}

void romfile_u8(struct romfile *file, size_t at, uint8_t value)
{
	if (at >= file->len)
		abort();
	file->data[at] = value;
}

void romfile_u16(struct romfile *file, size_t at, uint16_t value)
{
	romfile_u8(file, at, (uint8_t)value);
	romfile_u8(file, at + 1, (uint8_t)(value >> 8));
}

void romfile_u32(struct romfile *file, size_t at, uint32_t value)
{
	romfile_u16(file, at, (uint16_t)value);
	romfile_u16(file, at + 2, (uint16_t)(value >> 16));
}

void romfile_text(struct romfile *file, size_t at, const char *text)
{
	for (; *text; text++)
		romfile_u8(file, at++, (uint8_t)*text);
}

void romfile_balance(struct romfile *file, size_t image)
{
	size_t len = file->data[image + 2] * (size_t)SECTOR;
	uint8_t sum = 0;

	for (size_t i = image; i < image + len && i < file->len; i++)
		sum = (uint8_t)(sum + file->data[i]);
	file->data[image + 6] = (uint8_t)(file->data[image + 6] - sum);
}

uint8_t romfile_sum(const struct romfile *file)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < file->len; i++)
		sum = (uint8_t)(sum + file->data[i]);
	return sum;
}

static void put_pcir(struct romfile *file, size_t at, const struct romfile_image *image,
		     unsigned sectors)
{
	uint16_t vendor = image->vendor ? image->vendor : 0x10de;
	uint16_t device = image->vendor ? image->device : 0x1b80;
	uint32_t class = image->vendor ? image->class : 0x030000;

	romfile_text(file, at, "PCIR");
	romfile_u16(file, at + 0x04, vendor);
	romfile_u16(file, at + 0x06, device);
	romfile_u16(file, at + 0x0a, 0x18);
	romfile_u32(file, at + 0x0c, class << 8);
	romfile_u16(file, at + 0x10, (uint16_t)sectors);
	romfile_u8(file, at + 0x14, image->code);
	romfile_u8(file, at + 0x15, image->is_last ? 0x80 : 0);
}

/* mov al, says; out 0xe9, al: as code of 16 bits and of 64 the same */
static size_t put_speech(struct romfile *file, size_t at, char says)
{
	const uint8_t code[] = { 0xb0, (uint8_t)says, 0xe6, 0xe9 };

	memcpy(file->data + at, code, sizeof(code));
	return at + sizeof(code);
}

/* A program for x86-64 that is nothing but its section, and is where it is in the file.
 */
static void put_program(struct romfile *file, size_t at,
			const struct romfile_image *image)
{
	size_t pe = at + 0x40;
	size_t optional = pe + 24;
	size_t section = optional + 240;
	size_t code = at + CODE_AT;

	romfile_text(file, at, "MZ");
	romfile_u32(file, at + 0x3c, 0x40);
	romfile_text(file, pe, "PE");
	romfile_u16(file, pe + 4, 0x8664);
	romfile_u16(file, pe + 6, 1);    /* section */
	romfile_u16(file, pe + 20, 240); /* bytes of the optional header */
	romfile_u16(file, pe + 22, 0x2022);
	romfile_u16(file, optional, 0x20b);
	romfile_u32(file, optional + 4, 0x20);     /* of code */
	romfile_u32(file, optional + 16, CODE_AT); /* entry */
	romfile_u32(file, optional + 20, CODE_AT);
	romfile_u32(file, optional + 32, 0x20); /* alignment of sections */
	romfile_u32(file, optional + 36, 0x20); /* and in the file */
	romfile_u32(file, optional + 56, CODE_AT + 0x20);
	romfile_u32(file, optional + 60, CODE_AT); /* headers */
	romfile_u16(file, optional + 68, 0x0b);
	romfile_u32(file, optional + 108, 16);
	romfile_u32(file, optional + 112 + 4 * 8 + 4, image->is_signed ? 0x100 : 0);
	romfile_text(file, section, ".text");
	romfile_u32(file, section + 8, 0x20);
	romfile_u32(file, section + 12, CODE_AT);
	romfile_u32(file, section + 16, 0x20);
	romfile_u32(file, section + 20, CODE_AT);
	romfile_u32(file, section + 36, 0x60000020);
	if (image->says)
		code = put_speech(file, code, image->says);
	romfile_u16(file, code, 0xc031);  /* xor eax, eax */
	romfile_u8(file, code + 2, 0xc3); /* ret */
}

static void put_efi(struct romfile *file, size_t at, unsigned sectors,
		    const struct romfile_image *image)
{
	romfile_u16(file, at + 0x02, (uint16_t)sectors);
	romfile_u32(file, at + 0x04, 0x0ef1);
	romfile_u16(file, at + 0x08, 0x0b);
	romfile_u16(file, at + 0x0a, 0x8664);
	romfile_u16(file, at + 0x16, ROMFILE_PE_AT);
	put_program(file, at + ROMFILE_PE_AT, image);
}

/* Entered by a far call; byte 6 is the checksum's. */
static void put_code(struct romfile *file, size_t at, char says)
{
	size_t code = at + ROMFILE_CODE_AT;

	romfile_u8(file, at + 3, 0xeb); /* jmp short */
	romfile_u8(file, at + 4, ROMFILE_CODE_AT - 5);
	code = put_speech(file, code, says);
	romfile_u8(file, code, 0xcb); /* retf */
}

size_t romfile_image(struct romfile *file, const struct romfile_image *image)
{
	unsigned sectors = image->sectors ? image->sectors : 2;
	size_t at = romfile_fill(file, 0, (size_t)sectors * SECTOR);

	romfile_u16(file, at, 0xaa55);
	if (!image->is_old) {
		romfile_u16(file, at + 0x18, ROMFILE_PCIR_AT);
		put_pcir(file, at + ROMFILE_PCIR_AT, image, sectors);
	}
	if (image->code == 3) {
		put_efi(file, at, sectors, image);
	} else if (image->code == 0) {
		romfile_u8(file, at + 2, (uint8_t)sectors);
		romfile_u8(file, at + 3, 0xcb); /* retf */
		if (image->says)
			put_code(file, at, image->says);
		if (image->has_pnp) {
			romfile_u16(file, at + 0x1a, ROMFILE_PNP_AT);
			romfile_text(file, at + ROMFILE_PNP_AT, "$PnP");
		}
		romfile_balance(file, at);
	}
	return at;
}

void romfile_npde(struct romfile *file, size_t image, unsigned sectors, bool is_last,
		  uint8_t flags)
{
	size_t at = image + ROMFILE_PCIR_AT + 0x20;

	romfile_text(file, at, "NPDE");
	romfile_u16(file, at + 4, 0x101);
	romfile_u16(file, at + 6, 0x14);
	romfile_u16(file, at + 8, (uint16_t)sectors);
	romfile_u8(file, at + 0x0a, is_last ? 0x80 : 0);
	romfile_u8(file, at + 0x0b, flags);
}

void romfile_nvgi(struct romfile *file, unsigned version)
{
	size_t at = romfile_fill(file, 0, version == 3 ? 0x1400 : 0x200);

	romfile_text(file, at, "NVGI");
	romfile_u32(file, at + 4, version << 8 | 0x24 << 16 | 0xfe);
	romfile_u32(file, at + 8, 0x100);
	if (version == 3) {
		romfile_u32(file, at + 0x100, 0x200);
		romfile_text(file, at + 0x200 + 4096, "RFRD");
		romfile_u32(file, at + 0x200 + 4096 + 8, (uint32_t)file->len);
	} else {
		romfile_u32(file, at + 0x24 + 4, (uint32_t)file->len);
	}
}

void romfile_vfct(struct romfile *file)
{
	size_t at = romfile_fill(file, 0, 0x4c);

	romfile_text(file, at, "VFCT");
	romfile_u32(file, at + 0x34, 0x4c);
}

void romfile_vfct_entry(struct romfile *file, uint16_t device, uint32_t image_len)
{
	size_t at = romfile_fill(file, 0, 0x1c);

	romfile_u32(file, at, 3);
	romfile_u16(file, at + 12, 0x1002);
	romfile_u16(file, at + 14, device);
	romfile_u16(file, at + 16, 0x1043);
	romfile_u16(file, at + 18, 0x0123);
	romfile_u32(file, at + 24, image_len);
}

void romfile_done(struct romfile *file)
{
	free(file->data);
	*file = ROMFILE_NONE;
}
