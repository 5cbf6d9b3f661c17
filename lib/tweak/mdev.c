/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Mediated devices, such as a part of an Intel or NVIDIA GPU: <hostdev type='mdev'>.
 *
 * libvirt refuses a display without a graphics device to show it, and QEMU has one ramfb
 * (the picture before the guest's driver runs) only.
 */

#include <errno.h>
#include <strings.h>

#include "domain/query.h"
#include "host/sysfs.h"
#include "tweak/tweaks.h"

#define TOPIC "mdev"

/* libvirt takes a UUID without its hyphens, too. */
static bool same_uuid(const char *a, const char *b)
{
	while (*a && *b) {
		if (*a == '-') {
			a++;
		} else if (*b == '-') {
			b++;
		} else if (strncasecmp(a++, b++, 1) != 0) {
			return false;
		}
	}
	return *a == *b;
}

static const char *uuid_of(const xmlNode *hostdev)
{
	const char *uuid = query_attr(query_path(hostdev, "source/address"), "uuid");

	return query_attr_is(hostdev, "type", "mdev") && uuid ? uuid : "";
}

static xmlNodePtr find_device(const xmlNode *devices, const char *uuid)
{
	query_each (hostdev, devices, "hostdev") {
		if (same_uuid(uuid_of(hostdev), uuid))
			return hostdev;
	}
	return NULL;
}

static bool is_unset(const struct wishes *wishes, const char *uuid)
{
	for (size_t i = 0; i < wishes->n_mdevs; i++) {
		if (wishes->mdevs[i].wish == WISH_UNSET &&
		    same_uuid(wishes->mdevs[i].uuid, uuid))
			return true;
	}
	return false;
}

/* The mediated device that has the ramfb, among those that stay and those wished for. */
static const char *find_ramfb(const struct planner *planner, const xmlNode *devices,
			      const struct mdev_wish *wish)
{
	query_each (hostdev, devices, "hostdev") {
		const char *uuid = uuid_of(hostdev);

		if (query_attr_is(hostdev, "ramfb", "on") &&
		    !same_uuid(uuid, wish->uuid) && !is_unset(planner->wishes, uuid))
			return uuid;
	}
	for (const struct mdev_wish *other = planner->wishes->mdevs; other < wish;
	     other++) {
		if (other->wish == WISH_SET && other->ramfb)
			return other->uuid;
	}
	return NULL;
}

static int check_guest_display(const struct planner *planner, const xmlNode *devices,
			       const struct mdev_wish *wish, struct error *err)
{
	const char *other = wish->ramfb ? find_ramfb(planner, devices, wish) : NULL;

	if (wish->display && !query_child(devices, "graphics")) {
		return error_set(err, EINVAL,
				 "'%s' cannot have a display, as the guest has no "
				 "<graphics>; add one, such as <graphics type='spice'/>",
				 wish->uuid);
	}
	if (other) {
		return error_set(err, EINVAL,
				 "'%s' cannot have the ramfb, as '%s' has it already",
				 wish->uuid, other);
	}
	return 0;
}

static int check_host(struct planner *planner, const struct mdev_wish *wish,
		      struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "sys/bus/mdev/devices/%s", wish->uuid);

	if (r == 0 && !sysfs_exists(planner->root, path)) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"the host has no mediated device '%s': create it before the guest "
			"starts, see mdevctl(8)",
			wish->uuid);
	}
	return r;
}

static int plan_device(struct planner *planner, xmlNodePtr plan,
		       const struct mdev_wish *wish, struct error *err)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const xmlNode *existing = find_device(devices, wish->uuid);
	xmlNodePtr element = planner_add_in(plan, "device");
	int r;

	/* in the guest's spelling, so that the stylesheet can compare texts */
	planner_set(element, "uuid", existing ? uuid_of(existing) : wish->uuid);
	if (wish->wish == WISH_UNSET) {
		planner_set(element, "unset", "yes");
		if (!existing) {
			notes_add(planner->notes, NOTE_INFO, TOPIC,
				  "the guest has no '%s' to take out", wish->uuid);
		}
		return 0;
	}
	r = check_guest_display(planner, devices, wish, err);
	if (r == 0 && planner->root)
		r = check_host(planner, wish, err);
	if (r < 0)
		return r;
	if (wish->display)
		planner_set(element, "display", "on");
	if (wish->ramfb)
		planner_set(element, "ramfb", "on");
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "mediated device '%s'%s%s",
		  wish->uuid, wish->display ? ", with its display" : "",
		  wish->ramfb ? " from the firmware on" : "");
	notes_because(planner->notes, existing ? "is there already" : "asked for");
	return 0;
}

int mdev_plan(struct planner *planner, struct error *err)
{
	xmlNodePtr plan;

	if (planner->wishes->n_mdevs == 0)
		return 0;
	plan = planner_add(planner, TOPIC);
	for (size_t i = 0; i < planner->wishes->n_mdevs; i++) {
		int r = plan_device(planner, plan, &planner->wishes->mdevs[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
