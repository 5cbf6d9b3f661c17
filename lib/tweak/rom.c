/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>

#include "domain/query.h"
#include "tweak/hostdev.h"
#include "tweak/tweaks.h"

#define TOPIC   "rom"
#define KEY_MAX 48

static void make_key(char key[static KEY_MAX], const struct bdf *bdf)
{
	(void)snprintf(key, KEY_MAX, "%u:%u:%u:%u", bdf->domain, bdf->bus, bdf->slot,
		       bdf->function);
}

/* Two names may turn out to be one device. */
static bool contradicts(const struct planner *planner, const struct bdf *bdf,
			const char *file)
{
	const xmlNode *plan = query_child(xmlDocGetRootElement(planner->plan), TOPIC);
	char key[KEY_MAX];

	make_key(key, bdf);
	for query_each(device, plan, "device") {
		if (query_attr_is(device, "key", key) && query_attr(device, "file") &&
		    !query_attr_is(device, "file", file))
			return true;
	}
	return false;
}

/* The guest may be about to get the device, by --hostdev. */
static int wished_in_this_run(struct bdfs *bdfs, struct planner *planner,
			      const struct rom_wish *wish, struct error *err)
{
	const xmlNode *hostdevs = query_child(xmlDocGetRootElement(planner->plan), "hostdev");
	struct bdf main;
	char key[KEY_MAX];
	int r = hostdev_on_host(bdfs, planner, &wish->name, wish->text, err);

	if (r == 0)
		r = hostdev_main(&main, planner, bdfs, err);
	if (r < 0)
		return r;
	make_key(key, &main);
	for query_each(device, hostdevs, "device") {
		if (query_attr_is(device, "key", key))
			return 0;
	}
	return error_set(err, ENODEV, "the guest has no host device '%s': add it by --hostdev",
			 wish->text);
}

static int plan_wish(struct planner *planner, const struct rom_wish *wish,
		     struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	const char *file = wish->wish == WISH_SET && wish->file ? wish->file : "";
	xmlNodePtr device;
	struct bdf main;
	char bdf[BDF_TEXT_MAX];
	char key[KEY_MAX];
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

	if (contradicts(planner, &main, file)) {
		return error_set(err, ENOTUNIQ, "'%s' is given two different option ROMs",
				 bdf_format(&main, bdf));
	}
	device = planner_add_in(planner_get(planner, TOPIC), "device");
	make_key(key, &main);
	planner_set(device, "key", key);
	planner_set(device, "file", file);
	if (wish->wish == WISH_SET && wish->file) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s reads its option ROM from %s",
			  bdf_format(&main, bdf), wish->file);
		notes_because(planner->notes,
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
