/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What people call a PCI device, from the installed pci.ids through libpci. Nothing is
 * fetched from the network. Loading the library and the list costs milliseconds: open it
 * only to print.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/pcidev.h"

struct libpci;

struct pcinames {
	struct libpci *pci;
};

/* Names nothing: names are then numbers. */
#define PCINAMES_NONE ((struct pcinames){ 0 })

#define PCINAMES_TEXT_MAX 256

/* ids_file: another list than the installed one, or NULL. One that is missing or damaged
 * is no error, nor is it if there is no libpci: names are then numbers. */
MUST_CHECK int pcinames_open(struct pcinames *ret_names, const char *ids_file,
			     struct error *err);
void pcinames_close(struct pcinames *names);

/* "NVIDIA Corporation AD104 [GeForce RTX 4070]", or "Device 10de:2786". Returns buf. */
const char *pcinames_device(const struct pcinames *names, const struct pcidev *dev,
			    char buf[static PCINAMES_TEXT_MAX]);

/* "VGA compatible controller", or "Class 0300". Returns buf. */
const char *pcinames_class(const struct pcinames *names, const struct pcidev *dev,
			   char buf[static PCINAMES_TEXT_MAX]);

#define CLEANUP_PCINAMES CLEANUP(pcinames_close)
