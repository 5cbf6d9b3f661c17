/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What there is to say about a file and about an image, as pairs of a name and a value:
 * printed, written as JSON, compared.
 */

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_NUMBER,
	FIELD_SWITCH,
};

struct field {
	const char *key;   /* of JSON: "header_length" */
	const char *label; /* for people: "legacy code" */
	enum field_kind kind;
	uint64_t number; /* of FIELD_NUMBER, FIELD_SWITCH */
	char text[80];   /* for people */
};

#define FIELDS_MAX 32

struct fields {
	struct field v[FIELDS_MAX];
	size_t n;
};

#define FIELDS_NONE ((struct fields){ .n = 0 })

void fields_of_file(struct fields *ret_fields, const struct input *input);
void fields_of_image(struct fields *ret_fields, const struct rom_image *image);
void fields_of_nvgi(struct fields *ret_fields, const struct rom *rom);
void fields_of_vfct(struct fields *ret_fields, const struct rom_vfct *entry);

/* The field of that key, or NULL. */
const struct field *fields_find(const struct fields *fields, const char *key);

/* "EFI, x86-64" */
void fields_name_image(char *ret_text, size_t size, const struct rom_image *image);

/* In a few words, what the file is. */
const char *fields_kind_name(enum rom_kind kind);
