/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fields.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct field *add(struct fields *fields, const char *key, const char *label)
{
	struct field *field = &fields->v[fields->n];

	if (fields->n + 1 < FIELDS_MAX)
		fields->n++;
	*field = (struct field){ .key = key, .label = label };
	return field;
}

static PRINTF_LIKE(4, 5) void add_text(struct fields *fields, const char *key,
				       const char *label, const char *fmt, ...)
{
	struct field *field = add(fields, key, label);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(field->text, sizeof(field->text), fmt, ap);
	va_end(ap);
}

static void add_number(struct fields *fields, const char *key, const char *label,
		       uint64_t number, const char *fmt)
{
	struct field *field = add(fields, key, label);

	field->kind = FIELD_NUMBER;
	field->number = number;
	if (strcmp(fmt, "0x") == 0) {
		(void)snprintf(field->text, sizeof(field->text), "0x%" PRIx64, number);
	} else {
		(void)snprintf(field->text, sizeof(field->text), "%" PRIu64 "%s", number,
			       fmt);
	}
}

static void add_switch(struct fields *fields, const char *key, const char *label,
		       bool value)
{
	struct field *field = add(fields, key, label);

	field->kind = FIELD_SWITCH;
	field->number = value;
	(void)snprintf(field->text, sizeof(field->text), "%s", value ? "yes" : "no");
}

const struct field *fields_find(const struct fields *fields, const char *key)
{
	for (size_t i = 0; i < fields->n; i++) {
		if (strcmp(fields->v[i].key, key) == 0)
			return &fields->v[i];
	}
	return NULL;
}

const char *fields_kind_name(enum rom_kind kind)
{
	static const char *const names[] = {
		[ROM_KIND_OPTION] = "option ROM",
		[ROM_KIND_EMPTY] = "empty",
		[ROM_KIND_BLANK] = "blank",
		[ROM_KIND_NVGI] = "flash chip of NVIDIA",
		[ROM_KIND_VFCT] = "ACPI table of AMD",
		[ROM_KIND_PE] = "EFI program",
		[ROM_KIND_VOLUME] = "UEFI firmware volume",
		[ROM_KIND_MAINBOARD] = "BIOS of a mainboard",
		[ROM_KIND_ELF] = "program for Linux",
		[ROM_KIND_ARCHIVE] = "archive",
		[ROM_KIND_PDF] = "PDF document",
		[ROM_KIND_TEXT] = "text",
		[ROM_KIND_FCODE] = "FCode",
		[ROM_KIND_SHIFTED] = "option ROM behind something else",
		[ROM_KIND_UNKNOWN] = "unknown",
	};

	return names[kind];
}

void fields_name_image(char *ret_text, size_t size, const struct rom_image *image)
{
	const char *name = rom_code_name(image->pcir.code);
	const char *machine = rom_machine_name(image->efi.machine);

	if (!rom_has_pcir(image)) {
		(void)snprintf(ret_text, size, "legacy x86, without PCI data");
	} else if (rom_is_efi(image)) {
		(void)snprintf(ret_text, size, "EFI, %s",
			       machine ? machine : "unknown machine");
	} else if (name) {
		(void)snprintf(ret_text, size, "%s", name);
	} else {
		(void)snprintf(ret_text, size, "code type 0x%02x", image->pcir.code);
	}
}

void fields_of_file(struct fields *ret_fields, const struct input *input)
{
	const struct rom *rom = &input->rom;

	*ret_fields = FIELDS_NONE;
	add_text(ret_fields, "kind", "what it is", "%s", fields_kind_name(rom->kind));
	add_number(ret_fields, "size", "size", rom->file_len, " bytes");
	if (*input->sha256)
		add_text(ret_fields, "sha256", "SHA-256", "%s", input->sha256);
	if (*rom->maker)
		add_text(ret_fields, "maker", "maker", "%s", rom->maker);
	if (*rom->part)
		add_text(ret_fields, "part", "part", "%s", rom->part);
	if (*rom->version)
		add_text(ret_fields, "version", "version", "%s", rom->version);
	if (*rom->date)
		add_text(ret_fields, "date", "built", "%s", rom->date);
	if (rom->is_atom)
		add_number(ret_fields, "atom_at", "ATOM tables at", rom->atom_at, "0x");
	if (rom->is_nvidia)
		add_number(ret_fields, "bit_at", "BIT tables at", rom->bit_at, "0x");
	if (rom->layout_len > 0 && rom->layout_len != rom->chain_len) {
		add_number(ret_fields, "chain_length", "for firmware", rom->chain_len,
			   " bytes");
		add_number(ret_fields, "layout_length", "by NVIDIA", rom->layout_len,
			   " bytes");
	}
}

void fields_of_nvgi(struct fields *ret_fields, const struct rom *rom)
{
	const struct rom_nvgi *nvgi = &rom->nvgi;

	*ret_fields = FIELDS_NONE;
	add_number(ret_fields, "version", "version", nvgi->version, "");
	add_number(ret_fields, "fixed_length", "fixed part", nvgi->fixed_len, " bytes");
	add_number(ret_fields, "total_length", "length", nvgi->total_len, " bytes");
	if (nvgi->directory_at > 0) {
		add_number(ret_fields, "directory_at", "directory at", nvgi->directory_at,
			   "0x");
	}
	if (rom->has_start)
		add_number(ret_fields, "image_at", "image at", nvgi->image_at, "0x");
	if (nvgi->problem)
		add_text(ret_fields, "problem", "but", "%s", nvgi->problem);
	if (nvgi->is_by_pattern)
		add_switch(ret_fields, "searched", "searched for", true);
}

void fields_of_vfct(struct fields *ret_fields, const struct rom_vfct *entry)
{
	*ret_fields = FIELDS_NONE;
	add_number(ret_fields, "at", "at", entry->at, "0x");
	add_text(ret_fields, "address", "address", "%02x:%02x.%x", entry->bus,
		 entry->device, entry->function);
	add_text(ret_fields, "ids", "ids", "%04x:%04x", entry->vendor_id,
		 entry->device_id);
	add_text(ret_fields, "subsystem", "subsystem", "%04x:%04x", entry->subvendor_id,
		 entry->subdevice_id);
	add_number(ret_fields, "image_at", "image at", entry->image_at, "0x");
	add_number(ret_fields, "image_length", "image length", entry->image_len,
		   " bytes");
}

static void add_pcir(struct fields *fields, const struct rom_image *image)
{
	const struct rom_pcir *pcir = &image->pcir;

	add_text(fields, "ids", "ids", "%04x:%04x", pcir->vendor, pcir->device);
	add_text(fields, "class", "class", "%06x", pcir->class);
	add_number(fields, "length", "length", pcir->image_len, " bytes");
	add_switch(fields, "last", "last image", pcir->is_last);
	add_number(fields, "revision", "revision", pcir->code_revision, "");
	add_text(fields, "data", "data structure", "%s revision %u at 0x%" PRIx64,
		 pcir->signature, pcir->revision, pcir->at);
	if (pcir->device_list) {
		add_number(fields, "device_list_at", "device list at",
			   pcir->at + pcir->device_list, "0x");
	}
	if (pcir->runtime_len > 0) {
		add_number(fields, "runtime_length", "at run time", pcir->runtime_len,
			   " bytes");
	}
}

static void add_npde(struct fields *fields, const struct rom_npde *npde)
{
	add_number(fields, "npde_at", "NPDE at", npde->at, "0x");
	add_number(fields, "npde_length", "NPDE length", npde->image_len, " bytes");
	add_switch(fields, "npde_last", "NPDE last", npde->is_last);
	add_number(fields, "npde_flags", "NPDE flags", npde->flags, "0x");
}

static void add_legacy(struct fields *fields, const struct rom_image *image)
{
	add_number(fields, "header_length", "legacy code", image->header_len, " bytes");
	if (image->header_sum == 0) {
		add_text(fields, "checksum", "checksum", "right");
	} else {
		add_text(fields, "checksum", "checksum", "wrong by 0x%02x",
			 image->header_sum);
	}
	add_switch(fields, "pnp", "$PnP header", image->has_pnp);
}

static void add_efi(struct fields *fields, const struct rom_efi *efi)
{
	static const char *const is_signed[] = { "unknown", "no", "yes" };
	const char *subsystem = rom_subsystem_name(efi->subsystem);
	const char *machine = rom_machine_name(efi->machine);

	if (machine) {
		add_text(fields, "machine", "machine", "%s", machine);
	} else {
		add_text(fields, "machine", "machine", "0x%04x", efi->machine);
	}
	if (subsystem) {
		add_text(fields, "subsystem", "subsystem", "%s", subsystem);
	} else {
		add_text(fields, "subsystem", "subsystem", "0x%02x", efi->subsystem);
	}
	add_number(fields, "init_length", "EFI part", efi->init_len, " bytes");
	add_number(fields, "program_at", "program at", efi->program_at, "0x");
	add_text(fields, "compression", "compression", "%s",
		 efi->compression == 0   ? "none"
		 : efi->compression == 1 ? "UEFI"
					 : "unknown");
	add_text(fields, "signed", "signed", "%s", is_signed[efi->is_signed]);
}

void fields_of_image(struct fields *ret_fields, const struct rom_image *image)
{
	const char *code = rom_code_name(image->pcir.code);

	*ret_fields = FIELDS_NONE;
	add_number(ret_fields, "at", "begins at", image->at, "0x");
	add_number(ret_fields, "end", "ends before", image->end, "0x");
	if (code) {
		add_text(ret_fields, "code", "code", "%s", code);
	} else {
		add_text(ret_fields, "code", "code", "0x%02x", image->pcir.code);
	}
	if (rom_has_pcir(image))
		add_pcir(ret_fields, image);
	if (rom_is_legacy(image))
		add_legacy(ret_fields, image);
	if (rom_is_efi(image))
		add_efi(ret_fields, &image->efi);
	if (image->npde.is_there)
		add_npde(ret_fields, &image->npde);
	add_text(ret_fields, "found", "found by", "%s",
		 image->in_chain    ? "lengths"
		 : image->in_layout ? "NVIDIA's lengths"
				    : "a search");
}
