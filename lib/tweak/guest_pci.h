/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * PCI in a guest's description: which host devices it has, which of its own addresses are
 * taken, and where there is room.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/error.h"
#include "host/bdf.h"

/*
 * The numbers of an <address domain= bus= slot= function=>, which libvirt takes in
 * hexadecimal and in decimal; what is absent is 0. False when one is no number.
 */
bool guest_pci_address(const xmlNode *address, struct bdf *ret_bdf);

/* The address of the host device that a <hostdev> or <interface> is; false if it is none.
 */
bool guest_pci_source(const xmlNode *device, struct bdf *ret_bdf);

/*
 * How the stylesheets name a host device: "DOMAIN:BUS:SLOT:FUNCTION" in the guest's own
 * spelling, or as they will write it when `device` is NULL. What is absent is empty.
 */
#define GUEST_PCI_KEY_MAX 64
const char *guest_pci_key(char key[static GUEST_PCI_KEY_MAX], const xmlNode *device,
			  const struct bdf *bdf);

/* The address in the guest that a device has; false when libvirt is to choose. */
bool guest_pci_place(const xmlNode *device, struct bdf *ret_bdf);

/*
 * Walks the PCI host devices of a guest (<hostdev> and <interface type='hostdev'>): the
 * one after `after`, the first for NULL; NULL at the end. devices may be NULL.
 */
xmlNodePtr guest_pci_next(const xmlNode *devices, const xmlNode *after);

/* The one that is this device of the host, NULL without it. */
xmlNodePtr guest_pci_find(const xmlNode *devices, const struct bdf *bdf);

/* A bridge for conventional PCI devices that the guest is to get. */
struct guest_bridge {
	int bus;  /* behind it; -1: it gets none */
	int port; /* bus of a root port that comes with it; -1: the guest has a free one
		   */
};

#define GUEST_BRIDGE_NONE ((struct guest_bridge){ .bus = -1, .port = -1 })

#define GUEST_N_BUSES 256

/* The slots of the guest. */
struct guest_slots {
	uint32_t used[GUEST_N_BUSES]; /* of each bus, a bit for each slot */
	bool is_express;              /* the machine has a PCI Express root */
	unsigned next_bus;            /* the first bus number that no controller has */
	int bridge; /* bus behind a bridge for conventional PCI, -1: none */
	struct guest_bridge added; /* what guest_slots_take() counts on */
	const xmlNode *devices;
};

void guest_slots_init(struct guest_slots *slots, const xmlNode *domain);

/* Nobody else gets the slot of this address. */
void guest_slots_use(struct guest_slots *slots, const struct bdf *place);

/*
 * Takes a free slot. On a PCI Express machine: slot 0 of a root port without a device,
 * else of the next bus, for which libvirt adds a root port; for a conventional device one
 * behind a PCI bridge, which is added when there is none. libvirt adds no root port for
 * such a bridge: without a free one, one is added too. On an i440fx machine: a slot of
 * bus 0.
 */
MUST_CHECK int guest_slots_take(struct guest_slots *slots, bool is_conventional,
				struct bdf *ret_slot, struct error *err);
