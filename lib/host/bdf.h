/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The address of a PCI function: domain, bus, device ("slot" in libvirt), function. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct bdf {
	uint32_t domain; /* beyond 16 bits behind Intel VMD and on Hyper-V */
	uint8_t bus;
	uint8_t slot;     /* 0 to 31 */
	uint8_t function; /* 0 to 7 */
};

#define BDF_TEXT_MAX 18 /* "12345678:01:1f.7" and its NUL */

/*
 * Reads "[DDDD:]BB:DD.F" or "pci_DDDD_BB_DD_F", hexadecimal, the domain of 4 to 8
 * digits. The function may be left out ("BB:DD", "pci_DDDD_BB_DD") when
 * ret_has_function is given; it is then 0 and *ret_has_function false.
 */
MUST_CHECK int bdf_parse(struct bdf *ret_bdf, bool *ret_has_function, const char *text,
			 struct error *err);

/* "0000:01:00.0", as the kernel names it. Returns buf. */
const char *bdf_format(const struct bdf *bdf, char buf[static BDF_TEXT_MAX]);

/* By domain, bus, slot, function; for qsort(3)-like use and equality. */
int bdf_compare(const struct bdf *a, const struct bdf *b);

/* Whether both are functions of one device. */
bool bdf_same_slot(const struct bdf *a, const struct bdf *b);
