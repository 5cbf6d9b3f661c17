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

static size_t n_attrs(const xmlNode *element)
{
	size_t n = 0;

	for (const xmlAttr *attr = element->properties; attr; attr = attr->next)
		n++;
	return n;
}

/* As hostdev.xsl writes it: libvirt and users say more of a controller of theirs. */
static bool is_our_controller(const xmlNode *controller, const char *model,
			      unsigned *ret_bus)
{
	const char *index = query_attr(controller, "index");
	struct error ignored = { 0 };
	uint64_t bus;

	if (n_attrs(controller) != 3 || !query_attr_is(controller, "type", "pci") ||
	    !query_attr_is(controller, "model", model) || !index ||
	    parse_dec(&bus, index, 0, UINT8_MAX, "index", &ignored) < 0)
		return false;
	*ret_bus = (unsigned)bus;
	return true;
}

static const xmlNode *find_port(const xmlNode *devices, unsigned bus)
{
	unsigned its_bus;

	query_each (controller, devices, "controller") {
		if (is_our_controller(controller, "pcie-root-port", &its_bus) &&
		    its_bus == bus && !controller->children)
			return controller;
	}
	return NULL;
}

/* The bus of the port in which we put a bridge. */
static bool bridge_port(const xmlNode *bridge, unsigned *ret_bus)
{
	const xmlNode *address = query_child(bridge, "address");
	struct bdf place;

	for (const xmlNode *node = bridge->children; node; node = node->next) {
		if (node != address && !query_is_blank(node))
			return false;
	}
	if (!address || address->children || n_attrs(address) != 5 ||
	    !guest_pci_place(bridge, &place) || place.domain != 0 || place.slot != 0 ||
	    place.function != 0)
		return false;
	*ret_bus = place.bus;
	return true;
}

/*
 * Whether a bridge that we added can go. It has an address only if we added the port too;
 * else the port, however bare it is, was there before.
 */
static bool is_bridge_left(const xmlNode *bridge, const struct hostdevs *hostdevs,
			   const xmlNode *devices, const xmlNode **ret_port)
{
	unsigned bus;
	unsigned port_bus;

	*ret_port = NULL;
	if (!is_our_controller(bridge, "pcie-to-pci-bridge", &bus) ||
	    !hostdevs_leave_bus(hostdevs, devices, bus, NULL))
		return false;
	if (!bridge->children)
		return true;
	if (!bridge_port(bridge, &port_bus))
		return false;
	*ret_port = find_port(devices, port_bus);
	return *ret_port && hostdevs_leave_bus(hostdevs, devices, port_bus, bridge);
}

/* A bridge that was added for a device goes with the last one behind it. */
static void plan_bridge_removal(struct planner *planner, xmlNodePtr plan,
				const struct hostdevs *hostdevs)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");

	query_each (controller, devices, "controller") {
		const char *index = query_attr(controller, "index");
		const xmlNode *port;
		xmlNodePtr removal;

		if (!is_bridge_left(controller, hostdevs, devices, &port))
			continue;
		removal = planner_add_in(plan, "remove-bridge");
		planner_set(removal, "index", index);
		if (port)
			planner_set(removal, "port", query_attr(port, "index"));
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "the PCI bridge of bus %s goes%s", index,
			  port ? ", and its root port" : "");
		notes_because(planner->notes, "no device is left behind it");
	}
}

/* With an address only in a port of its own: libvirt finds one that is free. */
static void plan_bridge(struct planner *planner, xmlNodePtr plan,
			const struct guest_bridge *bridge)
{
	struct bdf place = { .bus = (uint8_t)bridge->port };
	xmlNodePtr element;

	if (bridge->bus < 0)
		return;
	element = planner_add_in(plan, "bridge");
	planner_setf(element, "index", "%d", bridge->bus);
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "a PCI bridge comes at bus %d%s",
		  bridge->bus, bridge->port < 0 ? "" : ", and a root port for it");
	notes_because(planner->notes,
		      "conventional PCI devices of several functions share its slots");
	if (bridge->port < 0)
		return;
	planner_setf(planner_add_in(element, "port"), "index", "%d", bridge->port);
	set_address(planner_add_in(element, "place"), &place);
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
	struct guest_bridge bridge = GUEST_BRIDGE_NONE;
	int r;

	if (planner->wishes->n_hostdevs == 0)
		return 0;
	r = hostdevs_find(&hostdevs, planner, err);
	if (r == 0)
		r = hostdevs_place(&hostdevs, planner, &bridge, err);
	if (r < 0)
		return r;

	plan = planner_get(planner, TOPIC);
	plan_bridge(planner, plan, &bridge);
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
