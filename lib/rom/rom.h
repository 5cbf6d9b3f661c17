/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is in a file that is meant to be an option ROM: its images as the firmware of a
 * guest finds them, as a vendor's own tools do, and those that neither would find.
 *
 * Reading never fails: a damaged or a foreign file is described as what it is. It takes
 * a time bounded by the length, on any input, and allocates nothing. The layout is that
 * of the PCI Firmware Specification 3.x, of the UEFI Specification (14.4.2, "PCI Option
 * ROMs") and, for NVIDIA's part, of the headers of its open kernel modules.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rom/bytes.h"

#define ROM_SECTOR 512
#define ROM_SIZE_LIMIT \
	(16ULL * 1024 * 1024) /* of a card's ROM, by the PCI specification */
#define ROM_QEMU_LIMIT                                                  \
	(2ULL * 1024 * 1024 * 1024) /* of a file that it makes a BAR of \
				     */
#define ROM_BAR_IGNORED 2048 /* and less: edk2's GetOpRomInfo() takes it for none */
#define ROM_IMAGES_MAX  64   /* ten times what any card has */
#define ROM_VFCT_MAX    16
#define ROM_TEXT_MAX    64

enum rom_kind {
	ROM_KIND_OPTION, /* begins with 55 AA, as it must */
	ROM_KIND_EMPTY,
	ROM_KIND_BLANK, /* all bytes 00, or all FF */
	ROM_KIND_NVGI,  /* NVIDIA's whole flash chip: an image comes behind a header */
	ROM_KIND_VFCT,  /* AMD's ACPI table with images in it */
	ROM_KIND_PE,    /* a bare EFI program */
	ROM_KIND_VOLUME,
	ROM_KIND_MAINBOARD, /* a PC's BIOS: code for the processor's first instruction */
	ROM_KIND_ELF,
	ROM_KIND_ARCHIVE,
	ROM_KIND_PDF,
	ROM_KIND_TEXT,
	ROM_KIND_FCODE,
	ROM_KIND_SHIFTED, /* an option ROM with something before it */
	ROM_KIND_UNKNOWN,
};

enum rom_code {
	ROM_CODE_X86 = 0x00,
	ROM_CODE_OPEN_FIRMWARE = 0x01,
	ROM_CODE_PARISC = 0x02,
	ROM_CODE_EFI = 0x03,
	ROM_CODE_NBSI = 0x70,  /* NVIDIA: data for the driver */
	ROM_CODE_FWSEC = 0xe0, /* NVIDIA: firmware for the card's own processors */
};

enum rom_machine {
	ROM_MACHINE_IA32 = 0x014c,
	ROM_MACHINE_ARM = 0x01c2,
	ROM_MACHINE_IA64 = 0x0200,
	ROM_MACHINE_EBC = 0x0ebc,
	ROM_MACHINE_RISCV64 = 0x5064,
	ROM_MACHINE_X64 = 0x8664,
	ROM_MACHINE_AARCH64 = 0xaa64,
};

enum rom_subsystem {
	ROM_SUBSYSTEM_APPLICATION = 0x0a,
	ROM_SUBSYSTEM_BOOT_DRIVER = 0x0b,
	ROM_SUBSYSTEM_RUNTIME_DRIVER = 0x0c,
};

enum rom_signature {
	ROM_SIGNATURE_PCI, /* 55 AA */
	ROM_SIGNATURE_VN,  /* 56 4E, NVIDIA's own, which no firmware knows */
	ROM_SIGNATURE_BB,  /* 77 BB, the same */
};

/* What the pointer at 0x18 of an image leads to. */
enum rom_pointer {
	ROM_POINTER_GOOD,
	ROM_POINTER_NONE,    /* 0: an image of ISA times */
	ROM_POINTER_HEADER,  /* into the header itself */
	ROM_POINTER_OUTSIDE, /* the data structure would not lie within the file */
	ROM_POINTER_FOREIGN, /* to something that is no PCI data structure */
};

/* The PCI data structure. */
struct rom_pcir {
	uint64_t at;
	char signature[5]; /* "PCIR"; NVIDIA's own are "NPDS" and "RGIS" */
	uint16_t vendor;
	uint16_t device;
	uint16_t device_list; /* from the structure, 0: none; since revision 3 */
	uint16_t length;
	uint8_t revision;
	uint32_t class;     /* 24 bits */
	uint64_t image_len; /* in bytes */
	uint16_t code_revision;
	uint8_t code;
	bool is_last;
	uint64_t runtime_len; /* since revision 3, in bytes */
};

/* NVIDIA's extension of it, which holds the lengths of what the flash chip has. */
struct rom_npde {
	bool is_there;
	uint64_t at;
	uint16_t revision;
	uint16_t length;
	uint64_t image_len; /* in bytes */
	bool is_last;
	uint8_t flags;
};

#define ROM_NPDE_NO_CHECKSUM 0x04

enum rom_signed {
	ROM_SIGNED_UNKNOWN, /* compressed, or no program that could be read */
	ROM_SIGNED_NO,
	ROM_SIGNED_YES,
};

/* The header of an image with code for EFI, and of the program in it. */
struct rom_efi {
	uint32_t signature; /* 0x0ef1 */
	uint16_t subsystem;
	uint16_t machine;
	uint16_t compression; /* 0 none, 1 UEFI's own */
	uint16_t program_at;  /* from the image */
	uint64_t init_len;    /* in bytes */
	bool has_program;     /* it is not compressed, and a PE file is there */
	uint16_t program_machine;
	enum rom_signed is_signed;
};

struct rom_image {
	uint64_t at;
	uint64_t end; /* as far as its lengths and the file go */
	enum rom_signature signature;
	uint16_t pointer_at; /* the value at 0x18 */
	enum rom_pointer pointer;
	bool has_pnp;
	struct rom_pcir pcir; /* zeros unless the pointer is good */
	struct rom_npde npde;
	struct rom_efi efi;  /* of code for EFI only */
	uint64_t header_len; /* of legacy code: byte 2, in bytes */
	uint8_t header_sum;  /* of as many bytes */
	bool in_chain; /* found by the lengths in PCI data structures, as firmware does */
	bool in_layout; /* found by NVIDIA's lengths where there are some */
			/* found by neither, but by its signature */
};

struct rom_nvgi {
	uint8_t version;
	uint32_t fixed_len;
	uint32_t total_len;
	uint64_t directory_at; /* of "RFRD", version 3 */
	uint64_t image_at;
	bool is_by_pattern;  /* its directory leads nowhere: image_at was searched for */
	const char *problem; /* why, or NULL */
};

/* An entry of AMD's ACPI table. */
struct rom_vfct {
	uint64_t at;
	uint32_t bus, device, function;
	uint16_t vendor_id, device_id;
	uint16_t subvendor_id, subdevice_id;
	uint32_t revision;
	uint64_t image_at;
	uint64_t image_len; /* as it says; it may be cut off */
};

struct rom {
	struct rom_bytes bytes;
	uint64_t file_len; /* more than bytes.len when the file was not read to its end */
	enum rom_kind kind;
	uint8_t blank_byte; /* of a blank one */

	/* where the images begin: 0 as it should be, or what has to be taken off */
	uint64_t start;
	bool has_start;

	struct rom_image images[ROM_IMAGES_MAX]; /* by offset */
	size_t n_images;
	bool has_more;      /* than ROM_IMAGES_MAX */
	uint64_t chain_len; /* from the start to the end of the last image of the chain */
	uint64_t layout_len; /* the same, by NVIDIA's lengths */

	struct rom_nvgi nvgi;
	struct rom_vfct vfct[ROM_VFCT_MAX];
	size_t n_vfct;

	bool is_atom;               /* AMD's tables are there */
	uint64_t atom_at;           /* of their header */
	bool is_nvidia;             /* NVIDIA's table of tables ("BIT") is there */
	uint64_t bit_at;            /* of it */
	char maker[8];              /* "NVIDIA", "AMD" or "" */
	char part[ROM_TEXT_MAX];    /* what the maker calls it */
	char version[ROM_TEXT_MAX]; /* "Version 86.04.17.00.80" */
	char date[ROM_TEXT_MAX];    /* of the build */
};

/*
 * data must outlive ret_rom. file_len is the length of the whole file, of which data may
 * be the beginning.
 */
void rom_read(struct rom *ret_rom, const uint8_t *data, size_t len, uint64_t file_len);

/* The sum of bytes modulo 256; beyond the end there are zeros, as there are in a BAR. */
uint8_t rom_sum(const struct rom_bytes *bytes, uint64_t at, uint64_t len);

/* The first image of the chain with this code, or NULL. */
const struct rom_image *rom_first(const struct rom *rom, enum rom_code code);

bool rom_has_pcir(const struct rom_image *image);
bool rom_is_legacy(const struct rom_image *image); /* has code for a PC's BIOS */
bool rom_is_efi(const struct rom_image *image);

/* What the code is for: edk2 goes by the program, not by the ROM's header. */
uint16_t rom_efi_machine(const struct rom_efi *efi);

/* Whether legacy code goes on behind the end of the file, by its own header. */
bool rom_is_cut(const struct rom *rom, const struct rom_image *image);

/* Whether the list of further devices (PCI 3.0) names the id. */
bool rom_lists_device(const struct rom *rom, const struct rom_image *image,
		      uint16_t device);

/* Whether QEMU makes a BAR of the file: else it does not start. */
bool rom_can_be_bar(const struct rom *rom);

/* How large a BAR that is: a power of two, 2 KiB at least. */
uint64_t rom_bar_size(const struct rom *rom);

/* Words for values; NULL when it has none. */
const char *rom_code_name(uint8_t code);
const char *rom_machine_name(uint16_t machine);
const char *rom_subsystem_name(uint16_t subsystem);
