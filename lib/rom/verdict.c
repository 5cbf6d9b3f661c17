/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "rom/verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/macro.h"

/*
 * From 0xc0000 to SeaBIOS' own code: rom_get_max(). So it is in Debian's 1.16.2; newer
 * ones have less, if anything. What is in BARs needs the legacy image's length of it
 * only.
 */
#define SEABIOS_ROOM 0x28800U

/*
 * A BAR of this size has its place below 4 GiB on every board. How much more there is
 * depends on board, memory and other devices; without enough of it both firmwares stop.
 */
#define BAR_SURE (256ULL * 1024 * 1024)

/* All that the firmware of one guest knows. */
struct view {
	const struct rom *rom;
	uint16_t vendor;
	uint16_t device;
	uint16_t class; /* base and sub class */
	uint64_t bar_size;
	const char *vga_before;
};

static PRINTF_LIKE(3, 4) struct rom_verdict
	say(enum rom_outcome outcome, const struct rom_image *image, const char *fmt, ...)
{
	struct rom_verdict verdict = { .outcome = outcome, .image = image };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(verdict.why, sizeof(verdict.why), fmt, ap);
	va_end(ap);
	return verdict;
}

/* The chain begins at 0, or firmware sees none of it. */
static const struct rom_image *first_of(const struct rom *rom)
{
	return rom->kind == ROM_KIND_OPTION && rom->n_images > 0 ? &rom->images[0] : NULL;
}

/* The next image of the chain; NULL at its end. */
static const struct rom_image *next_of(const struct rom *rom,
				       const struct rom_image *image)
{
	const struct rom_image *end = rom->images + rom->n_images;
	uint64_t at = image->at + image->pcir.image_len;

	for (const struct rom_image *next = image + 1; next < end; next++) {
		if (next->at == at)
			return next->signature == ROM_SIGNATURE_PCI ? next : NULL;
	}
	return NULL;
}

/* edk2 searches on behind an image, sector by sector. */
static const struct rom_image *next_found(const struct rom *rom,
					  const struct rom_image *image)
{
	const struct rom_image *end = rom->images + rom->n_images;
	uint64_t at = image->at + image->pcir.image_len;

	for (const struct rom_image *next = image + 1; next < end; next++) {
		if (next->at >= at && next->signature == ROM_SIGNATURE_PCI)
			return next;
	}
	return NULL;
}

/* What SeaBIOS does with code that it has found: init_optionrom(). */
static struct rom_verdict seabios_init(const struct view *view,
				       const struct rom_image *image)
{
	bool is_efi = rom_is_efi(image);
	uint64_t len = rom_u8(&view->rom->bytes, image->at + 2) * (uint64_t)ROM_SECTOR;
	uint8_t sum = rom_sum(&view->rom->bytes, image->at, len);

	if (len == 0) {
		return say(ROM_IGNORED, image,
			   "the code at 0x%" PRIx64 " has 0 bytes by its header",
			   image->at);
	}
	if (sum != 0 && is_efi)
		return say(ROM_IGNORED, image, "the first image is for EFI");
	if (sum != 0) {
		return say(ROM_IGNORED, image,
			   "the checksum of the code at 0x%" PRIx64 " is wrong by 0x%02x",
			   image->at, sum);
	}
	if (!rom_is_legacy(image)) {
		return say(ROM_HANGS, image,
			   "its checksum is right by chance, and what is no code for a "
			   "PC's BIOS is run as such");
	}
	if (view->class != VERDICT_CLASS_VGA && !image->has_pnp) { /* bcv_prepboot() */
		return say(ROM_RUNS, image,
			   "the legacy code at 0x%" PRIx64 " is run, late, as it has no "
			   "'$PnP' header",
			   image->at);
	}
	return say(ROM_RUNS, image, "the legacy code at 0x%" PRIx64 " is run", image->at);
}

static struct rom_verdict seabios_search(const struct view *view)
{
	const struct rom_image *image = first_of(view->rom);
	const struct rom_image *last = NULL;

	for (unsigned n = 0; image && n < ROM_IMAGES_MAX; n++) {
		const struct rom_pcir *pcir = &image->pcir;

		if (!rom_has_pcir(image)) {
			return say(ROM_IGNORED, image,
				   "the image at 0x%" PRIx64 " has no PCI data structure",
				   image->at);
		}
		if (pcir->vendor == view->vendor && pcir->device == view->device &&
		    pcir->code == ROM_CODE_X86)
			return seabios_init(view, image);
		if (pcir->code == ROM_CODE_X86)
			last = image;
		if (!pcir->is_last && pcir->image_len == 0) {
			return say(
				ROM_HANGS, image,
				"SeaBIOS looks for the image behind the one at 0x%" PRIx64
				" for ever, as that has the length 0",
				image->at);
		}
		image = pcir->is_last ? NULL : next_of(view->rom, image);
	}
	if (last) {
		return say(ROM_IGNORED, last,
			   "the legacy code is for %04x:%04x, and the "
			   "device is %04x:%04x",
			   last->pcir.vendor, last->pcir.device, view->vendor,
			   view->device);
	}
	return say(ROM_IGNORED, NULL, "there is no legacy code in it");
}

/* By fw_cfg: the file's beginning, whatever the ids say; copied whole before it is looked
 * at: deploy_romfile(). */
static struct rom_verdict seabios_file(const struct view *view)
{
	if (view->rom->file_len == 0)
		return say(ROM_IGNORED, NULL, "the file is empty");
	if (view->rom->file_len > SEABIOS_ROOM) {
		return say(
			ROM_IGNORED, NULL,
			"without a ROM BAR SeaBIOS copies the whole file, and has room "
			"for %u bytes",
			SEABIOS_ROOM);
	}
	if (!first_of(view->rom))
		return say(ROM_IGNORED, NULL, "the file does not begin with 55 AA");
	return seabios_init(view, first_of(view->rom));
}

static struct rom_verdict seabios(const struct view *view, bool bar)
{
	if (!bar)
		return seabios_file(view);
	if (!first_of(view->rom))
		return say(ROM_IGNORED, NULL, "the file does not begin with 55 AA");
	if (view->class == VERDICT_CLASS_DISPLAY) {
		return say(ROM_IGNORED, NULL,
			   "the device is a display without VGA (0380): SeaBIOS runs "
			   "code of none of them");
	}
	if (view->class == VERDICT_CLASS_VGA && view->vga_before) {
		return say(ROM_IGNORED, NULL,
			   "SeaBIOS runs the ROM of the first VGA device only, which is "
			   "%s",
			   view->vga_before);
	}
	return seabios_search(view);
}

/*
 * Whether a driver that is found is started, too. Who has signed it is no matter, under
 * Secure Boot neither: OvmfPkgX64.dsc sets PcdOptionRomImageVerificationPolicy to 0, as
 * ROMs of virtual machines come from files of the host.
 */
static struct rom_verdict ovmf_start(const struct view *view,
				     const struct rom_image *image)
{
	const struct rom_efi *efi = &image->efi;
	uint16_t machine = rom_efi_machine(efi);

	if (machine != ROM_MACHINE_X64 && machine != ROM_MACHINE_EBC) {
		return say(ROM_REFUSED, image,
			   "the EFI image at 0x%" PRIx64 " is not for x86-64", image->at);
	}
	if (machine == ROM_MACHINE_EBC) {
		return say(ROM_UNSURE, image,
			   "only if the firmware can run EFI byte code");
	}
	if (image->pcir.vendor != view->vendor || image->pcir.device != view->device) {
		return say(ROM_UNSURE, image,
			   "the EFI driver decides itself whether one for "
			   "%04x:%04x takes %04x:%04x",
			   image->pcir.vendor, image->pcir.device, view->vendor,
			   view->device);
	}
	return say(ROM_LOADS, image, "the EFI driver at 0x%" PRIx64 " is loaded",
		   image->at);
}

/* Whether firmware would load the driver in an EFI image. */
static struct rom_verdict ovmf_load(const struct view *view,
				    const struct rom_image *image)
{
	const struct rom_efi *efi = &image->efi;

	if (view->bar_size <= ROM_BAR_IGNORED) {
		return say(ROM_IGNORED, image,
			   "OVMF takes a ROM BAR of 2 KiB or less for none");
	}
	if (efi->signature != 0x0ef1) {
		return say(ROM_IGNORED, image,
			   "the EFI image at 0x%" PRIx64 " has a wrong signature",
			   image->at);
	}
	if (efi->subsystem != ROM_SUBSYSTEM_BOOT_DRIVER &&
	    efi->subsystem != ROM_SUBSYSTEM_RUNTIME_DRIVER) {
		return say(ROM_IGNORED, image,
			   "the EFI image at 0x%" PRIx64 " is no driver", image->at);
	}
	if (efi->compression > 1 || efi->init_len > image->pcir.image_len ||
	    efi->program_at >= efi->init_len) {
		return say(ROM_IGNORED, image,
			   "the header of the EFI image at 0x%" PRIx64
			   " contradicts itself",
			   image->at);
	}
	if (efi->compression == 0 && !efi->has_program) {
		return say(ROM_REFUSED, image,
			   "there is no program in the EFI image at 0x%" PRIx64,
			   image->at);
	}
	return ovmf_start(view, image);
}

/* A later image may do what the one before could not. */
static struct rom_verdict better(struct rom_verdict a, struct rom_verdict b)
{
	return rom_will_run(&a) || !b.image || (a.image && !rom_will_run(&b)) ? a : b;
}

static struct rom_verdict ovmf(const struct view *view, bool bar)
{
	const struct rom_image *image = first_of(view->rom);
	struct rom_verdict verdict =
		say(ROM_IGNORED, NULL, "there is no EFI image in it");

	if (!bar)
		return say(ROM_IGNORED, NULL, "OVMF looks for ROMs in BARs only");
	if (!image)
		return say(ROM_IGNORED, NULL, "the file does not begin with 55 AA");
	for (unsigned n = 0; image && n < ROM_IMAGES_MAX; n++) {
		const struct rom_pcir *pcir = &image->pcir;

		if (!rom_has_pcir(image) || image->pointer_at % 4 != 0) {
			return better(
				verdict,
				say(ROM_IGNORED, image,
				    "the PCI data structure of the image at 0x%" PRIx64
				    " is not where it may be",
				    image->at));
		}
		if (!pcir->is_last && pcir->image_len == 0) {
			return say(ROM_HANGS, image,
				   "OVMF looks for the image behind the one at 0x%" PRIx64
				   " for ever, as that has the length 0",
				   image->at);
		}
		if (image->at + pcir->image_len > view->bar_size) {
			return better(verdict,
				      say(ROM_IGNORED, image,
					  "the image at 0x%" PRIx64 " is longer than the "
					  "BAR",
					  image->at));
		}
		if (rom_is_efi(image))
			verdict = better(verdict, ovmf_load(view, image));
		image = pcir->is_last ? NULL : next_found(view->rom, image);
	}
	return verdict;
}

uint16_t rom_target_class(const struct rom *rom, const struct rom_target *target)
{
	const struct rom_image *first = first_of(rom);

	if (target->has_class)
		return (uint16_t)(target->class >> 8);
	return first && rom_has_pcir(first) ? (uint16_t)(first->pcir.class >> 8)
					    : VERDICT_CLASS_VGA;
}

struct rom_verdict rom_judge(const struct rom *rom, const struct rom_target *target,
			     enum rom_firmware firmware, bool bar)
{
	const struct rom_image *first = first_of(rom);
	struct view view = { .rom = rom,
			     .bar_size = rom_bar_size(rom),
			     .vga_before = target->vga_before };
	struct rom_verdict verdict;

	if (first && rom_has_pcir(first)) {
		view.vendor = first->pcir.vendor;
		view.device = first->pcir.device;
	}
	if (target->has_ids) {
		view.vendor = target->vendor;
		view.device = target->device;
	}
	view.class = rom_target_class(rom, target);
	if (bar && !rom_can_be_bar(rom)) {
		return say(ROM_REFUSED, NULL, "QEMU refuses %s",
			   rom->file_len == 0 ? "an empty file"
					      : "a file of more than 2 GiB");
	}
	verdict = firmware == ROM_SEABIOS ? seabios(&view, bar) : ovmf(&view, bar);
	if (bar && view.bar_size > BAR_SURE && rom_will_run(&verdict)) {
		return say(ROM_MAY_FIT, verdict.image,
			   "only if the guest has room for a ROM BAR of %" PRIu64
			   " MiB below 4 GiB, and it stops without",
			   view.bar_size >> 20);
	}
	return verdict;
}

bool rom_will_run(const struct rom_verdict *verdict)
{
	return verdict->outcome == ROM_RUNS || verdict->outcome == ROM_LOADS ||
	       verdict->outcome == ROM_UNSURE || verdict->outcome == ROM_MAY_FIT;
}

const char *rom_firmware_name(enum rom_firmware firmware)
{
	static const char *const names[] = { "SeaBIOS", "OVMF", "OVMF, Secure Boot" };

	return names[firmware];
}

const char *rom_outcome_name(const struct rom_verdict *verdict)
{
	static const char *const names[] = { "runs",    "loads driver", "may load driver",
					     "ignored", "refused",      "hangs",
					     "may fit" };
	bool is_display = verdict->image && verdict->image->pcir.class >> 16 == 0x03;

	if (is_display && verdict->outcome == ROM_LOADS)
		return "loads GOP";
	if (is_display && verdict->outcome == ROM_UNSURE)
		return "may load GOP";
	return names[verdict->outcome];
}
