/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which pools a guest's pages come from. Numbers only: nothing is read or written. */

#include "pages.h"

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool pages_pool_fits(const struct pages_pool *pool, const struct pages_need *need)
{
	return pool->page_kib == need->page_kib &&
	       (pool->node == PAGES_HOST || cpuset_is_empty(&need->nodes) ||
		cpuset_has(&need->nodes, (unsigned)pool->node));
}

static unsigned n_choices(const struct pages_pools *pools, const struct pages_need *need)
{
	unsigned n = 0;

	for (size_t i = 0; i < pools->n; i++)
		n += pages_pool_fits(&pools->v[i], need);
	return n;
}

static void use(struct pages_pool *pool, uint64_t *rest)
{
	uint64_t n = least(*rest, pool->n_available - pool->n_used);

	pool->n_used += n;
	*rest -= n;
}

/* How many pages more can be made in it for that. */
static uint64_t room(const struct pages_pool *pool, const struct pages_need *need)
{
	if (!pages_pool_fits(pool, need) || pool->is_short || pool->n_limit < pool->n_new)
		return 0;
	return pool->n_limit - pool->n_new;
}

static void make(struct pages_pool *pool, const struct pages_need *need, uint64_t n,
		 uint64_t *rest)
{
	n = least(n, room(pool, need));
	pool->n_new += n;
	*rest -= n;
}

static void take_first(struct pages_pools *pools, const struct pages_need *need,
		       uint64_t *rest)
{
	for (size_t i = 0; i < pools->n; i++) {
		struct pages_pool *pool = &pools->v[i];

		if (!pages_pool_fits(pool, need) || pool->node != need->first)
			continue;
		use(pool, rest);
		make(pool, need, *rest, rest);
	}
}

static unsigned n_with_room(const struct pages_pools *pools,
			    const struct pages_need *need)
{
	unsigned n = 0;

	for (size_t i = 0; i < pools->n; i++)
		n += room(&pools->v[i], need) > 0;
	return n;
}

static void make_alike(struct pages_pools *pools, const struct pages_need *need,
		       uint64_t *rest)
{
	unsigned n_left;

	while (*rest > 0 && (n_left = n_with_room(pools, need)) > 0) {
		uint64_t n = *rest / n_left + (*rest % n_left > 0);

		for (size_t i = 0; i < pools->n; i++)
			make(&pools->v[i], need, least(n, *rest), rest);
	}
}

static uint64_t place(struct pages_pools *pools, const struct pages_need *need)
{
	uint64_t rest = need->n;

	if (need->first >= 0)
		take_first(pools, need, &rest);
	for (size_t i = 0; i < pools->n; i++) {
		if (pages_pool_fits(&pools->v[i], need))
			use(&pools->v[i], &rest);
	}
	make_alike(pools, need, &rest);
	return rest;
}

const struct pages_need *pages_plan(struct pages_pools *pools,
				    const struct pages_needs *needs, uint64_t *ret_lack)
{
	for (size_t i = 0; i < pools->n; i++) {
		pools->v[i].n_used = 0;
		pools->v[i].n_new = 0;
	}
	for (unsigned choices = 0; choices <= pools->n; choices++) {
		for (size_t i = 0; i < needs->n; i++) {
			const struct pages_need *need = &needs->v[i];

			if (n_choices(pools, need) != choices)
				continue;
			*ret_lack = place(pools, need);
			if (*ret_lack > 0)
				return need;
		}
	}
	return NULL;
}
