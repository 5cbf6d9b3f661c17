/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --usb, --mdev */

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "tweak/wishes_impl.h"

void usb_wish_done(struct usb_wish *wish)
{
	free(wish->text);
	*wish = (struct usb_wish){ 0 };
}

static int parse_usb_address(struct usb_wish *usb, const char *text, const char *dot,
			     struct error *err)
{
	CLEANUP_FREE char *bus_text = NULL;
	uint64_t bus = 0;
	uint64_t device = 0;
	int r = wish_part(&bus_text, text, (size_t)(dot - text), err);

	if (r == 0)
		r = parse_dec(&bus, bus_text, 1, 255, "USB bus", err);
	if (r == 0)
		r = parse_dec(&device, dot + 1, 1, 127, "USB device", err);
	if (r < 0)
		return r;
	usb->by_address = true;
	usb->bus = (unsigned)bus;
	usb->device = (unsigned)device;
	return 0;
}

static int parse_usb(struct usb_wish *usb, const char *text, struct error *err)
{
	const char *dot = strchr(text, '.');
	int r = 0;

	if (dot) {
		r = parse_usb_address(usb, text, dot, err);
	} else if (wish_identity(&usb->vendor, &usb->product, text, err) < 0) {
		r = error_set(
			err, EINVAL,
			"'%s' is neither a vendor and product such as 046d:c52b nor "
			"a bus and device such as 3.14",
			text);
	}
	if (r == 0)
		r = wish_copy(&usb->text, text, err);
	return r;
}

static int take_optional(void *wish, UNUSED const struct keyval *keyval,
			 struct error *err)
{
	struct usb_wish *usb = wish;

	if (usb->by_address) {
		return error_set(
			err, EINVAL,
			"'%s' cannot be optional: a device has another number each "
			"time it is plugged in, name it VVVV:PPPP",
			usb->text);
	}
	usb->is_optional = true;
	return 0;
}

static const struct wish_key usb_keys[] = {
	{ "optional", WISH_KEY_BARE, false, take_optional },
};

static int compare_usb(const void *a, const void *b)
{
	const struct usb_wish *x = a;
	const struct usb_wish *y = b;
	int r = wish_compare_number(x->by_address, y->by_address);

	if (r == 0)
		r = wish_compare_number(x->vendor, y->vendor);
	if (r == 0)
		r = wish_compare_number(x->product, y->product);
	if (r == 0)
		r = wish_compare_number(x->bus, y->bus);
	if (r == 0)
		r = wish_compare_number(x->device, y->device);
	return r;
}

static int add_usb(struct wishes *wishes, struct usb_wish *usb, struct error *err)
{
	struct usb_wish *v;

	for (size_t i = 0; i < wishes->n_usbs; i++) {
		const struct usb_wish *old = &wishes->usbs[i];

		if (compare_usb(old, usb) != 0)
			continue;
		if (old->wish != usb->wish)
			return wish_both("usb", usb->text, err);
		if (old->is_optional != usb->is_optional) {
			return error_set(err, EINVAL,
					 "'%s' is given with 'optional' and without",
					 usb->text);
		}
		return 0;
	}
	v = wish_insert(wishes->usbs, &wishes->n_usbs, usb, sizeof(*usb), compare_usb);
	if (!v)
		return wish_no_memory(err);
	wishes->usbs = v;
	*usb = (struct usb_wish){ 0 };
	return 0;
}

int wishes_usb(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	CLEANUP(usb_wish_done) struct usb_wish usb = { .wish = WISH_SET };
	int r = keyvals_parse(&parts, value, err);

	if (r == 0 && parts.v[0].value)
		r = error_set(err, EINVAL, "'%s' has no device before its keys", value);
	if (r == 0)
		r = parse_usb(&usb, parts.v[0].key, err);
	if (r == 0) {
		r = wish_take_keys(&usb, parts.v + 1, parts.n - 1, usb_keys,
				   ARRAY_SIZE(usb_keys), err);
	}
	if (r < 0)
		return r;
	return add_usb(wishes, &usb, err);
}

int wishes_unset_usb(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(usb_wish_done) struct usb_wish usb = { .wish = WISH_UNSET };
	int r = parse_usb(&usb, value, err);

	if (r < 0)
		return r;
	return add_usb(wishes, &usb, err);
}

static int parse_uuid(char uuid[static 37], const char *text, struct error *err)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	bool is_uuid = strlen(text) == sizeof(shape) - 1;

	for (size_t i = 0; is_uuid && i < sizeof(shape) - 1; i++) {
		bool is_upper = text[i] >= 'A' && text[i] <= 'F';

		is_uuid = shape[i] == '-'
				  ? text[i] == '-'
				  : strchr("0123456789abcdefABCDEF", text[i]) != NULL;
		uuid[i] = (char)(is_upper ? text[i] - 'A' + 'a' : text[i]);
	}
	if (!is_uuid) {
		return error_set(err, EINVAL,
				 "'%s' is not a UUID such as "
				 "4b20d080-1b54-4048-85b3-a6a62d165c01",
				 text);
	}
	uuid[sizeof(shape) - 1] = '\0';
	return 0;
}

static int take_display(void *wish, UNUSED const struct keyval *keyval,
			UNUSED struct error *err)
{
	struct mdev_wish *mdev = wish;

	mdev->display = true;
	return 0;
}

static int take_ramfb(void *wish, UNUSED const struct keyval *keyval,
		      UNUSED struct error *err)
{
	struct mdev_wish *mdev = wish;

	mdev->ramfb = true;
	return 0;
}

static const struct wish_key mdev_keys[] = {
	{ "display", WISH_KEY_BARE, false, take_display },
	{ "ramfb", WISH_KEY_BARE, false, take_ramfb },
};

static int compare_mdev(const void *a, const void *b)
{
	const struct mdev_wish *x = a;
	const struct mdev_wish *y = b;

	return strcmp(x->uuid, y->uuid);
}

static int add_mdev(struct wishes *wishes, const struct mdev_wish *mdev,
		    struct error *err)
{
	struct mdev_wish *v;

	for (size_t i = 0; i < wishes->n_mdevs; i++) {
		const struct mdev_wish *old = &wishes->mdevs[i];

		if (compare_mdev(old, mdev) != 0)
			continue;
		if (old->wish != mdev->wish)
			return wish_both("mdev", mdev->uuid, err);
		if (old->display != mdev->display || old->ramfb != mdev->ramfb) {
			return error_set(err, EINVAL,
					 "'%s' is given twice, with other keys",
					 mdev->uuid);
		}
		return 0;
	}
	v = wish_insert(wishes->mdevs, &wishes->n_mdevs, mdev, sizeof(*mdev),
			compare_mdev);
	if (!v)
		return wish_no_memory(err);
	wishes->mdevs = v;
	return 0;
}

int wishes_mdev(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	struct mdev_wish mdev = { .wish = WISH_SET };
	int r = keyvals_parse(&parts, value, err);

	if (r == 0 && parts.v[0].value)
		r = error_set(err, EINVAL, "'%s' has no UUID before its keys", value);
	if (r == 0)
		r = parse_uuid(mdev.uuid, parts.v[0].key, err);
	if (r == 0) {
		r = wish_take_keys(&mdev, parts.v + 1, parts.n - 1, mdev_keys,
				   ARRAY_SIZE(mdev_keys), err);
	}
	if (r < 0)
		return r;
	if (mdev.ramfb && !mdev.display)
		return error_set(err, EINVAL, "ramfb needs display");
	return add_mdev(wishes, &mdev, err);
}

int wishes_unset_mdev(struct wishes *wishes, const char *value, struct error *err)
{
	struct mdev_wish mdev = { .wish = WISH_UNSET };
	int r = parse_uuid(mdev.uuid, value, err);

	if (r < 0)
		return r;
	return add_mdev(wishes, &mdev, err);
}
