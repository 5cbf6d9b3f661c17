/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The host's PCI functions that a guest gets or loses: names and groups resolved, and a
 * place in the guest for each.
 */

#include <stdbool.h>
#include <stddef.h>

#include "host/bdf.h"
#include "tweak/guest_pci.h"
#include "tweak/planner.h"

struct hostdev {
	struct bdf bdf;
	const struct pcidev *dev; /* NULL with --host=none, or when it is not there */
	xmlNodePtr existing;      /* the guest's <hostdev>, or NULL */
	bool is_removed;
	bool is_wished; /* else it is there for its siblings */
	bool is_whole;  /* wished for as part of the whole device */

	/* what the wishes say of it; borrowed from them */
	enum wish_switch managed;
	const char *alias;
	unsigned boot;
	const char *rom;
	enum wish_switch rombar;
	enum wish_switch x_vga;
	enum group_wish group;
	bool has_guest; /* guest= was given */

	/* its place in the guest, unless libvirt is to choose */
	bool has_place;
	struct bdf place;
	bool is_multifunction; /* function 0 of several */
};

/* Sorted by address. */
struct hostdevs {
	struct hostdev *v;
	size_t n;
};

#define HOSTDEVS_NONE ((struct hostdevs){ 0 })

/* Resolves all --hostdev and --unset=hostdev wishes. Says what it finds in the notes. */
MUST_CHECK int hostdevs_find(struct hostdevs *ret_hostdevs, struct planner *planner,
			     struct error *err);
void hostdevs_done(struct hostdevs *hostdevs);

/* Gives those that need one a place in the guest; *ret_bridge is what that takes. */
MUST_CHECK int hostdevs_place(struct hostdevs *hostdevs, const struct planner *planner,
			      struct guest_bridge *ret_bridge, struct error *err);

/*
 * Whether the last devices on a bus of the guest are among those that it loses, or the
 * bridge, which may be NULL.
 */
bool hostdevs_leave_bus(const struct hostdevs *hostdevs, const xmlNode *devices,
			unsigned bus, const xmlNode *bridge);

/* Functions of one device, sorted. */
struct bdfs {
	struct bdf *v;
	size_t n;
};

#define BDFS_NONE ((struct bdfs){ 0 })

void bdfs_done(struct bdfs *bdfs);

/*
 * The functions on the host that a name means, at least one. With --host=none an address
 * means those that the guest has, or the one address.
 */
MUST_CHECK int hostdev_on_host(struct bdfs *ret_bdfs, struct planner *planner,
			       const struct pci_name_wish *name, const char *text,
			       struct error *err);

/* The functions in the guest that a name means; perhaps none. */
MUST_CHECK int hostdev_in_guest(struct bdfs *ret_bdfs, struct planner *planner,
				const struct pci_name_wish *name, const char *text,
				struct error *err);

/* The function that stands for a device: the display, else function 0, else the first. */
MUST_CHECK int hostdev_main(struct bdf *ret_bdf, struct planner *planner,
			    const struct bdfs *bdfs, struct error *err);

/*
 * What another tweak's plan has decided about a function: the last element of that name
 * with its key, or NULL.
 */
const xmlNode *hostdev_planned(const struct planner *planner, const char *tweak,
			       const char *name, const struct bdf *bdf);

#define CLEANUP_BDFS     CLEANUP(bdfs_done)
#define CLEANUP_HOSTDEVS CLEANUP(hostdevs_done)
