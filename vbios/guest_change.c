/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Another ROM, and the one before: xmltweak's tweak "rom" and stylesheets of our own.
 * What the guest said before is kept in its metadata, so that it goes where the guest
 * goes.
 */

#include "guest_change.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/install.h"
#include "base/notes.h"
#include "domain/document.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "tweak/guest_pci.h"
#include "tweak/planner.h"
#include "tweak/rewrite.h"

#define BEFORE_NS "https://vfiokit.org/xmlns/rom/1"
#define TOPIC     "restore"

/* A change on its way. */
struct change {
	struct document document;
	struct wishes wishes;
	struct planner planner;
	char *sheet; /* file of our own stylesheet */
};

#define CHANGE_NONE ((struct change){ .document = DOCUMENT_NONE })

static void change_done(struct change *change)
{
	planner_done(&change->planner);
	wishes_done(&change->wishes);
	document_done(&change->document);
	free(change->sheet);
}

#define CLEANUP_CHANGE CLEANUP(change_done)

static int start(struct change *change, const struct buf *xml, const char *sheet,
		 struct error *err)
{
	int r = document_parse(&change->document, "the guest", buf_text(xml), xml->len,
			       err);

	return r < 0 ? r : install_data_path(&change->sheet, sheet, err);
}

static int finish(struct buf *out, struct change *change, struct notes *notes,
		  const struct root *root, struct error *err)
{
	change->planner.wishes = &change->wishes;
	change->planner.doc = &change->document;
	change->planner.root = root;
	change->planner.notes = notes;
	return rewrite(out, &change->document, &change->planner, err);
}

static int add_param(struct change *change, const char *name, const char *value,
		     struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	int r;

	buf_addf(&text, "%s=%s", name, value ? value : "");
	r = buf_check(&text, err);
	return r < 0 ? r : wishes_param(&change->wishes, buf_text(&text), err);
}

static const char *bar_of(const struct guest_device *device)
{
	if (!device->has_bar)
		return "";
	return device->is_bar_off ? "off" : "on";
}

/* A comma in the file's name is written twice. */
static int wish_rom(struct change *change, const struct guest_swap *swap,
		    struct error *err)
{
	CLEANUP_BUF struct buf wish = BUF_NONE;
	int r;

	buf_addf(&wish, "%s,", swap->device->address);
	for (const char *p = swap->file ? swap->file : "none"; *p; p++) {
		if (*p == ',')
			buf_addc(&wish, ',');
		buf_addc(&wish, *p);
	}
	r = buf_check(&wish, err);
	return r < 0 ? r : wishes_rom(&change->wishes, buf_text(&wish), err);
}

int guest_swap_rom(struct buf *out, struct notes *notes, const struct buf *xml,
		   const struct guest_swap *swap, const struct root *root,
		   struct error *err)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	const struct guest_device *device = swap->device;
	const struct {
		const char *name;
		const char *value;
	} params[] = {
		{ "address", device->address },
		{ "new", swap->sha256 },
		{ "none", device->has_rom ? "" : "yes" },
		{ "enabled", device->is_disabled ? "no" : "" },
		{ "bar", bar_of(device) },
		{ "file", device->file },
		{ "sha256", device->sha256 },
	};
	int r = start(&change, xml, "xslt/rom-swap.xsl", err);

	if (r == 0)
		r = wish_rom(&change, swap, err);
	if (r == 0)
		r = wishes_xslt(&change.wishes, change.sheet, err);
	for (size_t i = 0; i < ARRAY_SIZE(params) && r == 0; i++)
		r = add_param(&change, params[i].name, params[i].value, err);
	return r < 0 ? r : finish(out, &change, notes, root, err);
}

static bool is_ours(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       strcmp((const char *)node->ns->href, BEFORE_NS) == 0 &&
	       strcmp((const char *)node->name, name) == 0;
}

/* The first one at or behind node. */
static const xmlNode *find_ours(const xmlNode *node, const char *name)
{
	while (node && !is_ours(node, name))
		node = node->next;
	return node;
}

static void note_restored(struct notes *notes, const xmlNode *rom)
{
	const char *file = query_attr(rom, "file");

	if (file) {
		notes_add(notes, NOTE_DECISION, TOPIC, "%s has '%s' again",
			  query_attr(rom, "address"), file);
	} else if (query_attr_is(rom, "enabled", "no")) {
		notes_add(notes, NOTE_DECISION, TOPIC, "%s is without a ROM again",
			  query_attr(rom, "address"));
	} else {
		notes_add(notes, NOTE_DECISION, TOPIC, "%s has its own ROM again",
			  query_attr(rom, "address"));
	}
}

static int restore_one(struct change *change, const xmlNode *rom, struct notes *notes,
		       struct error *err)
{
	const xmlNode *domain = xmlDocGetRootElement(change->document.tree);
	const char *address = query_attr(rom, "address");
	char key[GUEST_PCI_KEY_MAX];
	const xmlNode *device;
	struct bdf bdf;
	int r;

	if (!address || bdf_parse(&bdf, NULL, address, err) < 0) {
		return error_set(err, EBADMSG,
				 "what is kept of the ROM before names no device");
	}
	device = guest_pci_find(query_child(domain, "devices"), &bdf);
	r = wishes_xslt(&change->wishes, change->sheet, err);
	if (r == 0)
		r = add_param(change, "address", address, err);
	if (r == 0)
		r = add_param(change, "key", guest_pci_key(key, device, &bdf), err);
	if (r < 0)
		return r;
	if (device) {
		note_restored(notes, rom);
	} else {
		notes_add(notes, NOTE_WARNING, TOPIC,
			  "the guest has %s no longer: what was kept for it is "
			  "forgotten",
			  address);
	}
	return 0;
}

int guest_restore_roms(struct buf *out, struct notes *notes, const struct buf *xml,
		       const struct root *root, struct error *err)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	const xmlNode *metadata;
	const xmlNode *before;
	const xmlNode *rom;
	int r = start(&change, xml, "xslt/rom-restore.xsl", err);

	if (r < 0)
		return r;
	metadata = query_child(xmlDocGetRootElement(change.document.tree), "metadata");
	before = find_ours(metadata ? metadata->children : NULL, "before");
	rom = find_ours(before ? before->children : NULL, "rom");
	if (!rom) {
		return error_set(
			err, ENODATA,
			"nothing was swapped in it, so there is nothing to bring "
			"back");
	}
	for (; rom && r == 0; rom = find_ours(rom->next, "rom"))
		r = restore_one(&change, rom, notes, err);
	return r < 0 ? r : finish(out, &change, notes, root, err);
}

/* --- a copy to try ROMs in --- */

/* "key key ": of devices that the copy goes without, and their addresses. */
static int list_dropped(struct buf *keys, struct buf *addresses,
			const struct change *change, const struct guest *guest,
			struct error *err)
{
	const xmlNode *domain = xmlDocGetRootElement(change->document.tree);
	const xmlNode *devices = query_child(domain, "devices");

	buf_addc(keys, ' ');
	buf_addc(addresses, ' ');
	for (size_t i = 0; i < guest->n_devices; i++) {
		const struct guest_device *device = &guest->devices[i];
		char key[GUEST_PCI_KEY_MAX];

		if (!device->is_dropped)
			continue;
		buf_addf(keys, "%s ",
			 guest_pci_key(key, guest_pci_find(devices, &device->bdf),
				       &device->bdf));
		buf_addf(addresses, "%s ", device->address);
	}
	return buf_check(keys, err) < 0 ? -ENOMEM : buf_check(addresses, err);
}

static int add_copy_params(struct change *change, const struct guest_copy *copy,
			   struct error *err)
{
	const struct guest_device *device = copy->device;
	const xmlNode *domain = xmlDocGetRootElement(change->document.tree);
	const xmlNode *devices = query_child(domain, "devices");
	bool is_nic = *device->ids != '\0';
	CLEANUP_BUF struct buf keys = BUF_NONE;
	CLEANUP_BUF struct buf addresses = BUF_NONE;
	char key[GUEST_PCI_KEY_MAX] = "";
	int r = 0;

	if (!is_nic) {
		(void)guest_pci_key(key, guest_pci_find(devices, &device->bdf),
				    &device->bdf);
	}
	if (!copy->with_disks)
		r = list_dropped(&keys, &addresses, change, copy->guest, err);
	const struct {
		const char *name;
		const char *value;
	} params[] = {
		{ "name", copy->name },
		{ "uuid", copy->uuid },
		{ "nvram", copy->nvram },
		{ "disks", copy->with_disks ? "yes" : "" },
		{ "log", copy->log },
		{ "debug", copy->debug },
		{ "serial", copy->serial },
		{ "screen", copy->has_screen ? "yes" : "" },
		{ "key", key },
		{ "address", is_nic ? "" : device->address },
		{ "mac", is_nic ? device->address : "" },
		{ "bar", bar_of(device) },
		{ "file", copy->file },
		{ "own", copy->is_own ? "yes" : "" },
		{ "new", copy->sha256 },
		{ "drop", buf_text(&keys) },
		{ "gone", buf_text(&addresses) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(params) && r == 0; i++)
		r = add_param(change, params[i].name, params[i].value, err);
	return r;
}

int guest_copy_for_bench(struct buf *out, struct notes *notes, const struct buf *xml,
			 const struct guest_copy *copy, struct error *err)
{
	CLEANUP_CHANGE struct change change = CHANGE_NONE;
	int r = start(&change, xml, "xslt/rom-bench.xsl", err);

	if (r == 0)
		r = wishes_xslt(&change.wishes, change.sheet, err);
	if (r == 0)
		r = add_copy_params(&change, copy, err);
	return r < 0 ? r : finish(out, &change, notes, NULL, err);
}
