/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A chord: keys that are held together. The one that comes last makes it happen.
 *
 * In text keys are joined by "+", with the kernel's names, of any case and without KEY_:
 * "leftctrl+rightctrl", "meta+f1", "btn_extra+pause". "ctrl", "shift", "alt" and "meta"
 * are the left or the right key.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "bits.h"

#define CHORD_KEYS 6

struct chord_key {
	unsigned short code;
	unsigned short other; /* as good as code; 0: none */
};

struct chord {
	struct chord_key keys[CHORD_KEYS];
	size_t n_keys; /* 0: a chord that never happens */
	bool is_loose; /* whatever else is held meanwhile */
};

#define CHORD_NONE ((struct chord){ 0 })

/* Backspace+Escape+Enter, whatever else is held: the way out that nothing can configure
 * away. */
struct chord chord_panic(void);

/* An error names the text and the part of it. */
MUST_CHECK int chord_parse(struct chord *ret_chord, const char *text, struct error *err);

/* As chord_parse() reads it. */
void chord_format(const struct chord *chord, struct buf *buf);

/* Whether the key that just went down completes the chord; it is among those held. */
bool chord_matches(const struct chord *chord, const struct key_bits *held, unsigned code);

/* Whether the keys of `other` cannot be pressed without pressing those of the chord. */
bool chord_shadows(const struct chord *chord, const struct chord *other);

/*
 * Whether one of the two would happen where the other is meant: they are the same keys,
 * or one is completed on the way to the other. Who presses a chord presses its modifiers
 * first, so "f1" and "shift+f1" go together, and "ctrl+alt" and "ctrl+alt+f1" do not.
 */
bool chord_conflicts(const struct chord *chord, const struct chord *other);

/* Ctrl, Shift, Alt, Meta. */
bool key_is_modifier(unsigned code);
