/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Taking the firmware's framebuffer off a GPU that goes to a guest, and putting it back
 * where the kernel still can.
 */

#include "framebuffer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "steps.h"

#define PLATFORM "sys/bus/platform"

enum field {
	FIELD_DEVICE,
	FIELD_DRIVER,
	FIELD_ADDRESS,
};

/* --- taking it away --- */

static int write_driver(struct hook *hook, const struct framebuffer *framebuffer,
			const char *attribute, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, PLATFORM "/drivers/%s/%s", framebuffer->driver,
			   attribute);

	return r < 0 ? r : hook_write(hook, path, framebuffer->device, err);
}

static int take(struct hook *hook, const struct framebuffer *framebuffer,
		struct error *err)
{
	char now[SYSFS_WORD_MAX];
	int r = write_driver(hook, framebuffer, "unbind", err);

	if (r == -ENODEV)
		r = 0; /* a graphics driver was faster */
	if (r == 0)
		r = framebuffer_driver(hook->root, framebuffer->device, now, err);
	if (r == 0 && *now)
		r = error_set(err, EBUSY, "it is still with the driver %s", now);
	return r < 0 ? error_wrap(err, "take the framebuffer %s from %s",
				  framebuffer->device, framebuffer->need->address)
		     : 0;
}

static int framebuffer_apply(struct hook *hook, struct error *err)
{
	struct framebuffer framebuffer;
	struct undo_record *record;
	struct error ignored;
	int r = framebuffer_find(&framebuffer, hook, err);

	if (r < 0 || !*framebuffer.device)
		return r;
	r = undo_log_add(hook->log, &record, err, FRAMEBUFFER_KIND, framebuffer.device,
			 framebuffer.driver, framebuffer.need->address, NULL);
	if (r < 0)
		return r;
	r = take(hook, &framebuffer, err);
	if (r == -ETIMEDOUT) /* the worker hangs in it: hands off from now on */
		(void)!undo_log_mark(hook->log, record, UNDO_WEDGED, &ignored);
	if (r == 0) {
		account_add(&hook->account, LOG_INFO, "%s: %s -> no driver",
			    framebuffer.device, framebuffer.driver);
	}
	return r;
}

static int framebuffer_check(struct hook *hook, struct error *err)
{
	struct framebuffer framebuffer;
	const struct pcidev *dev;
	int r = framebuffer_find(&framebuffer, hook, err);

	if (r < 0 || !*framebuffer.device)
		return r;
	notes_add(&hook->notes, NOTE_DECISION, "framebuffer", "%s: %s -> no driver",
		  framebuffer.device, framebuffer.driver);
	notes_because(&hook->notes, "it is on %s", framebuffer.need->address);
	dev = pcidevs_find(&hook->devs, &framebuffer.need->bdf);
	if (dev && dev->is_boot_vga) {
		notes_add(&hook->notes, NOTE_WARNING, "framebuffer",
			  "the host's picture on %s comes from its firmware (%s): once "
			  "the guest has had the GPU it does not come back before the "
			  "host boots again",
			  framebuffer.need->address, framebuffer.device);
	}
	return 0;
}

const struct step framebuffer_step = {
	.name = "framebuffer",
	.check = framebuffer_check,
	.apply = framebuffer_apply,
};

/* --- giving it back --- */

/*
 * vfio-pci makes the kernel forget the firmware's framebuffer when it takes the function
 * that had the VGA console (drivers/video/aperture.c): nothing brings it back.
 */
static int tell_gone(struct hook *hook, const char *device, const char *address)
{
	account_add(
		&hook->account, LOG_NOTICE,
		"the framebuffer %s on %s is gone since a guest had the GPU; it comes "
		"back when the host boots",
		device, address);
	return 0;
}

static int give_back(struct hook *hook, const struct framebuffer *framebuffer,
		     const char *address, struct error *err)
{
	char now[SYSFS_WORD_MAX];
	int r = write_driver(hook, framebuffer, "bind", err);

	if (r == -ENODEV || r == -ENOENT)
		return tell_gone(hook, framebuffer->device, address);
	if (r == 0)
		r = framebuffer_driver(hook->root, framebuffer->device, now, err);
	if (r == 0 && strcmp(now, framebuffer->driver) != 0)
		r = error_set(err, EIO, "the kernel took no notice");
	if (r < 0) {
		return error_wrap(err, "give the framebuffer %s back to the driver %s",
				  framebuffer->device, framebuffer->driver);
	}
	account_add(&hook->account, LOG_INFO, "%s: back to %s", framebuffer->device,
		    framebuffer->driver);
	return 0;
}

/* Whether it has to, and can, go back now; 1, 0 or a negative errno. */
static int wants_back(struct hook *hook, const struct undo_log *log,
		      const struct framebuffer *framebuffer, const char *address,
		      struct error *err)
{
	const struct undo_record *device = undo_log_find(log, DEVICE_KIND, address);
	char path[SYSFS_PATH_MAX];
	char now[SYSFS_WORD_MAX];
	bool has_own;
	int r;

	if (device && device->state == UNDO_OPEN) {
		return error_set(
			err, EAGAIN,
			"the framebuffer %s has to wait for its GPU %s to be back",
			framebuffer->device, address);
	}
	r = sysfs_path(path, err, PLATFORM "/devices/%s", framebuffer->device);
	if (r < 0)
		return r;
	if (device || !sysfs_exists(hook->root, path))
		return tell_gone(hook, framebuffer->device, address);
	r = framebuffer_driver(hook->root, framebuffer->device, now, err);
	if (r < 0 || *now)
		return r;
	/* a graphics driver that has come meanwhile has a better one */
	r = framebuffer_has(&has_own, hook->root, address, err);
	return r < 0 ? r : !has_own;
}

static int undo_framebuffer(struct hook *hook, struct undo_log *log,
			    struct undo_record *record, struct error *err)
{
	const char *address = undo_field(record, FIELD_ADDRESS);
	struct framebuffer framebuffer = { 0 };
	int r;

	(void)snprintf(framebuffer.device, sizeof(framebuffer.device), "%s",
		       undo_field(record, FIELD_DEVICE));
	(void)snprintf(framebuffer.driver, sizeof(framebuffer.driver), "%s",
		       undo_field(record, FIELD_DRIVER));
	r = wants_back(hook, log, &framebuffer, address, err);
	return r <= 0 ? r : give_back(hook, &framebuffer, address, err);
}

const struct undo_kind framebuffer_undo = {
	.name = FRAMEBUFFER_KIND,
	.step = "framebuffer",
	.says = "the framebuffer {0} on {2}, which had the driver '{1}'",
	.undo = undo_framebuffer,
};
