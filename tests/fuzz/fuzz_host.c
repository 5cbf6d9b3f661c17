/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A host that somebody sent: the input is a manifest (examples/hosts/README.md), laid
 * out in memory, and read by everything that reads hosts.
 */

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/cpus.h"
#include "host/hugepages.h"
#include "host/input.h"
#include "host/iommu.h"
#include "host/pcidev.h"
#include "manifest.h"

/* Bigger ones only make it slow. */
#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int remove_entry(const char *path, UNUSED const struct stat *st, UNUSED int type,
			UNUSED struct FTW *ftw)
{
	return remove(path);
}

/* What a reader refuses is an error, and errors must be told in words. */
static void check(int r, const struct error *err)
{
	if (r < 0 && (err->code != -r || err->msg[0] == '\0'))
		abort();
}

static void use_devices(struct pcidevs *devs, const struct root *root)
{
	for (size_t i = 0; i < devs->n; i++) {
		const struct pcidev *dev = &devs->v[i];
		struct error err = { 0 };

		check(pcidevs_get(&dev, devs, &dev->bdf, root, &err), &err);
		if (pcidevs_find(devs, &dev->bdf) != dev)
			abort();
		if (iommu_is_viable(devs, dev) && iommu_next_stranger(devs, dev, NULL))
			abort();
	}
}

static void read_host(const struct root *root)
{
	CLEANUP_CPUS struct cpus cpus = CPUS_NONE;
	CLEANUP_HUGEPAGES struct hugepages pages = HUGEPAGES_NONE;
	CLEANUP_INPUTS struct inputs inputs = INPUTS_NONE;
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	struct error err = { 0 };
	struct iommu iommu;

	check(pcidevs_read(&devs, root, &err), &err);
	use_devices(&devs, root);
	check(iommu_read(&iommu, root, &err), &err);
	check(inputs_read(&inputs, root, &err), &err);
	check(hugepages_read(&pages, root, 0, &err), &err);
	check(cpus_read(&cpus, root, &err), &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[] = "/dev/shm/fuzz-host-XXXXXX";
	struct root root = ROOT_NONE;
	struct error err = { 0 };

	if (size > INPUT_MAX || !mkdtemp(dir))
		return -1;
	/* what was made before a bad line is a host as well */
	if (root_open(&root, dir, &err) == 0 &&
	    manifest_unpack(&root, (const char *)data, size, &err) != -ENOSPC)
		read_host(&root);
	root_close(&root);
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
