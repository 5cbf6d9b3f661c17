/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Who made an image, and when: texts that are at fixed places (amdgpu's amdgpu_bios.c and
 * atom.c), and NVIDIA's by its table of tables.
 */

#include <stdio.h>

#include "rom/rom_impl.h"

#define ATI_MAGIC      " 761295520"
#define ATI_MAGIC_AT   0x30
#define ATOM_HEADER_AT 0x48 /* the pointer to it */
#define ATOM_DATE_AT   0x50
#define ATOM_PART_AT   0x6e /* the pointer to it */
#define LEGACY_DATE_AT 0x38
#define BIT_SIGNATURE \
	"\xff\xb8"    \
	"BIT"
#define VERSION_WORD "Version "

static bool is_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Copies the printable text there, without blanks around it; "" when it is none. */
static void copy_text(char ret_text[static ROM_TEXT_MAX], const struct rom_bytes *bytes,
		      uint64_t at, uint64_t max)
{
	size_t n = 0;

	while (rom_u8(bytes, at) == ' ' && max > 0) {
		at++;
		max--;
	}
	while (n < ROM_TEXT_MAX - 1 && n < max && is_printable(rom_u8(bytes, at + n))) {
		ret_text[n] = (char)rom_u8(bytes, at + n);
		n++;
	}
	while (n > 0 && ret_text[n - 1] == ' ')
		n--;
	ret_text[n] = '\0';
}

/* "07/21/16", with any separator that somebody has used */
static bool is_date(const struct rom_bytes *bytes, uint64_t at)
{
	for (unsigned i = 0; i < 8; i++) {
		uint8_t c = rom_u8(bytes, at + i);

		if (i % 3 == 2 ? c != '/' && c != '-' : c < '0' || c > '9')
			return false;
	}
	return true;
}

static bool find(uint64_t *ret_at, const struct rom_bytes *bytes,
		 const struct rom_image *image, const char *text)
{
	size_t len = strlen(text);
	const uint8_t *found =
		memmem(bytes->data + image->at, image->end - image->at, text, len);

	if (!found)
		return false;
	*ret_at = (uint64_t)(found - bytes->data);
	return true;
}

static bool read_amd(struct rom *rom, const struct rom_image *image)
{
	const struct rom_bytes *bytes = &rom->bytes;
	uint64_t at = image->at + rom_u16(bytes, image->at + ATOM_HEADER_AT);

	if (!rom_is(bytes, image->at + ATI_MAGIC_AT, ATI_MAGIC))
		return false;
	(void)snprintf(rom->maker, sizeof(rom->maker), "AMD");
	if (rom_is(bytes, at + 4, "ATOM") || rom_is(bytes, at + 4, "MOTA")) {
		rom->is_atom = true;
		rom->atom_at = at;
	}
	if (is_date(bytes, image->at + ATOM_DATE_AT))
		copy_text(rom->date, bytes, image->at + ATOM_DATE_AT, 14);
	at = rom_u16(bytes, image->at + ATOM_PART_AT);
	if (at > 0)
		copy_text(rom->part, bytes, image->at + at, ROM_TEXT_MAX);
	return true;
}

static bool read_nvidia(struct rom *rom, const struct rom_image *image)
{
	uint64_t at;

	if (!find(&at, &rom->bytes, image, BIT_SIGNATURE))
		return false;
	(void)snprintf(rom->maker, sizeof(rom->maker), "NVIDIA");
	rom->is_nvidia = true;
	rom->bit_at = at;
	return true;
}

void rom_read_maker(struct rom *rom)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];
		uint64_t at = image->at + LEGACY_DATE_AT;

		if (!rom_is_legacy(image))
			continue;
		if (!read_amd(rom, image))
			(void)read_nvidia(rom, image);
		if (!*rom->date && is_date(&rom->bytes, at))
			copy_text(rom->date, &rom->bytes, at, 8);
		if (find(&at, &rom->bytes, image, VERSION_WORD)) {
			copy_text(rom->version, &rom->bytes, at + strlen(VERSION_WORD),
				  ROM_TEXT_MAX);
		}
		return;
	}
}
