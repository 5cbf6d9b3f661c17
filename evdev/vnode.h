/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A virtual device that a guest reads: made by uinput (Documentation/input/uinput.rst)
 * once, and kept as long as the guest has it open, whatever becomes of the program.
 *
 * It bears its name for udev: that makes it a link in /dev/input/by-id, hides it from the
 * host, and gives it to QEMU's group.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "device.h"
#include "roles.h"

#define VNODE_NAME_MAX 80 /* UINPUT_MAX_NAME_SIZE */
#define VNODE_SYS_MAX  32
#define VNODE_LINKS    "/dev/input/by-id/"

/* The longest part of a name that is the guest's. */
#define VNODE_GUEST_MAX 48

/* Where the kernel has put it. */
struct vnode_place {
	char sysname[VNODE_SYS_MAX]; /* "input12" */
	char path[DEVICE_PATH_MAX];  /* "/dev/input/event9"; "" until there is one */
	char name[DEVICE_TEXT_MAX];
	char phys[DEVICE_TEXT_MAX];
};

/* Each returns a negative errno on failure. */
struct vnode_ops {
	/* A descriptor of a device like info. No rdev, no EV_REP, no EV_FF. */
	int (*create)(void *data, const struct device_info *info);
	int (*place)(void *data, int fd, struct vnode_place *ret_place);
	int (*state)(void *data, const char *path, struct device_state *ret_state);
	int (*number)(void *data, const char *path, dev_t *ret_rdev);
	/* Whether somebody has grabbed it; 1, 0. */
	int (*grabbed)(void *data, const char *path);

	/* Both count events, not bytes. */
	ssize_t (*read)(void *data, int fd, struct input_event *events, size_t n);
	ssize_t (*write)(void *data, int fd, const struct input_event *events, size_t n);
	void (*close)(void *data, int fd);
};

/* The kernel's own; takes no data. */
extern const struct vnode_ops vnode_kernel;

struct vnode {
	const struct vnode_ops *ops;
	void *ops_data;
	int fd; /* becomes readable when a reader sets LEDs */
	struct vnode_place place;
	char link[DEVICE_PATH_MAX]; /* "/dev/input/by-id/vfiokit-win11-event-kbd" */
	uint32_t leds;              /* bits of LED_*, as its readers want them */
};

#define VNODE_NONE ((struct vnode){ .fd = -1 })

/*
 * The name of a guest's node: "vfiokit-win11-event-kbd". What udev would not have in a
 * link becomes "_", so two guests may come to the same name, and only one can have it.
 * -ENAMETOOLONG.
 */
MUST_CHECK int vnode_name(char ret_name[static VNODE_NAME_MAX], const char *guest,
			  enum role role, struct error *err);

/*
 * Describes the device of a role. clone is NULL, or for ROLE_CLONE the device that it is
 * to be like.
 */
MUST_CHECK int vnode_describe(struct device_info *ret_info, const char *guest,
			      enum role role, const struct device_info *clone,
			      struct error *err);

/* Makes the device that info describes. */
MUST_CHECK int vnode_create(struct vnode *vnode, const struct vnode_ops *ops,
			    void *ops_data, const struct device_info *info,
			    struct error *err);

/*
 * Takes over the descriptor of a device that was made before. -ESTALE: it is another one
 * than info describes; then, as after any error, fd is still the caller's. vnode->leds is
 * what they are.
 */
MUST_CHECK int vnode_adopt(struct vnode *vnode, const struct vnode_ops *ops,
			   void *ops_data, int fd, const struct device_info *info,
			   struct error *err);

/* Closing the last descriptor removes the device: not one that somebody else keeps. */
void vnode_close(struct vnode *vnode);

/*
 * Writes frames, SYN_REPORT at the end of each, by one write(2). A negative errno, and
 * nothing said: they were not sent.
 */
MUST_CHECK int vnode_write(const struct vnode *vnode, const struct input_event *events,
			   size_t n);

/* Reads what readers have set, to the end; true if vnode->leds is another now. */
bool vnode_read(struct vnode *vnode);

/* What readers see as down, and lit. */
MUST_CHECK int vnode_state(const struct vnode *vnode, struct device_state *ret_state,
			   struct error *err);

/*
 * Whether somebody has grabbed it, as QEMU does in both forms. While nobody has, the
 * host's text console reads it as any keyboard.
 */
bool vnode_is_grabbed(const struct vnode *vnode);

/* Whether udev is done with it: its link is there and leads to it. */
bool vnode_is_linked(struct vnode *vnode);

#define CLEANUP_VNODE CLEANUP(vnode_close)
