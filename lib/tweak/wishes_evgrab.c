/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --evdev=evgrab */

#include <errno.h>
#include <string.h>

#include "tweak/wishes_impl.h"

#define NAME_MAX_LEN 40 /* of a guest, as evgrab.conf(5) has it */

static int take_guest(void *wish, const struct keyval *keyval, struct error *err)
{
	struct evgrab_wish *evgrab = wish;

	if (strcmp(keyval->value, "windows") == 0) {
		evgrab->guest = EVGRAB_WINDOWS;
	} else if (strcmp(keyval->value, "linux") == 0) {
		evgrab->guest = EVGRAB_LINUX;
	} else {
		return error_set(err, EINVAL, "guest '%s' is neither windows nor linux",
				 keyval->value);
	}
	return 0;
}

static int take_mouse(void *wish, const struct keyval *keyval, struct error *err)
{
	struct evgrab_wish *evgrab = wish;

	if (strcmp(keyval->value, "evdev") == 0) {
		evgrab->mouse = EVGRAB_MOUSE_EVDEV;
	} else if (strcmp(keyval->value, "passthrough") == 0) {
		evgrab->mouse = EVGRAB_MOUSE_PASSTHROUGH;
	} else {
		return error_set(err, EINVAL,
				 "mouse '%s' is neither evdev nor passthrough",
				 keyval->value);
	}
	return 0;
}

static int take_name(void *wish, const struct keyval *keyval, struct error *err)
{
	struct evgrab_wish *evgrab = wish;
	int r = evgrab_check_name(keyval->value, err);

	return r < 0 ? r : wish_copy(&evgrab->name, keyval->value, err);
}

static const struct wish_key keys[] = {
	{ "guest", WISH_KEY_VALUE, false, take_guest },
	{ "mouse", WISH_KEY_VALUE, false, take_mouse },
	{ "name", WISH_KEY_VALUE, false, take_name },
};

int evgrab_check_name(const char *name, struct error *err)
{
	if (strlen(name) <= NAME_MAX_LEN && wish_is_word(name, "._+-"))
		return 0;
	return error_set(
		err, EINVAL,
		"'%s' is no name for evgrab: up to %d letters, digits and . _ + -", name,
		NAME_MAX_LEN);
}

void evgrab_wish_done(struct evgrab_wish *wish)
{
	free(wish->name);
	*wish = (struct evgrab_wish){ 0 };
}

int wishes_evgrab(struct wishes *wishes, const struct keyval *keyvals, size_t n,
		  struct error *err)
{
	CLEANUP(evgrab_wish_done) struct evgrab_wish evgrab = { .is_set = true };
	struct evgrab_wish *old = &wishes->evgrab;
	int r = wish_take_keys(&evgrab, keyvals, n, keys, ARRAY_SIZE(keys), err);

	if (r == 0)
		r = wish_once(&wishes->evdev, WISH_SET, "evdev", err);
	if (r < 0)
		return r;
	if (wishes->n_evdevs > 0) {
		const char *path = wishes->evdevs[0].path;

		return evgrab_contradicts(path, err);
	}
	if (!old->is_set) {
		*old = evgrab;
		evgrab = (struct evgrab_wish){ 0 };
		return 0;
	}
	if (old->guest == evgrab.guest && old->mouse == evgrab.mouse &&
	    wish_compare_text(old->name, evgrab.name) == 0)
		return 0;
	return error_set(err, EINVAL, "'evgrab' is given twice, with other keys");
}

int evgrab_contradicts(const char *path, struct error *err)
{
	return error_set(
		err, EINVAL,
		"with 'evgrab' the host's devices are evgrab's: give either that or "
		"'%s'",
		path ? path : "auto");
}
