/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/hostdev.h"

#include <stdio.h>

#include "base/parse.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "tweak/guest_pci.h"
#include "tweak/tweaks.h"

#define TOPIC      "hostdev"
#define OVERRIDE_X "x-vga"

/* Whether vfiokit-hook looks after the guest's devices, now or after this run. */
static bool has_hook(const struct planner *planner)
{
	if (planner->wishes->hook.wish != WISH_NOTHING)
		return planner->wishes->hook.wish == WISH_SET;
	return guest_find(planner_domain(planner)) != NULL;
}

static void set_address(xmlNodePtr element, const struct bdf *bdf)
{
	planner_setf(element, "domain", "0x%04x", bdf->domain);
	planner_setf(element, "bus", "0x%02x", bdf->bus);
	planner_setf(element, "slot", "0x%02x", bdf->slot);
	planner_setf(element, "function", "0x%x", bdf->function);
}

static void set_key(xmlNodePtr element, const struct hostdev *hostdev)
{
	char key[GUEST_PCI_KEY_MAX];

	planner_set(element, "key", guest_pci_key(key, hostdev->existing, &hostdev->bdf));
}

static const char *alias_of(const struct hostdev *hostdev)
{
	return hostdev->existing
		       ? query_attr(query_child(hostdev->existing, "alias"), "name")
		       : NULL;
}

/* x-vga needs a name by which the override finds the device. */
static void plan_x_vga(struct planner *planner, const struct hostdev *hostdev,
		       xmlNodePtr element)
{
	const char *alias = hostdev->alias ? hostdev->alias : alias_of(hostdev);
	char made[64];
	char bdf[BDF_TEXT_MAX];

	if (!alias) {
		(void)snprintf(made, sizeof(made), "ua-pci-%s",
			       bdf_format(&hostdev->bdf, bdf));
		for (char *p = made; *p; p++) {
			if (*p == ':')
				*p = '-';
		}
		alias = made;
		planner_set(element, "alias", alias);
	}
	override_add(planner, alias, OVERRIDE_X, "bool",
		     hostdev->x_vga == WISH_ON ? "true" : "false");
}

static void plan_rom(struct planner *planner, const struct hostdev *hostdev)
{
	xmlNodePtr device;

	if (!hostdev->rom && hostdev->rombar == WISH_DEFAULT)
		return;
	device = planner_add_in(planner_get(planner, "rom"), "device");
	set_key(device, hostdev);
	if (hostdev->rom)
		planner_set(device, "file", hostdev->rom);
	if (hostdev->rombar != WISH_DEFAULT)
		planner_set(device, "bar", hostdev->rombar == WISH_ON ? "on" : "off");
}

static const char *managed(const struct planner *planner, const struct hostdev *hostdev)
{
	if (hostdev->managed != WISH_DEFAULT)
		return hostdev->managed == WISH_ON ? "yes" : "no";
	if (hostdev->existing)
		return NULL;
	return has_hook(planner) ? "no" : "yes";
}

static void plan_device(struct planner *planner, xmlNodePtr plan,
			const struct hostdev *hostdev)
{
	xmlNodePtr device = planner_add_in(plan, "device");
	const char *how = managed(planner, hostdev);

	set_key(device, hostdev);
	set_address(device, &hostdev->bdf);
	if (how)
		planner_set(device, "managed", how);
	if (hostdev->boot)
		planner_setf(device, "boot", "%u", hostdev->boot);
	if (hostdev->alias)
		planner_set(device, "alias", hostdev->alias);
	if (hostdev->has_place) {
		xmlNodePtr place = planner_add_in(device, "place");
		struct bdf have;

		/* an address that is right keeps its spelling */
		if (!hostdev->existing || !guest_pci_place(hostdev->existing, &have) ||
		    bdf_compare(&have, &hostdev->place) != 0)
			set_address(place, &hostdev->place);
		if (hostdev->is_multifunction)
			planner_set(place, "multifunction", "on");
	}
	plan_rom(planner, hostdev);
	if (hostdev->x_vga != WISH_DEFAULT)
		plan_x_vga(planner, hostdev, device);
}

static void plan_removal(struct planner *planner, xmlNodePtr plan,
			 const struct hostdev *hostdev)
{
	const char *alias = alias_of(hostdev);

	set_key(planner_add_in(plan, "remove"), hostdev);
	if (alias)
		override_remove(planner, alias, OVERRIDE_X);
}

/* As hostdev.xsl writes it: libvirt and users say more of a bridge of theirs. */
static bool is_our_bridge(const xmlNode *controller)
{
	size_t n = 0;

	for (const xmlAttr *attr = controller->properties; attr; attr = attr->next)
		n++;
	return n == 3 && !controller->children &&
	       query_attr_is(controller, "type", "pci") &&
	       query_attr_is(controller, "model", "pcie-to-pci-bridge") &&
	       query_attr(controller, "index");
}

/* A bridge that was added for a device goes with the last one behind it. */
static void plan_bridge_removal(struct planner *planner, xmlNodePtr plan,
				const struct hostdevs *hostdevs)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	struct error ignored = { 0 };
	uint64_t bus;

	query_each (controller, devices, "controller") {
		const char *index = query_attr(controller, "index");

		if (!is_our_bridge(controller) ||
		    parse_dec(&bus, index, 0, UINT8_MAX, "index", &ignored) < 0 ||
		    !hostdevs_leave_bus(hostdevs, devices, (unsigned)bus))
			continue;
		planner_set(planner_add_in(plan, "remove-bridge"), "index", index);
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "the PCI bridge of bus %s goes", index);
		notes_because(planner->notes, "no device is left behind it");
	}
}

static void note(struct planner *planner, const struct hostdev *hostdev)
{
	char bdf[BDF_TEXT_MAX];
	char place[BDF_TEXT_MAX];
	char group[32] = "no IOMMU group";

	(void)bdf_format(&hostdev->bdf, bdf);
	if (hostdev->has_place) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s at %s in the guest",
			  bdf, bdf_format(&hostdev->place, place));
	} else {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "%s, libvirt chooses its place in the guest", bdf);
	}
	if (!hostdev->dev) {
		notes_because(planner->notes, "asked for; the host was not looked at");
	} else {
		if (hostdev->dev->group >= 0) {
			(void)snprintf(group, sizeof(group), "IOMMU group %d",
				       hostdev->dev->group);
		}
		notes_because(planner->notes, "%04x:%04x, %s, %s%s", hostdev->dev->vendor,
			      hostdev->dev->device,
			      pcidev_is_display(hostdev->dev) ? "a GPU"
							      : "no display function",
			      group, hostdev->dev->is_boot_vga ? ", the boot GPU" : "");
	}
}

int hostdev_plan(struct planner *planner, struct error *err)
{
	CLEANUP_HOSTDEVS struct hostdevs hostdevs = HOSTDEVS_NONE;
	xmlNodePtr plan;
	int bridge = -1;
	int r;

	if (planner->wishes->n_hostdevs == 0)
		return 0;
	r = hostdevs_find(&hostdevs, planner, err);
	if (r == 0)
		r = hostdevs_place(&hostdevs, planner, &bridge, err);
	if (r < 0)
		return r;

	plan = planner_get(planner, TOPIC);
	if (bridge >= 0)
		planner_setf(planner_add_in(plan, "bridge"), "index", "%d", bridge);
	for (size_t i = 0; i < hostdevs.n; i++) {
		const struct hostdev *hostdev = &hostdevs.v[i];

		if (hostdev->is_removed) {
			plan_removal(planner, plan, hostdev);
			continue;
		}
		plan_device(planner, plan, hostdev);
		if (hostdev->is_wished)
			note(planner, hostdev);
	}
	plan_bridge_removal(planner, plan, &hostdevs);
	return 0;
}
