/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the firmware of a guest will do with an option ROM file, as QEMU gives it to a
 * passed-through device. Follows SeaBIOS' optionroms.c, edk2's PciOptionRomSupport.c and
 * QEMU's pci_add_option_rom(). A pure function of the file and the device.
 */

#include "rom/finding.h"
#include "rom/rom.h"

enum rom_firmware {
	ROM_SEABIOS,
	ROM_OVMF,
	ROM_OVMF_SECUREBOOT,
	ROM_N_FIRMWARES,
};

enum rom_outcome {
	ROM_RUNS,    /* legacy code is run */
	ROM_LOADS,   /* an EFI driver is loaded */
	ROM_UNSURE,  /* the same, if what cannot be seen from here is so */
	ROM_IGNORED, /* nothing happens, and nothing is said */
	ROM_REFUSED, /* a driver is there, and is not started */
	ROM_HANGS,   /* the firmware does not come to an end */
	ROM_MAY_FIT, /* one of the first two, if there is room for the BAR; else it hangs
		      */
};

#define VERDICT_CLASS_VGA     0x0300
#define VERDICT_CLASS_DISPLAY 0x0380

struct rom_verdict {
	enum rom_outcome outcome;
	const struct rom_image *image; /* that it is about, or NULL */
	char why[160]; /* a part of a sentence, lower case, no full stop */
};

/*
 * bar: whether the guest's device has a ROM BAR (<rom bar='on'>). Of a target whose ids
 * or class are not known those of the ROM's first image are taken.
 */
struct rom_verdict rom_judge(const struct rom *rom, const struct rom_target *target,
			     enum rom_firmware firmware, bool bar);

/* Base and sub class of the device, or of the ROM's first image if it is not known. */
uint16_t rom_target_class(const struct rom *rom, const struct rom_target *target);

/* Whether that is what somebody wants who gives a device a ROM. */
bool rom_will_run(const struct rom_verdict *verdict);

const char *rom_firmware_name(enum rom_firmware firmware);

/* In a few words: "runs", "loads GOP", "ignored". */
const char *rom_outcome_name(const struct rom_verdict *verdict);
