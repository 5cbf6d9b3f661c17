/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>

#include <libxml/parserInternals.h>

#include "base/buf.h"
#include "base/parse.h"
#include "tweak/wishes_impl.h"

static const struct wish_key *find_key(const char *name, const struct wish_key *keys,
				       size_t n_keys)
{
	for (size_t i = 0; i < n_keys; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static int unknown_key(const char *name, const struct wish_key *keys, size_t n_keys,
		       struct error *err)
{
	CLEANUP_BUF struct buf known = BUF_NONE;

	for (size_t i = 0; i < n_keys; i++)
		buf_addf(&known, "%s%s", i ? ", " : "", keys[i].name);
	return error_set(err, EINVAL, "unknown key '%s'; known: %s", name,
			 buf_text(&known));
}

static int check_form(const struct keyval *keyval, enum wish_key_form form,
		      struct error *err)
{
	if (form == WISH_KEY_BARE && keyval->value) {
		return error_set(err, EINVAL, "%s takes no value, but has '%s'",
				 keyval->key, keyval->value);
	}
	if (form == WISH_KEY_VALUE && !keyval->value)
		return error_set(err, EINVAL, "%s needs a value", keyval->key);
	if (keyval->value && !*keyval->value)
		return error_set(err, EINVAL, "the value of %s is empty", keyval->key);
	return 0;
}

int wish_take_keys(void *wish, const struct keyval *keyvals, size_t n,
		   const struct wish_key *keys, size_t n_keys, struct error *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct wish_key *key = find_key(keyvals[i].key, keys, n_keys);
		int r;

		if (!key)
			return unknown_key(keyvals[i].key, keys, n_keys, err);
		for (size_t j = 0; j < i && !key->repeats; j++) {
			if (strcmp(keyvals[j].key, key->name) != 0)
				continue;
			return error_set(err, EINVAL, "%s is given twice", key->name);
		}
		r = check_form(&keyvals[i], key->form, err);
		if (r == 0)
			r = key->take(wish, &keyvals[i], err);
		if (r < 0)
			return r;
	}
	return 0;
}

int wish_take_switch(enum wish_switch *ret_value, const struct keyval *keyval,
		     const char *on, const char *off, struct error *err)
{
	bool is_on;
	int r = keyval_switch(&is_on, keyval, on, off, err);

	if (r == 0)
		*ret_value = is_on ? WISH_ON : WISH_OFF;
	return r;
}

static bool is_xml_text(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		int n = len < 4 ? (int)len : 4;
		int c = xmlGetUTF8Char((const unsigned char *)text, &n);

		if (c < 0 || !IS_CHAR(c))
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

int wish_copy(char **ret_copy, const char *text, struct error *err)
{
	char *copy;

	if (!is_xml_text(text)) {
		return error_set(err, EINVAL,
				 "'%s' is not UTF-8 text that an XML document can hold",
				 text);
	}
	copy = strdup(text);
	if (!copy)
		return wish_no_memory(err);
	*ret_copy = copy;
	return 0;
}

int wish_part(char **ret_part, const char *text, size_t len, struct error *err)
{
	char *part = strndup(text, len);

	if (!part)
		return wish_no_memory(err);
	*ret_part = part;
	return 0;
}

/* Appends the parts of a path, each behind one slash, without those that are ".". */
static void add_parts(struct buf *path, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "/");

		if (len > 0 && !(len == 1 && *text == '.')) {
			buf_addc(path, '/');
			buf_add(path, text, len);
		}
		text += len + (text[len] == '/');
	}
}

/* The current directory without as many parts at its end as file has ".." in front. */
static const char *add_directory(struct buf *path, const char *file, struct error *err)
{
	CLEANUP_FREE char *cwd = getcwd(NULL, 0);

	if (!cwd) {
		(void)error_sys(err, errno, "find the current directory, for '%s'", file);
		return NULL;
	}
	add_parts(path, cwd);
	for (;;) {
		size_t len = strcspn(file, "/");

		if (len == 2 && strncmp(file, "..", 2) == 0) {
			const char *slash = strrchr(buf_text(path), '/');

			buf_cut(path, slash ? (size_t)(slash - buf_text(path)) : 0);
		} else if (len > 1 || (len == 1 && *file != '.') || !*file) {
			return file;
		}
		file += len + (file[len] == '/');
	}
}

int wish_path(char **ret_path, const char *file, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_NONE;

	if (!*file)
		return error_set(err, EINVAL, "the name of the file is empty");
	if (*file != '/')
		file = add_directory(&path, file, err);
	if (!file)
		return -err->code;
	add_parts(&path, file);
	if (path.len == 0)
		buf_addc(&path, '/');
	if (buf_check(&path, err) < 0)
		return -err->code;
	return wish_copy(ret_path, buf_text(&path), err);
}

bool wish_is_word(const char *text, const char *more)
{
	for (const char *c = text; *c; c++) {
		bool is_alnum = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') ||
				(*c >= 'A' && *c <= 'Z');

		if (!is_alnum && !strchr(more, *c))
			return false;
	}
	return *text != '\0';
}

int wish_identity(uint16_t *ret_vendor, uint16_t *ret_device, const char *text,
		  struct error *err)
{
	struct error ignored;
	uint64_t vendor;
	uint64_t device;

	if (strlen(text) != 9 || text[4] != ':' ||
	    parse_hex_part(&vendor, text, 4, "vendor", &ignored) < 0 ||
	    parse_hex_part(&device, text + 5, 4, "device", &ignored) < 0) {
		return error_set(err, EINVAL,
				 "'%s' is not a vendor and a device of 4 hexadecimal "
				 "digits each, such as 10de:1b80",
				 text);
	}
	*ret_vendor = (uint16_t)vendor;
	*ret_device = (uint16_t)device;
	return 0;
}

void *wish_insert(void *array, size_t *n, const void *item, size_t size,
		  wish_compare_fn *compare)
{
	char *v = reallocarray(array, *n + 1, size);
	size_t at = *n;

	if (!v)
		return NULL;
	while (at > 0 && compare(v + (at - 1) * size, item) > 0)
		at--;
	memmove(v + (at + 1) * size, v + at * size, (*n - at) * size);
	memcpy(v + at * size, item, size);
	++*n;
	return v;
}

int wish_compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

int wish_compare_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int wish_no_memory(struct error *err)
{
	return error_set(err, ENOMEM, "out of memory");
}

int wish_both(const char *what, const char *object, struct error *err)
{
	return error_set(err, EINVAL, "'%s%s%s' is both set and unset", what,
			 object ? ":" : "", object ? object : "");
}

int wish_contradicts(const char *value, const char *option, struct error *err)
{
	return error_set(err, EINVAL, "'%s' contradicts an earlier --%s", value, option);
}

int wish_once(enum wish *wish, enum wish want, const char *what, struct error *err)
{
	if (*wish != WISH_NOTHING && *wish != want)
		return wish_both(what, NULL, err);
	*wish = want;
	return 0;
}
