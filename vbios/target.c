/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "target.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "host/pcidev.h"
#include "options.h"

static int find_device(struct rom_target *ret_target,
		       char ret_name[static TARGET_NAME_MAX], const struct bdf *bdf,
		       const struct root *root, struct error *err)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	const struct pcidev *dev = NULL;
	char address[BDF_TEXT_MAX];
	int r = pcidevs_list(&devs, root, err);

	if (r == 0)
		r = pcidevs_get(&dev, &devs, bdf, root, err);
	if (r < 0)
		return r;
	if (!dev) {
		return error_set(err, ENODEV, "the host has no device %s",
				 bdf_format(bdf, address));
	}
	ret_target->has_ids = true;
	ret_target->vendor = dev->vendor;
	ret_target->device = dev->device;
	ret_target->has_class = true;
	ret_target->class = dev->class;
	(void)snprintf(ret_name, TARGET_NAME_MAX, "%s (%04x:%04x, class %06x)",
		       bdf_format(bdf, address), dev->vendor, dev->device, dev->class);
	return 0;
}

int target_find(struct rom_target *ret_target, char ret_name[static TARGET_NAME_MAX],
		const char *device, const struct root *root, struct error *err)
{
	struct error ignored;
	struct bdf bdf;

	if (bdf_parse(&bdf, NULL, device, &ignored) == 0)
		return find_device(ret_target, ret_name, &bdf, root, err);
	if (options_ids(&ret_target->vendor, &ret_target->device, device, &ignored) < 0) {
		return error_set(
			err, EBADRQC,
			"--device: '%s' is neither an address like '01:00.0' nor "
			"a pair of ids like '10de:1b80'",
			device);
	}
	ret_target->has_ids = true;
	(void)snprintf(ret_name, TARGET_NAME_MAX, "%04x:%04x", ret_target->vendor,
		       ret_target->device);
	return 0;
}
