/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Huge pages for a guest (Documentation/admin-guide/mm/hugetlbpage.rst): as many as it
 * needs and are not free, on the NUMA nodes that its memory comes from, and given back
 * when it has gone.
 *
 * Which node. Memory that is bound to one node (<numatune>, mode strict or restrictive)
 * has to come from there. Memory that may come from several, or that nothing is said of,
 * the kernel takes from any of these, so what counts is how many there are together: the
 * pages that are free are used first, on whichever node, then the missing ones are made
 * on all of the nodes alike, as the kernel does it when it is told a number for the whole
 * host; what one node cannot give is asked of the others. A preferred node is asked for
 * all of it first. Needs with less choice come first. A guest without bounds can still
 * take the pages of a node that another guest is bound to: who shares a host binds.
 *
 * What is free. A page that is free now may be promised: to a program that has reserved
 * it (resv_hugepages, which the kernel counts for the host as a whole, so that it is
 * taken off every node), or to another guest of ours, between the prepare of its hook and
 * the moment at which its QEMU has touched all of its memory. So each guest has on record
 * what it takes of each pool (PAGES_CLAIM), the free pages as well as the new ones; the
 * part of that which its QEMU has not mapped yet (/proc/PID/numa_maps) is not free. While
 * there is no QEMU that is all of it. What a running QEMU has not mapped it may have
 * reserved, so these are counted once.
 *
 * What is given back. A number that is written sets the pages that stay; those that the
 * kernel has made beyond (surplus) come on top of it when it is read, and are the first
 * to become permanent when it grows. So all of the log's numbers are those of permanent
 * pages, and what is given back is a difference: what others did to the pool meanwhile
 * stays.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/cpuset.h"
#include "base/error.h"
#include "hook.h"
#include "host/sysfs.h"

/*
 * A pool that was made larger: node ("-" is the host), page size in KiB, and how many
 * pages are ours: "388", or "388,412,24" while they are being changed, where the number
 * of permanent pages was 412 and is to become 24; then "late" if that write has not come
 * back in time.
 */
#define PAGES_KIND "hugepages"

/* What a guest takes of a pool: node, page size in KiB, pages. Nothing to undo. */
#define PAGES_CLAIM "hugepages-claim"

#define PAGES_HOST     (-1) /* as a node: there are none, the host is one */
#define PAGES_TEXT_MAX 64

/* --- what a guest needs (pages_need.c) --- */

struct pages_need {
	uint64_t page_kib;   /* 0: the host's default */
	uint64_t kib;        /* of memory */
	uint64_t n;          /* pages for that */
	struct cpuset nodes; /* it may only come from these; empty: from any */
	int first;           /* the node that is preferred, -1: none is */
};

struct pages_needs {
	struct pages_need *v;
	size_t n;
	bool is_auto; /* numad is asked where the memory shall be, but after us */
};

#define PAGES_NEEDS_NONE ((struct pages_needs){ 0 })

/*
 * From <memoryBacking>, <memory>, <cpu><numa>, <numatune> and memory devices. Pages that
 * are not huge are left out, shared memory (<shmem>) never is in huge pages.
 */
MUST_CHECK int pages_needs_read(struct pages_needs *ret_needs, const xmlNode *domain,
				struct error *err);
void pages_needs_done(struct pages_needs *needs);

/* --- what the host has (pages_pool.c) --- */

struct pages_pool {
	int node;
	uint64_t page_kib;
	uint64_t n_total; /* surplus pages too */
	uint64_t n_surplus;
	uint64_t n_free;
	uint64_t n_promised;  /* of the free ones, to others */
	uint64_t n_available; /* the rest of these */
	uint64_t n_limit;     /* more new ones there cannot be, for want of memory */

	uint64_t n_made; /* by this call */
	bool is_short;   /* it could not give all that was asked for */
	bool is_late;    /* in the time that there was for it */
	uint64_t n_used; /* as planned: of those available */
	uint64_t n_new;  /* as planned: more than there are */
};

struct pages_pools {
	struct pages_pool *v;
	size_t n;
};

#define PAGES_POOLS_NONE ((struct pages_pools){ 0 })

/*
 * The host's pools for these needs, without their numbers. Sets `n` of the needs, and the
 * page size of those that take the host's default. Refuses sizes that the host has not.
 */
MUST_CHECK int pages_pools_list(struct pages_pools *ret_pools, struct pages_needs *needs,
				const struct root *root, struct error *err);
void pages_pools_done(struct pages_pools *pools);

/* Reads the numbers of a pool as they are now, without n_promised and n_available. */
MUST_CHECK int pages_pool_read(struct pages_pool *pool, const struct root *root,
			       struct error *err);

/*
 * Of these only how many pages there are, while it grows in many parts: for the rest the
 * kernel sums up all that it knows of the node's memory.
 */
MUST_CHECK int pages_pool_count(struct pages_pool *pool, const struct root *root,
				struct error *err);

/* The number that a write sets. */
uint64_t pages_pool_permanent(const struct pages_pool *pool);

/* "sys/devices/system/node/node0/hugepages/hugepages-2048kB/NAME" */
MUST_CHECK int pages_pool_path(char path[static SYSFS_PATH_MAX],
			       const struct pages_pool *pool, const char *name,
			       struct error *err);

/* Sets the number of permanent pages, as far as the kernel can: read it again. */
MUST_CHECK int pages_pool_write(struct hook *hook, const struct pages_pool *pool,
				uint64_t n, struct error *err);

/* "1 huge page of 1 GiB"; "NUMA node 0" or "the host". */
const char *pages_text(uint64_t n, uint64_t page_kib, char text[static PAGES_TEXT_MAX]);
const char *pages_node_text(int node, char text[static PAGES_TEXT_MAX]);

/* --- who has been promised what (pages_claim.c) --- */

/* Reads the numbers of all pools, as they are for the guest of `log` (NULL: a new one).
 */
MUST_CHECK int pages_pools_read(struct pages_pools *pools, const struct undo_log *log,
				const struct hook *hook, struct error *err);

/* The pool that a record of ours names. */
MUST_CHECK int pages_pool_of(struct pages_pool *ret_pool,
			     const struct undo_record *record, struct error *err);

/* The pages of a record of ours: those that are claimed, or made. */
MUST_CHECK int pages_recorded(uint64_t *ret_n, const struct undo_record *record,
			      struct error *err);

MUST_CHECK int pages_claim(struct hook *hook, const struct pages_pool *pool,
			   struct error *err);

/* --- who gets what (pages_plan.c) --- */

/*
 * Fills n_used and n_new of all pools. Returns the need for which there is no place, as
 * the pools that it may have are short or too small, with the pages that lack; or NULL.
 */
const struct pages_need *pages_plan(struct pages_pools *pools,
				    const struct pages_needs *needs, uint64_t *ret_lack);

bool pages_pool_fits(const struct pages_pool *pool, const struct pages_need *need);

/* --- more of them (pages_grow.c); less of them is in pages_undo.c --- */

/*
 * Makes n more pages in a pool, on record in the log, and as many as there can be: the
 * pool is read anew, n_made counted up, is_short set when that is less. It goes on for as
 * long as there are more with each write.
 */
MUST_CHECK int pages_grow(struct hook *hook, struct pages_pool *pool, uint64_t n,
			  struct error *err);
