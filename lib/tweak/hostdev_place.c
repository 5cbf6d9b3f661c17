/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Where in the guest the functions of a device go: together on one slot, under their own
 * numbers, as drivers expect a GPU and its audio function to be. Left to itself, libvirt
 * puts each on a root port of its own.
 */

#include "domain/query.h"
#include "tweak/guest_pci.h"
#include "tweak/hostdev.h"

/* The functions [first, end) of one device. */
struct device {
	struct hostdev *first;
	struct hostdev *end;
	size_t n;            /* that the guest will have */
	bool has_function_0; /* among those */
	bool is_new;         /* one of them is, or the whole device was asked for */
	struct bdf place;
	bool has_place;
	bool is_express; /* one of its functions is: it has to be in a port */
};

static void take_place(struct device *device, const struct bdf *place)
{
	if (!device->has_place) {
		device->place = *place;
		device->has_place = true;
	}
}

/* The place asked for, else the one that the first function in the guest has. */
static struct device examine(struct hostdev *first, struct hostdev *end)
{
	struct device device = { .first = first, .end = end };
	struct bdf place;

	for (struct hostdev *hostdev = first; hostdev < end; hostdev++) {
		if (hostdev->is_removed)
			continue;
		device.n++;
		if (hostdev->bdf.function == 0)
			device.has_function_0 = true;
		if (!hostdev->existing || hostdev->is_whole || hostdev->has_guest)
			device.is_new = true;
		if (!hostdev->dev || hostdev->dev->bus != PCIDEV_BUS_CONVENTIONAL)
			device.is_express = true;
		if (hostdev->has_guest)
			take_place(&device, &hostdev->place);
	}
	for (struct hostdev *hostdev = first; hostdev < end; hostdev++) {
		if (!hostdev->is_removed && hostdev->existing &&
		    guest_pci_place(hostdev->existing, &place))
			take_place(&device, &place);
	}
	return device;
}

/* Without function 0 the guest would look no further: the first one becomes it. */
static void set_places(struct device *device)
{
	bool needs_function_0 = !device->has_function_0;

	for (struct hostdev *hostdev = device->first; hostdev < device->end; hostdev++) {
		if (hostdev->is_removed)
			continue;
		hostdev->has_place = true;
		hostdev->place = device->place;
		hostdev->place.function = needs_function_0 ? 0 : hostdev->bdf.function;
		hostdev->is_multifunction = device->n > 1 && hostdev->place.function == 0;
		needs_function_0 = false;
	}
}

static bool has_guest(const struct device *device)
{
	for (const struct hostdev *hostdev = device->first; hostdev < device->end;
	     hostdev++) {
		if (hostdev->has_guest && !hostdev->is_removed)
			return true;
	}
	return false;
}

static int place_device(struct device *device, struct guest_slots *slots,
			struct error *err)
{
	int r = 0;

	if (!device->is_new || (device->n < 2 && !has_guest(device)))
		return 0; /* as it is, or as libvirt likes */
	if (!device->has_place)
		r = guest_slots_take(slots, !device->is_express, &device->place, err);
	if (r == 0)
		set_places(device);
	return r;
}

/* Before anything is placed where another function was asked to be. */
static void use_wished(struct guest_slots *slots, const struct hostdevs *hostdevs)
{
	for (size_t i = 0; i < hostdevs->n; i++) {
		if (hostdevs->v[i].has_guest && !hostdevs->v[i].is_removed)
			guest_slots_use(slots, &hostdevs->v[i].place);
	}
}

int hostdevs_place(struct hostdevs *hostdevs, const struct planner *planner,
		   struct guest_bridge *ret_bridge, struct error *err)
{
	struct guest_slots slots;
	struct hostdev *end = hostdevs->n ? hostdevs->v + hostdevs->n : NULL;
	struct hostdev *next;
	int r = 0;

	guest_slots_init(&slots, planner_domain(planner));
	use_wished(&slots, hostdevs);
	for (struct hostdev *first = hostdevs->v; first != end && r == 0; first = next) {
		struct device device;

		for (next = first + 1; next < end; next++) {
			if (!bdf_same_slot(&first->bdf, &next->bdf))
				break;
		}
		device = examine(first, next);
		r = place_device(&device, &slots, err);
	}
	if (r == 0)
		*ret_bridge = slots.added;
	return r;
}

static bool is_new_on(const struct hostdevs *hostdevs, unsigned bus)
{
	for (size_t i = 0; i < hostdevs->n; i++) {
		const struct hostdev *hostdev = &hostdevs->v[i];

		if (!hostdev->is_removed && hostdev->has_place &&
		    hostdev->place.domain == 0 && hostdev->place.bus == bus)
			return true;
	}
	return false;
}

static bool is_going(const struct hostdevs *hostdevs, const xmlNode *device)
{
	for (size_t i = 0; i < hostdevs->n; i++) {
		if (hostdevs->v[i].is_removed && hostdevs->v[i].existing == device)
			return true;
	}
	return false;
}

bool hostdevs_leave_bus(const struct hostdevs *hostdevs, const xmlNode *devices,
			unsigned bus, const xmlNode *bridge)
{
	bool was_used = false;
	struct bdf place;

	if (is_new_on(hostdevs, bus))
		return false;
	for (const xmlNode *device = devices->children; device; device = device->next) {
		if (device->type != XML_ELEMENT_NODE ||
		    !guest_pci_place(device, &place) || place.domain != 0 ||
		    place.bus != bus)
			continue;
		if (device != bridge && !is_going(hostdevs, device))
			return false;
		was_used = true;
	}
	return was_used;
}
