/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The module behind guest.h. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "domain/document.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "guest.h"
#include "guest_change.h"
#include "tweak/guest_pci.h"
#include "tweak/guest_video.h"

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* What the guest element means for the file of this device. */
static void read_sha256(struct guest_device *device, const xmlNode *domain)
{
	const xmlNode *guest = guest_find(domain);

	for (const xmlNode *node = guest ? guest->children : NULL; node;
	     node = node->next) {
		const char *sum = query_attr(node, "sha256");

		if (node->type == XML_ELEMENT_NODE && sum &&
		    strcmp((const char *)node->name, "rom") == 0 &&
		    query_attr_is(node, "address", device->address) &&
		    strlen(sum) < sizeof(device->sha256))
			memcpy(device->sha256, sum, strlen(sum) + 1);
	}
}

/* One more in an array; NULL without memory. */
static struct guest_device *grow(struct guest_device **devices, size_t *n)
{
	struct guest_device *grown = realloc(*devices, (*n + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	*devices = grown;
	grown[*n] = (struct guest_device){ .address = "" };
	return &grown[(*n)++];
}

static int read_rom(struct guest_device *device, const xmlNode *rom, struct error *err)
{
	device->has_rom = true;
	device->is_disabled = query_attr_is(rom, "enabled", "no");
	device->has_bar = query_attr(rom, "bar") != NULL;
	device->is_bar_off = query_attr_is(rom, "bar", "off");
	device->file = copy(query_attr(rom, "file"));
	if (query_attr(rom, "file") && !device->file)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int add_device(struct guest *guest, const xmlNode *node, const struct bdf *bdf,
		      const xmlNode *domain, struct error *err)
{
	const xmlNode *rom = query_child(node, "rom");
	struct guest_device *device = grow(&guest->devices, &guest->n_devices);
	int r = 0;

	if (!device)
		return error_set(err, ENOMEM, "out of memory");
	device->bdf = *bdf;
	(void)bdf_format(bdf, device->address);
	device->has_place = guest_pci_place(node, &device->place);
	if (rom)
		r = read_rom(device, rom, err);
	if (r == 0 && device->file)
		read_sha256(device, domain);
	return r;
}

/* The ids that QEMU gives the cards it emulates. */
static const char *ids_of(const char *model)
{
	static const struct {
		const char *model;
		const char *ids;
	} cards[] = {
		{ "e1000", "8086:100e" },    { "e1000e", "8086:10d3" },
		{ "rtl8139", "10ec:8139" },  { "ne2k_pci", "10ec:8029" },
		{ "pcnet", "1022:2000" },    { "vmxnet3", "15ad:07b0" },
		{ "i82559er", "8086:1209" }, { "igb", "8086:10c9" },
	};

	for (size_t i = 0; model && i < ARRAY_SIZE(cards); i++) {
		if (strcmp(model, cards[i].model) == 0)
			return cards[i].ids;
	}
	return NULL;
}

/* A network card with ids that are not known is none that a ROM can be judged for. */
static int add_nic(struct guest *guest, const xmlNode *node, struct error *err)
{
	const xmlNode *model = query_child(node, "model");
	const xmlNode *mac = query_child(node, "mac");
	const xmlNode *rom = query_child(node, "rom");
	const char *ids = model ? ids_of(query_attr(model, "type")) : NULL;
	const char *address = mac ? query_attr(mac, "address") : NULL;
	struct guest_device *device;

	if (!ids || !address || strlen(address) >= BDF_TEXT_MAX)
		return 0;
	device = grow(&guest->nics, &guest->n_nics);
	if (!device)
		return error_set(err, ENOMEM, "out of memory");
	memcpy(device->address, address, strlen(address) + 1);
	memcpy(device->ids, ids, strlen(ids) + 1);
	return rom ? read_rom(device, rom, err) : 0;
}

static int read_devices(struct guest *guest, const xmlNode *domain, struct error *err)
{
	const xmlNode *devices = query_child(domain, "devices");

	for (const xmlNode *node = guest_pci_next(devices, NULL); node;
	     node = guest_pci_next(devices, node)) {
		struct bdf bdf;
		int r;

		if (!guest_pci_source(node, &bdf))
			continue;
		r = add_device(guest, node, &bdf, domain, err);
		if (r < 0)
			return r;
	}
	query_each (interface, devices, "interface") {
		int r = query_attr_is(interface, "type", "hostdev")
				? 0
				: add_nic(guest, interface, err);

		if (r < 0)
			return r;
	}
	query_each (hostdev, devices, "hostdev") {
		if (query_child(hostdev, "rom") && !query_attr_is(hostdev, "type", "pci"))
			guest->has_stray = true;
	}
	return 0;
}

static void read_video(struct guest *guest, const xmlNode *domain)
{
	const char *model = guest_vga(domain, &guest->vga_place);

	if (model)
		(void)snprintf(guest->vga, sizeof(guest->vga), "%s", model);
}

/* <os firmware='efi'>, or a loader that is a flash chip's content. */
static void read_firmware(struct guest *guest, const xmlNode *domain)
{
	const xmlNode *os = query_child(domain, "os");
	const xmlNode *loader = query_child(os, "loader");
	const xmlNode *firmware = query_child(os, "firmware");

	guest->is_uefi = (os && query_attr_is(os, "firmware", "efi")) ||
			 (loader && query_attr_is(loader, "type", "pflash"));
	guest->nvram = copy(query_text(query_child(os, "nvram")));
	guest->is_secure = loader && query_attr_is(loader, "secure", "yes");
	query_each (feature, firmware, "feature") {
		if (query_attr_is(feature, "name", "secure-boot"))
			guest->is_secure = query_attr_is(feature, "enabled", "yes");
	}
}

/* <seclabel type='static' model='dac'><label>USER:GROUP</label></seclabel> */
static void read_label(struct user_names *names, const xmlNode *domain)
{
	query_each (label, domain, "seclabel") {
		const char *text = query_text(query_child(label, "label"));
		const char *colon = text ? strchr(text, ':') : NULL;

		if (!query_attr_is(label, "model", "dac") || !colon ||
		    (size_t)(colon - text) >= sizeof(names->user) ||
		    strlen(colon + 1) >= sizeof(names->group))
			continue;
		memcpy(names->user, text, (size_t)(colon - text));
		names->user[colon - text] = '\0';
		memcpy(names->group, colon + 1, strlen(colon + 1) + 1);
	}
}

static int parse(struct guest *ret_guest, const char *name, const char *xml, size_t len,
		 struct error *err)
{
	CLEANUP_GUEST struct guest guest = GUEST_NONE;
	struct document document = DOCUMENT_NONE;
	const xmlNode *domain;
	int r = document_parse(&document, name, xml, len, err);

	if (r < 0)
		return r;
	domain = xmlDocGetRootElement(document.tree);
	guest.name = copy(query_text(query_child(domain, "name")));
	if (!guest.name)
		guest.name = strdup(name);
	guest.has_hook = guest_find(domain) != NULL;
	read_firmware(&guest, domain);
	read_label(&guest.label, domain);
	read_video(&guest, domain);
	r = guest.name ? read_devices(&guest, domain, err)
		       : error_set(err, ENOMEM, "out of memory");
	document_done(&document);
	if (r < 0)
		return r;
	*ret_guest = guest;
	guest = GUEST_NONE;
	return 0;
}

extern const struct guest_ops vbios_guest;

__attribute__((__visibility__("default"))) const struct guest_ops vbios_guest = {
	.version = GUEST_VERSION,
	.parse = parse,
	.swap = guest_swap_rom,
	.restore = guest_restore_roms,
	.copy = guest_copy_for_bench,
};
