/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * uinput, behind struct vnode_ops: virtual devices are sockets, and what is written to
 * them is put down in words. A device stays as long as somebody has its descriptor, as in
 * the kernel.
 */

#include "base/buf.h"
#include "vnode.h"

#define FAKENODES 32

struct fakenode {
	char name[DEVICE_TEXT_MAX];
	char phys[DEVICE_TEXT_MAX];
	int theirs;   /* the reader's end; -1: there is no such device any more */
	ino_t inode;  /* of our end, which duplicates share */
	bool is_free; /* nobody has grabbed it */
	struct device_state state;
};

struct fakenodes {
	struct fakenode v[FAKENODES];
	size_t n;
	int write_errno; /* what writing says; 0: it works */
	size_t n_made;   /* until there are so many; 0: no limit */
	size_t n_writes; /* that worked */
	struct buf log;  /* "vfiokit-win11-event-kbd: a+", a line for each frame */
};

extern const struct vnode_ops fakenode_ops; /* their data is the struct fakenodes */

void fakenodes_init(struct fakenodes *fake);
void fakenodes_done(struct fakenodes *fake);

/* A reader of the device sets an LED. */
void fakenode_led(struct fakenodes *fake, const char *name, unsigned code, bool is_on);
