/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/guest_pci.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "domain/query.h"

#define MAX_BUS  (GUEST_N_BUSES - 1)
#define MAX_SLOT 31

static bool number(const xmlNode *address, const char *name, uint64_t max, uint64_t *ret)
{
	const char *text = query_attr(address, name);
	struct error ignored = { 0 };

	*ret = 0;
	return !text || parse_number(ret, text, max, name, &ignored) == 0;
}

bool guest_pci_address(const xmlNode *address, struct bdf *ret_bdf)
{
	uint64_t domain;
	uint64_t bus;
	uint64_t slot;
	uint64_t function;

	if (!number(address, "domain", UINT32_MAX, &domain) ||
	    !number(address, "bus", MAX_BUS, &bus) ||
	    !number(address, "slot", MAX_SLOT, &slot) ||
	    !number(address, "function", 7, &function))
		return false;
	*ret_bdf = (struct bdf){ .domain = (uint32_t)domain,
				 .bus = (uint8_t)bus,
				 .slot = (uint8_t)slot,
				 .function = (uint8_t)function };
	return true;
}

bool guest_pci_source(const xmlNode *device, struct bdf *ret_bdf)
{
	const xmlNode *address = query_path(device, "source/address");

	if (!address || !query_attr_is(device, "type",
				       query_is(device, "hostdev") ? "pci" : "hostdev"))
		return false;
	return guest_pci_address(address, ret_bdf);
}

static const char *spelling(const xmlNode *address, const char *name)
{
	const char *text = query_attr(address, name);

	return text ? text : "";
}

const char *guest_pci_key(char key[static GUEST_PCI_KEY_MAX], const xmlNode *device,
			  const struct bdf *bdf)
{
	const xmlNode *address = query_path(device, "source/address");

	if (!address) {
		(void)snprintf(key, GUEST_PCI_KEY_MAX, "0x%04x:0x%02x:0x%02x:0x%x",
			       bdf->domain, bdf->bus, bdf->slot, bdf->function);
	} else {
		(void)snprintf(key, GUEST_PCI_KEY_MAX, "%.14s:%.14s:%.14s:%.14s",
			       spelling(address, "domain"), spelling(address, "bus"),
			       spelling(address, "slot"), spelling(address, "function"));
	}
	return key;
}

bool guest_pci_place(const xmlNode *device, struct bdf *ret_bdf)
{
	const xmlNode *address = query_child(device, "address");

	return query_attr_is(address, "type", "pci") &&
	       guest_pci_address(address, ret_bdf);
}

xmlNodePtr guest_pci_next(const xmlNode *devices, const xmlNode *after)
{
	xmlNodePtr node = after ? after->next : devices ? devices->children : NULL;
	struct bdf bdf;

	for (; node; node = node->next) {
		if ((query_is(node, "hostdev") || query_is(node, "interface")) &&
		    guest_pci_source(node, &bdf))
			return node;
	}
	return NULL;
}

xmlNodePtr guest_pci_find(const xmlNode *devices, const struct bdf *bdf)
{
	xmlNodePtr device = NULL;
	struct bdf source;

	while ((device = guest_pci_next(devices, device))) {
		if (guest_pci_source(device, &source) && bdf_compare(&source, bdf) == 0)
			return device;
	}
	return NULL;
}

void guest_slots_use(struct guest_slots *slots, const struct bdf *place)
{
	/* a guest has no other domain */
	if (place->domain == 0)
		slots->used[place->bus] |= UINT32_C(1) << place->slot;
}

static bool is_used(const struct guest_slots *slots, unsigned bus, unsigned slot)
{
	return slots->used[bus] >> slot & 1;
}

static bool controller_bus(const xmlNode *controller, uint64_t *ret_bus)
{
	const char *index = query_attr(controller, "index");
	struct error ignored = { 0 };

	return index && parse_dec(ret_bus, index, 0, MAX_BUS, "index", &ignored) == 0;
}

static bool is_one_of(const xmlNode *controller, const char *const models[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (query_attr_is(controller, "model", models[i]))
			return true;
	}
	return false;
}

/* The machine type decides; without one libvirt takes i440fx on x86. */
static bool has_express_root(const xmlNode *domain)
{
	const xmlNode *type = query_path(domain, "os/type");
	const char *machine = query_attr(type, "machine");

	if (machine)
		return strstr(machine, "q35") || strncmp(machine, "virt", 4) == 0;
	return query_attr_is(type, "arch", "aarch64");
}

static void add_controllers(struct guest_slots *slots)
{
	static const char *const bridges[] = { "pcie-to-pci-bridge", "pci-bridge" };
	unsigned n_unnumbered = 0;
	uint64_t bus;

	query_each (controller, slots->devices, "controller") {
		if (!query_attr_is(controller, "type", "pci"))
			continue;
		if (query_attr_is(controller, "model", "pcie-root"))
			slots->is_express = true;
		if (!controller_bus(controller, &bus)) {
			n_unnumbered++;
			continue;
		}
		if (bus >= slots->next_bus)
			slots->next_bus = (unsigned)bus + 1;
		if (slots->bridge < 0 &&
		    is_one_of(controller, bridges, ARRAY_SIZE(bridges)))
			slots->bridge = (int)bus;
	}
	/* libvirt gives those without a number the numbers that are left */
	slots->next_bus += n_unnumbered;
}

/* The bus of the lowest root port that has no device. */
static int free_port(const struct guest_slots *slots)
{
	static const char *const ports[] = { "pcie-root-port",
					     "pcie-switch-downstream-port" };
	int best = -1;
	uint64_t bus;

	query_each (controller, slots->devices, "controller") {
		if (query_attr_is(controller, "type", "pci") &&
		    is_one_of(controller, ports, ARRAY_SIZE(ports)) &&
		    controller_bus(controller, &bus) &&
		    !is_used(slots, (unsigned)bus, 0) && (best < 0 || (int)bus < best))
			best = (int)bus;
	}
	return best;
}

static void use_port(struct guest_slots *slots, int port)
{
	const struct bdf place = { .bus = (uint8_t)port };

	guest_slots_use(slots, &place);
}

/* These libvirt puts into the lowest ports that are free, before any other device. */
static void seat_controllers(struct guest_slots *slots)
{
	static const char *const models[] = { "pcie-to-pci-bridge",
					      "pcie-switch-upstream-port" };
	struct bdf place;
	int port;

	query_each (controller, slots->devices, "controller") {
		if (!query_attr_is(controller, "type", "pci") ||
		    !is_one_of(controller, models, ARRAY_SIZE(models)) ||
		    guest_pci_place(controller, &place))
			continue;
		port = free_port(slots);
		if (port < 0)
			return;
		use_port(slots, port);
	}
}

void guest_slots_init(struct guest_slots *slots, const xmlNode *domain)
{
	const xmlNode *devices = query_child(domain, "devices");

	*slots = (struct guest_slots){ .devices = devices,
				       .is_express = has_express_root(domain),
				       .next_bus = 1,
				       .bridge = -1,
				       .added = GUEST_BRIDGE_NONE };
	for (const xmlNode *device = devices ? devices->children : NULL; device;
	     device = device->next) {
		struct bdf place;

		if (device->type != XML_ELEMENT_NODE || !guest_pci_place(device, &place))
			continue;
		guest_slots_use(slots, &place);
		if (place.bus >= slots->next_bus)
			slots->next_bus = place.bus + 1;
	}
	add_controllers(slots);
	seat_controllers(slots);
}

static int take_bus(struct guest_slots *slots, int *ret_bus, struct error *err)
{
	while (slots->next_bus <= MAX_BUS && slots->used[slots->next_bus] != 0)
		slots->next_bus++;
	if (slots->next_bus > MAX_BUS) {
		return error_set(
			err, ENOSPC,
			"the guest has no PCI bus left; give a place by guest=BB:SS");
	}
	*ret_bus = (int)slots->next_bus++;
	return 0;
}

/* The bus of a port that is now taken: one that was free, else one that is new. */
static int take_port(struct guest_slots *slots, int *ret_port, bool *ret_is_new,
		     struct error *err)
{
	int port = free_port(slots);
	int r;

	*ret_is_new = port < 0;
	if (port < 0) {
		r = take_bus(slots, &port, err);
		if (r < 0)
			return r;
	}
	use_port(slots, port);
	*ret_port = port;
	return 0;
}

static int add_bridge(struct guest_slots *slots, struct error *err)
{
	bool is_new;
	int port;
	int bus = 0;
	int r = take_port(slots, &port, &is_new, err);

	if (r == 0)
		r = take_bus(slots, &bus, err); /* above that of the port it is in */
	if (r < 0)
		return r;
	slots->bridge = bus;
	slots->added = (struct guest_bridge){ .bus = bus, .port = is_new ? port : -1 };
	return 0;
}

/*
 * A bus with slots. The first slots of bus 0 of an i440fx machine belong to the host
 * bridge, the chipset and, for libvirt, the first video device.
 */
static int take_slot(struct guest_slots *slots, unsigned bus, unsigned first,
		     struct bdf *ret_slot, struct error *err)
{
	for (unsigned slot = first; slot <= MAX_SLOT; slot++) {
		if (is_used(slots, bus, slot))
			continue;
		*ret_slot = (struct bdf){ .bus = (uint8_t)bus, .slot = (uint8_t)slot };
		guest_slots_use(slots, ret_slot);
		return 0;
	}
	return error_set(err, ENOSPC,
			 "PCI bus %u of the guest has no free slot; give a place by "
			 "guest=BB:SS",
			 bus);
}

int guest_slots_take(struct guest_slots *slots, bool is_conventional,
		     struct bdf *ret_slot, struct error *err)
{
	bool is_new;
	int port;
	int r = 0;

	if (!slots->is_express)
		return take_slot(slots, 0, 3, ret_slot, err);
	if (is_conventional) {
		if (slots->bridge < 0)
			r = add_bridge(slots, err);
		return r < 0 ? r
			     : take_slot(slots, (unsigned)slots->bridge, 1, ret_slot,
					 err);
	}

	r = take_port(slots, &port, &is_new, err);
	if (r == 0)
		*ret_slot = (struct bdf){ .bus = (uint8_t)port };
	return r;
}
