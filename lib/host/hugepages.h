/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Memory of the host and of its NUMA nodes, and the huge pages set aside in it
 * (Documentation/admin-guide/mm/hugetlbpage.rst).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"

struct hugepages_pool {
	uint64_t page_kib;
	uint64_t n_total;
	uint64_t n_free;
};

/* The host, or one of its nodes. */
struct hugepages_area {
	uint64_t total_kib;
	uint64_t free_kib; /* of the host: what the kernel could make available */
	struct hugepages_pool *pools; /* by page size, smallest first */
	size_t n_pools;
};

struct hugepages {
	uint64_t
		default_kib; /* the page size used when none is named, 0: no huge pages */
	struct hugepages_area host;
	struct hugepages_area node; /* the one that was asked for */
	bool has_node;              /* it exists */
};

#define HUGEPAGES_NONE ((struct hugepages){ 0 })

/* Reads the host, and its node of that number; -1: the host only. */
MUST_CHECK int hugepages_read(struct hugepages *ret_pages, const struct root *root,
			      int node, struct error *err);
void hugepages_done(struct hugepages *pages);

/* NULL when the kernel does not know that size. */
const struct hugepages_pool *hugepages_find(const struct hugepages_area *area,
					    uint64_t page_kib);

#define CLEANUP_HUGEPAGES CLEANUP(hugepages_done)
