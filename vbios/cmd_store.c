/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Keeps ROMs where QEMU can read them, and knows them by their content. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/exit.h"
#include "base/file.h"
#include "base/macro.h"
#include "command.h"
#include "host/apparmor.h"
#include "json.h"
#include "store.h"

static const char *dir_of(const struct options *options)
{
	return options->store ? options->store : STORE_DIR;
}

/* --- add --- */

/* Behind what is there; the file of the distribution's package stays as it is. */
static int write_rule(const char *rule, const struct root *root, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	CLEANUP_BUF struct buf text = BUF_NONE;
	int r = 0;

	if (asprintf(&path, "%s%s", root_is_host(root) ? "" : root->dir, APPARMOR_LOCAL) <
	    0) {
		path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	if (access(path, F_OK) == 0)
		r = file_read(&text, path, err);
	if (r < 0)
		return r;
	if (text.len > 0 && text.data[text.len - 1] != '\n')
		buf_addc(&text, '\n');
	buf_addf(&text, "%s\n", rule);
	r = buf_check(&text, err);
	if (r == 0)
		r = file_replace(path, text.data, text.len, 0644, false, err);
	if (r == 0)
		(void)printf("'" APPARMOR_LOCAL "' has now the line: %s\n", rule);
	return r;
}

static int show_apparmor(const struct options *options, const char *path,
			 struct error *err)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	CLEANUP_FREE char *dir = realpath(dir_of(options), NULL);
	CLEANUP_BUF struct buf rule = BUF_NONE;
	bool allows = true;
	int r = root_open(&root, options->host, err);

	if (r == 0 && apparmor_is_on(&root))
		r = apparmor_allows(&allows, &root, path, APPARMOR_READ, err);
	if (r < 0 || allows)
		return r;
	buf_addf(&rule, "\"%s/*.rom\" r,", dir ? dir : dir_of(options));
	r = buf_check(&rule, err);
	if (r == 0 && options->write_apparmor)
		return write_rule(buf_text(&rule), &root, err);
	(void)printf("AppArmor does not let QEMU read it, until this line is in "
		     "'" APPARMOR_LOCAL "' (--apparmor writes it): %s\n",
		     buf_text(&rule));
	return r;
}

static int add(const struct options *options, struct error *err)
{
	const char *path = options->operands[1];
	CLEANUP_INPUT struct input input = INPUT_NONE;
	CLEANUP_FREE char *place = NULL;
	CLEANUP_FREE char *real = NULL;
	int r = input_read(&input, path, err);

	if (r < 0)
		return r;
	if (input.rom.kind != ROM_KIND_OPTION || !*input.sha256) {
		return error_set(err, EINVAL,
				 "'%s' is no option ROM that a guest could be given; "
				 "'vbios check' says why",
				 path);
	}
	r = store_add(dir_of(options), &input, options->from, options->note, err);
	if (r < 0)
		return r;
	place = store_path(dir_of(options), input.sha256);
	if (!place)
		return error_set(err, ENOMEM, "out of memory");
	(void)printf("'%s'\n", place);
	real = realpath(place, NULL);
	return show_apparmor(options, real ? real : place, err);
}

/* --- list --- */

static int read_rom(struct input *input, const char *dir, const struct store_entry *entry,
		    char **ret_path, struct error *err)
{
	*ret_path = store_path(dir, entry->sha256);
	if (!*ret_path)
		return error_set(err, ENOMEM, "out of memory");
	return input_read(input, *ret_path, err);
}

static void print_entry(const struct store_entry *entry, const struct input *input)
{
	const struct rom_image *image = &input->rom.images[0];

	(void)printf("%.12s  %04x:%04x  %8zu  %.10s  %s\n", entry->sha256,
		     image->pcir.vendor, image->pcir.device, input->content.len,
		     entry->added ? entry->added : "", entry->name ? entry->name : "");
	if (entry->from)
		(void)printf("    from: %s\n", entry->from);
	if (entry->note)
		(void)printf("    note: %s\n", entry->note);
}

static struct json_object *entry_json(const struct store_entry *entry,
				      const struct input *input)
{
	struct json_object *object = json_object_new_object();
	char ids[16];

	(void)snprintf(ids, sizeof(ids), "%04x:%04x", input->rom.images[0].pcir.vendor,
		       input->rom.images[0].pcir.device);
	json_set_text(object, "sha256", entry->sha256);
	json_set_text(object, "path", input->path);
	json_set(object, "size", json_object_new_uint64(input->content.len));
	json_set_text(object, "ids", ids);
	json_set_text(object, "name", entry->name);
	json_set_text(object, "added", entry->added);
	json_set_text(object, "from", entry->from);
	json_set_text(object, "note", entry->note);
	return object;
}

static int list_one(const struct options *options, const struct store_entry *entry,
		    struct json_object *list, struct error *err)
{
	CLEANUP_INPUT struct input input = INPUT_NONE;
	CLEANUP_FREE char *path = NULL;
	int r = read_rom(&input, dir_of(options), entry, &path, err);

	if (r == 0 && entry->problem)
		r = error_set(err, EBADMSG, "%s", entry->problem);
	if (r < 0)
		return r;
	if (!options->json) {
		print_entry(entry, &input);
		return 0;
	}
	return json_object_array_add(list, entry_json(entry, &input)) < 0
		       ? error_set(err, ENOMEM, "out of memory")
		       : 0;
}

/* A file that is damaged does not keep the others from being shown. */
static int list(const struct options *options, struct error *err)
{
	CLEANUP_STORE struct store store = STORE_NONE;
	struct json_object *array = options->json ? json_object_new_array() : NULL;
	int failed = 0;
	int r = store_read(&store, dir_of(options), err);

	for (size_t i = 0; i < store.n; i++) {
		struct error why = { 0 };

		if (list_one(options, &store.v[i], array, &why) == 0)
			continue;
		if (failed++ > 0)
			(void)fprintf(stderr, "vbios: %s\n", err->msg);
		*err = why;
	}
	if (r == 0 && options->json)
		r = json_print(array, err);
	(void)json_object_put(array);
	return r < 0 ? r : failed ? -err->code : EXIT_OK;
}

/* --- verify --- */

static int verify(const struct options *options, struct error *err)
{
	CLEANUP_STORE struct store store = STORE_NONE;
	size_t n_bad = 0;
	int r = store_read(&store, dir_of(options), err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < store.n; i++) {
		CLEANUP_INPUT struct input input = INPUT_NONE;
		CLEANUP_FREE char *path = NULL;
		struct error why = { 0 };
		const char *text = "as it was added";

		if (read_rom(&input, dir_of(options), &store.v[i], &path, &why) < 0) {
			text = why.msg;
			n_bad++;
		} else if (strcmp(input.sha256, store.v[i].sha256) != 0) {
			text = "its content has changed";
			n_bad++;
		} else if (store.v[i].problem) {
			text = store.v[i].problem;
			n_bad++;
		}
		(void)printf("%.12s  %s\n", store.v[i].sha256, text);
	}
	if (n_bad == 0)
		return 0;
	(void)fflush(stdout);
	return error_set(err, EBADMSG, "%zu of %zu files are not as they were added",
			 n_bad, store.n);
}

static const struct verb {
	const char *name;
	size_t n_operands;
	int (*run)(const struct options *options, struct error *err);
} verbs[] = {
	{ "add", 2, add },
	{ "list", 1, list },
	{ "verify", 1, verify },
};

static int run_store(const struct options *options, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strcmp(options->operands[0], verbs[i].name) == 0 &&
		    options->n_operands == verbs[i].n_operands)
			return verbs[i].run(options, err);
	}
	return error_set(
		err, EBADRQC,
		"'store' is called as: vbios store add FILE, vbios store list, or "
		"vbios store verify");
}

const struct command command_store = {
	.name = "store",
	.args = "add FILE|list|verify",
	.help = "keep ROMs by their content",
	.options = &options_store,
	.min_operands = 1,
	.max_operands = 2,
	.failed = EXIT_FAILED,
	.run = run_store,
};
