/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/parse.h"
#include "tweak/wishes_impl.h"

void hostdev_wish_done(struct hostdev_wish *wish)
{
	free(wish->text);
	free(wish->rom);
	free(wish->alias);
	*wish = (struct hostdev_wish){ 0 };
}

static int take_id(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	hostdev->has_id = true;
	return wish_identity(&hostdev->id_vendor, &hostdev->id_device, keyval->value,
			     err);
}

static int take_rom(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	return wish_path(&hostdev->rom, keyval->value, err);
}

static int take_rombar(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	return wish_take_switch(&hostdev->rombar, keyval, "on", "off", err);
}

static int take_managed(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	return wish_take_switch(&hostdev->managed, keyval, "yes", "no", err);
}

static int take_guest(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;
	size_t bus_len = strcspn(keyval->value, ":");
	const char *slot_text = keyval->value + bus_len + 1;
	struct error ignored;
	uint64_t bus = 0;
	uint64_t slot = 0;

	if (keyval->value[bus_len] != ':' || bus_len > 2 ||
	    parse_hex_part(&bus, keyval->value, bus_len, "bus", &ignored) < 0 ||
	    parse_hex(&slot, slot_text, 1, 2, "slot", &ignored) < 0 || slot > 0x1f) {
		return error_set(
			err, EINVAL,
			"guest '%s' is not a bus and a slot from 00 to 1f, such as "
			"05:00",
			keyval->value);
	}
	hostdev->has_guest = true;
	hostdev->guest_bus = (uint8_t)bus;
	hostdev->guest_slot = (uint8_t)slot;
	return 0;
}

static int take_boot(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;
	uint64_t boot;
	int r = parse_dec(&boot, keyval->value, 1, INT_MAX, "boot", err);

	if (r == 0)
		hostdev->boot = (unsigned)boot;
	return r;
}

/* libvirt drops an alias without the prefix and says nothing. */
static int take_alias(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	if (strncmp(keyval->value, "ua-", 3) != 0 ||
	    !wish_is_word(keyval->value + 3, "_.-")) {
		return error_set(err, EINVAL,
				 "alias '%s' is not 'ua-' and a name of letters, digits, "
				 "'_', '.' and '-'",
				 keyval->value);
	}
	return wish_copy(&hostdev->alias, keyval->value, err);
}

static int take_x_vga(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;

	return wish_take_switch(&hostdev->x_vga, keyval, "on", "off", err);
}

static int take_group(void *wish, const struct keyval *keyval, struct error *err)
{
	struct hostdev_wish *hostdev = wish;
	bool is_all;
	int r = keyval_switch(&is_all, keyval, "all", "partial", err);

	if (r == 0)
		hostdev->group = is_all ? GROUP_ALL : GROUP_PARTIAL;
	return r;
}

static const struct wish_key keys[] = {
	{ "id", WISH_KEY_VALUE, false, take_id },
	{ "rom", WISH_KEY_VALUE, false, take_rom },
	{ "rombar", WISH_KEY_VALUE, false, take_rombar },
	{ "managed", WISH_KEY_VALUE, false, take_managed },
	{ "guest", WISH_KEY_VALUE, false, take_guest },
	{ "boot", WISH_KEY_VALUE, false, take_boot },
	{ "alias", WISH_KEY_VALUE, false, take_alias },
	{ "x-vga", WISH_KEY_VALUE, false, take_x_vga },
	{ "group", WISH_KEY_VALUE, false, take_group },
};

/* Two values, where 0 is none. */
static bool differ(unsigned a, unsigned b)
{
	return a != 0 && b != 0 && a != b;
}

static bool texts_differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

/* The key to which one device gets two values, or NULL. */
static const char *contradiction(const struct hostdev_wish *a,
				 const struct hostdev_wish *b)
{
	if (differ(a->rombar, b->rombar))
		return "rombar";
	if (differ(a->managed, b->managed))
		return "managed";
	if (a->has_guest && b->has_guest &&
	    (a->guest_bus != b->guest_bus || a->guest_slot != b->guest_slot))
		return "guest";
	if (differ(a->group, b->group))
		return "group";

	if (!pci_name_same_function(&a->name, &b->name))
		return NULL;
	if (a->has_id && b->has_id &&
	    (a->id_vendor != b->id_vendor || a->id_device != b->id_device))
		return "id";
	if (texts_differ(a->rom, b->rom))
		return "rom";
	if (differ(a->boot, b->boot))
		return "boot";
	if (texts_differ(a->alias, b->alias))
		return "alias";
	if (differ(a->x_vga, b->x_vga))
		return "x-vga";
	return NULL;
}

/* What the later wish says in addition. */
static void merge(struct hostdev_wish *wish, struct hostdev_wish *later)
{
	if (later->has_id) {
		wish->has_id = true;
		wish->id_vendor = later->id_vendor;
		wish->id_device = later->id_device;
	}
	if (later->has_guest) {
		wish->has_guest = true;
		wish->guest_bus = later->guest_bus;
		wish->guest_slot = later->guest_slot;
	}
	if (!wish->rom)
		wish->rom = TAKE_PTR(later->rom);
	if (!wish->alias)
		wish->alias = TAKE_PTR(later->alias);
	if (wish->rombar == WISH_DEFAULT)
		wish->rombar = later->rombar;
	if (wish->managed == WISH_DEFAULT)
		wish->managed = later->managed;
	if (wish->x_vga == WISH_DEFAULT)
		wish->x_vga = later->x_vga;
	if (wish->boot == 0)
		wish->boot = later->boot;
	if (wish->group == GROUP_MUST_BE_WHOLE)
		wish->group = later->group;
}

static int compare(const void *a, const void *b)
{
	const struct hostdev_wish *x = a;
	const struct hostdev_wish *y = b;

	return pci_name_compare(&x->name, &y->name);
}

/* *ret_same: the wish for the same name, if there is one. */
static int compare_with_others(struct wishes *wishes, const struct hostdev_wish *hostdev,
			       struct hostdev_wish **ret_same, struct error *err)
{
	*ret_same = NULL;
	for (size_t i = 0; i < wishes->n_hostdevs; i++) {
		struct hostdev_wish *old = &wishes->hostdevs[i];
		const char *key;

		if (!pci_name_overlap(&old->name, &hostdev->name))
			continue;
		if (old->wish != hostdev->wish)
			return wish_both("hostdev", hostdev->text, err);
		key = contradiction(old, hostdev);
		if (key) {
			return error_set(err, EINVAL,
					 "'%s' has two different values for %s",
					 hostdev->text, key);
		}
		if (compare(old, hostdev) == 0)
			*ret_same = old;
	}
	return 0;
}

static int add(struct wishes *wishes, struct hostdev_wish *hostdev, struct error *err)
{
	struct hostdev_wish *same;
	struct hostdev_wish *v;
	int r = compare_with_others(wishes, hostdev, &same, err);

	if (r < 0)
		return r;
	if (same) {
		merge(same, hostdev);
		return wishes_check_roms(wishes, err);
	}
	v = wish_insert(wishes->hostdevs, &wishes->n_hostdevs, hostdev, sizeof(*hostdev),
			compare);
	if (!v)
		return wish_no_memory(err);
	wishes->hostdevs = v;
	*hostdev = (struct hostdev_wish){ 0 };
	return wishes_check_roms(wishes, err);
}

int wishes_hostdev(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	CLEANUP(hostdev_wish_done) struct hostdev_wish hostdev = { .wish = WISH_SET };
	const char *name;
	int r = keyvals_parse(&parts, value, err);

	if (r < 0)
		return r;
	name = parts.v[0].key;
	if (parts.v[0].value) {
		return error_set(err, EINVAL, "'%s' has no device before its keys",
				 value);
	}
	if (strcmp(name, "auto") != 0)
		r = pci_name_parse(&hostdev.name, name, err);
	if (r == 0)
		r = wish_copy(&hostdev.text, name, err);
	if (r == 0) {
		r = wish_take_keys(&hostdev, parts.v + 1, parts.n - 1, keys,
				   ARRAY_SIZE(keys), err);
	}
	if (r < 0)
		return r;
	return add(wishes, &hostdev, err);
}

int wishes_unset_hostdev(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(hostdev_wish_done) struct hostdev_wish hostdev = { .wish = WISH_UNSET };
	int r = pci_name_parse(&hostdev.name, value, err);

	if (r == 0)
		r = wish_copy(&hostdev.text, value, err);
	if (r < 0)
		return r;
	return add(wishes, &hostdev, err);
}
