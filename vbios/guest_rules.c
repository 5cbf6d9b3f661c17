/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "guest_rules.h"

#include <string.h>
#include <strings.h>

#include "rom/rules.h"

/* Another device that gets the same file. */
static void rule_shared(struct rom_findings *findings, const struct guest *guest,
			const struct guest_device *device, const char *file)
{
	for (size_t i = 0; i < guest->n_devices; i++) {
		const struct guest_device *other = &guest->devices[i];

		if (strcmp(other->address, device->address) == 0 || !other->file ||
		    strcmp(other->file, file) != 0)
			continue;
		SAY(33, ROM_WARNING, 0, "all", "%s gets the same file as %s",
		    other->address, device->address);
	}
}

void guest_rules(struct rom_findings *findings, const struct guest *guest,
		 const struct guest_device *device, const char *file)
{
	if (device->is_disabled && (device->has_bar || device->file)) {
		SAY(25, ROM_ERROR, 0, "libvirt",
		    "<rom> of %s has enabled='no' beside 'bar' or 'file': libvirt refuses "
		    "the guest",
		    device->address);
	}
	if (device->file && *device->file != '/') {
		SAY(26, ROM_ERROR, 0, "QEMU",
		    "the path '%s' in <rom> of %s is not absolute: QEMU looks for it among "
		    "its own files first",
		    device->file, device->address);
	}
	if (device->is_bar_off) {
		SAY(27, ROM_WARNING, 0, "all",
		    "<rom> of %s has bar='off': SeaBIOS runs the file all the same, OVMF "
		    "never sees it, and the device cannot be plugged into a running guest",
		    device->address);
	}
	if (guest->has_stray) {
		SAY(28, ROM_WARNING, 0, "libvirt",
		    "the guest '%s' has <rom> in a device that is no PCI device",
		    guest->name);
	}
	rule_shared(findings, guest, device, file);
}

void guest_rule_sha256(struct rom_findings *findings, const struct guest *guest,
		       const struct guest_device *device, const char *sha256)
{
	if (!*device->sha256 || !*sha256)
		return;
	if (strcasecmp(device->sha256, sha256) == 0) {
		SAY(32, ROM_INFO, 0, "the hook",
		    "the file is the one that the guest '%s' means, by its SHA-256",
		    guest->name);
		return;
	}
	SAY(32, ROM_ERROR, 0, "the hook",
	    "the file has changed: its SHA-256 is %s, and the guest '%s' means %s",
	    sha256, guest->name, device->sha256);
	rom_findings_advise(
		findings,
		"if the new one is meant: xmltweak --domain '%s' --hook --define",
		guest->name);
}
