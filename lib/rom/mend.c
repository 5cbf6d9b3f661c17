/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "rom/mend.h"

#include <errno.h>
#include <inttypes.h>

/* A copy of a part of a file, and what is changed in it. */
struct edit {
	struct buf *out;
	struct notes *notes;
	const char *topic;
	const struct rom *rom;
	uint64_t base; /* where in the file the copy begins */
	unsigned n_changes;
};

static int copy(struct edit *edit, uint64_t from, uint64_t to, struct error *err)
{
	edit->base = from;
	buf_add(edit->out, (const char *)edit->rom->bytes.data + from, to - from);
	return buf_check(edit->out, err);
}

static struct rom_bytes bytes_of(const struct edit *edit)
{
	return (struct rom_bytes){ .data = (const uint8_t *)edit->out->data,
				   .len = edit->out->len };
}

/* at counts from the beginning of the copy. what: a string constant. */
static void set_byte(struct edit *edit, uint64_t at, uint8_t value, const char *what)
{
	uint8_t before;

	if (at >= edit->out->len)
		return;
	before = (uint8_t)edit->out->data[at];
	if (before == value)
		return;
	edit->out->data[at] = (char)value;
	edit->n_changes++;
	notes_add(edit->notes, NOTE_INFO, edit->topic,
		  "the byte at 0x%" PRIx64 " becomes %02x, it was %02x: %s", at, value,
		  before, what);
}

static void set_u16(struct edit *edit, uint64_t at, uint16_t value, const char *what)
{
	set_byte(edit, at, (uint8_t)value, what);
	set_byte(edit, at + 1, (uint8_t)(value >> 8), what);
}

/* Legacy code is run if its bytes add up to 0; the byte at 6 is there to make it so. */
static void balance(struct edit *edit, const struct rom_image *image)
{
	struct rom_bytes bytes = bytes_of(edit);
	uint64_t at = image->at - edit->base;
	uint64_t len = rom_u8(&bytes, at + 2) * (uint64_t)ROM_SECTOR;
	uint8_t sum = rom_sum(&bytes, at, len);

	if (rom_is_legacy(image) && !rom_is_cut(edit->rom, image) && len > 0 &&
	    sum != 0) {
		set_byte(edit, at + 6, (uint8_t)(rom_u8(&bytes, at + 6) - sum),
			 "the checksum");
	}
}

static void mark_last(struct edit *edit, const struct rom_image *image)
{
	struct rom_bytes bytes = bytes_of(edit);
	uint64_t at = image->pcir.at + 0x15 - edit->base;

	if (!rom_has_pcir(image) || image->signature != ROM_SIGNATURE_PCI)
		return;
	set_byte(edit, at, rom_u8(&bytes, at) | 0x80, "the mark of the last image");
	balance(edit, image);
}

/* --- strip --- */

static bool is_kept(const struct rom_image *image, bool keep_private)
{
	if (image->signature != ROM_SIGNATURE_PCI)
		return false;
	if (rom_has_pcir(image) && image->pcir.code == ROM_CODE_FWSEC)
		return keep_private && image->in_layout;
	return image->in_chain || (keep_private && image->in_layout);
}

/* The last of the images from the start on that are kept, without a gap of others. */
static const struct rom_image *last_kept(const struct rom *rom, bool keep_private)
{
	const struct rom_image *last = NULL;

	for (size_t i = 0; i < rom->n_images; i++) {
		if (!is_kept(&rom->images[i], keep_private))
			break;
		last = &rom->images[i];
	}
	return last;
}

static void note_dropped(struct edit *edit, uint64_t end)
{
	const struct rom *rom = edit->rom;

	if (rom->start > 0) {
		notes_add(edit->notes, NOTE_INFO, edit->topic,
			  "%" PRIu64 " bytes before the first image are left out: %s",
			  rom->start,
			  rom->kind == ROM_KIND_NVGI ? "the header of the flash chip"
						     : "no part of the ROM");
	}
	for (size_t i = 0; i < rom->n_images; i++) {
		const struct rom_image *image = &rom->images[i];
		const char *name = rom_code_name(image->pcir.code);

		if (image->at < end)
			continue;
		notes_add(
			edit->notes, NOTE_INFO, edit->topic,
			"the image at 0x%" PRIx64 " (%s, %" PRIu64 " bytes) is left out",
			image->at, name ? name : "unknown code", image->end - image->at);
	}
	if (rom->bytes.len > end) {
		notes_add(edit->notes, NOTE_INFO, edit->topic,
			  "%" PRIu64 " bytes behind the last image that is kept are left "
			  "out",
			  rom->bytes.len - end);
	}
}

int rom_strip(struct buf *out, struct notes *notes, const struct rom *rom,
	      bool keep_private, struct error *err)
{
	struct edit edit = { .out = out, .notes = notes, .topic = "strip", .rom = rom };
	const struct rom_image *last;
	int r;

	if (rom->kind == ROM_KIND_VFCT) {
		return error_set(err, EINVAL,
				 "it is AMD's table of images: 'vbios extract' takes one "
				 "out of it");
	}
	last = last_kept(rom, keep_private);
	if (!rom->has_start || !last)
		return error_set(err, ENODATA, "no image was found in it");
	r = copy(&edit, rom->start, last->end, err);
	if (r < 0)
		return r;
	note_dropped(&edit, last->end);
	mark_last(&edit, last);
	if (rom->start == 0 && last->end == rom->bytes.len && edit.n_changes == 0) {
		return error_set(err, EALREADY,
				 "there is nothing to strip: it begins with its first "
				 "image and ends with its last");
	}
	return notes_check(notes, err);
}

/* --- fix --- */

static void fix_image(struct edit *edit, const struct rom_image *image,
		      const struct rom_fix *fix)
{
	uint64_t sectors = image->pcir.image_len / ROM_SECTOR;

	if (rom_has_pcir(image) && fix->has_ids) {
		set_u16(edit, image->pcir.at + 4, fix->vendor, "the vendor");
		set_u16(edit, image->pcir.at + 6, fix->device, "the device");
	}
	if (rom_has_pcir(image) && rom_is_legacy(image) && image->header_len == 0 &&
	    sectors > 0 && sectors <= UINT8_MAX) {
		set_byte(edit, image->at + 2, (uint8_t)sectors,
			 "the length of the legacy code");
	}
	balance(edit, image);
}

int rom_fix(struct buf *out, struct notes *notes, const struct rom *rom,
	    const struct rom_fix *fix, struct error *err)
{
	struct edit edit = { .out = out, .notes = notes, .topic = "fix", .rom = rom };
	const struct rom_image *last = NULL;
	int r;

	if (rom->kind != ROM_KIND_OPTION) {
		return error_set(err, EINVAL, "it does not begin with 55 AA%s",
				 rom->has_start ? ": strip or extract the image first"
						: ", and no image was found in it");
	}
	r = copy(&edit, 0, rom->bytes.len, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rom->n_images; i++) {
		if (!rom->images[i].in_chain)
			continue;
		last = &rom->images[i];
		if (rom_is_cut(rom, last)) {
			return error_set(err, ENODATA,
					 "the legacy code at 0x%" PRIx64
					 " is cut off, and "
					 "what is missing cannot be made up",
					 last->at);
		}
		fix_image(&edit, last, fix);
	}
	if (last && last->pcir.image_len > 0)
		mark_last(&edit, last);
	if (edit.n_changes == 0) {
		return error_set(err, EALREADY,
				 "there is nothing in it that can be fixed");
	}
	return notes_check(notes, err);
}

/* --- extract --- */

int rom_extract(struct buf *out, struct notes *notes, const struct rom *rom,
		uint64_t number, struct error *err)
{
	struct edit edit = { .out = out, .notes = notes, .topic = "extract", .rom = rom };
	const struct rom_image *image;
	int r;

	if (number == 0 || number > rom->n_images) {
		return error_set(err, ENOENT, "it has no image %" PRIu64 ", there %s %zu",
				 number, rom->n_images == 1 ? "is" : "are",
				 rom->n_images);
	}
	image = &rom->images[number - 1];
	r = copy(&edit, image->at, image->end, err);
	if (r < 0)
		return r;
	notes_add(notes, NOTE_INFO, edit.topic,
		  "%" PRIu64 " bytes from 0x%" PRIx64 " on are taken",
		  image->end - image->at, image->at);
	mark_last(&edit, image);
	return notes_check(notes, err);
}

int rom_extract_vfct(struct buf *out, struct notes *notes, const struct rom *rom,
		     uint64_t number, struct error *err)
{
	struct edit edit = { .out = out, .notes = notes, .topic = "extract", .rom = rom };
	const struct rom_vfct *entry;
	int r;

	if (number == 0 || number > rom->n_vfct) {
		return error_set(err, ENOENT,
				 "it has no VFCT entry %" PRIu64 ", there %s %zu", number,
				 rom->n_vfct == 1 ? "is" : "are", rom->n_vfct);
	}
	entry = &rom->vfct[number - 1];
	if (!rom_has(&rom->bytes, entry->image_at, entry->image_len)) {
		return error_set(err, ENODATA,
				 "VFCT entry %" PRIu64 " has %" PRIu64
				 " bytes, and the file ends before that",
				 number, entry->image_len);
	}
	r = copy(&edit, entry->image_at, entry->image_at + entry->image_len, err);
	if (r < 0)
		return r;
	notes_add(notes, NOTE_INFO, edit.topic,
		  "%" PRIu64 " bytes from 0x%" PRIx64 " on are taken", entry->image_len,
		  entry->image_at);
	return notes_check(notes, err);
}
