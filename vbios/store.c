/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "json.h"

#define ROM_SUFFIX ".rom"
#define DIGITS     (CHECKSUM_MAX - 1)

static char *path_of(const char *dir, const char *sha256, const char *suffix)
{
	char *path;

	return asprintf(&path, "%s/%s%s", dir, sha256, suffix) < 0 ? NULL : path;
}

char *store_path(const char *dir, const char *sha256)
{
	return path_of(dir, sha256, ROM_SUFFIX);
}

static void entry_done(struct store_entry *entry)
{
	free(entry->name);
	free(entry->from);
	free(entry->note);
	free(entry->added);
	free(entry->problem);
	*entry = (struct store_entry){ 0 };
}

void store_done(struct store *store)
{
	for (size_t i = 0; i < store->n; i++)
		entry_done(&store->v[i]);
	free(store->v);
	*store = STORE_NONE;
}

/* --- what is remembered --- */

static char *text_of(struct json_object *object, const char *key)
{
	const char *text = json_text(object, key);

	return text ? strdup(text) : NULL;
}

/* A file without is still a file of the store: it is known by its content. */
static int read_entry(struct store_entry *entry, const char *dir, struct error *err)
{
	CLEANUP_FREE char *path = path_of(dir, entry->sha256, ".json");
	struct json_object *object;
	int r;

	if (!path)
		return error_set(err, ENOMEM, "out of memory");
	r = json_read(&object, path, err);
	if (r < 0 || !object)
		return r;
	entry->name = text_of(object, "name");
	entry->from = text_of(object, "from");
	entry->note = text_of(object, "note");
	entry->added = text_of(object, "added");
	(void)json_object_put(object);
	return 0;
}

static int write_entry(const struct store_entry *entry, const char *dir,
		       struct error *err)
{
	CLEANUP_FREE char *path = path_of(dir, entry->sha256, ".json");
	struct json_object *object = json_object_new_object();
	const char *text;
	int r;

	json_set_text(object, "name", entry->name);
	json_set_text(object, "from", entry->from);
	json_set_text(object, "note", entry->note);
	json_set_text(object, "added", entry->added);
	text = object ? json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY)
		      : NULL;
	if (!path || !text) {
		r = error_set(err, ENOMEM, "out of memory");
	} else {
		r = file_replace(path, text, strlen(text), 0644, false, err);
	}
	(void)json_object_put(object);
	return r;
}

/* --- the directory --- */

/* "SHA256.rom"; what else is there is not the store's. */
static bool is_rom(const char *name)
{
	return strspn(name, "0123456789abcdef") == DIGITS &&
	       strcmp(name + DIGITS, ROM_SUFFIX) == 0;
}

static int filter(const struct dirent *entry)
{
	return is_rom(entry->d_name);
}

static int add_entry(struct store *store, const char *dir, const char *name,
		     struct error *err)
{
	struct store_entry *entry = &store->v[store->n++];
	struct error why = { 0 };

	*entry = (struct store_entry){ 0 };
	memcpy(entry->sha256, name, DIGITS);
	if (read_entry(entry, dir, &why) == 0)
		return 0;
	entry->problem = strdup(why.msg);
	return entry->problem ? 0 : error_set(err, ENOMEM, "out of memory");
}

int store_read(struct store *ret_store, const char *dir, struct error *err)
{
	CLEANUP_STORE struct store store = STORE_NONE;
	struct dirent **names = NULL;
	int n = scandir(dir, &names, filter, alphasort);
	int r = 0;

	if (n < 0 && errno != ENOENT)
		return error_sys(err, errno, "list '%s'", dir);
	if (n > 0)
		store.v = calloc((size_t)n, sizeof(*store.v));
	if (n > 0 && !store.v)
		r = error_set(err, ENOMEM, "out of memory");
	for (int i = 0; i < n; i++) {
		if (r == 0 && store.v)
			r = add_entry(&store, dir, names[i]->d_name, err);
		free(names[i]);
	}
	free(names);
	if (r < 0)
		return r;
	*ret_store = store;
	store = STORE_NONE;
	return 0;
}

static int make_dir(const char *dir, struct error *err)
{
	CLEANUP_FREE char *path = strdup(dir);

	if (!path)
		return error_set(err, ENOMEM, "out of memory");
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return error_sys(err, errno, "make the directory '%s'", path);
		*slash = '/';
	}
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '%s'", path);
	return 0;
}

static int replace_text(char **where, const char *text, struct error *err)
{
	char *copy = text ? strdup(text) : NULL;

	if (!text)
		return 0;
	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	free(*where);
	*where = copy;
	return 0;
}

static int fill_entry(struct store_entry *entry, const char *path, const char *from,
		      const char *note, struct error *err)
{
	const char *slash = strrchr(path, '/');
	time_t now = time(NULL);
	char added[32] = "";
	struct tm tm;
	int r = replace_text(&entry->from, from, err);

	if (gmtime_r(&now, &tm))
		(void)strftime(added, sizeof(added), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (r == 0)
		r = replace_text(&entry->note, note, err);
	if (r == 0 && !entry->name)
		r = replace_text(&entry->name, slash ? slash + 1 : path, err);
	if (r == 0 && !entry->added)
		r = replace_text(&entry->added, added, err);
	return r;
}

int store_add(const char *dir, const struct input *input, const char *from,
	      const char *note, struct error *err)
{
	CLEANUP_FREE char *path = store_path(dir, input->sha256);
	struct store_entry entry = { 0 };
	int r = path ? make_dir(dir, err) : error_set(err, ENOMEM, "out of memory");

	if (r < 0)
		return r;
	memcpy(entry.sha256, input->sha256, sizeof(entry.sha256));
	r = read_entry(&entry, dir, err);
	if (r == 0)
		r = fill_entry(&entry, input->path, from, note, err);
	if (r == 0) {
		r = file_replace(path, input->content.data, input->content.len, 0644,
				 false, err);
	}
	if (r == 0)
		r = write_entry(&entry, dir, err);
	entry_done(&entry);
	return r;
}
