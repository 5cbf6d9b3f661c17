/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * mkrom FILE PART...: writes an option ROM made of parts, one behind the other.
 *
 *	legacy[,WORD...]  efi[,WORD...]  private[,WORD...]    images
 *	nvgi=VERSION  vfct  entry=DDDD:LENGTH                 what they come wrapped in
 *	fill=BYTE:LENGTH  byte=AT:VALUE  text=AT:TEXT
 *
 * WORD: last, pnp, old, signed, says=C, sectors=N, ids=VVVV:DDDD, class=CCCCCC.
 * Numbers are hexadecimal, but for N and VERSION.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "romfile.h"

static int fail(const char *what)
{
	(void)fprintf(stderr, "mkrom: %s\n", what);
	exit(EXIT_FAILURE);
}

static void set_word(struct romfile_image *image, const char *word)
{
	if (strcmp(word, "last") == 0) {
		image->is_last = true;
	} else if (strcmp(word, "pnp") == 0) {
		image->has_pnp = true;
	} else if (strcmp(word, "old") == 0) {
		image->is_old = true;
	} else if (strcmp(word, "signed") == 0) {
		image->is_signed = true;
	} else if (sscanf(word, "sectors=%u", &image->sectors) != 1 &&
		   sscanf(word, "class=%x", &image->class) != 1 &&
		   sscanf(word, "says=%c", &image->says) != 1 &&
		   sscanf(word, "ids=%hx:%hx", &image->vendor, &image->device) != 2) {
		fail(word);
	}
}

static void add_image(struct romfile *file, uint8_t code, char *words)
{
	struct romfile_image image = {
		.vendor = 0x10de, .device = 0x1b80, .class = 0x030000, .code = code
	};
	char *word;

	while ((word = strsep(&words, ",")))
		set_word(&image, word);
	romfile_image(file, &image);
}

static void add_part(struct romfile *file, char *part)
{
	unsigned a, b;
	int text_at;

	if (sscanf(part, "nvgi=%u", &a) == 1) {
		romfile_nvgi(file, a);
	} else if (strcmp(part, "vfct") == 0) {
		romfile_vfct(file);
	} else if (sscanf(part, "entry=%x:%x", &a, &b) == 2) {
		romfile_vfct_entry(file, (uint16_t)a, b);
	} else if (sscanf(part, "fill=%x:%x", &a, &b) == 2) {
		romfile_fill(file, (uint8_t)a, b);
	} else if (sscanf(part, "byte=%x:%x", &a, &b) == 2) {
		romfile_u8(file, a, (uint8_t)b);
	} else if (sscanf(part, "text=%x:%n", &a, &text_at) == 1) {
		romfile_text(file, a, part + text_at);
	} else {
		char *words = part;
		const char *kind = strsep(&words, ",");

		if (strcmp(kind, "legacy") == 0) {
			add_image(file, 0x00, words);
		} else if (strcmp(kind, "efi") == 0) {
			add_image(file, 0x03, words);
		} else if (strcmp(kind, "private") == 0) {
			add_image(file, 0xe0, words);
		} else {
			fail(kind);
		}
	}
}

int main(int argc, char **argv)
{
	struct romfile file = ROMFILE_NONE;
	FILE *out;

	if (argc < 2)
		return fail("usage: mkrom FILE PART...");
	for (int i = 2; i < argc; i++)
		add_part(&file, argv[i]);
	out = fopen(argv[1], "we");
	if (!out || (file.len > 0 && fwrite(file.data, 1, file.len, out) != file.len) ||
	    fclose(out) != 0)
		return fail("cannot write");
	romfile_done(&file);
	return EXIT_SUCCESS;
}
