/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where the guest's devices stand on its PCI buses. */

#include <string.h>

#include "base/macro.h"
#include "domain/query.h"
#include "tweak/check_impl.h"
#include "tweak/guest_pci.h"

/* A device that is there to say that there is none; libvirt drops its address. */
static bool is_none(const xmlNode *device)
{
	if (query_is(device, "video"))
		return query_attr_is(query_child(device, "model"), "type", "none");
	return query_attr_is(device, "model", "none");
}

/*
 * Function 0 of these slots is the chipset's bridge to ISA, for which there is no
 * element: PIIX3 on i440fx, ICH9 on q35. Beside it stand the IDE, SATA and USB
 * controllers.
 */
static bool is_chipset(const struct check *check, const struct bdf *bdf)
{
	const char *machine = query_attr(query_path(check->domain, "os/type"), "machine");

	if (bdf->domain != 0 || bdf->bus != 0)
		return false;
	return bdf->slot == (machine && strstr(machine, "q35") ? 0x1f : 1);
}

/* False when the device is not on PCI, or libvirt is to choose the address. */
static bool place_of(struct bdf *ret_bdf, const xmlNode *device)
{
	static const struct bdf unset = { 0 };

	return guest_pci_place(device, ret_bdf) && bdf_compare(ret_bdf, &unset) != 0 &&
	       !is_none(device) && !check_is_shadow(device);
}

static void check_place(struct check *check, const struct check_keys *keys, size_t i)
{
	const struct check_key *key = &keys->v[i];
	struct bdf bdf = { 0 };
	struct bdf last = { 0 };

	if (!guest_pci_place(key->element, &bdf))
		return;
	if (check_keys_is_again(keys, i)) {
		check_found(check, key->element,
			    "the guest address %s is taken twice, by <%s> and <%s>: give "
			    "one of them another, or remove its <address> and libvirt "
			    "will choose",
			    key->text, (const char *)keys->v[i - 1].element->name,
			    (const char *)key->element->name);
		return;
	}
	/* sorted: function 0 would stand before the others */
	if (bdf.function == 0 || is_chipset(check, &bdf) ||
	    (i > 0 && guest_pci_place(keys->v[i - 1].element, &last) &&
	     bdf_same_slot(&last, &bdf)))
		return;
	check_found(check, key->element,
		    "<%s> has the guest address %s, but nothing is on function 0 of that "
		    "slot, and so the guest will not see it: move one function to 0",
		    (const char *)key->element->name, key->text);
}

/* What the slots of a bus are; libvirt knows (virDomainPCIAddressBusSetModel()). */
enum slots {
	SLOTS_ANY,
	SLOTS_ONLY_0,
	SLOTS_FROM_1,
};

#define N_BUSES 256

static enum slots slots_of(const xmlNode *controller)
{
	static const struct {
		const char *model;
		enum slots slots;
	} known[] = {
		{ "pci-root", SLOTS_FROM_1 },
		{ "pcie-root", SLOTS_FROM_1 },
		{ "pci-bridge", SLOTS_FROM_1 },
		{ "pcie-to-pci-bridge", SLOTS_FROM_1 },
		{ "pcie-root-port", SLOTS_ONLY_0 },
		{ "pcie-switch-downstream-port", SLOTS_ONLY_0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (query_attr_is(controller, "model", known[i].model))
			return known[i].slots;
	}
	return SLOTS_ANY;
}

/* Only where the guest says so: libvirt's default is not ours to guess. */
static bool is_i440fx(const xmlNode *domain)
{
	const char *machine = query_attr(query_path(domain, "os/type"), "machine");

	return machine && (strcmp(machine, "pc") == 0 || strstr(machine, "i440fx"));
}

/* A bus that no controller makes gets one from libvirt: on i440fx a pci-bridge. */
static void read_buses(const struct check *check, enum slots buses[N_BUSES])
{
	bool has_bridges = is_i440fx(check->domain);
	uint64_t bus;

	for (size_t i = 0; i < N_BUSES; i++)
		buses[i] = has_bridges ? SLOTS_FROM_1 : SLOTS_ANY;
	query_each (controller, check->devices, "controller") {
		if (query_attr_is(controller, "type", "pci") &&
		    check_number(&bus, controller, "index", N_BUSES - 1))
			buses[bus] = slots_of(controller);
	}
}

static void check_slot(struct check *check, const enum slots buses[N_BUSES],
		       const xmlNode *device, const struct bdf *bdf)
{
	char text[BDF_TEXT_MAX];
	enum slots slots = bdf->domain == 0 ? buses[bdf->bus] : SLOTS_ANY;

	if (slots == SLOTS_ONLY_0 && bdf->slot != 0) {
		check_found(check, device,
			    "<%s> has the guest address %s, but its bus is a port with "
			    "one slot: give it slot 0 of a bus that is free, or remove "
			    "its <address> and libvirt will choose",
			    (const char *)device->name, bdf_format(bdf, text));
	} else if (slots == SLOTS_FROM_1 && bdf->slot == 0) {
		check_found(check, device,
			    "<%s> has the guest address %s, but the slots of its bus "
			    "begin at 1: give it another, or remove its <address> and "
			    "libvirt will choose",
			    (const char *)device->name, bdf_format(bdf, text));
	}
}

void check_addresses(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	enum slots buses[N_BUSES];

	read_buses(check, buses);
	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		char text[BDF_TEXT_MAX];
		struct bdf bdf;

		if (place_of(&bdf, device)) {
			check_slot(check, buses, device, &bdf);
			check_keys_add(check, &keys, device, "%s",
				       bdf_format(&bdf, text));
		}
	}
	check_keys_sort(&keys);
	for (size_t i = 0; i < keys.n; i++)
		check_place(check, &keys, i);
}
