/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a guest needs of the host: what its <metadata> says to us (domain/guest.h) and,
 * of what libvirt's own elements say, the devices. The rest of libvirt's elements is read
 * by the steps that carry it out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "domain/reading.h"
#include "host/bdf.h"

#define NEEDS_ID_MAX 10 /* "10de:1b80" and its NUL */

/* A PCI function that is to go to the guest. */
struct need_device {
	struct bdf bdf;
	char address[BDF_TEXT_MAX];
	char id[NEEDS_ID_MAX];        /* "" when the metadata does not say */
	char subsystem[NEEDS_ID_MAX]; /* the same */
	bool allows_boot_gpu;
	bool is_listed;  /* in the metadata */
	bool is_hostdev; /* among libvirt's devices, with managed='no' */
	const char *rom; /* file, borrowed from the tree; or NULL */
	char sha256[65]; /* of that file; "" when the metadata does not say */
};

struct needs {
	struct reading reading;
	const xmlNode *domain;
	const char *name; /* borrowed from the tree, as everything below */
	char uuid[37];    /* "" for a file that was never defined */
	bool is_ours;     /* has the guest element */

	struct need_device *devices; /* by address */
	size_t n_devices;
	const char **stop; /* units */
	size_t n_stop;
	bool isolate;
	bool irq;
	const char *governor; /* or NULL */
	const char *shmem;    /* name of the shared memory, or NULL */
	const char *shmem_user;
	bool sleep;
};

#define NEEDS_NONE ((struct needs){ .reading = READING_NONE })

/*
 * Reads a domain as libvirt hands it to a hook. Of a guest that is not ours only name and
 * uuid. Refuses elements and attributes of ours that it does not know, and devices named
 * there that libvirt manages. Devices that libvirt manages and nobody names are
 * libvirt's.
 */
MUST_CHECK int needs_read(struct needs *ret_needs, const char *xml, size_t len,
			  struct error *err);
void needs_done(struct needs *needs);

#define CLEANUP_NEEDS CLEANUP(needs_done)
