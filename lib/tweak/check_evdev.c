/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Input devices for the guest alone. */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/keyval.h"
#include "domain/query.h"
#include "tweak/check_impl.h"
#include "tweak/evdev_input.h"

/* Adds a path as libvirt sees it: virFileSanitizePath() drops doubled slashes. */
static void add_path(struct check *check, struct check_keys *keys, const xmlNode *element,
		     const char *path, size_t len)
{
	CLEANUP_BUF struct buf clean = BUF_NONE;

	for (size_t i = 0; i < len; i++) {
		if (path[i] != '/' || i + 1 == len || path[i + 1] != '/')
			buf_addc(&clean, path[i]);
	}
	if (clean.failed)
		check->findings.failed = true;
	check_keys_add(check, keys, element, "%s", buf_text(&clean));
}

/*
 * The string that belongs to a key of an argument in JSON, which QEMU also takes with
 * single quotes. NULL without it, or if it would need unescaping.
 */
static const char *json_string(const char *json, const char *key, size_t *ret_len)
{
	size_t key_len = strlen(key);

	for (const char *p = strstr(json, key); p; p = strstr(p + 1, key)) {
		const char *value = p + key_len;
		size_t len;

		if (p == json || *value != p[-1] || (*value != '"' && *value != '\''))
			continue;
		value += 1 + strspn(value + 1, " \t\n");
		if (*value != ':')
			continue;
		value += 1 + strspn(value + 1, " \t\n");
		if (*value != '"' && *value != '\'')
			return NULL;
		len = strcspn(value + 1, *value == '"' ? "\"\\" : "'\\");
		if (value[1 + len] != *value)
			return NULL;
		*ret_len = len;
		return value + 1;
	}
	return NULL;
}

/* Adds the device of "-object input-linux,evdev=..."; other objects have none. */
static void add_object(struct check *check, struct check_keys *keys, const xmlNode *arg,
		       const char *object)
{
	CLEANUP_KEYVALS struct keyvals words = KEYVALS_NONE;
	struct error ignored = { 0 };

	if (!strstr(object, "input-linux"))
		return;
	if (object[0] == '{') {
		size_t len;
		const char *path = json_string(object, "evdev", &len);

		if (path)
			add_path(check, keys, arg, path, len);
		return;
	}
	if (keyvals_parse(&words, object, &ignored) < 0)
		return;
	for (size_t i = 0; i < words.n; i++) {
		const char *path = words.v[i].value;

		if (path && strcmp(words.v[i].key, "evdev") == 0)
			add_path(check, keys, arg, path, strlen(path));
	}
}

static void add_arguments(struct check *check, struct check_keys *keys)
{
	const xmlNode *commandline = query_qemu_child(check->domain, "commandline");
	const char *last = "";

	for (const xmlNode *arg = check_first(commandline); arg; arg = check_next(arg)) {
		const char *value = query_attr(arg, "value");

		if (!value || !query_is_qemu(arg, "arg"))
			continue;
		if (strcmp(last, "-object") == 0 || strcmp(last, "--object") == 0)
			add_object(check, keys, arg, value);
		last = value;
	}
}

/* Adds the devices that the paths lead to: a link of udev and its target are the same. */
static void add_devices(struct check *check, struct check_keys *devices,
			const struct check_keys *paths)
{
	const struct root *root = check->planner->root;

	for (size_t i = 0; i < paths->n; i++) {
		const struct check_key *path = &paths->v[i];
		uint64_t event;

		if (root && evdev_event(&event, root, path->text)) {
			check_keys_add(check, devices, path->element,
				       "/dev/input/event%" PRIu64, event);
		} else {
			check_keys_add(check, devices, path->element, "%s", path->text);
		}
	}
}

static void found_again(struct check *check, const xmlNode *element, const char *path,
			const char *before)
{
	if (strcmp(path, before) == 0) {
		check_found(check, element,
			    "the input device '%s' is given to the guest twice: "
			    "remove one of the two",
			    path);
	} else {
		check_found(check, element,
			    "the input device '%s' is given to the guest twice, also as "
			    "'%s': remove one of the two",
			    path, before);
	}
}

/* QEMU grabs a device for itself (EVIOCGRAB), so a second one gets nothing. */
void check_evdev(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys paths = CHECK_KEYS_NONE;
	CLEANUP_CHECK_KEYS struct check_keys devices = CHECK_KEYS_NONE;

	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		const xmlNode *source = query_child(device, "source");
		const char *path = NULL;

		if (!query_is(device, "input"))
			continue;
		if (query_attr_is(device, "type", "evdev"))
			path = query_attr(source, "dev");
		if (query_attr_is(device, "type", "passthrough"))
			path = query_attr(source, "evdev");
		if (path)
			add_path(check, &paths, device, path, strlen(path));
	}
	add_arguments(check, &paths);
	if (paths.n < 2)
		return;

	/* a device has the order of its path */
	add_devices(check, &devices, &paths);
	check_keys_sort(&devices);
	for (size_t i = 0; i < devices.n; i++) {
		if (check_keys_is_again(&devices, i)) {
			found_again(check, devices.v[i].element,
				    paths.v[devices.v[i].order].text,
				    paths.v[devices.v[i - 1].order].text);
		}
	}
}
