/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Bitmaps of event codes, in the kernel's own layout: what EVIOCGKEY and EVIOCGBIT fill
 * in can be used as it is.
 */

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>

#define BITS_PER_WORD (8 * sizeof(unsigned long))
#define BITS_WORDS(n) (((n) + BITS_PER_WORD - 1) / BITS_PER_WORD)

/* Which keys and buttons are down. */
struct key_bits {
	unsigned long words[BITS_WORDS(KEY_CNT)];
};

#define KEY_BITS_NONE ((struct key_bits){ { 0 } })

static inline bool bits_has(const unsigned long *words, unsigned bit)
{
	return words[bit / BITS_PER_WORD] >> (bit % BITS_PER_WORD) & 1;
}

static inline void bits_set(unsigned long *words, unsigned bit, bool value)
{
	unsigned long mask = 1UL << (bit % BITS_PER_WORD);

	if (value) {
		words[bit / BITS_PER_WORD] |= mask;
	} else {
		words[bit / BITS_PER_WORD] &= ~mask;
	}
}

static inline bool keys_has(const struct key_bits *keys, unsigned code)
{
	return code < KEY_CNT && bits_has(keys->words, code);
}

static inline void keys_set(struct key_bits *keys, unsigned code, bool value)
{
	if (code < KEY_CNT)
		bits_set(keys->words, code, value);
}

static inline bool keys_empty(const struct key_bits *keys)
{
	for (size_t i = 0; i < BITS_WORDS(KEY_CNT); i++) {
		if (keys->words[i])
			return false;
	}
	return true;
}

/* The first code that is set and not below from; KEY_CNT when there is none. */
static inline unsigned keys_next(const struct key_bits *keys, unsigned from)
{
	while (from < KEY_CNT) {
		unsigned long word =
			keys->words[from / BITS_PER_WORD] >> (from % BITS_PER_WORD);

		if (word)
			return from + (unsigned)__builtin_ctzl(word);
		from = (unsigned)((from / BITS_PER_WORD + 1) * BITS_PER_WORD);
	}
	return KEY_CNT;
}
