/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/guest_pci.h"
#include "tweak/hostdev.h"
#include "tweak/tweaks.h"

#define TOPIC "rom"

/* The guest may be about to get the device, by --hostdev. */
static int wished_in_this_run(struct bdfs *bdfs, struct planner *planner,
			      const struct rom_wish *wish, struct error *err)
{
	struct bdf main;
	int r = hostdev_on_host(bdfs, planner, &wish->name, wish->text, err);

	if (r == 0)
		r = hostdev_main(&main, planner, bdfs, err);
	if (r < 0)
		return r;
	if (hostdev_planned(planner, "hostdev", "device", &main))
		return 0;
	return error_set(err, ENODEV,
			 "the guest has no host device '%s': add it by --hostdev",
			 wish->text);
}

static int plan_wish(struct planner *planner, const struct rom_wish *wish,
		     struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const char *file = wish->wish == WISH_SET && wish->file ? wish->file : "";
	const char *have;
	xmlNodePtr device;
	struct bdf main;
	char bdf[BDF_TEXT_MAX];
	char key[GUEST_PCI_KEY_MAX];
	int r = hostdev_in_guest(&bdfs, planner, &wish->name, wish->text, err);

	if (r == 0 && bdfs.n == 0 && (wish->wish == WISH_UNSET || !wish->file)) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "the guest has no host device '%s': nothing to take out",
			  wish->text);
		return 0;
	}
	if (r == 0 && bdfs.n == 0)
		r = wished_in_this_run(&bdfs, planner, wish, err);
	if (r == 0)
		r = hostdev_main(&main, planner, &bdfs, err);
	if (r < 0)
		return r;

	have = query_attr(hostdev_planned(planner, TOPIC, "device", &main), "file");
	if (have && strcmp(have, file) != 0) { /* two names turned out to be one device */
		return error_set(err, ENOTUNIQ, "'%s' is given two different option ROMs",
				 bdf_format(&main, bdf));
	}
	device = planner_add_in(planner_get(planner, TOPIC), "device");
	planner_set(device, "key",
		    guest_pci_key(key, guest_pci_find(devices, &main), &main));
	planner_set(device, "file", file);
	if (wish->wish == WISH_SET && wish->file) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "%s reads its option ROM from %s", bdf_format(&main, bdf),
			  wish->file);
		notes_because(
			planner->notes,
			bdfs.n > 1 ? "asked for; it is the function of the device that "
				     "has the ROM"
				   : "asked for");
	}
	return 0;
}

int rom_plan(struct planner *planner, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < planner->wishes->n_roms && r == 0; i++)
		r = plan_wish(planner, &planner->wishes->roms[i], err);
	return r;
}
