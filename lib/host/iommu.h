/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The IOMMU: whether it is on, and what stands together in its groups. VFIO hands out
 * whole groups: a device can go to a guest when all that shares its group goes along or
 * has no driver (Documentation/driver-api/vfio.rst). Bridges stay with the host.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "host/pcidev.h"
#include "host/root.h"

enum iommu_kind {
	IOMMU_UNKNOWN,
	IOMMU_INTEL,
	IOMMU_AMD,
};

struct iommu {
	enum iommu_kind kind; /* while it is off: what the processor would have */
	size_t n_groups;      /* 0: off */
	char missing[256];    /* while it is off: what to do about it; else "" */
};

MUST_CHECK int iommu_read(struct iommu *ret_iommu, const struct root *root,
			  struct error *err);

/* "Intel VT-d", "AMD-Vi", "IOMMU". */
const char *iommu_kind_name(enum iommu_kind kind);

/*
 * Walks the devices of a group in order of address: the one after `after`, the first for
 * NULL; NULL when there are no more.
 */
const struct pcidev *iommu_next_member(const struct pcidevs *devs, int group,
				       const struct pcidev *after);

/* The same walk, but only what is in dev's group, no bridge, and of another slot. */
const struct pcidev *iommu_next_stranger(const struct pcidevs *devs,
					 const struct pcidev *dev,
					 const struct pcidev *after);

/* Whether dev has a group and could leave the host with the functions of its slot only.
 */
bool iommu_is_viable(const struct pcidevs *devs, const struct pcidev *dev);
