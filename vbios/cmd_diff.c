/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What two files differ in: image by image, field by field. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "command.h"
#include "fields.h"

/* Prints a heading before the first line that is below it. */
struct section {
	const char *name;
	unsigned n_lines;
};

static void line(struct section *section)
{
	if (section->n_lines++ == 0)
		(void)printf("%s\n", section->name);
}

static void diff_field(struct section *section, const struct field *a,
		       const struct field *b)
{
	const char *before = a ? a->text : "(none)";
	const char *after = b ? b->text : "(none)";

	if (strcmp(before, after) == 0)
		return;
	line(section);
	(void)printf("    %-16s %s -> %s\n", a ? a->label : b->label, before, after);
}

static void diff_fields(struct section *section, const struct fields *a,
			const struct fields *b)
{
	for (size_t i = 0; i < a->n; i++)
		diff_field(section, &a->v[i], fields_find(b, a->v[i].key));
	for (size_t i = 0; i < b->n; i++) {
		if (!fields_find(a, b->v[i].key))
			diff_field(section, NULL, &b->v[i]);
	}
}

/* As far as both go. */
static void diff_bytes(struct section *section, const struct rom *a,
		       const struct rom_image *in_a, const struct rom *b,
		       const struct rom_image *in_b)
{
	uint64_t len = in_a->end - in_a->at;
	uint64_t first = 0;
	uint64_t n = 0;

	if (len > in_b->end - in_b->at)
		len = in_b->end - in_b->at;
	for (uint64_t i = 0; i < len; i++) {
		if (a->bytes.data[in_a->at + i] == b->bytes.data[in_b->at + i])
			continue;
		if (n++ == 0)
			first = i;
	}
	if (n == 0)
		return;
	line(section);
	(void)printf("    %-16s %" PRIu64 " of %" PRIu64
		     " bytes differ, the first at 0x%" PRIx64 " of the image\n",
		     "content", n, len, first);
}

static unsigned diff_image(size_t number, const struct rom *a, const struct rom *b)
{
	const struct rom_image *in_a =
		number <= a->n_images ? &a->images[number - 1] : NULL;
	const struct rom_image *in_b =
		number <= b->n_images ? &b->images[number - 1] : NULL;
	struct section section = { 0 };
	struct fields fields_a, fields_b;
	char name[64];
	char heading[96];

	fields_name_image(name, sizeof(name), in_a ? in_a : in_b);
	(void)snprintf(heading, sizeof(heading), "image %zu: %s%s", number, name,
		       !in_b  ? ", in the first only"
		       : in_a ? ""
			      : ", in the second only");
	section.name = heading;
	if (!in_a || !in_b) {
		line(&section);
		return section.n_lines;
	}
	fields_of_image(&fields_a, in_a);
	fields_of_image(&fields_b, in_b);
	diff_fields(&section, &fields_a, &fields_b);
	diff_bytes(&section, a, in_a, b, in_b);
	return section.n_lines;
}

static int run_diff(const struct options *options, struct error *err)
{
	CLEANUP_INPUT struct input a = INPUT_NONE;
	CLEANUP_INPUT struct input b = INPUT_NONE;
	struct section file = { .name = "file" };
	struct fields fields_a, fields_b;
	unsigned n_lines;
	int r = input_read(&a, options->operands[0], err);

	if (r == 0)
		r = input_read(&b, options->operands[1], err);
	if (r < 0)
		return r;
	fields_of_file(&fields_a, &a);
	fields_of_file(&fields_b, &b);
	diff_fields(&file, &fields_a, &fields_b);
	n_lines = file.n_lines;
	for (size_t i = 1; i <= a.rom.n_images || i <= b.rom.n_images; i++)
		n_lines += diff_image(i, &a.rom, &b.rom);
	return n_lines > 0 ? EXIT_NO : EXIT_OK;
}

const struct command command_diff = {
	.name = "diff",
	.args = "FILE FILE",
	.help = "say what two files differ in, image by image",
	.options = &options_diff,
	.min_operands = 2,
	.max_operands = 2,
	.failed = EXIT_NO_LOOK,
	.run = run_diff,
};
