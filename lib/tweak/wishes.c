/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/wishes.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "tweak/wishes_impl.h"

/* Ends every element of an array, and the array. */
#define DONE_ALL(v, n, done)                        \
	do {                                        \
		for (size_t i_ = 0; i_ < (n); i_++) \
			done(&(v)[i_]);             \
		free(v);                            \
	} while (0)

void wishes_done(struct wishes *wishes)
{
	DONE_ALL(wishes->hostdevs, wishes->n_hostdevs, hostdev_wish_done);
	DONE_ALL(wishes->roms, wishes->n_roms, rom_wish_done);
	DONE_ALL(wishes->usbs, wishes->n_usbs, usb_wish_done);
	free(wishes->mdevs);
	DONE_ALL(wishes->evdevs, wishes->n_evdevs, evdev_wish_done);
	looking_glass_wish_done(&wishes->looking_glass);
	pin_wish_done(&wishes->pin);
	DONE_ALL(wishes->overrides, wishes->n_overrides, override_wish_done);
	DONE_ALL(wishes->qemu_args, wishes->n_qemu_args, qemu_arg_wish_done);
	evgrab_wish_done(&wishes->evgrab);
	hook_wish_done(&wishes->hook);
	DONE_ALL(wishes->xslts, wishes->n_xslts, xslt_wish_done);
	*wishes = WISHES_NONE;
}

bool wishes_are_empty(const struct wishes *wishes)
{
	return wishes->n_hostdevs == 0 && wishes->n_roms == 0 && wishes->n_usbs == 0 &&
	       wishes->n_mdevs == 0 && wishes->evdev == WISH_NOTHING &&
	       wishes->looking_glass.wish == WISH_NOTHING && wishes->vcpus == 0 &&
	       wishes->pin.wish == WISH_NOTHING &&
	       wishes->hugepages.wish == WISH_NOTHING &&
	       wishes->hide_hypervisor == WISH_NOTHING && wishes->n_overrides == 0 &&
	       wishes->n_qemu_args == 0 && wishes->hook.wish == WISH_NOTHING &&
	       wishes->n_xslts == 0;
}

int wishes_hide_hypervisor(struct wishes *wishes, UNUSED const char *value,
			   struct error *err)
{
	return wish_once(&wishes->hide_hypervisor, WISH_SET, "hide-hypervisor", err);
}

static int unset_evdev(struct wishes *wishes, UNUSED const char *value, struct error *err)
{
	return wish_once(&wishes->evdev, WISH_UNSET, "evdev", err);
}

static int unset_looking_glass(struct wishes *wishes, UNUSED const char *value,
			       struct error *err)
{
	return wish_once(&wishes->looking_glass.wish, WISH_UNSET, "looking-glass", err);
}

static int unset_pin(struct wishes *wishes, UNUSED const char *value, struct error *err)
{
	return wish_once(&wishes->pin.wish, WISH_UNSET, "pin", err);
}

static int unset_hugepages(struct wishes *wishes, UNUSED const char *value,
			   struct error *err)
{
	return wish_once(&wishes->hugepages.wish, WISH_UNSET, "hugepages", err);
}

static int unset_hide_hypervisor(struct wishes *wishes, UNUSED const char *value,
				 struct error *err)
{
	return wish_once(&wishes->hide_hypervisor, WISH_UNSET, "hide-hypervisor", err);
}

static int unset_hook(struct wishes *wishes, UNUSED const char *value, struct error *err)
{
	return wish_once(&wishes->hook.wish, WISH_UNSET, "hook", err);
}

static const struct {
	const char *what;
	const char *object; /* NULL: a guest has it once */
	wishes_fn *unset;
} unsets[] = {
	{ "hostdev", "ADDR", wishes_unset_hostdev },
	{ "rom", "ADDR", wishes_unset_rom },
	{ "usb", "ID", wishes_unset_usb },
	{ "mdev", "UUID", wishes_unset_mdev },
	{ "evdev", NULL, unset_evdev },
	{ "looking-glass", NULL, unset_looking_glass },
	{ "pin", NULL, unset_pin },
	{ "hugepages", NULL, unset_hugepages },
	{ "hide-hypervisor", NULL, unset_hide_hypervisor },
	{ "override", "ALIAS.PROPERTY", wishes_unset_override },
	{ "qemu-arg", "ARG", wishes_unset_qemu_arg },
	{ "hook", NULL, unset_hook },
};

static int unknown_unset(const char *value, struct error *err)
{
	CLEANUP_BUF struct buf known = BUF_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(unsets); i++) {
		buf_addf(&known, "%s%s%s%s", i ? ", " : "", unsets[i].what,
			 unsets[i].object ? ":" : "",
			 unsets[i].object ? unsets[i].object : "");
	}
	return error_set(err, EINVAL, "'%s' is nothing that can be unset; known: %s",
			 value, buf_text(&known));
}

int wishes_unset(struct wishes *wishes, const char *value, struct error *err)
{
	size_t len = strcspn(value, ":");
	const char *object = value[len] == ':' ? value + len + 1 : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(unsets); i++) {
		if (strlen(unsets[i].what) != len ||
		    strncmp(value, unsets[i].what, len) != 0)
			continue;
		if (unsets[i].object && (!object || !*object)) {
			return error_set(err, EINVAL, "'%s' lacks what to unset: %s:%s",
					 value, unsets[i].what, unsets[i].object);
		}
		if (!unsets[i].object && object) {
			return error_set(err, EINVAL, "'%s' has something behind '%s'",
					 value, unsets[i].what);
		}
		return unsets[i].unset(wishes, object, err);
	}
	return unknown_unset(value, err);
}
