/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/evdev_input.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/keyval.h"
#include "base/parse.h"
#include "host/sysfs.h"

#define TYPE "input-linux"

/* QEMU's GrabToggleKeys; libvirt knows all of them. The first is the default. */
static const struct toggle {
	const char *name;
	const char *words;
} toggles[] = {
	{ "ctrl-ctrl", "both Ctrl keys together switch" },
	{ "alt-alt", "both Alt keys together switch" },
	{ "shift-shift", "both Shift keys together switch" },
	{ "meta-meta", "both Meta (Windows) keys together switch" },
	{ "scrolllock", "the Scroll Lock key switches" },
	{ "ctrl-scrolllock", "Ctrl and Scroll Lock together switch" },
};

static const struct toggle *find_toggle(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(toggles); i++) {
		if (strcmp(toggles[i].name, name) == 0)
			return &toggles[i];
	}
	return NULL;
}

const char *evdev_toggle_words(const char *toggle)
{
	const struct toggle *found = find_toggle(toggle);

	return found ? found->words : toggles[0].words;
}

/* A bare word is switched on. */
static bool read_switch(enum wish_switch *ret_value, const char *value)
{
	static const char *const words[] = { "off",   "on",   "no", "yes",
					     "false", "true", "n",  "y" };

	*ret_value = value ? WISH_DEFAULT : WISH_ON;
	for (size_t i = 0; value && i < ARRAY_SIZE(words); i++) {
		if (strcmp(value, words[i]) == 0)
			*ret_value = i % 2 ? WISH_ON : WISH_OFF;
	}
	return *ret_value != WISH_DEFAULT;
}

static bool take_device(char **dev, const char *value)
{
	if (!value || *value != '/')
		return false;
	free(*dev);
	*dev = strdup(value);
	return *dev != NULL;
}

static bool take_toggle(struct evdev_input *input, const char *value)
{
	const struct toggle *found = find_toggle(value);

	input->toggle = found ? found->name : NULL;
	return found != NULL;
}

static bool take_property(struct evdev_input *input, char **dev, const char *key,
			  const char *value)
{
	enum wish_switch grab;

	if (strcmp(key, "id") == 0 || strcmp(key, "qom-type") == 0)
		return true;
	if (strcmp(key, "evdev") == 0)
		return take_device(dev, value);
	if (strcmp(key, "grab-toggle") == 0)
		return take_toggle(input, value);
	if (strcmp(key, "repeat") == 0)
		return read_switch(&input->repeat, value);
	if (strcmp(key, "grab_all") != 0 || !read_switch(&grab, value))
		return false;
	input->grab_all = grab == WISH_ON;
	return true;
}

static enum evdev_object take_members(struct evdev_input *input, char **dev,
				      struct json_object *json)
{
	struct json_object_iterator at = json_object_iter_begin(json);
	struct json_object_iterator end = json_object_iter_end(json);

	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
		struct json_object *value = json_object_iter_peek_value(&at);

		if (!take_property(input, dev, json_object_iter_peek_name(&at),
				   value ? json_object_get_string(value) : ""))
			return EVDEV_OBJECT_STRANGE;
	}
	return EVDEV_OBJECT_READ;
}

static enum evdev_object read_json(struct evdev_input *input, char **dev,
				   const char *object)
{
	struct json_object *json = json_tokener_parse(object);
	struct json_object *type = NULL;
	enum evdev_object result = EVDEV_OBJECT_OTHER;

	if (json_object_is_type(json, json_type_object) &&
	    json_object_object_get_ex(json, "qom-type", &type) && type &&
	    strcmp(json_object_get_string(type), TYPE) == 0)
		result = take_members(input, dev, json);
	(void)json_object_put(json);
	return result;
}

static enum evdev_object read_words(struct evdev_input *input, char **dev,
				    const char *object)
{
	CLEANUP_KEYVALS struct keyvals words = KEYVALS_NONE;
	struct error ignored;
	const struct keyval *type;

	if (keyvals_parse(&words, object, &ignored) < 0)
		return EVDEV_OBJECT_OTHER;
	type = &words.v[0];
	if (type->value
		    ? strcmp(type->key, "qom-type") != 0 || strcmp(type->value, TYPE) != 0
		    : strcmp(type->key, TYPE) != 0)
		return EVDEV_OBJECT_OTHER;
	for (size_t i = 1; i < words.n; i++) {
		if (!take_property(input, dev, words.v[i].key, words.v[i].value))
			return EVDEV_OBJECT_STRANGE;
	}
	return EVDEV_OBJECT_READ;
}

enum evdev_object evdev_input_read(struct evdev_input *ret_input, char **ret_dev,
				   const char *object)
{
	struct evdev_input input = { 0 };
	char *dev = NULL;
	bool is_json = object[strspn(object, " \t\n")] == '{';
	enum evdev_object result = is_json ? read_json(&input, &dev, object)
					   : read_words(&input, &dev, object);

	if (result == EVDEV_OBJECT_READ && !dev)
		result = EVDEV_OBJECT_STRANGE;
	if (result != EVDEV_OBJECT_READ) {
		free(dev);
		return result;
	}
	input.dev = dev;
	*ret_input = input;
	*ret_dev = dev;
	return result;
}

static bool is_in_dev_input(const char *path, const char *name)
{
	static const char dir[] = "/dev/input";
	size_t len = (size_t)(name - path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	return len == strlen(dir) && memcmp(path, dir, len) == 0;
}

bool evdev_event(uint64_t *ret_event, const struct root *root, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char target[SYSFS_WORD_MAX] = "";
	struct error ignored;

	if (strncmp(path, "/dev/", 5) != 0)
		return false;
	if (root &&
	    sysfs_link_name(root, path + 1, target, sizeof(target), &ignored) == 0 &&
	    *target) {
		name = target;
	} else if (!is_in_dev_input(path, name)) {
		return false;
	}
	return strncmp(name, "event", 5) == 0 &&
	       parse_dec(ret_event, name + 5, 0, UINT16_MAX, "event", &ignored) == 0;
}

bool evdev_same_path(const char *a, const char *b)
{
	for (;;) {
		while (a[0] == '/' && a[1] == '/')
			a++;
		while (b[0] == '/' && b[1] == '/')
			b++;
		if (*a != *b)
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}
