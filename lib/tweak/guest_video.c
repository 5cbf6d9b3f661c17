/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/guest_video.h"

#include <string.h>

#include "base/macro.h"
#include "tweak/guest_pci.h"

const char *guest_vga(const xmlNode *domain, struct bdf *ret_place)
{
	static const char *const models[] = { "vga", "cirrus", "vmvga", "qxl", "virtio" };
	const xmlNode *devices = query_child(domain, "devices");
	const xmlNode *primary = query_child(devices, "video");
	const char *type;

	*ret_place = (struct bdf){ 0 };
	query_each (video, devices, "video") {
		if (query_attr_is(query_child(video, "model"), "primary", "yes"))
			primary = video;
	}
	if (!primary && !query_child(devices, "graphics"))
		return NULL;
	if (primary)
		(void)guest_pci_place(primary, ret_place);
	type = query_attr(query_child(primary, "model"), "type");
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (strcmp(models[i], type ? type : "vga") == 0)
			return models[i];
	}
	return NULL;
}
