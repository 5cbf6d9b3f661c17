/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Making a pool larger.
 *
 * A write to nr_hugepages does as much as it can, and succeeds all the same; on memory
 * that is full or fragmented each page takes long, and the last one as long as the kernel
 * needs to give up. So it is done in parts and read back: the first are small enough to
 * come back in time there; where memory is free the next ones are larger.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pages_record.h"

#define FIRST_KIB (UINT64_C(64) * 1024)
#define MOST_KIB  (UINT64_C(1024) * 1024) /* at once */
#define FAST_MS   200
#define SLOW_MS   1000
#define TRIES_MAX 8 /* that fall short, for one pool */
#define IDLE_MAX  2 /* of these that give nothing at all */

#define COMPACT_ALL  "proc/sys/vm/compact_memory"
#define COMPACT_NODE "sys/devices/system/node/node%d/compact"
#define DROP_CACHES  "proc/sys/vm/drop_caches"

/* --- larger --- */

struct growth {
	struct pages_pool *pool;
	uint64_t to; /* permanent pages */
	uint64_t part;
	uint64_t most;
	uint64_t end; /* by the effects' clock */
	unsigned n_tries;
	unsigned n_idle;
};

/* A remedy that fails is none; that alone is no reason to give up. */
static void try_write(struct hook *hook, const char *path, const char *value)
{
	struct error failure;

	if (sysfs_exists(hook->root, path) && hook_write(hook, path, value, &failure) < 0)
		account_add(&hook->account, LOG_WARNING, "%s", failure.msg);
}

/* Helps the kernel to find memory in one piece. */
static void make_room(struct hook *hook, const struct growth *growth)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (growth->n_idle > 0 && hook->config->drop_caches)
		try_write(hook, DROP_CACHES, "3");
	if (growth->pool->node != PAGES_HOST &&
	    sysfs_path(path, &ignored, COMPACT_NODE, growth->pool->node) == 0 &&
	    sysfs_exists(hook->root, path)) {
		try_write(hook, path, "1");
	} else {
		try_write(hook, COMPACT_ALL, "1");
	}
}

/* Makes one part; what it gives is in *ret_n. */
static int grow_part(struct hook *hook, struct growth *growth, uint64_t *ret_n,
		     struct error *err)
{
	uint64_t before = pages_pool_permanent(growth->pool);
	uint64_t begin = effects_now(hook->effects);
	uint64_t took, now;
	int r = pages_pool_write(hook, growth->pool, before + growth->part, err);

	if (r == -EINTR) {
		/* what it got by then counts */
		account_add(&hook->account, LOG_WARNING, "%s", err->msg);
		growth->pool->is_late = true;
		r = 0;
	}
	if (r == 0)
		r = pages_pool_count(growth->pool, hook->root, err);
	if (r < 0)
		return r;
	now = pages_pool_permanent(growth->pool);
	*ret_n = now > before ? now - before : 0;
	took = effects_now(hook->effects) - begin;
	if (took < FAST_MS && growth->part < growth->most) {
		growth->part *= 2;
	} else if (took > SLOW_MS && growth->part > 1) {
		growth->part /= 2;
	}
	return 0;
}

static int grow(struct hook *hook, struct growth *growth, struct error *err)
{
	for (;;) {
		uint64_t now = pages_pool_permanent(growth->pool);
		uint64_t asked, n;
		int r;

		if (now >= growth->to)
			return 0;
		if (growth->part > growth->to - now)
			growth->part = growth->to - now;
		asked = growth->part;
		r = grow_part(hook, growth, &n, err);
		if (r < 0)
			return r;
		if (n >= asked)
			continue;
		growth->n_tries++;
		growth->n_idle = n == 0 ? growth->n_idle + 1 : 0;
		growth->pool->is_late |= effects_now(hook->effects) >= growth->end;
		if (growth->n_tries >= TRIES_MAX || growth->n_idle > IDLE_MAX ||
		    growth->pool->is_late)
			return 0;
		make_room(hook, growth);
	}
}

/* Pages for that much memory, at least one. */
static uint64_t part(const struct pages_pool *pool, uint64_t kib)
{
	return pool->page_kib < kib ? kib / pool->page_kib : 1;
}

int pages_grow(struct hook *hook, struct pages_pool *pool, uint64_t n, struct error *err)
{
	struct growth growth = { .pool = pool };
	struct pages_state state = { .is_moving = true };
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];
	struct undo_record *record;
	uint64_t before, made;
	int r = pages_pool_read(pool, hook->root, err);

	if (r < 0)
		return r;
	before = pool->n_total;
	state.from = pages_pool_permanent(pool);
	state.to =
		before + n; /* its surplus pages become permanent before there are more */
	r = pages_state_add(&record, hook, pool, &state, err);
	if (r < 0)
		return r;
	growth.to = state.to;
	growth.most = part(pool, MOST_KIB);
	growth.part = part(pool, FIRST_KIB);
	growth.end = effects_now(hook->effects) + hook_wait_ms(hook);
	r = grow(hook, &growth, err);
	if (r == -ETIMEDOUT)
		pages_mark_late(hook, hook->log, record, &state);
	if (r < 0) {
		return error_wrap(err, "allocate %s on %s",
				  pages_text(n, pool->page_kib, text),
				  pages_node_text(pool->node, node));
	}
	made = pool->n_total > before ? pool->n_total - before : 0;
	pool->n_made += made;
	pool->is_short = made < n;
	return pages_settle(hook, hook->log, record, err);
}
