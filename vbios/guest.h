/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a guest's definition says of option ROMs. Reading it takes libxml2, which costs
 * more start-up time than all the rest of the program's work: it is in a module, loaded
 * when a guest is asked about.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/bdf.h"
#include "host/checksum.h"
#include "host/user.h"

#define GUEST_IDS_MAX   10
#define GUEST_MODEL_MAX 16

struct guest_device {
	struct bdf bdf;
	char address[BDF_TEXT_MAX]; /* of a network card that QEMU emulates: its MAC */
	char ids[GUEST_IDS_MAX];    /* of such a card: "8086:10d3"; else "" */
	bool is_dropped;            /* a copy of the guest goes without it */
	bool has_place;             /* the guest says where it has it */
	struct bdf place;           /* there */
	bool is_disabled;           /* <rom enabled='no'/> */
	bool has_bar; /* <rom bar=.../>; libvirt leaves it to QEMU otherwise, as on */
	bool is_bar_off;
	bool has_rom;              /* <rom/>, whatever it says */
	char *file;                /* NULL: none is named */
	char sha256[CHECKSUM_MAX]; /* that the metadata means, or "" */
};

struct guest {
	char *name;
	bool is_uefi;
	bool is_secure;            /* Secure Boot is wanted */
	char *nvram;               /* file, or NULL */
	bool has_stray;            /* a <rom> of what is no PCI device */
	char vga[GUEST_MODEL_MAX]; /* model of the display that QEMU emulates, with VGA */
	struct bdf vga_place;      /* zeros if it is not said: libvirt puts it first */
	bool has_hook;             /* vfiokit-hook looks at its ROM files */
	struct user_names label;
	struct guest_device *devices; /* PCI devices of the host */
	size_t n_devices;
	struct guest_device *nics; /* that QEMU emulates */
	size_t n_nics;
};

#define GUEST_NONE ((struct guest){ 0 })

#define GUEST_MODULE  "vbios-guest.so"
#define GUEST_SYMBOL  "vbios_guest"
#define GUEST_VERSION 5

struct notes;
struct root;

/* A copy of a guest to try a ROM in; see xslt/rom-bench.xsl. */
struct guest_copy {
	const struct guest *guest; /* its devices know whether they are dropped */
	const struct guest_device *device;
	const char *name;
	const char *uuid;
	const char *nvram; /* a file, or NULL */
	const char *log;   /* files for ports */
	const char *debug;
	const char *serial;
	const char *file;   /* absolute; NULL: no ROM at all, or the device's own */
	const char *sha256; /* of that file; "" of none */
	bool is_own;        /* no file: the device's own ROM */
	bool with_disks;
	bool has_screen; /* SeaBIOS writes its screen to the serial port */
};

/* Another ROM for a device. */
struct guest_swap {
	const struct guest_device *device;
	const char *file;   /* absolute; NULL: none */
	const char *sha256; /* of that file; "" of none */
};

/* The one symbol that the module exports. */
struct guest_ops {
	unsigned version;
	int (*parse)(struct guest *ret_guest, const char *name, const char *xml,
		     size_t len, struct error *err);

	/*
	 * Appends the definition with the other ROM to out, and keeps in it what the
	 * guest said before, unless something is kept already.
	 */
	int (*swap)(struct buf *out, struct notes *notes, const struct buf *xml,
		    const struct guest_swap *swap, const struct root *root,
		    struct error *err);

	/*
	 * Appends the definition with everything as it was before. A decision in the
	 * notes for each device. -ENODATA when nothing is kept.
	 */
	int (*restore)(struct buf *out, struct notes *notes, const struct buf *xml,
		       const struct root *root, struct error *err);

	/*
	 * Appends the definition of the copy to out. The host is not asked whether it can
	 * have it: that is seen when it starts.
	 */
	int (*copy)(struct buf *out, struct notes *notes, const struct buf *xml,
		    const struct guest_copy *copy, struct error *err);
};

/* The module, which stays loaded. */
MUST_CHECK int guest_load(const struct guest_ops **ret_ops, struct error *err);

/* connect, or libvirt's default. */
const char *guest_uri(const char *connect);

/*
 * Reads a guest of libvirt by name or UUID, or from a file if the name has a slash.
 * connect is libvirt's URI, or NULL for its default.
 */
MUST_CHECK int guest_read(struct guest *ret_guest, const char *name, const char *connect,
			  struct error *err);
void guest_done(struct guest *guest);

/* NULL when the guest has it not. */
const struct guest_device *guest_find_device(const struct guest *guest,
					     const struct bdf *bdf);

/* The same, of an emulated network card, by its MAC address. */
const struct guest_device *guest_find_nic(const struct guest *guest, const char *mac);

#define CLEANUP_GUEST CLEANUP(guest_done)
