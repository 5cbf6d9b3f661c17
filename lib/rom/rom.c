/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "rom/rom.h"

#include <stdlib.h>

#include "base/macro.h"
#include "rom/rom_impl.h"

uint8_t rom_sum(const struct rom_bytes *bytes, uint64_t at, uint64_t len)
{
	uint8_t sum = 0;

	if (at >= bytes->len)
		return 0;
	if (len > bytes->len - at)
		len = bytes->len - at;
	for (uint64_t i = 0; i < len; i++)
		sum = (uint8_t)(sum + bytes->data[at + i]);
	return sum;
}

static struct rom_image *find(struct rom *rom, uint64_t at)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		if (rom->images[i].at == at)
			return &rom->images[i];
	}
	return NULL;
}

/* The image at this offset, in the list from now on; NULL when there is none. */
static struct rom_image *add_image(struct rom *rom, uint64_t at)
{
	struct rom_image *image = find(rom, at);

	if (image)
		return image;
	if (rom->n_images == ROM_IMAGES_MAX) {
		rom->has_more = true;
		return NULL;
	}
	image = &rom->images[rom->n_images];
	if (!rom_read_image(image, &rom->bytes, at))
		return NULL;
	rom->n_images++;
	return image;
}

/* How far it is to the next image, 0 when there is none. */
static uint64_t step(const struct rom_image *image, bool by_layout)
{
	const struct rom_npde *npde = &image->npde;

	if (!rom_has_pcir(image))
		return 0;
	if (by_layout && npde->is_there && image->pcir.code != ROM_CODE_NBSI)
		return npde->is_last ? 0 : npde->image_len;
	return image->pcir.is_last ? 0 : image->pcir.image_len;
}

/* Follows one of the two kinds of lengths. Every step is forward, so it ends. */
static void follow(struct rom *rom, bool by_layout)
{
	uint64_t *ret_len = by_layout ? &rom->layout_len : &rom->chain_len;
	uint64_t at = rom->start;
	uint64_t distance = 1;

	while (distance > 0 && at < rom->bytes.len) {
		struct rom_image *image = add_image(rom, at);

		if (!image || (!by_layout && image->signature != ROM_SIGNATURE_PCI))
			return;
		image->in_chain |= !by_layout;
		image->in_layout |= by_layout;
		*ret_len = image->end - rom->start;
		if (by_layout && image->npde.is_there && image->npde.image_len > 0)
			*ret_len = at + image->npde.image_len - rom->start;
		distance = step(image, by_layout);
		at += distance;
	}
}

static uint64_t last_end(const struct rom *rom)
{
	uint64_t end = rom->start;

	for (size_t i = 0; i < rom->n_images; i++) {
		if (rom->images[i].end > end)
			end = rom->images[i].end;
	}
	return end;
}

static uint64_t next_sector(const struct rom *rom, uint64_t at)
{
	return rom->start + (at - rom->start + ROM_SECTOR - 1) / ROM_SECTOR * ROM_SECTOR;
}

/* Images behind the last one: firmware does not see them, whoever made the file did. */
static void search_tail(struct rom *rom)
{
	uint64_t at = next_sector(rom, last_end(rom));

	while (rom->n_images > 0 && at < rom->bytes.len && !rom->has_more) {
		const struct rom_image *image = NULL;

		if (rom_is_image(&rom->bytes, at))
			image = add_image(rom, at);
		at = next_sector(rom, image ? image->end : at + ROM_SECTOR);
	}
}

static int compare_images(const void *a, const void *b)
{
	const struct rom_image *x = a;
	const struct rom_image *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

void rom_walk(struct rom *rom)
{
	follow(rom, false);
	follow(rom, true);
	search_tail(rom);
	qsort(rom->images, rom->n_images, sizeof(*rom->images), compare_images);
}

void rom_read(struct rom *ret_rom, const uint8_t *data, size_t len, uint64_t file_len)
{
	struct rom *rom = ret_rom;

	*rom = (struct rom){ .bytes = { .data = data, .len = len },
			     .file_len = file_len > len ? file_len : len };
	rom->kind = rom_find_kind(rom);
	if (rom->kind == ROM_KIND_OPTION)
		rom->has_start = true;
	if (rom->kind == ROM_KIND_NVGI)
		rom_read_nvgi(rom);
	if (rom->kind == ROM_KIND_VFCT)
		rom_read_vfct(rom);
	if (!rom->has_start)
		return;
	rom_walk(rom);
	rom_read_maker(rom);
}

const struct rom_image *rom_first(const struct rom *rom, enum rom_code code)
{
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];

		if (image->in_chain && rom_has_pcir(image) &&
		    image->pcir.code == (uint8_t)code)
			return image;
	}
	return NULL;
}

bool rom_has_pcir(const struct rom_image *image)
{
	return image->pointer == ROM_POINTER_GOOD;
}

bool rom_is_legacy(const struct rom_image *image)
{
	return image->signature == ROM_SIGNATURE_PCI &&
	       (!rom_has_pcir(image) || image->pcir.code == ROM_CODE_X86);
}

bool rom_is_efi(const struct rom_image *image)
{
	return rom_has_pcir(image) && image->pcir.code == ROM_CODE_EFI;
}

bool rom_is_cut(const struct rom *rom, const struct rom_image *image)
{
	return rom_is_legacy(image) && image->header_len > rom->bytes.len - image->at;
}

uint16_t rom_efi_machine(const struct rom_efi *efi)
{
	return efi->has_program ? efi->program_machine : efi->machine;
}

bool rom_lists_device(const struct rom *rom, const struct rom_image *image,
		      uint16_t device)
{
	uint64_t at = image->pcir.at + image->pcir.device_list;

	if (image->pcir.device_list == 0)
		return false;
	for (unsigned n = 0; n < 4096 && rom_has(&rom->bytes, at, 2); n++, at += 2) {
		uint16_t id = rom_u16(&rom->bytes, at);

		if (id == 0)
			return false;
		if (id == device)
			return true;
	}
	return false;
}

bool rom_can_be_bar(const struct rom *rom)
{
	return rom->file_len > 0 && rom->file_len <= ROM_QEMU_LIMIT;
}

uint64_t rom_bar_size(const struct rom *rom)
{
	uint64_t size = 2048;

	while (size < rom->file_len && size < (1ULL << 62))
		size *= 2;
	return size;
}

const char *rom_code_name(uint8_t code)
{
	switch (code) {
	case ROM_CODE_X86:
		return "legacy x86";
	case ROM_CODE_OPEN_FIRMWARE:
		return "Open Firmware";
	case ROM_CODE_PARISC:
		return "PA-RISC";
	case ROM_CODE_EFI:
		return "EFI";
	case ROM_CODE_NBSI:
		return "NVIDIA NBSI";
	case ROM_CODE_FWSEC:
		return "NVIDIA FwSec";
	default:
		return NULL;
	}
}

const char *rom_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ ROM_MACHINE_IA32, "IA32" },
		{ ROM_MACHINE_ARM, "ARM" },
		{ ROM_MACHINE_IA64, "Itanium" },
		{ ROM_MACHINE_EBC, "EFI byte code" },
		{ ROM_MACHINE_RISCV64, "RISC-V 64" },
		{ ROM_MACHINE_X64, "x86-64" },
		{ ROM_MACHINE_AARCH64, "AArch64" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].machine == machine)
			return names[i].name;
	}
	return NULL;
}

const char *rom_subsystem_name(uint16_t subsystem)
{
	switch (subsystem) {
	case ROM_SUBSYSTEM_APPLICATION:
		return "application";
	case ROM_SUBSYSTEM_BOOT_DRIVER:
		return "boot service driver";
	case ROM_SUBSYSTEM_RUNTIME_DRIVER:
		return "runtime driver";
	default:
		return NULL;
	}
}
