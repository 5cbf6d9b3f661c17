/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "map.h"

#include <inttypes.h>
#include <stdio.h>

#include "fields.h"

#define WIDTH 40 /* of the drawing; with the text beside it a line fits into 100 */

enum fill {
	FILL_IMAGE,  /* that firmware finds */
	FILL_HIDDEN, /* an image that it does not find */
	FILL_OTHER,
	FILL_PADDING,
};

struct map {
	struct buf *out;
	const struct rom *rom;
	bool is_utf8;
	uint64_t at; /* drawn up to here */
};

static const char *block(const struct map *map, enum fill fill)
{
	static const char *const blocks[] = { "█", "▓", "▒", "░" };
	static const char *const letters[] = { "#", "+", "=", "." };

	return map->is_utf8 ? blocks[fill] : letters[fill];
}

/* However small a part is, it has a column. */
static void draw(struct map *map, uint64_t end, enum fill fill, const char *text)
{
	uint64_t len = map->rom->bytes.len;
	uint64_t first = map->at * WIDTH / len;
	uint64_t last = (end * WIDTH + len - 1) / len;

	buf_addf(map->out, "  0x%06" PRIx64 " %s", map->at, map->is_utf8 ? "│" : "|");
	for (uint64_t i = 0; i < WIDTH; i++)
		buf_adds(map->out, i >= first && i < last ? block(map, fill) : " ");
	buf_addf(map->out, "%s %8" PRIu64 "  %s\n", map->is_utf8 ? "│" : "|",
		 end - map->at, text);
	map->at = end;
}

static bool is_padding(const struct rom_bytes *bytes, uint64_t from, uint64_t to)
{
	for (uint64_t at = from; at < to; at++) {
		if (bytes->data[at] != bytes->data[from] ||
		    (bytes->data[at] != 0x00 && bytes->data[at] != 0xff))
			return false;
	}
	return true;
}

/* What is between images, and around them. */
static void draw_other(struct map *map, uint64_t end)
{
	bool is_first = map->at == 0;
	const char *text = "no image";

	if (end <= map->at)
		return;
	if (is_padding(&map->rom->bytes, map->at, end)) {
		draw(map, end, FILL_PADDING, "padding");
		return;
	}
	if (is_first && map->rom->kind == ROM_KIND_NVGI)
		text = "header of the flash chip";
	if (is_first && map->rom->kind == ROM_KIND_VFCT)
		text = "header of the table";
	draw(map, end, FILL_OTHER, text);
}

void map_draw(struct buf *out, const struct rom *rom, bool is_utf8)
{
	struct map map = { .out = out, .rom = rom, .is_utf8 = is_utf8 };

	if (rom->bytes.len == 0)
		return;
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];
		char name[64];
		char text[96];

		draw_other(&map, image->at);
		if (image->end <= map.at)
			continue; /* it lies within the one before */
		fields_name_image(name, sizeof(name), image);
		(void)snprintf(text, sizeof(text), "image %zu: %s", i + 1, name);
		draw(&map, image->end, image->in_chain ? FILL_IMAGE : FILL_HIDDEN, text);
	}
	draw_other(&map, rom->bytes.len);
}
