/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Input devices for the guest alone. */

#include <stdlib.h>
#include <string.h>

#include "base/keyval.h"
#include "domain/query.h"
#include "tweak/check_impl.h"

/* Adds a path as libvirt sees it: virFileSanitizePath() drops doubled slashes. */
static void add_path(struct check *check, struct check_keys *keys, const xmlNode *element,
		     const char *path)
{
	CLEANUP_FREE char *clean = strdup(path);
	char *out = clean;

	if (!clean) {
		check->findings.failed = true;
		return;
	}
	for (const char *in = path; *in; in++) {
		if (*in != '/' || in[1] != '/')
			*out++ = *in;
	}
	*out = '\0';
	check_keys_add(check, keys, element, "%s", clean);
}

/*
 * The string that belongs to a key of an argument in JSON, which QEMU also takes with
 * single quotes; to be freed. NULL without it, or if it needs unescaping.
 */
static char *json_string(const char *json, const char *key)
{
	size_t len = strlen(key);

	for (const char *p = strstr(json, key); p; p = strstr(p + 1, key)) {
		char quote = p > json ? p[-1] : '\0';
		const char *value = p + len;
		size_t n;

		if ((quote != '"' && quote != '\'') || *value != quote)
			continue;
		value += 1 + strspn(value + 1, " \t\n");
		if (*value != ':')
			continue;
		value += 1 + strspn(value + 1, " \t\n");
		quote = *value;
		if (quote != '"' && quote != '\'')
			return NULL;
		value++;
		n = strcspn(value, quote == '"' ? "\"\\" : "'\\");
		return value[n] == quote ? strndup(value, n) : NULL;
	}
	return NULL;
}

/* The device of "-object input-linux,evdev=...", to be freed; NULL for other objects. */
static char *input_linux(const char *object)
{
	CLEANUP_KEYVALS struct keyvals words = KEYVALS_NONE;
	struct error ignored = { 0 };

	if (!strstr(object, "input-linux"))
		return NULL;
	if (object[0] == '{')
		return json_string(object, "evdev");
	if (keyvals_parse(&words, object, &ignored) < 0)
		return NULL;
	for (size_t i = 0; i < words.n; i++) {
		if (words.v[i].value && strcmp(words.v[i].key, "evdev") == 0)
			return TAKE_PTR(words.v[i].value);
	}
	return NULL;
}

static void add_arguments(struct check *check, struct check_keys *keys)
{
	const xmlNode *commandline = query_qemu_child(check->domain, "commandline");
	const char *last = "";

	for (const xmlNode *arg = check_first(commandline); arg; arg = check_next(arg)) {
		const char *value = query_attr(arg, "value");
		CLEANUP_FREE char *path = NULL;

		if (!value || !query_is_qemu(arg, "arg"))
			continue;
		if (strcmp(last, "-object") == 0 || strcmp(last, "--object") == 0)
			path = input_linux(value);
		if (path)
			add_path(check, keys, arg, path);
		last = value;
	}
}

/* QEMU grabs a device for itself (EVIOCGRAB), so a second one gets nothing. */
void check_evdev(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;

	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		const char *path = query_attr(query_child(device, "source"), "dev");

		if (path && query_is(device, "input") &&
		    query_attr_is(device, "type", "evdev"))
			add_path(check, &keys, device, path);
	}
	add_arguments(check, &keys);

	check_keys_sort(&keys);
	for (size_t i = 0; i < keys.n; i++) {
		if (check_keys_is_again(&keys, i)) {
			check_found(check, keys.v[i].element,
				    "the input device '%s' is given to the guest twice: "
				    "remove one of the two",
				    keys.v[i].text);
		}
	}
}
