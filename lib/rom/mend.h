/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Files made of other files: the image out of what it comes wrapped in, and with what
 * keeps firmware from running it put right. The original is never touched. Notes of the
 * topic "strip", "fix" or "extract" say, in order, which bytes are other ones now.
 *
 * -EALREADY: the file is already as it should be.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/notes.h"
#include "rom/rom.h"

/*
 * The images that a guest's firmware and driver look at, and nothing before or behind
 * them. keep_private: NVIDIA's images for the card's own processors too, which a driver
 * reads from the card and not from the ROM.
 */
MUST_CHECK int rom_strip(struct buf *out, struct notes *notes, const struct rom *rom,
			 bool keep_private, struct error *err);

struct rom_fix {
	bool has_ids; /* to be written into every image */
	uint16_t vendor;
	uint16_t device;
};

/* The mark on the last image, header lengths and checksums of legacy code. */
MUST_CHECK int rom_fix(struct buf *out, struct notes *notes, const struct rom *rom,
		       const struct rom_fix *fix, struct error *err);

/* One image, counted from 1, as a ROM of its own; or the whole entry of AMD's table. */
MUST_CHECK int rom_extract(struct buf *out, struct notes *notes, const struct rom *rom,
			   uint64_t number, struct error *err);
MUST_CHECK int rom_extract_vfct(struct buf *out, struct notes *notes,
				const struct rom *rom, uint64_t number,
				struct error *err);
