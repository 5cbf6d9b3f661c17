/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What a file is. People pass all kinds of files, and each needs another advice. */

#include "base/macro.h"
#include "rom/rom_impl.h"

#define TEXT_LEN    256 /* of a text's beginning that is looked at */
#define SEARCH_STEP 16  /* what dumps begin with is of any length, but aligned */

static bool is_blank(const struct rom_bytes *bytes)
{
	uint8_t first = bytes->data[0];

	if (first != 0x00 && first != 0xff)
		return false;
	for (uint64_t i = 1; i < bytes->len; i++) {
		if (bytes->data[i] != first)
			return false;
	}
	return true;
}

/* At its end a PC's BIOS has a far jump, for the processor's first instruction. */
static bool is_mainboard(const struct rom_bytes *bytes)
{
	uint64_t at = bytes->len - 16;

	return bytes->len >= 65536 && bytes->len % 65536 == 0 &&
	       rom_u8(bytes, at) == 0xea && rom_u16(bytes, at + 3) == 0xf000;
}

static bool is_text(const struct rom_bytes *bytes)
{
	for (uint64_t i = 0; i < bytes->len && i < TEXT_LEN; i++) {
		uint8_t c = bytes->data[i];

		if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
			return false;
	}
	return true;
}

static bool find_start(struct rom *rom)
{
	for (uint64_t at = SEARCH_STEP; at < rom->bytes.len; at += SEARCH_STEP) {
		if (rom_is_image(&rom->bytes, at)) {
			rom->start = at;
			rom->has_start = true;
			return true;
		}
	}
	return false;
}

static enum rom_kind kind_by_magic(const struct rom_bytes *bytes)
{
	static const struct {
		uint64_t at;
		const char *magic;
		enum rom_kind kind;
	} magics[] = {
		{ 0, "\x55\xaa", ROM_KIND_OPTION },
		{ 0, "NVGI", ROM_KIND_NVGI },
		{ 0, "VFCT", ROM_KIND_VFCT },
		{ 0x28, "_FVH", ROM_KIND_VOLUME },
		{ 0,
		  "\x7f"
		  "ELF",
		  ROM_KIND_ELF },
		{ 0, "PK\x03\x04", ROM_KIND_ARCHIVE },
		{ 0, "7z\xbc\xaf\x27\x1c", ROM_KIND_ARCHIVE },
		{ 0, "Rar!", ROM_KIND_ARCHIVE },
		{ 0, "\x1f\x8b", ROM_KIND_ARCHIVE },
		{ 0,
		  "\xfd"
		  "7zXZ",
		  ROM_KIND_ARCHIVE },
		{ 0, "%PDF-", ROM_KIND_PDF },
		{ 0, "MZ", ROM_KIND_PE },
		{ 0, "\xf1\x08", ROM_KIND_FCODE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(magics); i++) {
		if (rom_is(bytes, magics[i].at, magics[i].magic))
			return magics[i].kind;
	}
	return ROM_KIND_UNKNOWN;
}

enum rom_kind rom_find_kind(struct rom *rom)
{
	const struct rom_bytes *bytes = &rom->bytes;
	enum rom_kind kind;

	if (rom->file_len == 0 || bytes->len == 0)
		return ROM_KIND_EMPTY;
	kind = kind_by_magic(bytes);
	if (kind != ROM_KIND_UNKNOWN)
		return kind;
	if (is_blank(bytes)) {
		rom->blank_byte = bytes->data[0];
		return ROM_KIND_BLANK;
	}
	if (is_mainboard(bytes))
		return ROM_KIND_MAINBOARD;
	if (is_text(bytes))
		return ROM_KIND_TEXT;
	return find_start(rom) ? ROM_KIND_SHIFTED : ROM_KIND_UNKNOWN;
}
