/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What --list shows: read once, printed as text or as JSON. */

#include "base/error.h"
#include "host/cpus.h"
#include "host/hugepages.h"
#include "host/input.h"
#include "host/iommu.h"
#include "host/pcidev.h"
#include "host/pcinames.h"

struct list {
	struct iommu iommu;
	struct pcidevs devs;
	struct pcinames names;
	struct cpus cpus;
	char cpus_missing[ERROR_MSG_MAX]; /* why nothing is known of them, or "" */
	struct hugepages pages;
	struct inputs inputs;
};

/* A kind of function that somebody may want to give away: no bridge, no chipset part. */
bool list_is_passable(const struct pcidev *dev);

/*
 * Walks what goes to a guest together: the functions of dev's slot, dev among them, that
 * share its group, bridges excepted. The one after `after`, the first for NULL; NULL when
 * there are no more.
 */
const struct pcidev *list_next_mate(const struct list *list, const struct pcidev *dev,
				    const struct pcidev *after);

/*
 * The option that gives dev to a guest, with the whole device when all of it is in one
 * group: "--hostdev=0000:01:00"; "" while it cannot be given.
 */
struct list_option {
	char text[64];
};

struct list_option list_option(const struct list *list, const struct pcidev *dev);

MUST_CHECK int list_print_text(const struct list *list, struct error *err);
MUST_CHECK int list_print_json(const struct list *list, struct error *err);
