/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Huge pages: which size, how many of them that makes, and whether the host could have
 * them.
 *
 * Without a size the guest keeps the one it has. Else it gets pages of 1 GiB if the host
 * has set aside enough of them, as that is done at boot and for a purpose (later on,
 * hardly ever is 1 GiB of memory free in one piece); else pages of 2 MiB, which can be
 * had while the host runs.
 */

#include "host/hugepages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/parse.h"
#include "domain/query.h"
#include "tweak/guest_resources.h"
#include "tweak/prealloc.h"
#include "tweak/tweaks.h"

#define TOPIC   "hugepages"
#define MIB_KIB UINT64_C(1024)
#define GIB_KIB (UINT64_C(1024) * 1024)

struct choice {
	struct hugepages host; /* empty with --host=none */
	const struct hugepages_area
		*area; /* that the guest's memory comes from, or NULL */
	int node;      /* of that area, -1: the whole host */
	uint64_t memory_kib;
	uint64_t page_kib; /* 0: the host's default, whatever it is */
	const char *reason;
};

static void format_size(char *buf, size_t size, uint64_t kib)
{
	static const char *const units[] = { "KiB", "MiB", "GiB" };
	size_t unit = 0;

	while (unit + 1 < ARRAY_SIZE(units) && kib > 0 && kib % 1024 == 0) {
		kib /= 1024;
		unit++;
	}
	(void)snprintf(buf, size, "%" PRIu64 " %s", kib, units[unit]);
}

#define SIZE_TEXT_MAX 32

/* The node that --pin binds the memory to, or the guest's <numatune>; -1 without one. */
static int memory_node(const struct planner *planner)
{
	const xmlNode *pin = query_child(xmlDocGetRootElement(planner->plan), "pin");
	const xmlNode *numatune = query_path(planner_domain(planner), "numatune/memory");
	const char *text = query_attr(pin, "node");
	struct error ignored;
	uint64_t node;

	if (!text)
		text = query_attr(numatune, "nodeset");
	if (!text || parse_dec(&node, text, 0, INT16_MAX, "node", &ignored) < 0)
		return -1;
	return (int)node;
}

static int read_host(struct choice *choice, const struct planner *planner,
		     struct error *err)
{
	int node = memory_node(planner);
	int r;

	choice->node = -1;
	if (!planner->root)
		return 0;
	r = hugepages_read(&choice->host, planner->root, node, err);
	if (r < 0)
		return r;
	choice->area = &choice->host.host;
	if (choice->host.has_node) {
		choice->area = &choice->host.node;
		choice->node = node;
	}
	return 0;
}

/* The page that the guest has for all of its memory, NULL without it. */
static xmlNodePtr find_page(const xmlNode *hugepages)
{
	query_each (page, hugepages, "page") {
		if (!query_attr(page, "nodeset"))
			return page;
	}
	return NULL;
}

static uint64_t page_kib(const xmlNode *page)
{
	uint64_t bytes = 0;

	if (!guest_scale(&bytes, query_attr(page, "size"), query_attr(page, "unit")))
		return 0;
	return bytes / 1024;
}

static bool has_enough(const struct choice *choice, uint64_t kib)
{
	const struct hugepages_pool *pool =
		choice->area ? hugepages_find(choice->area, kib) : NULL;

	return pool && choice->memory_kib > 0 && choice->memory_kib % kib == 0 &&
	       pool->n_total >= choice->memory_kib / kib;
}

static void choose_size(struct choice *choice, const struct planner *planner)
{
	const xmlNode *has =
		query_path(planner_domain(planner), "memoryBacking/hugepages");

	if (planner->wishes->hugepages.size_kib > 0) {
		choice->page_kib = planner->wishes->hugepages.size_kib;
		choice->reason = "asked for";
	} else if (has) {
		const xmlNode *page = find_page(has);

		choice->page_kib = page ? page_kib(page) : choice->host.default_kib;
		choice->reason = page ? "the guest has them already"
				      : "the guest already has the host's default size";
	} else if (has_enough(choice, GIB_KIB)) {
		choice->page_kib = GIB_KIB;
		choice->reason = "the host has set aside enough of this size";
	} else if (choice->area && choice->host.host.n_pools > 0 &&
		   !hugepages_find(&choice->host.host, 2 * MIB_KIB)) {
		choice->page_kib = choice->host.host.pools[0].page_kib;
		choice->reason = "the smallest huge pages that the host has";
	} else {
		choice->page_kib = 2 * MIB_KIB;
		choice->reason =
			"pages of this size can be had while the host runs, those "
			"of 1 GiB hardly ever";
	}
}

static int check_size(const struct choice *choice, struct error *err)
{
	const struct hugepages_area *host = &choice->host.host;
	CLEANUP_BUF struct buf known = BUF_NONE;
	char page[SIZE_TEXT_MAX];

	format_size(page, sizeof(page), choice->page_kib);
	if (host->n_pools > 0 && !hugepages_find(host, choice->page_kib)) {
		for (size_t i = 0; i < host->n_pools; i++) {
			char size[SIZE_TEXT_MAX];

			format_size(size, sizeof(size), host->pools[i].page_kib);
			buf_addf(&known, "%s%s", i ? ", " : "", size);
		}
		return error_set(err, EINVAL,
				 "the host has no pages of %s, but pages of %s", page,
				 buf_text(&known));
	}
	if (choice->memory_kib % choice->page_kib != 0) {
		char memory[SIZE_TEXT_MAX];

		format_size(memory, sizeof(memory), choice->memory_kib);
		return error_set(
			err, EINVAL,
			"the guest's memory of %s is no whole number of pages of "
			"%s: change <memory>, or ask for a smaller page",
			memory, page);
	}
	return 0;
}

/* Whether the host could have the pages, and what is to be done for it. */
static void note_host(struct planner *planner, const struct choice *choice, uint64_t n)
{
	const struct hugepages_pool *pool =
		hugepages_find(choice->area, choice->page_kib);
	uint64_t n_free = pool ? pool->n_free : 0;
	uint64_t missing = n > n_free ? (n - n_free) * choice->page_kib : 0;
	char place[32] = "the host";

	if (choice->node >= 0)
		(void)snprintf(place, sizeof(place), "NUMA node %d", choice->node);
	if (choice->area->total_kib > 0 && choice->memory_kib > choice->area->total_kib) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "the guest's %" PRIu64 " MiB are more than the %" PRIu64
			  " MiB of %s: it will not start",
			  choice->memory_kib / MIB_KIB, choice->area->total_kib / MIB_KIB,
			  place);
	} else if (missing == 0) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "nothing to do on the host");
		notes_because(planner->notes, "%s has %" PRIu64 " of these pages free",
			      place, n_free);
	} else {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"%s has %" PRIu64 " of the %" PRIu64 " pages set aside and free, "
			"and %" PRIu64 " MiB of other memory for the missing %" PRIu64
			" MiB: set them aside before the guest starts, or let vfiokit-hook "
			"do it (--hook)",
			place, n_free, n, choice->area->free_kib / MIB_KIB,
			missing / MIB_KIB);
	}
}

static void note_pages(struct planner *planner, const struct choice *choice)
{
	uint64_t n = choice->page_kib ? choice->memory_kib / choice->page_kib : 0;
	char page[SIZE_TEXT_MAX];

	format_size(page, sizeof(page), choice->page_kib);
	if (choice->page_kib == 0) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "pages of the host's default size");
	} else if (n == 0) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC, "pages of %s", page);
	} else {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "%" PRIu64 " page%s of %s", n, n == 1 ? "" : "s", page);
	}
	notes_because(planner->notes, "%s", choice->reason);
	if (n > 0 && choice->area)
		note_host(planner, choice, n);
}

static void note_source(struct planner *planner, const xmlNode *backing)
{
	const xmlNode *source = query_child(backing, "source");

	if (!source || query_attr_is(source, "type", "memfd")) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC, "memory from memfd");
		notes_because(planner->notes, "no hugetlbfs has to be mounted for it");
	} else {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"the memory source '%s' that the guest has stays: libvirt then needs "
			"a hugetlbfs that is mounted for pages of this size",
			query_attr(source, "type") ? query_attr(source, "type") : "");
	}
}

static int plan_unset(struct planner *planner)
{
	const xmlNode *backing = query_child(planner_domain(planner), "memoryBacking");

	planner_set(planner_add(planner, TOPIC), "unset", "yes");
	if (query_child(backing, "hugepages")) {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"taken out, with the memory source memfd unless shared access "
			"needs it; a page size that it had replaced is not guessed back");
	}
	return 0;
}

static int plan_set(struct planner *planner, struct choice *choice, struct error *err)
{
	const xmlNode *backing = query_child(planner_domain(planner), "memoryBacking");
	const xmlNode *has = query_child(backing, "hugepages");
	const xmlNode *page = find_page(has);
	xmlNodePtr element;
	uint64_t bytes;
	int r = guest_memory(&bytes, planner, err);

	if (r == 0)
		r = read_host(choice, planner, err);
	if (r < 0)
		return r;
	choice->memory_kib = bytes / 1024;
	choose_size(choice, planner);
	if (choice->page_kib > 0)
		r = check_size(choice, err);
	if (r < 0)
		return r;

	element = planner_add(planner, TOPIC);
	/* what the guest says in its own way stays as it is */
	if (!has || (planner->wishes->hugepages.size_kib > 0 &&
		     !(page && page_kib(page) == choice->page_kib)))
		planner_setf(element, "size", "%" PRIu64, choice->page_kib);
	note_pages(planner, choice);
	note_source(planner, backing);
	return prealloc_check(planner, TOPIC, err);
}

int hugepages_plan(struct planner *planner, struct error *err)
{
	struct choice choice = { .host = HUGEPAGES_NONE };
	int r;

	if (planner->wishes->hugepages.wish == WISH_NOTHING)
		return 0;
	if (planner->wishes->hugepages.wish == WISH_UNSET)
		return plan_unset(planner);
	r = plan_set(planner, &choice, err);
	hugepages_done(&choice.host);
	return r;
}
