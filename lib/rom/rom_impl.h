/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of the parser share. */

#include "rom/rom.h"

#define ROM_HEADER_LEN 0x1a /* of what every image begins with */
#define ROM_PCIR_LEN   0x18 /* of a PCI data structure before revision 3 */

/* Describes what is at an offset; false when no image begins there. */
bool rom_read_image(struct rom_image *ret_image, const struct rom_bytes *bytes,
		    uint64_t at);

/* Whether a whole image of a PCI device lies there: what a search may take for one. */
bool rom_is_image(const struct rom_bytes *bytes, uint64_t at);

/* What the file is, by its first bytes. */
enum rom_kind rom_find_kind(struct rom *rom);

/* Reads the header of NVIDIA's flash chip; sets where the image is. */
void rom_read_nvgi(struct rom *rom);
void rom_read_vfct(struct rom *rom);

/* Makes the list of images from the start on. */
void rom_walk(struct rom *rom);

/* Who made it and when. */
void rom_read_maker(struct rom *rom);
