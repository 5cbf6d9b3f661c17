/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Option ROMs made up by the tests, in memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct romfile {
	uint8_t *data;
	size_t len;
};

#define ROMFILE_NONE ((struct romfile){ 0 })

#define ROMFILE_PCIR_AT 0x40 /* from an image */
#define ROMFILE_PNP_AT  0x70
#define ROMFILE_CODE_AT 0x78
#define ROMFILE_PE_AT   0x80

struct romfile_image {
	uint16_t vendor; /* 0: 10de:1b80 and class 030000 */
	uint16_t device;
	uint32_t class;
	uint8_t code;
	unsigned sectors; /* 0: 2 */
	bool is_last;
	bool is_old; /* of ISA times: no PCI data structure */
	bool has_pnp;
	bool is_signed; /* EFI */
	char says;      /* written to port 0xe9 when it is run; 0: nothing */
};

/* Appends an image that breaks no rule; returns where it begins. */
size_t romfile_image(struct romfile *file, const struct romfile_image *image);

/* Appends bytes. Returns where they begin. */
size_t romfile_bytes(struct romfile *file, const void *data, size_t len);
size_t romfile_fill(struct romfile *file, uint8_t byte, size_t len);

void romfile_u8(struct romfile *file, size_t at, uint8_t value);
void romfile_u16(struct romfile *file, size_t at, uint16_t value);
void romfile_u32(struct romfile *file, size_t at, uint32_t value);
void romfile_text(struct romfile *file, size_t at, const char *text);

/* Writes NVIDIA's extension behind the PCI data structure of the image at this offset. */
void romfile_npde(struct romfile *file, size_t image, unsigned sectors, bool is_last,
		  uint8_t flags);

/* Makes the checksum of the legacy image at this offset right again. */
void romfile_balance(struct romfile *file, size_t image);

/* Of all bytes, modulo 256. */
uint8_t romfile_sum(const struct romfile *file);

/* Appends a header of NVIDIA's flash chip that says that the image follows it. */
void romfile_nvgi(struct romfile *file, unsigned version);

/* Appends AMD's ACPI table, without entries; and an entry with a header for the image. */
void romfile_vfct(struct romfile *file);
void romfile_vfct_entry(struct romfile *file, uint16_t device, uint32_t image_len);

void romfile_done(struct romfile *file);
