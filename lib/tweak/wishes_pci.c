/* SPDX-License-Identifier: GPL-2.0-or-later */

/* How PCI devices are named, and --rom, which is nothing but a name and a file. */

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "tweak/wishes_impl.h"

/* Four hexadecimal digits on either side of the colon: no address looks like that. */
static bool is_identity(const char *text)
{
	size_t vendor = strspn(text, "0123456789abcdefABCDEF");
	size_t device;

	if (vendor != 4 || text[4] != ':')
		return false;
	device = strspn(text + 5, "0123456789abcdefABCDEF");
	return device == 4 && (text[9] == '\0' || text[9] == ':');
}

static int parse_identity(struct pci_name_wish *ret_name, const char *text,
			  struct error *err)
{
	struct pci_name_wish name = { .kind = PCI_NAME_IDENTITY };
	char identity[10] = { 0 };
	uint64_t nth = 0;
	int r;

	memcpy(identity, text, sizeof(identity) - 1);
	r = wish_identity(&name.vendor, &name.device, identity, err);
	if (r == 0 && text[9] == ':') {
		r = parse_dec(&nth, text + 10, 1, UINT16_MAX, "the number in its kind",
			      err);
	}
	if (r < 0)
		return r;
	name.nth = (unsigned)nth;
	*ret_name = name;
	return 0;
}

int pci_name_parse(struct pci_name_wish *ret_name, const char *text, struct error *err)
{
	struct pci_name_wish name = { .kind = PCI_NAME_ADDRESS };

	if (is_identity(text))
		return parse_identity(ret_name, text, err);
	if (bdf_parse(&name.bdf, &name.has_function, text, err) < 0) {
		return error_set(err, EINVAL,
				 "'%s' is neither a PCI address such as 01:00.0 nor a "
				 "vendor and device such as 10de:1b80",
				 text);
	}
	*ret_name = name;
	return 0;
}

int pci_name_compare(const struct pci_name_wish *a, const struct pci_name_wish *b)
{
	int r = wish_compare_number(a->kind, b->kind);

	if (r == 0)
		r = bdf_compare(&a->bdf, &b->bdf);
	if (r == 0)
		r = wish_compare_number(a->has_function, b->has_function);
	if (r == 0)
		r = wish_compare_number(a->vendor, b->vendor);
	if (r == 0)
		r = wish_compare_number(a->device, b->device);
	if (r == 0)
		r = wish_compare_number(a->nth, b->nth);
	return r;
}

bool pci_name_overlap(const struct pci_name_wish *a, const struct pci_name_wish *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case PCI_NAME_ADDRESS:
		return bdf_same_slot(&a->bdf, &b->bdf) &&
		       (!a->has_function || !b->has_function ||
			a->bdf.function == b->bdf.function);
	case PCI_NAME_IDENTITY:
		return a->vendor == b->vendor && a->device == b->device &&
		       (a->nth == 0 || b->nth == 0 || a->nth == b->nth);
	default:
		return true;
	}
}

bool pci_name_same_function(const struct pci_name_wish *a, const struct pci_name_wish *b)
{
	/* without its function, an address has function 0 */
	return pci_name_overlap(a, b) && a->bdf.function == b->bdf.function;
}

void rom_wish_done(struct rom_wish *wish)
{
	free(wish->text);
	free(wish->file);
	*wish = (struct rom_wish){ 0 };
}

static int compare_roms(const void *a, const void *b)
{
	const struct rom_wish *x = a;
	const struct rom_wish *y = b;

	return pci_name_compare(&x->name, &y->name);
}

static const char *rom_file(const char *file)
{
	return file ? file : "none";
}

static int two_files(const char *text, const char *a, const char *b, struct error *err)
{
	return error_set(err, EINVAL, "'%s' has two ROM files, '%s' and '%s'", text,
			 rom_file(a), rom_file(b));
}

static int check_rom(const struct rom_wish *rom, const struct hostdev_wish *hostdev,
		     struct error *err)
{
	if (!pci_name_overlap(&rom->name, &hostdev->name))
		return 0;
	if (hostdev->wish == WISH_UNSET && rom->wish == WISH_SET && rom->file) {
		return error_set(err, EINVAL,
				 "'%s' gets the ROM file '%s', but '%s' is unset",
				 rom->text, rom->file, hostdev->text);
	}
	if (!hostdev->rom)
		return 0;
	if (rom->wish == WISH_UNSET)
		return wish_both("rom", rom->text, err);
	if (pci_name_same_function(&rom->name, &hostdev->name) &&
	    wish_compare_text(rom->file, hostdev->rom) != 0)
		return two_files(rom->text, hostdev->rom, rom->file, err);
	return 0;
}

int wishes_check_roms(const struct wishes *wishes, struct error *err)
{
	for (size_t i = 0; i < wishes->n_roms; i++) {
		for (size_t j = 0; j < wishes->n_hostdevs; j++) {
			int r = check_rom(&wishes->roms[i], &wishes->hostdevs[j], err);

			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* 1: the wish is there already. */
static int compare_with_others(const struct wishes *wishes, const struct rom_wish *rom,
			       struct error *err)
{
	int is_known = 0;

	for (size_t i = 0; i < wishes->n_roms; i++) {
		const struct rom_wish *old = &wishes->roms[i];

		if (!pci_name_overlap(&old->name, &rom->name))
			continue;
		if (old->wish != rom->wish)
			return wish_both("rom", rom->text, err);
		if (pci_name_same_function(&old->name, &rom->name) &&
		    wish_compare_text(old->file, rom->file) != 0)
			return two_files(rom->text, old->file, rom->file, err);
		if (pci_name_compare(&old->name, &rom->name) == 0)
			is_known = 1;
	}
	return is_known;
}

static int add_rom(struct wishes *wishes, struct rom_wish *rom, struct error *err)
{
	int r = compare_with_others(wishes, rom, err);
	struct rom_wish *v;

	if (r != 0)
		return r < 0 ? r : 0;
	v = wish_insert(wishes->roms, &wishes->n_roms, rom, sizeof(*rom), compare_roms);
	if (!v)
		return wish_no_memory(err);
	wishes->roms = v;
	*rom = (struct rom_wish){ 0 };
	return wishes_check_roms(wishes, err);
}

int wishes_rom(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	CLEANUP(rom_wish_done) struct rom_wish rom = { .wish = WISH_SET };
	int r = keyvals_parse_list(&parts, value, err);

	if (r < 0)
		return r;
	r = pci_name_parse(&rom.name, parts.v[0].key, err);
	if (r < 0)
		return r;
	if (parts.n != 2) {
		return error_set(err, EINVAL,
				 "'%s' is not ADDR,FILE or ADDR,none (a comma in FILE is "
				 "written ',,')",
				 value);
	}
	r = wish_copy(&rom.text, parts.v[0].key, err);
	if (r == 0 && strcmp(parts.v[1].key, "none") != 0)
		r = wish_path(&rom.file, parts.v[1].key, err);
	if (r < 0)
		return r;
	return add_rom(wishes, &rom, err);
}

int wishes_unset_rom(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(rom_wish_done) struct rom_wish rom = { .wish = WISH_UNSET };
	int r = pci_name_parse(&rom.name, value, err);

	if (r == 0)
		r = wish_copy(&rom.text, value, err);
	if (r < 0)
		return r;
	return add_rom(wishes, &rom, err);
}
