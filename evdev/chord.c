/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "chord.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <libevdev/libevdev.h>

#include "base/macro.h"

static const struct {
	const char *name;
	struct chord_key key;
} pairs[] = {
	{ "ctrl", { KEY_LEFTCTRL, KEY_RIGHTCTRL } },
	{ "shift", { KEY_LEFTSHIFT, KEY_RIGHTSHIFT } },
	{ "alt", { KEY_LEFTALT, KEY_RIGHTALT } },
	{ "meta", { KEY_LEFTMETA, KEY_RIGHTMETA } },
};

struct chord chord_panic(void)
{
	return (struct chord){
		.keys = { { KEY_BACKSPACE, 0 }, { KEY_ESC, 0 }, { KEY_ENTER, 0 } },
		.n_keys = 3,
		.is_loose = true,
	};
}

static bool key_has(const struct chord_key *key, unsigned code)
{
	return key->code == code || (key->other && key->other == code);
}

static bool keys_meet(const struct chord_key *a, const struct chord_key *b)
{
	return key_has(a, b->code) || (b->other && key_has(a, b->other));
}

/* The kernel's name of a key from what a user writes: "leftctrl", "BTN_EXTRA". */
static int find_code(const char *word, size_t len)
{
	char name[48] = "KEY_";
	size_t skip = strlen(name);
	int code;

	if (len == 0 || len >= sizeof(name) - skip)
		return -1;
	if (strncasecmp(word, "btn_", 4) == 0 || strncasecmp(word, "key_", 4) == 0)
		skip = 0;
	for (size_t i = 0; i < len; i++)
		name[skip + i] = (char)toupper((unsigned char)word[i]);
	name[skip + len] = '\0';
	code = libevdev_event_code_from_name(EV_KEY, name);
	/* KEY_MAX and KEY_CNT have names too */
	return code > KEY_RESERVED && code < KEY_MAX ? code : -1;
}

static bool find_key(struct chord_key *ret_key, const char *word, size_t len)
{
	int code;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (strlen(pairs[i].name) == len &&
		    strncasecmp(pairs[i].name, word, len) == 0) {
			*ret_key = pairs[i].key;
			return true;
		}
	}
	code = find_code(word, len);
	*ret_key = (struct chord_key){ .code = (unsigned short)code };
	return code > 0;
}

static int add_key(struct chord *chord, const char *text, const char *word, size_t len,
		   struct error *err)
{
	struct chord_key key;

	if (len == 0)
		return error_set(err, EINVAL, "chord '%s': a key is missing", text);
	if (!find_key(&key, word, len)) {
		return error_set(err, EINVAL, "chord '%s': there is no key '%.*s'", text,
				 (int)len, word);
	}
	if (chord->n_keys == CHORD_KEYS) {
		return error_set(err, EINVAL, "chord '%s': more than %d keys", text,
				 CHORD_KEYS);
	}
	for (size_t i = 0; i < chord->n_keys; i++) {
		if (keys_meet(&chord->keys[i], &key)) {
			return error_set(err, EINVAL, "chord '%s': '%.*s' is in it twice",
					 text, (int)len, word);
		}
	}
	chord->keys[chord->n_keys++] = key;
	return 0;
}

int chord_parse(struct chord *ret_chord, const char *text, struct error *err)
{
	struct chord chord = CHORD_NONE;
	const char *word = text;
	int r = 0;

	while (r == 0) {
		size_t len = strcspn(word, "+");

		r = add_key(&chord, text, word, len, err);
		if (!word[len])
			break;
		word += len + 1;
	}
	if (r == 0)
		*ret_chord = chord;
	return r;
}

static void format_key(const struct chord_key *key, struct buf *buf)
{
	const char *name;

	for (size_t i = 0; key->other && i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].key.code == key->code) {
			buf_adds(buf, pairs[i].name);
			return;
		}
	}
	name = libevdev_event_code_get_name(EV_KEY, key->code);
	if (!name) {
		buf_addf(buf, "%u", key->code);
		return;
	}
	if (strncmp(name, "KEY_", 4) == 0)
		name += 4;
	for (; *name; name++)
		buf_addc(buf, (char)tolower((unsigned char)*name));
}

void chord_format(const struct chord *chord, struct buf *buf)
{
	for (size_t i = 0; i < chord->n_keys; i++) {
		if (i > 0)
			buf_addc(buf, '+');
		format_key(&chord->keys[i], buf);
	}
}

/* Mouse buttons: held or not, they do not make a chord another one. */
static bool is_button(unsigned code)
{
	return (code >= BTN_MISC && code < KEY_OK) || code >= BTN_TRIGGER_HAPPY;
}

static const struct chord_key *key_of(const struct chord *chord, unsigned code)
{
	for (size_t i = 0; i < chord->n_keys; i++) {
		if (key_has(&chord->keys[i], code))
			return &chord->keys[i];
	}
	return NULL;
}

bool chord_matches(const struct chord *chord, const struct key_bits *held, unsigned code)
{
	if (!key_of(chord, code))
		return false;
	for (size_t i = 0; i < chord->n_keys; i++) {
		const struct chord_key *key = &chord->keys[i];

		if (!keys_has(held, key->code) &&
		    !(key->other && keys_has(held, key->other)))
			return false;
	}
	if (chord->is_loose)
		return true;
	for (unsigned i = keys_next(held, 0); i < KEY_CNT; i = keys_next(held, i + 1)) {
		if (!is_button(i) && !key_of(chord, i))
			return false;
	}
	return true;
}

bool chord_shadows(const struct chord *chord, const struct chord *other)
{
	bool used[CHORD_KEYS] = { false };

	for (size_t i = 0; i < chord->n_keys; i++) {
		size_t j = 0;

		while (j < other->n_keys &&
		       (used[j] || !keys_meet(&chord->keys[i], &other->keys[j])))
			j++;
		if (j == other->n_keys)
			return false;
		used[j] = true;
	}
	return chord->n_keys > 0;
}

bool key_is_modifier(unsigned code)
{
	switch (code) {
	case KEY_LEFTCTRL:
	case KEY_RIGHTCTRL:
	case KEY_LEFTSHIFT:
	case KEY_RIGHTSHIFT:
	case KEY_LEFTALT:
	case KEY_RIGHTALT:
	case KEY_LEFTMETA:
	case KEY_RIGHTMETA:
		return true;
	default:
		return false;
	}
}

static bool has_modifier(const struct chord *chord, const struct chord *but)
{
	for (size_t i = 0; i < chord->n_keys; i++) {
		if (key_is_modifier(chord->keys[i].code) &&
		    !(but && key_of(but, chord->keys[i].code)) &&
		    !(but && chord->keys[i].other && key_of(but, chord->keys[i].other)))
			return true;
	}
	return false;
}

static bool is_of_modifiers(const struct chord *chord)
{
	for (size_t i = 0; i < chord->n_keys; i++) {
		if (!key_is_modifier(chord->keys[i].code))
			return false;
	}
	return true;
}

/* part's keys are all in whole. */
static bool comes_on_the_way(const struct chord *part, const struct chord *whole)
{
	if (!chord_shadows(part, whole))
		return false;
	return part->n_keys == whole->n_keys || is_of_modifiers(part) ||
	       !has_modifier(whole, part);
}

bool chord_conflicts(const struct chord *chord, const struct chord *other)
{
	return comes_on_the_way(chord, other) || comes_on_the_way(other, chord);
}
