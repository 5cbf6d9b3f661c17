/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/pcinames.h"

#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <pci/pci.h>

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

/* What was read before an error stays in use. */
static void load(struct pci_access *access)
{
	jmp_buf here;

	escape = &here;
	if (setjmp(here) == 0)
		(void)pci_load_name_list(access);
	escape = NULL;
}

int pcinames_open(struct pcinames *ret_names, const char *ids_file, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	struct pci_access *access;

	if (ids_file) {
		path = strdup(ids_file);
		if (!path)
			return error_set(err, ENOMEM, "out of memory");
	}

	access = pci_alloc();
	access->error = give_up;
	access->warning = say_nothing;
	access->debug = say_nothing;
	if (path)
		pci_set_name_list_path(access, TAKE_PTR(path), 1);
	load(access);

	ret_names->access = access;
	return 0;
}

void pcinames_close(struct pcinames *names)
{
	if (names->access)
		pci_cleanup(names->access);
	names->access = NULL;
}

const char *pcinames_device(const struct pcinames *names, const struct pcidev *dev,
			    char buf[static PCINAMES_TEXT_MAX])
{
	return pci_lookup_name(names->access, buf, PCINAMES_TEXT_MAX,
			       PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB,
			       dev->vendor, dev->device);
}

const char *pcinames_class(const struct pcinames *names, const struct pcidev *dev,
			   char buf[static PCINAMES_TEXT_MAX])
{
	return pci_lookup_name(names->access, buf, PCINAMES_TEXT_MAX,
			       PCI_LOOKUP_CLASS | PCI_LOOKUP_NO_HWDB,
			       (int)(dev->class >> 8));
}
