/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What is in files: every image, and what they come wrapped in. */

#include <errno.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/exit.h"
#include "command.h"
#include "fields.h"
#include "json.h"
#include "map.h"

#define FILES_MAX 4096

static void print_fields(const struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++)
		(void)printf("    %-16s %s\n", fields->v[i].label, fields->v[i].text);
}

static int print_map(const struct rom *rom, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	(void)setlocale(LC_CTYPE, "");
	map_draw(&text, rom, strcmp(nl_langinfo(CODESET), "UTF-8") == 0);
	if (buf_check(&text, err) < 0)
		return -ENOMEM;
	(void)printf("\n%s", buf_text(&text));
	return 0;
}

static int print_text(const struct input *input, bool with_map, struct error *err)
{
	const struct rom *rom = &input->rom;
	struct fields fields;
	char name[64];

	(void)printf("%s\n", input->path);
	fields_of_file(&fields, input);
	print_fields(&fields);
	if (with_map && rom->n_images > 0 && print_map(rom, err) < 0)
		return -ENOMEM;
	if (rom->kind == ROM_KIND_NVGI) {
		(void)printf("\n  header of the flash chip (NVGI)\n");
		fields_of_nvgi(&fields, rom);
		print_fields(&fields);
	}
	for (size_t i = 0; i < rom->n_vfct; i++) {
		(void)printf("\n  VFCT entry %zu\n", i + 1);
		fields_of_vfct(&fields, &rom->vfct[i]);
		print_fields(&fields);
	}
	for (size_t i = 0; i < rom->n_images; i++) {
		fields_name_image(name, sizeof(name), &rom->images[i]);
		(void)printf("\n  image %zu: %s\n", i + 1, name);
		fields_of_image(&fields, &rom->images[i]);
		print_fields(&fields);
	}
	return 0;
}

static struct json_object *describe(const struct input *input)
{
	const struct rom *rom = &input->rom;
	struct json_object *object = json_object_new_object();
	struct json_object *images = json_object_new_array();
	struct json_object *entries = json_object_new_array();
	struct fields fields;

	json_set_text(object, "path", input->path);
	fields_of_file(&fields, input);
	json_set_fields(object, &fields);
	if (rom->kind == ROM_KIND_NVGI) {
		struct json_object *nvgi = json_object_new_object();

		fields_of_nvgi(&fields, rom);
		json_set_fields(nvgi, &fields);
		json_set(object, "nvgi", nvgi);
	}
	for (size_t i = 0; i < rom->n_vfct; i++) {
		struct json_object *entry = json_object_new_object();

		fields_of_vfct(&fields, &rom->vfct[i]);
		json_set_fields(entry, &fields);
		(void)json_object_array_add(entries, entry);
	}
	for (size_t i = 0; i < rom->n_images; i++) {
		struct json_object *image = json_object_new_object();

		fields_of_image(&fields, &rom->images[i]);
		json_set_fields(image, &fields);
		(void)json_object_array_add(images, image);
	}
	json_set(object, "vfct", entries);
	json_set(object, "images", images);
	return object;
}

static int show_file(const char *path, const struct options *options,
		     struct json_object *list, struct error *err)
{
	CLEANUP_INPUT struct input input = INPUT_NONE;
	int r = input_read(&input, path, err);

	if (r < 0)
		return r;
	if (!options->json)
		return print_text(&input, options->map || isatty(STDOUT_FILENO), err);
	return json_object_array_add(list, describe(&input)) < 0
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

/* A file that cannot be read does not keep the others from being shown. */
static int run_info(const struct options *options, struct error *err)
{
	struct json_object *list = options->json ? json_object_new_array() : NULL;
	int failed = 0;
	int r = 0;

	for (size_t i = 0; i < options->n_operands; i++) {
		struct error why = { 0 };

		if (i > 0 && !options->json)
			(void)printf("\n");
		if (show_file(options->operands[i], options, list, &why) == 0)
			continue;
		if (failed++ > 0)
			(void)fprintf(stderr, "vbios: %s\n", err->msg);
		*err = why;
	}
	if (options->json)
		r = json_print(list, err);
	(void)json_object_put(list);
	if (r < 0)
		return r;
	return failed ? -err->code : EXIT_OK;
}

const struct command command_info = {
	.name = "info",
	.args = "FILE...",
	.help = "show what is in a file",
	.options = &options_info,
	.min_operands = 1,
	.max_operands = FILES_MAX,
	.failed = EXIT_FAILED,
	.run = run_info,
};
