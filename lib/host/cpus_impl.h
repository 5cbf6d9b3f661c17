/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the parts of cpus share: cpus.c reads the cores, the others what is about them. */

#include "host/cpus.h"

/* The same set from the file with its mask, else from the one with its list. */
MUST_CHECK int cpus_read_set(struct cpuset *ret_set, const struct root *root,
			     const char *mask, const char *list, struct error *err);

/* The last-level caches, and which of them each core has, when the cores are known. */
MUST_CHECK int cpus_read_caches(struct cpus *cpus, const struct root *root,
				struct error *err);

/* Tells P from E cores, when the cores are known. */
MUST_CHECK int cpus_read_kinds(struct cpus *cpus, const struct root *root,
			       struct error *err);

/* The nodes, and which of them each core is in, when the cores are known. */
MUST_CHECK int cpus_read_nodes(struct cpus *cpus, const struct root *root,
			       struct error *err);

/* AMD, and topoext. */
MUST_CHECK int cpus_read_vendor(struct cpus *cpus, const struct root *root,
				struct error *err);
