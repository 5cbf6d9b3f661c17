/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The host's PCI functions, as sysfs shows them (Documentation/ABI/testing/
 * sysfs-bus-pci). Works on a captured tree as well, where /sys/bus/pci/devices/ may hold
 * links into /sys/devices or plain directories, and any attribute may be missing.
 *
 * libpci would enumerate too, but it ends the process on a damaged tree and knows
 * neither IOMMU groups nor drivers; it serves for names only (host/pcinames.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/bdf.h"
#include "host/root.h"

enum pcidev_bus {
	PCIDEV_BUS_UNKNOWN, /* no config space to read: libvirt then assumes Express */
	PCIDEV_BUS_CONVENTIONAL,
	PCIDEV_BUS_EXPRESS,
};

struct pcidev {
	struct bdf bdf;

	/* what tells devices apart; of a bridge the class only, nobody asks for more */
	bool is_read;
	uint32_t class; /* 24 bits: base class, subclass, programming interface */
	int group;      /* IOMMU group, -1: none, or the IOMMU is off */
	uint16_t vendor;
	uint16_t device;
	bool is_boot_vga;

	/* of a few functions only, by pcidev_read_details() */
	bool has_details;
	uint16_t subvendor;
	uint16_t subdevice;
	enum pcidev_bus bus;
	int numa_node;   /* -1: the firmware does not say */
	char driver[64]; /* "" when unbound */
};

/* Sorted by address. */
struct pcidevs {
	struct pcidev *v;
	size_t n;
	bool has_iommu;  /* else links to groups are leftovers, and no function has one */
	bool has_groups; /* also those that no link tells */
};

#define PCIDEVS_NONE ((struct pcidevs){ 0 })

/*
 * A host without PCI is an empty list, no error. An entry that cannot be understood is
 * an error that names its path.
 */
MUST_CHECK int pcidevs_read(struct pcidevs *ret_devs, const struct root *root,
			    struct error *err);

/* The same in steps, for who wants to know about a few: the addresses; then all
 * functions, those of an IOMMU group, or one by pcidevs_get(). Nothing is read twice. */
MUST_CHECK int pcidevs_list(struct pcidevs *ret_devs, const struct root *root,
			    struct error *err);
MUST_CHECK int pcidevs_read_all(struct pcidevs *devs, const struct root *root,
				struct error *err);
MUST_CHECK int pcidevs_read_group(struct pcidevs *devs, int group,
				  const struct root *root, struct error *err);
void pcidevs_done(struct pcidevs *devs);

/* Reads the rest of what there is to know about a function; a second time does nothing.
 */
MUST_CHECK int pcidev_read_details(struct pcidev *dev, const struct root *root,
				   struct error *err);

/* NULL when there is none. */
const struct pcidev *pcidevs_find(const struct pcidevs *devs, const struct bdf *bdf);

/* The same, read and with its details. */
MUST_CHECK int pcidevs_get(const struct pcidev **ret_dev, struct pcidevs *devs,
			   const struct bdf *bdf, const struct root *root,
			   struct error *err);

bool pcidev_is_bridge(const struct pcidev *dev);  /* base class 06 */
bool pcidev_is_display(const struct pcidev *dev); /* base class 03 */

/*
 * Whether a device with this driver, "" for none, is used by nobody on the host: what the
 * kernel's vfio lets stand in an IOMMU group beside the devices of a guest.
 */
bool pcidev_driver_is_idle(const char *driver);

#define CLEANUP_PCIDEVS CLEANUP(pcidevs_done)
