/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A kernel for a fake root: the effects of hooks/effects.h. A write goes into the file
 * and has the consequences that it has in the true kernel: drivers come and go, and with
 * them their links and nodes; huge pages are allocated as far as there is memory.
 *
 * All of its state is in the tree, so that another process can go on where one was
 * killed. What is no file of a true host is below .kernel/:
 *
 *	clock                    milliseconds; it goes forward when somebody waits
 *	default/pci/0000:01:00.0 the driver that takes the device by itself
 *	modules/nvidia_drm       what loading brings, a line each: MODULE DRIVER USES;
 *	                         DRIVER as "pci/nvidia", "-" where there is none
 *	objects/pci/0000:01:00.0/nvidia   paths that are there while that driver has it
 *	listeners/card1          paths that are there while nobody said that this sound
 *	                         card has gone: what sound servers have open
 *	refuse/PATH              number of an errno: writing there always fails with it
 *	wedged/WHAT              the kernel hangs in this device or path
 *	later/PATH               what a file will hold, and since when
 *	pages/node0/hugepages-2048kB      how many pages of that size there can be at
 *most, a second number: after compaction firmware-framebuffer     platform device that
 *goes with the boot GPU, for good
 */

#include "effects.h"
#include "fakefault.h"
#include "fakefile.h"

struct fakekernel {
	const struct root *root;
	struct fakefaults *faults; /* or NULL */
};

/* The effects of this kernel, which must outlive them. */
struct effects fakekernel_effects(struct fakekernel *kernel);

/* The clock of the tree. */
unsigned long fakekernel_now(const struct root *root);
void fakekernel_pass(const struct root *root, unsigned ms);

/* The file will hold that when so much time has passed. */
void fakekernel_later(const struct root *root, unsigned ms, const char *text,
		      const char *path);

/* Takes it from the driver it has; nothing to do without one. */
void fakekernel_unbind(const struct root *root, const char *bus, const char *name);

/* Gives a device to the first driver that takes it, as a probe does. */
void fakekernel_probe(const struct root *root, const char *bus, const char *name);

/* The writes in which the kernel hangs are done, late. */
void fakekernel_come_back(const struct root *root);

/* Whether somebody wrote to a device after the kernel had got stuck in it. */
bool fakekernel_was_wedge_touched(const struct root *root);
