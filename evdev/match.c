/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "match.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"

/* --- selectors --- */

static const struct {
	const char *prefix;
	enum selector_kind kind;
} prefixes[] = {
	{ "name=", SELECTOR_NAME },
	{ "phys=", SELECTOR_PHYS },
	{ "uniq=", SELECTOR_UNIQ },
};

static int refuse(const char *text, struct error *err)
{
	return error_set(err, EINVAL,
			 "device '%s' is none of auto, /dev/input/PATH, VENDOR:PRODUCT, "
			 "name=GLOB, phys=GLOB, uniq=GLOB",
			 text);
}

/* "046d:c52b" */
static bool parse_id(struct selector *selector)
{
	struct error ignored;
	uint64_t vendor;
	uint64_t product;

	if (strlen(selector->value) != 9 || selector->value[4] != ':' ||
	    parse_hex_part(&vendor, selector->value, 4, "vendor", &ignored) < 0 ||
	    parse_hex(&product, selector->value + 5, 4, 4, "product", &ignored) < 0)
		return false;
	selector->vendor = (uint16_t)vendor;
	selector->product = (uint16_t)product;
	return true;
}

static bool parse_prefix(struct selector *selector)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		size_t len = strlen(prefixes[i].prefix);

		if (strncmp(selector->value, prefixes[i].prefix, len) != 0)
			continue;
		selector->kind = prefixes[i].kind;
		selector->value += len;
		return *selector->value != '\0';
	}
	return false;
}

int selector_parse(struct selector *ret_selector, const char *text, struct error *err)
{
	struct selector selector = { .is_not = text[0] == '!' };

	if (strlen(text) >= sizeof(selector.text)) {
		return error_set(err, ENAMETOOLONG, "device '%.32s...' is too long",
				 text);
	}
	memcpy(selector.text, text, strlen(text) + 1);
	selector.value = selector.text + selector.is_not;

	if (strcmp(selector.value, "auto") == 0 && !selector.is_not) {
		selector.kind = SELECTOR_AUTO;
	} else if (strncmp(selector.value, "/dev/input/", strlen("/dev/input/")) == 0) {
		selector.kind = SELECTOR_PATH;
	} else if (parse_id(&selector)) {
		selector.kind = SELECTOR_ID;
	} else if (!parse_prefix(&selector)) {
		return refuse(text, err);
	}
	selector_copy(ret_selector, &selector);
	return 0;
}

void selector_copy(struct selector *to, const struct selector *from)
{
	ptrdiff_t at = from->value - from->text;

	*to = *from;
	to->value = to->text + at;
}

/* --- kinds --- */

static bool has_rel(const struct device_info *info, unsigned code)
{
	return info->rel >> code & 1;
}

static bool has_abs(const struct device_info *info, unsigned code)
{
	return info->axes >> code & 1;
}

static bool has_any_key(const struct device_info *info, unsigned first, unsigned last)
{
	return keys_next(&info->keys, first) <= last;
}

static bool is_keyboard(const struct device_info *info)
{
	for (unsigned code = KEY_ESC; code <= KEY_D; code++) {
		if (!keys_has(&info->keys, code))
			return false;
	}
	return true;
}

enum match_kind match_kind(const struct device_info *info)
{
	bool has_xy = has_abs(info, ABS_X) && has_abs(info, ABS_Y);

	if (info->props & (1u << INPUT_PROP_ACCELEROMETER))
		return MATCH_OTHER;
	if (has_any_key(info, BTN_TOOL_PEN, BTN_TOOL_QUADTAP) ||
	    keys_has(&info->keys, BTN_TOUCH) ||
	    (has_xy && keys_has(&info->keys, BTN_LEFT)))
		return MATCH_TABLET;
	if (has_any_key(info, BTN_JOYSTICK, BTN_DIGI - 1) ||
	    has_any_key(info, BTN_TRIGGER_HAPPY, BTN_TRIGGER_HAPPY40))
		return MATCH_GAMEPAD;
	if (has_rel(info, REL_X) && has_rel(info, REL_Y) &&
	    keys_has(&info->keys, BTN_LEFT))
		return MATCH_MOUSE;
	if (is_keyboard(info))
		return MATCH_KEYBOARD;
	return keys_empty(&info->keys) ? MATCH_OTHER : MATCH_KEYS;
}

const char *match_kind_name(enum match_kind kind)
{
	static const char *const names[] = {
		[MATCH_KEYBOARD] = "keyboard", [MATCH_MOUSE] = "mouse",
		[MATCH_KEYS] = "keys",         [MATCH_TABLET] = "tablet",
		[MATCH_GAMEPAD] = "gamepad",   [MATCH_OTHER] = "other",
	};

	return names[kind];
}

enum role match_role(enum match_kind kind)
{
	switch (kind) {
	case MATCH_TABLET:
		return ROLE_TABLET;
	case MATCH_GAMEPAD:
		return ROLE_GAMEPAD;
	default:
		return ROLE_MOUSE;
	}
}

/* --- matching --- */

static bool fits(const struct selector *selector, const struct device *device)
{
	const struct device_info *info = &device->info;
	dev_t rdev;

	switch (selector->kind) {
	case SELECTOR_AUTO:
		return true;
	case SELECTOR_PATH:
		return device->ops->number(device->ops_data, selector->value, &rdev) ==
			       0 &&
		       rdev == info->rdev;
	case SELECTOR_ID:
		return info->id.vendor == selector->vendor &&
		       info->id.product == selector->product;
	case SELECTOR_NAME:
		return fnmatch(selector->value, info->name, 0) == 0;
	case SELECTOR_PHYS:
		return fnmatch(selector->value, info->phys, 0) == 0;
	case SELECTOR_UNIQ:
		return fnmatch(selector->value, info->uniq, 0) == 0;
	}
	return false;
}

/* What no selector can have: NULL when it is none of that. */
static const char *never(const struct device_info *info)
{
	if (strncmp(info->phys, MATCH_OWN_PHYS, strlen(MATCH_OWN_PHYS)) == 0)
		return "evgrab has made it itself";
	if (info->types >> EV_SW & 1)
		return "it has switches, such as that of a lid, which are the host's";
	if (match_kind(info) == MATCH_OTHER)
		return "it has no keys or buttons";
	return NULL;
}

/* What is not taken without being named. */
static const char *not_auto(enum match_verdict *ret_verdict, enum match_kind kind,
			    bool is_virtual)
{
	*ret_verdict = MATCH_NO;
	if (is_virtual)
		return "a program has made it, so it has to be named";
	switch (kind) {
	case MATCH_TABLET:
		return "it is a tablet, touchpad or touch screen, which has to be named";
	case MATCH_GAMEPAD:
		return "it is a gamepad, which has to be named";
	case MATCH_KEYS:
		*ret_verdict = MATCH_SIBLING;
		return "it has keys, but belongs to no keyboard or mouse that is taken";
	default:
		*ret_verdict = MATCH_YES;
		return "";
	}
}

static void say(struct match *match, const char *why)
{
	(void)snprintf(match->why, sizeof(match->why), "%s", why);
}

void match_device(struct match *ret_match, const struct selector *selectors, size_t n,
		  const struct device *device, bool is_virtual)
{
	struct match match = { .kind = match_kind(&device->info), .selector = n };
	const char *why = never(&device->info);
	size_t i = 0;

	while (i < n && !fits(&selectors[i], device))
		i++;
	match.selector = i;
	if (why) {
		say(&match, why);
	} else if (i == n) {
		say(&match, "nothing asks for it");
	} else if (selectors[i].is_not) {
		(void)snprintf(match.why, sizeof(match.why), "it is excluded by '%s'",
			       selectors[i].text);
	} else if (selectors[i].kind == SELECTOR_AUTO) {
		say(&match, not_auto(&match.verdict, match.kind, is_virtual));
	} else {
		match.verdict = MATCH_YES;
	}
	*ret_match = match;
}

/*
 * "usb-0000:00:14.0-2/input1" and ".../input0" are one device. Bluetooth devices have the
 * adapter's address in phys, and their own in uniq.
 */
void match_group(char ret_group[static DEVICE_TEXT_MAX], const struct device_info *info)
{
	const char *text = info->phys;
	const char *input = strrchr(text, '/');
	size_t len = strlen(text);

	if (info->id.bustype == BUS_BLUETOOTH && *info->uniq) {
		text = info->uniq;
		len = strlen(text);
	} else if (input && strncmp(input, "/input", strlen("/input")) == 0) {
		len = (size_t)(input - text);
	}
	memcpy(ret_group, text, len);
	ret_group[len] = '\0';
}
