/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Framebuffers, and on which PCI function each of them is.
 *
 * There are two sorts. A graphics driver's own is a child of its device. The firmware's
 * is memory that it has set up for a picture; the kernel makes it a platform device
 * (efi-framebuffer.0), which a plain driver shows a console on as long as no better one
 * comes, and which keeps that memory taken: vfio-pci could not give it to a guest.
 */

#include "hook.h"
#include "host/sysfs.h"

/* Its record: device, driver, address of the PCI function it is on. */
#define FRAMEBUFFER_KIND "framebuffer"

struct framebuffer {
	char device[SYSFS_WORD_MAX]; /* "efi-framebuffer.0", "" when there is none */
	char driver[SYSFS_WORD_MAX];
	const struct need_device *need; /* the function that goes to the guest */
};

/* The firmware's, if it is in use and on a function that goes to the guest. */
MUST_CHECK int framebuffer_find(struct framebuffer *ret_framebuffer,
				const struct hook *hook, struct error *err);

/* The driver of a platform device, "" when it has none. */
MUST_CHECK int framebuffer_driver(const struct root *root, const char *device,
				  char driver[static SYSFS_WORD_MAX], struct error *err);

/*
 * Whether that one (/sys/class/graphics/fbN) belongs to a device: the address of a PCI
 * function, or the name of a platform device.
 */
MUST_CHECK int framebuffer_is_on(bool *ret_is_on, const struct root *root, const char *fb,
				 const char *device, struct error *err);

/* Whether any framebuffer does. */
MUST_CHECK int framebuffer_has(bool *ret_has, const struct root *root, const char *device,
			       struct error *err);

/* The names in /sys/class/graphics that are framebuffers, in order. */
MUST_CHECK int framebuffer_list(struct sysfs_names *ret_names, const struct root *root,
				struct error *err);
