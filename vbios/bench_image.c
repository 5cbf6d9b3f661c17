/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Screenshots for browsers: these show no PPM, which is what older QEMUs give. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define BMP_HEADER 54
#define SIDE_MAX   16384

static void add_base64(struct buf *out, const uint8_t *data, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		uint32_t bits = (uint32_t)data[i] << 16;

		if (i + 1 < len)
			bits |= (uint32_t)data[i + 1] << 8;
		if (i + 2 < len)
			bits |= data[i + 2];
		buf_addc(out, digits[bits >> 18]);
		buf_addc(out, digits[bits >> 12 & 63]);
		buf_addc(out, (char)(i + 1 < len ? digits[bits >> 6 & 63] : '='));
		buf_addc(out, (char)(i + 2 < len ? digits[bits & 63] : '='));
	}
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> 8 * i);
}

/* 24 bits a pixel, from the bottom up, each line a multiple of 4 bytes. */
static void add_bmp(struct buf *out, const uint8_t *pixels, size_t width, size_t height)
{
	size_t line = (width * 3 + 3) / 4 * 4;
	size_t len = BMP_HEADER + line * height;
	uint8_t *bmp = calloc(1, len);

	if (!bmp)
		return;
	bmp[0] = 'B';
	bmp[1] = 'M';
	put32(bmp + 2, (uint32_t)len);
	put32(bmp + 10, BMP_HEADER);
	put32(bmp + 14, 40);
	put32(bmp + 18, (uint32_t)width);
	put32(bmp + 22, (uint32_t)height);
	bmp[26] = 1;
	bmp[28] = 24;
	for (size_t y = 0; y < height; y++) {
		uint8_t *to = bmp + BMP_HEADER + line * (height - 1 - y);
		const uint8_t *from = pixels + y * width * 3;

		for (size_t x = 0; x < width; x++) {
			to[3 * x] = from[3 * x + 2];
			to[3 * x + 1] = from[3 * x + 1];
			to[3 * x + 2] = from[3 * x];
		}
	}
	buf_adds(out, "data:image/bmp;base64,");
	add_base64(out, bmp, len);
	free(bmp);
}

/* 0 for what is none, or too large to be meant. */
static size_t take_number(const char **p)
{
	size_t value = 0;

	while (**p == ' ' || **p == '\n')
		(*p)++;
	for (; **p >= '0' && **p <= '9' && value <= SIDE_MAX; (*p)++)
		value = value * 10 + (size_t)(**p - '0');
	return value;
}

void image_add(struct buf *out, const struct buf *image)
{
	static const char png[] = "\x89PNG";
	const char *p = buf_text(image);
	size_t width, height, at;

	if (image->len > 8 && memcmp(image->data, png, 4) == 0) {
		buf_adds(out, "data:image/png;base64,");
		add_base64(out, (const uint8_t *)image->data, image->len);
		return;
	}
	/* as QEMU writes it: no comments */
	if (image->len < 12 || memcmp(p, "P6", 2) != 0)
		return;
	p += 2;
	width = take_number(&p);
	height = take_number(&p);
	if (take_number(&p) != 255 || width == 0 || height == 0 || width > SIDE_MAX ||
	    height > SIDE_MAX)
		return;
	at = (size_t)(p - image->data) + 1; /* one blank */
	if (at <= image->len && image->len - at >= width * height * 3)
		add_bmp(out, (const uint8_t *)image->data + at, width, height);
}
