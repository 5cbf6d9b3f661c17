/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --evdev, --looking-glass */

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/parse.h"
#include "tweak/wishes_impl.h"

#define SIDE_MAX       16384 /* pixels: what graphics hardware can scan out */
#define SHMEM_SIZE_MAX 65536 /* MiB */

void evdev_wish_done(struct evdev_wish *wish)
{
	free(wish->path);
	free(wish->toggle);
	*wish = (struct evdev_wish){ 0 };
}

static int take_grab(void *wish, const struct keyval *keyval, struct error *err)
{
	struct evdev_wish *evdev = wish;

	if (strcmp(keyval->value, "all") != 0)
		return error_set(err, EINVAL, "grab '%s' is not 'all'", keyval->value);
	if (!evdev->path) {
		return error_set(err, EINVAL,
				 "auto chooses the keyboard that has grab=all by itself");
	}
	evdev->grab_all = true;
	return 0;
}

static int take_toggle(void *wish, const struct keyval *keyval, struct error *err)
{
	/* grabToggle of libvirt's input element */
	static const char *const known[] = {
		"ctrl-ctrl", "alt-alt",    "shift-shift",
		"meta-meta", "scrolllock", "ctrl-scrolllock",
	};
	struct evdev_wish *evdev = wish;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(keyval->value, known[i]) == 0)
			return wish_copy(&evdev->toggle, keyval->value, err);
	}
	return error_set(
		err, EINVAL,
		"toggle '%s' is none of ctrl-ctrl, alt-alt, shift-shift, meta-meta, "
		"scrolllock, ctrl-scrolllock",
		keyval->value);
}

static int take_repeat(void *wish, const struct keyval *keyval, struct error *err)
{
	struct evdev_wish *evdev = wish;

	return wish_take_switch(&evdev->repeat, keyval, "on", "off", err);
}

static const struct wish_key evdev_keys[] = {
	{ "grab", WISH_KEY_VALUE, false, take_grab },
	{ "toggle", WISH_KEY_VALUE, false, take_toggle },
	{ "repeat", WISH_KEY_VALUE, false, take_repeat },
};

/* Names that udev makes may hold '='. */
static int parse_evdev_path(char **ret_path, const struct keyval *part, struct error *err)
{
	CLEANUP_BUF struct buf path = BUF_NONE;

	buf_adds(&path, part->key);
	if (part->value)
		buf_addf(&path, "=%s", part->value);
	if (buf_check(&path, err) < 0)
		return -err->code;
	if (strcmp(buf_text(&path), "auto") == 0)
		return 0;
	if (*buf_text(&path) != '/') {
		return error_set(err, EINVAL,
				 "'%s' is neither auto nor evgrab nor a path such as "
				 "/dev/input/by-id/usb-keyboard-event-kbd",
				 buf_text(&path));
	}
	return wish_path(ret_path, buf_text(&path), err);
}

static int compare_evdev(const void *a, const void *b)
{
	const struct evdev_wish *x = a;
	const struct evdev_wish *y = b;

	return wish_compare_text(x->path, y->path);
}

static int add_evdev(struct wishes *wishes, struct evdev_wish *evdev, struct error *err)
{
	struct evdev_wish *v;

	for (size_t i = 0; i < wishes->n_evdevs; i++) {
		const struct evdev_wish *old = &wishes->evdevs[i];

		if (!old->path != !evdev->path) {
			return error_set(
				err, EINVAL,
				"'auto' finds all keyboards and mice: give either "
				"that or paths such as '%s'",
				old->path ? old->path : evdev->path);
		}
		if (compare_evdev(old, evdev) != 0)
			continue;
		if (old->grab_all != evdev->grab_all || old->repeat != evdev->repeat ||
		    wish_compare_text(old->toggle, evdev->toggle) != 0) {
			return error_set(err, EINVAL,
					 "'%s' is given twice, with other keys",
					 evdev->path ? evdev->path : "auto");
		}
		return 0;
	}
	v = wish_insert(wishes->evdevs, &wishes->n_evdevs, evdev, sizeof(*evdev),
			compare_evdev);
	if (!v)
		return wish_no_memory(err);
	wishes->evdevs = v;
	*evdev = (struct evdev_wish){ 0 };
	return 0;
}

int wishes_evdev(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	CLEANUP(evdev_wish_done) struct evdev_wish evdev = { 0 };
	int r = keyvals_parse(&parts, value, err);

	if (r == 0 && strcmp(parts.v[0].key, "evgrab") == 0 && !parts.v[0].value)
		return wishes_evgrab(wishes, parts.v + 1, parts.n - 1, err);
	if (r == 0)
		r = parse_evdev_path(&evdev.path, &parts.v[0], err);
	if (r == 0) {
		r = wish_take_keys(&evdev, parts.v + 1, parts.n - 1, evdev_keys,
				   ARRAY_SIZE(evdev_keys), err);
	}
	if (r == 0)
		r = wish_once(&wishes->evdev, WISH_SET, "evdev", err);
	if (r < 0)
		return r;
	if (wishes->evgrab.is_set)
		return evgrab_contradicts(evdev.path, err);
	return add_evdev(wishes, &evdev, err);
}

void looking_glass_wish_done(struct looking_glass_wish *wish)
{
	free(wish->kvmfr);
	*wish = (struct looking_glass_wish){ 0 };
}

static int take_hdr(void *wish, UNUSED const struct keyval *keyval,
		    UNUSED struct error *err)
{
	struct looking_glass_wish *lg = wish;

	lg->hdr = true;
	return 0;
}

static int take_release(void *wish, const struct keyval *keyval, struct error *err)
{
	struct looking_glass_wish *lg = wish;
	bool is_b7;
	int r = keyval_switch(&is_b7, keyval, "b7", "idd", err);

	if (r == 0)
		lg->release = is_b7 ? LOOKING_GLASS_B7 : LOOKING_GLASS_IDD;
	return r;
}

/* The path goes into a line of qemu.conf, one of AppArmor's, and into JSON. */
static int take_kvmfr(void *wish, const struct keyval *keyval, struct error *err)
{
	struct looking_glass_wish *lg = wish;
	CLEANUP_BUF struct buf path = BUF_NONE;

	if (!strchr(keyval->value, '/'))
		buf_adds(&path, "/dev/");
	buf_adds(&path, keyval->value);
	if (buf_check(&path, err) < 0)
		return -err->code;
	if (*buf_text(&path) != '/' || !wish_is_word(buf_text(&path), "/_.-")) {
		return error_set(err, EINVAL,
				 "kvmfr '%s' is not a device such as /dev/kvmfr0",
				 keyval->value);
	}
	return wish_path(&lg->kvmfr, buf_text(&path), err);
}

static int take_size(void *wish, const struct keyval *keyval, struct error *err)
{
	struct looking_glass_wish *lg = wish;
	uint64_t size;
	uint64_t next = 1;
	int r = parse_dec(&size, keyval->value, 1, SHMEM_SIZE_MAX, "size", err);

	if (r < 0)
		return r;
	while (next < size)
		next *= 2;
	if (size != next) {
		return error_set(err, EINVAL,
				 "size '%s' is not a power of two, such as %u or %u",
				 keyval->value, (unsigned)next / 2, (unsigned)next);
	}
	lg->size = (unsigned)size;
	return 0;
}

static int take_video(void *wish, const struct keyval *keyval, struct error *err)
{
	struct looking_glass_wish *lg = wish;

	return keyval_switch(&lg->video_none, keyval, "none", "vga", err);
}

static const struct wish_key looking_glass_keys[] = {
	{ "hdr", WISH_KEY_BARE, false, take_hdr },
	{ "release", WISH_KEY_VALUE, false, take_release },
	{ "kvmfr", WISH_KEY_VALUE, false, take_kvmfr },
	{ "size", WISH_KEY_VALUE, false, take_size },
	{ "video", WISH_KEY_VALUE, false, take_video },
};

static int parse_resolution(struct looking_glass_wish *lg, const char *text,
			    struct error *err)
{
	CLEANUP_FREE char *width_text = NULL;
	size_t len = strcspn(text, "x");
	uint64_t width = 0;
	uint64_t height = 0;
	int r;

	if (text[len] != 'x') {
		return error_set(err, EINVAL,
				 "'%s' is not a resolution such as 2560x1440", text);
	}
	r = wish_part(&width_text, text, len, err);
	if (r == 0)
		r = parse_dec(&width, width_text, 1, SIDE_MAX, "width", err);
	if (r == 0)
		r = parse_dec(&height, text + len + 1, 1, SIDE_MAX, "height", err);
	if (r < 0)
		return r;
	lg->width = (unsigned)width;
	lg->height = (unsigned)height;
	return 0;
}

static bool is_same(const struct looking_glass_wish *a,
		    const struct looking_glass_wish *b)
{
	return a->width == b->width && a->height == b->height && a->hdr == b->hdr &&
	       a->release == b->release && a->size == b->size &&
	       a->video_none == b->video_none &&
	       wish_compare_text(a->kvmfr, b->kvmfr) == 0;
}

int wishes_looking_glass(struct wishes *wishes, const char *value, struct error *err)
{
	struct looking_glass_wish *old = &wishes->looking_glass;
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	CLEANUP(looking_glass_wish_done)
	struct looking_glass_wish lg = { .wish = WISH_SET };
	int r = keyvals_parse(&parts, value, err);

	if (r == 0 && parts.v[0].value) {
		r = error_set(err, EINVAL, "'%s' has no resolution before its keys",
			      value);
	}
	if (r == 0)
		r = parse_resolution(&lg, parts.v[0].key, err);
	if (r == 0) {
		r = wish_take_keys(&lg, parts.v + 1, parts.n - 1, looking_glass_keys,
				   ARRAY_SIZE(looking_glass_keys), err);
	}
	if (r < 0)
		return r;
	if (old->wish == WISH_SET && !is_same(old, &lg))
		return wish_contradicts(value, "looking-glass", err);
	if (old->wish == WISH_SET)
		return 0;
	r = wish_once(&old->wish, WISH_SET, "looking-glass", err);
	if (r < 0)
		return r;
	*old = lg;
	lg.kvmfr = NULL;
	return 0;
}
