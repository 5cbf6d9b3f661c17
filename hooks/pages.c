/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The step that sees to a guest's huge pages; pages.h says how. */

#include "pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "pages_record.h"
#include "steps.h"

#define STEP    "hugepages"
#define MIB_KIB UINT64_C(1024)
#define GIB_KIB (UINT64_C(1024) * 1024)

/* What the guest needs, and what the host has for it. */
struct pages {
	struct pages_needs needs;
	struct pages_pools pools;
};

#define PAGES_NONE \
	((struct pages){ .needs = PAGES_NEEDS_NONE, .pools = PAGES_POOLS_NONE })

static void pages_done(struct pages *pages)
{
	pages_pools_done(&pages->pools);
	pages_needs_done(&pages->needs);
}

#define CLEANUP_PAGES CLEANUP(pages_done)

static int pages_read(struct pages *pages, const struct hook *hook, struct error *err)
{
	int r = pages_needs_read(&pages->needs, hook->needs.domain, err);

	if (r < 0 || pages->needs.n == 0)
		return r;
	return pages_pools_list(&pages->pools, &pages->needs, hook->root, err);
}

/* --- what lacks --- */

/* All that fits a need, taken together. */
struct sum {
	unsigned n_pools;
	uint64_t n_used;
	uint64_t n_new;
	uint64_t n_available; /* before this call */
	uint64_t n_made;
	uint64_t n_limit;
	uint64_t n_before; /* permanent pages */
	bool is_late;
};

static struct sum sum_pools(const struct pages_pools *pools,
			    const struct pages_need *need)
{
	struct sum sum = { 0 };

	for (size_t i = 0; i < pools->n; i++) {
		const struct pages_pool *pool = &pools->v[i];
		uint64_t made = pool->n_made;

		if (!pages_pool_fits(pool, need))
			continue;
		sum.n_pools++;
		sum.is_late |= pool->is_late;
		sum.n_used += pool->n_used;
		sum.n_new += pool->n_new;
		sum.n_made += made;
		sum.n_available +=
			pool->n_available > made ? pool->n_available - made : 0;
		sum.n_limit += pool->n_available + pool->n_limit;
		sum.n_before += pages_pool_permanent(pool) - made;
	}
	return sum;
}

/* "NUMA node 0", "NUMA nodes 0-1", "the host" */
static void format_place(struct buf *place, const struct pages_need *need)
{
	if (cpuset_is_empty(&need->nodes)) {
		buf_adds(place, "the host");
		return;
	}
	buf_addf(place, "NUMA node%s ", cpuset_count(&need->nodes) == 1 ? "" : "s");
	cpuset_format(&need->nodes, place);
}

/* As the kernel's command line has it: "hugepagesz=1G hugepages=0:4". */
static void format_boot(struct buf *boot, const struct pages_pools *pools,
			const struct pages_need *need, uint64_t n)
{
	bool is_gib = need->page_kib % GIB_KIB == 0;
	bool is_one = cpuset_count(&need->nodes) == 1 && pools->n > 1;

	if (need->page_kib % MIB_KIB == 0) {
		buf_addf(boot, "hugepagesz=%" PRIu64 "%c ",
			 need->page_kib / (is_gib ? GIB_KIB : MIB_KIB),
			 is_gib ? 'G' : 'M');
	} else {
		buf_addf(boot, "hugepagesz=%" PRIu64 "K ", need->page_kib);
	}
	buf_adds(boot, "hugepages=");
	if (is_one)
		buf_addf(boot, "%d:", cpuset_next(&need->nodes, 0));
	buf_addf(boot, "%" PRIu64, n);
}

/* What can never be, seen before anything is done. */
static int refuse(const struct pages_pools *pools, const struct pages_need *need,
		  uint64_t lack, struct error *err)
{
	CLEANUP_BUF struct buf place = BUF_NONE;
	struct sum sum = sum_pools(pools, need);
	char text[PAGES_TEXT_MAX];

	format_place(&place, need);
	if (buf_check(&place, err) < 0)
		return -ENOMEM;
	if (sum.n_pools == 0) {
		return error_set(
			err, EINVAL,
			"the guest's memory is to come from %s, and the host has "
			"no memory of that name",
			buf_text(&place));
	}
	return error_set(err, ENOMEM,
			 "the guest needs %s from %s, which has memory for no more than "
			 "%" PRIu64,
			 pages_text(lack + sum.n_used + sum.n_new, need->page_kib, text),
			 buf_text(&place), sum.n_limit);
}

static int fall_short(const struct hook *hook, const struct pages_pools *pools,
		      const struct pages_need *need, uint64_t lack, struct error *err)
{
	CLEANUP_BUF struct buf place = BUF_NONE;
	CLEANUP_BUF struct buf boot = BUF_NONE;
	struct sum sum = sum_pools(pools, need);
	uint64_t needed = lack + sum.n_used + sum.n_new;
	uint64_t missing = needed > sum.n_available ? needed - sum.n_available : 0;
	const char *why =
		sum.is_late ? "its memory is too full or too fragmented to find them in "
			      "the time for waits; reserve them at boot, with the "
			      "kernel's parameters"
			    : "its memory is too full or too fragmented; reserve them at "
			      "boot, with the kernel's parameters";
	const char *help =
		", or allow caches to be dropped for them: 'drop-caches = yes' "
		"in section [allow] of /" CONFIG_PATH;
	char text[PAGES_TEXT_MAX];

	if (need->page_kib >= GIB_KIB) {
		why = "pages of this size are to be had at boot only, in practice, with "
		      "the kernel's parameters";
	}
	if (need->page_kib >= GIB_KIB || hook->config->drop_caches)
		help = "";

	format_place(&place, need);
	format_boot(&boot, pools, need, sum.n_before + missing);
	if (buf_check(&place, err) < 0 || buf_check(&boot, err) < 0)
		return -ENOMEM;
	(void)pages_text(missing, need->page_kib, text);
	return error_set(err, ENOMEM,
			 "%s has %" PRIu64
			 " of the %s that the guest lacks (needed: %" PRIu64
			 ", free: %" PRIu64 "): %s %s%s",
			 buf_text(&place), sum.n_made, text, needed, sum.n_available, why,
			 buf_text(&boot), help);
}

/* --- before --- */

static void note_pool(struct hook *hook, const struct pages_pool *pool)
{
	uint64_t n = pool->n_used + pool->n_new;
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];

	if (n == 0)
		return;
	notes_add(&hook->notes, NOTE_DECISION, STEP,
		  "%s on %s: %" PRIu64 " %s free, %" PRIu64 " to be allocated",
		  pages_text(n, pool->page_kib, text), pages_node_text(pool->node, node),
		  pool->n_used, pool->n_used == 1 ? "is" : "are", pool->n_new);
}

static int check(struct hook *hook, struct error *err)
{
	CLEANUP_PAGES struct pages pages = PAGES_NONE;
	const struct pages_need *need;
	uint64_t lack = 0;
	int r = pages_read(&pages, hook, err);

	if (r < 0 || pages.needs.n == 0)
		return r;
	if (pages.needs.is_auto) {
		notes_add(&hook->notes, NOTE_WARNING, STEP,
			  "the guest lets numad choose its NUMA nodes, which happens "
			  "later: the huge pages may be on others; bind its memory with "
			  "<numatune>");
	}
	r = pages_pools_read(&pages.pools, undo_logs_find(&hook->logs, hook->needs.uuid),
			     hook, err);
	if (r < 0)
		return r;
	need = pages_plan(&pages.pools, &pages.needs, &lack);
	if (need)
		return refuse(&pages.pools, need, lack, err);
	for (size_t i = 0; i < pages.pools.n; i++)
		note_pool(hook, &pages.pools.v[i]);
	return 0;
}

/* --- doing it --- */

/* Makes what is planned; *ret_is_done when there was nothing to make. */
static int grow_all(struct hook *hook, const struct pages_pools *pools, bool *ret_is_done,
		    struct error *err)
{
	int r = 0;

	*ret_is_done = true;
	for (size_t i = 0; r == 0 && i < pools->n; i++) {
		struct pages_pool *pool = &pools->v[i];

		if (pool->n_new == 0)
			continue;
		*ret_is_done = false;
		r = pages_grow(hook, pool, pool->n_new, err);
	}
	return r;
}

/*
 * Looks at the pools anew afterwards: what one could not give is then asked of another,
 * and what somebody has taken meanwhile is seen.
 */
static int provide(struct hook *hook, struct pages *pages, struct error *err)
{
	for (size_t i = 0; i < 2 * pages->pools.n + 4; i++) {
		const struct pages_need *need;
		bool is_done = false;
		uint64_t lack = 0;
		int r = pages_pools_read(&pages->pools, hook->log, hook, err);

		if (r < 0)
			return r;
		need = pages_plan(&pages->pools, &pages->needs, &lack);
		if (need)
			return fall_short(hook, &pages->pools, need, lack, err);
		r = grow_all(hook, &pages->pools, &is_done, err);
		if (r < 0 || is_done)
			return r;
	}
	return error_set(err, EBUSY,
			 "the huge pages that are allocated for the guest are taken by "
			 "others as they come");
}

static void tell(struct hook *hook, const struct pages_pool *pool)
{
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];

	account_add(&hook->account, LOG_INFO, "%s on %s, %" PRIu64 " of them allocated",
		    pages_text(pool->n_used, pool->page_kib, text),
		    pages_node_text(pool->node, node), pool->n_made);
}

static int apply(struct hook *hook, struct error *err)
{
	CLEANUP_PAGES struct pages pages = PAGES_NONE;
	int r = pages_read(&pages, hook, err);

	if (r < 0 || pages.needs.n == 0)
		return r;
	r = provide(hook, &pages, err);
	for (size_t i = 0; r == 0 && i < pages.pools.n; i++) {
		if (pages.pools.v[i].n_used == 0)
			continue;
		r = pages_claim(hook, &pages.pools.v[i], err);
		if (r == 0)
			tell(hook, &pages.pools.v[i]);
	}
	return r;
}

const struct step pages_step = {
	.name = STEP,
	.check = check,
	.apply = apply,
};

/* --- the claims --- */

static int undo_claim(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err)
{
	(void)hook;
	(void)log;
	(void)record;
	(void)err;
	return 0;
}

const struct undo_kind pages_claim_undo = {
	.name = PAGES_CLAIM,
	.step = STEP,
	.say = pages_say_claim,
	.undo = undo_claim,
};
