/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "vga.h"

#include <stdio.h>
#include <string.h>

#include "host/pcidev.h"
#include "rom/verdict.h"

/* By their places; what has none is where libvirt puts it, in the order of the XML. */
static bool comes_before(const struct guest_device *a, const struct guest_device *b)
{
	return a->has_place && b->has_place ? bdf_compare(&a->place, &b->place) < 0
					    : a < b;
}

static bool has_vga(struct pcidevs *devs, const struct bdf *bdf, const struct root *root)
{
	const struct pcidev *dev = NULL;
	struct error ignored;

	return pcidevs_get(&dev, devs, bdf, root, &ignored) == 0 && dev &&
	       dev->class >> 8 == VERDICT_CLASS_VGA;
}

bool vga_is_before(char ret_name[static VGA_NAME_MAX], const struct guest *guest,
		   const struct guest_device *device, const struct root *root)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	const struct guest_device *own = guest_find_device(guest, &device->bdf);
	struct error ignored;

	*ret_name = '\0';
	if (*device->ids) /* a network card */
		return false;
	if (*guest->vga &&
	    (!device->has_place || bdf_compare(&guest->vga_place, &device->place) < 0)) {
		(void)snprintf(ret_name, VGA_NAME_MAX, "its <video> ('%s')", guest->vga);
		return true;
	}
	if (!own || pcidevs_list(&devs, root, &ignored) < 0)
		return false;
	for (size_t i = 0; i < guest->n_devices; i++) {
		const struct guest_device *other = &guest->devices[i];

		if (other == own || !comes_before(other, own) ||
		    !has_vga(&devs, &other->bdf, root))
			continue;
		(void)snprintf(ret_name, VGA_NAME_MAX, "%s", other->address);
		return true;
	}
	return false;
}
