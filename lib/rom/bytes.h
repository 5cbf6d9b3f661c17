/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Little-endian numbers out of bytes from outside. Whatever the offset, nothing is read
 * beyond the end: what lies there is 0.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct rom_bytes {
	const uint8_t *data;
	uint64_t len;
};

static inline bool rom_has(const struct rom_bytes *bytes, uint64_t at, uint64_t len)
{
	return at <= bytes->len && len <= bytes->len - at;
}

static inline uint8_t rom_u8(const struct rom_bytes *bytes, uint64_t at)
{
	return at < bytes->len ? bytes->data[at] : 0;
}

static inline uint16_t rom_u16(const struct rom_bytes *bytes, uint64_t at)
{
	return (uint16_t)(rom_u8(bytes, at) | rom_u8(bytes, at + 1) << 8);
}

static inline uint32_t rom_u32(const struct rom_bytes *bytes, uint64_t at)
{
	return rom_u16(bytes, at) | (uint32_t)rom_u16(bytes, at + 2) << 16;
}

/* Whether the text, without its NUL, stands there. */
static inline bool rom_is(const struct rom_bytes *bytes, uint64_t at, const char *text)
{
	size_t len = strlen(text);

	return rom_has(bytes, at, len) && memcmp(bytes->data + at, text, len) == 0;
}
