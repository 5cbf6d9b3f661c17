/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Waiting for drivers. A guest that starts with the host may come before its devices'
 * drivers: libvirtd is not ordered after udev, which loads modules for as long as a large
 * one takes. A device that is taken in between would come back without a driver, as it
 * was, and the host be without its GPU until the next boot.
 */

#include "udev.h"

#include <errno.h>

#include "device.h"
#include "steps.h"

#define QUEUE "run/udev/queue" /* is there while udev has work, see udevadm settle */

/* 0: there is no such device, which is for others to say, or no driver for it yet. */
static int has_driver(const struct hook *hook, const char *address, struct error *err)
{
	char driver[SYSFS_WORD_MAX] = "";
	int r = device_driver(hook->root, address, driver, err);

	return r < 0 ? r : *driver != '\0';
}

/* An address of the guest's that has none; or NULL. */
static const char *bare_device(const struct hook *hook)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];
		struct error ignored;

		if (need->is_hostdev && has_driver(hook, need->address, &ignored) == 0)
			return need->address;
	}
	return NULL;
}

static int is_idle(struct hook *hook, void *data, struct error *err)
{
	(void)data;
	(void)err;
	return !sysfs_exists(hook->root, QUEUE);
}

int udev_settle(struct hook *hook, struct error *err)
{
	int r = hook_await(hook, is_idle, NULL, err);

	if (r != -ETIMEDOUT)
		return r;
	account_add(&hook->account, LOG_WARNING,
		    "udev still has events to deal with: who is told of a device now may "
		    "be told something older of it afterwards");
	return 0;
}

static int is_over(struct hook *hook, void *data, struct error *err)
{
	return !bare_device(hook) || is_idle(hook, data, err);
}

static int udev_check(struct hook *hook, struct error *err)
{
	int r = hook_await(hook, is_over, NULL, err);
	const char *bare = r == -ETIMEDOUT ? bare_device(hook) : NULL;

	if (bare) {
		notes_add(&hook->notes, NOTE_WARNING, "udev",
			  "%s has no driver, and udev, which may be loading one, is not "
			  "done yet: it will come back without",
			  bare);
	}
	return r == -ETIMEDOUT ? 0 : r;
}

static int udev_apply(struct hook *hook, struct error *err)
{
	(void)hook;
	(void)err;
	return 0;
}

const struct step udev_step = {
	.name = "udev",
	.check = udev_check,
	.apply = udev_apply,
};
