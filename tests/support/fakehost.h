/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A whole host as a fake root, with its kernel and its service manager; guests for it;
 * and calls of the hook on it.
 *
 *	0000:01:00.0, .1   boot GPU and its audio, group 1, nvidia; efi-framebuffer.0 and
 *	                   the console vtcon1 sit on it
 *	0000:02:00.0, .1   second GPU and its audio, group 12, amdgpu
 *	0000:03:00.0       NVMe disk, group 13, nvme
 *	0000:04:00.0       NIC with the default route, group 14, e1000e
 *	0000:05:00.0       NIC of the same kind, group 15, e1000e
 *	0000:06:00.0       device that has no driver, group 16
 *	nodes 0 and 1      CPUs 0-1 and 2-3, room for huge pages of 2 MiB
 *	units              gdm.service with a process that holds the second GPU's nodes
 *
 * vfio-pci is not loaded yet.
 */

#include "fakebus.h"
#include "fakekernel.h"
#include "faketree.h"
#include "hook.h"

#define FAKEHOST_BOOT_GPU  "0000:01:00.0"
#define FAKEHOST_GPU       "0000:02:00.0"
#define FAKEHOST_GPU_AUDIO "0000:02:00.1"
#define FAKEHOST_NVME      "0000:03:00.0"
#define FAKEHOST_ROUTE_NIC "0000:04:00.0"
#define FAKEHOST_NIC       "0000:05:00.0"
#define FAKEHOST_BARE      "0000:06:00.0"

#define FAKEHOST_BOOT_ID "3f0c5b1e-2d4a-4b6c-8e9f-001122334455"

/* Fills an empty tree. */
void fakehost_build(const struct root *root);

/* The console is on the second GPU, whose driver brings and takes it; no firmware's. */
void fakehost_move_console(const struct root *root);

/*
 * All of the tree as text, a line for each file, link and empty directory, by name. Left
 * out: the clock, what loading vfio-pci leaves for good, and /run/vfiokit while it is
 * empty. The caller frees it.
 */
char *fakehost_snapshot(const struct root *root);

/*
 * The lines in which two snapshots differ, "- ..." and "+ ..."; "" when they do not.
 * Lines that contain one of `but`, a list that ends with NULL, are left out; or NULL. The
 * caller frees it.
 */
char *fakehost_difference(const char *before, const char *after, const char *const *but);

/* Makes of a host that was used one as it was built; `before` is its snapshot. */
void fakehost_renew(struct faketree *tree, const char *before);

/* --- guests --- */

struct fakeguest {
	const char *name;
	const char *uuid;
	const char *devices[8]; /* addresses */
	const char *metadata;   /* more for the guest element; NULL: no such element */
	const char *domain;     /* more for <domain>, or NULL */
	bool is_boot_gpu;       /* the first device, and that is meant */
};

/* As libvirt hands it to the hook; the caller frees it. */
char *fakehost_domain(const struct root *root, const struct fakeguest *guest);

/* Takes the second GPU, the NVMe disk; memory, cores, a unit. */
extern const struct fakeguest fakeguest_win;
/* Takes a NIC; wants of memory, cores and units the same. */
extern const struct fakeguest fakeguest_lin;

/* --- calls --- */

struct fakecall {
	const struct fakeguest *guest;
	const char *operation; /* "prepare", "release" */
	struct fakefaults *faults;
	const char *xml; /* instead of the guest's */

	/* what came of it */
	int r;
	struct error err;
	unsigned long ms;   /* by the clock of the tree */
	struct buf account; /* what went to the journal: "<6> device: ..." */
};

/* In this process. 0 or what the operation returned, also in call->r. */
int fakehost_call(const struct root *root, struct fakecall *call);
void fakecall_done(struct fakecall *call);

/* In a process of its own; returns what waitpid(2) says. */
int fakehost_call_in_child(const struct root *root, struct fakecall *call);
