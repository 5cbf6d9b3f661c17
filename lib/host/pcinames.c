/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/pcinames.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pci/pci.h>

#include "base/macro.h"

/*
 * libpci and what it brings along take longer to start than most runs need to plan, and
 * only what prints names needs them: so they are loaded then.
 */
#define LIBPCI "libpci.so.3"

struct libpci {
	void *library;
	struct pci_access *access;
	__typeof__(pci_alloc) *alloc;
	__typeof__(pci_cleanup) *cleanup;
	__typeof__(pci_set_name_list_path) *set_name_list_path;
	__typeof__(pci_load_name_list) *load_name_list;
	__typeof__(pci_lookup_name) *lookup_name;
};

/*
 * libpci's own handlers print, and the one for errors ends the process. Ours must not
 * return either, so it jumps back to load(): where reading a damaged pci.ids fails. The
 * look-ups after it neither read nor allocate.
 */
static _Thread_local jmp_buf *escape;

PRINTF_LIKE(1, 2)
static void say_nothing(UNUSED char *fmt, ...)
{
}

PRINTF_LIKE(1, 2)
__attribute__((__noreturn__)) static void give_up(UNUSED char *fmt, ...)
{
	if (escape)
		longjmp(*escape, 1);
	abort();
}

static bool find_functions(struct libpci *pci)
{
	const struct {
		void *function; /* a pointer to it, of whatever type */
		const char *name;
	} wanted[] = {
		{ &pci->alloc, "pci_alloc" },
		{ &pci->cleanup, "pci_cleanup" },
		{ &pci->set_name_list_path, "pci_set_name_list_path" },
		{ &pci->load_name_list, "pci_load_name_list" },
		{ &pci->lookup_name, "pci_lookup_name" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		void *symbol = dlsym(pci->library, wanted[i].name);

		if (!symbol)
			return false;
		memcpy(wanted[i].function, &symbol, sizeof(symbol));
	}
	return true;
}

/* What was read before an error stays in use. */
static void load(const struct libpci *pci)
{
	jmp_buf here;

	escape = &here;
	if (setjmp(here) == 0)
		(void)pci->load_name_list(pci->access);
	escape = NULL;
}

static int open_list(struct libpci *pci, const char *ids_file, struct error *err)
{
	char *path = NULL;

	if (ids_file) {
		path = strdup(ids_file);
		if (!path)
			return error_set(err, ENOMEM, "out of memory");
	}
	pci->access = pci->alloc();
	pci->access->error = give_up;
	pci->access->warning = say_nothing;
	pci->access->debug = say_nothing;
	if (path)
		pci->set_name_list_path(pci->access, path, 1);
	load(pci);
	return 0;
}

int pcinames_open(struct pcinames *ret_names, const char *ids_file, struct error *err)
{
	CLEANUP_PCINAMES struct pcinames names = PCINAMES_NONE;
	int r;

	names.pci = calloc(1, sizeof(*names.pci));
	if (!names.pci)
		return error_set(err, ENOMEM, "out of memory");
	names.pci->library = dlopen(LIBPCI, RTLD_NOW | RTLD_LOCAL);
	if (!names.pci->library || !find_functions(names.pci)) {
		*ret_names = PCINAMES_NONE;
		return 0;
	}
	r = open_list(names.pci, ids_file, err);
	if (r < 0)
		return r;
	ret_names->pci = TAKE_PTR(names.pci);
	return 0;
}

void pcinames_close(struct pcinames *names)
{
	if (!names->pci)
		return;
	if (names->pci->access)
		names->pci->cleanup(names->pci->access);
	if (names->pci->library)
		(void)dlclose(names->pci->library);
	free(names->pci);
	names->pci = NULL;
}

const char *pcinames_device(const struct pcinames *names, const struct pcidev *dev,
			    char buf[static PCINAMES_TEXT_MAX])
{
	if (!names->pci) {
		(void)snprintf(buf, PCINAMES_TEXT_MAX, "Device %04x:%04x", dev->vendor,
			       dev->device);
		return buf;
	}
	return names->pci->lookup_name(names->pci->access, buf, PCINAMES_TEXT_MAX,
				       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE |
					       PCI_LOOKUP_NO_HWDB,
				       dev->vendor, dev->device);
}

const char *pcinames_class(const struct pcinames *names, const struct pcidev *dev,
			   char buf[static PCINAMES_TEXT_MAX])
{
	if (!names->pci) {
		(void)snprintf(buf, PCINAMES_TEXT_MAX, "Class %04x", dev->class >> 8);
		return buf;
	}
	return names->pci->lookup_name(names->pci->access, buf, PCINAMES_TEXT_MAX,
				       PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB,
				       (int)(dev->class >> 8));
}
