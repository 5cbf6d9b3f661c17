/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Giving huge pages back. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "pages_record.h"
#include "steps.h"

struct giving {
	struct pages_pool *pool;
	const struct undo_log *log;
	uint64_t n;
};

static int are_free(struct hook *hook, void *data, struct error *err)
{
	struct giving *giving = data;
	struct pages_pools one = { .v = giving->pool, .n = 1 };
	int r = pages_pools_read(&one, giving->log, hook, err);

	return r < 0 ? r : giving->pool->n_available >= giving->n;
}

/* QEMU's pages are free when it is really gone. */
static int await_free(struct hook *hook, struct giving *giving, struct error *err)
{
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];
	int r = hook_await(hook, are_free, giving, err);

	if (r != -ETIMEDOUT)
		return r;
	account_add(&hook->account, LOG_WARNING,
		    "%s has to give back %s, of which only %" PRIu64
		    " are free and promised to nobody: the others go when they are let "
		    "go of",
		    pages_node_text(giving->pool->node, node),
		    pages_text(giving->n, giving->pool->page_kib, text),
		    giving->pool->n_available);
	return 0;
}

static int shrink(struct hook *hook, struct undo_log *log, struct undo_record *record,
		  struct giving *giving, struct error *err)
{
	struct pages_state state = { .held = giving->n, .is_moving = true };
	int r = pages_pool_read(giving->pool, hook->root, err);
	struct error ignored;

	if (r < 0)
		return r;
	state.from = pages_pool_permanent(giving->pool);
	if (state.held > state.from) /* somebody else has taken them away */
		state.held = state.from;
	state.to = state.from - state.held;
	r = pages_state_write(log, record, &state, err);
	if (r == 0 && state.held > 0)
		r = pages_pool_write(hook, giving->pool, state.to, err);
	if (r == -ETIMEDOUT) {
		pages_mark_late(hook, log, record, &state);
	} else if (r < 0) {
		(void)!pages_settle(hook, log, record, &ignored);
	}
	return r < 0 ? r : pages_settle(hook, log, record, err);
}

static int give_back(struct hook *hook, struct undo_log *log, struct undo_record *record,
		     struct giving *giving, struct error *err)
{
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];
	uint64_t left = 0;
	int r = pages_recorded(&giving->n, record, err);

	if (r < 0 || giving->n == 0)
		return r;
	(void)pages_text(giving->n, giving->pool->page_kib, text);
	(void)pages_node_text(giving->pool->node, node);
	r = await_free(hook, giving, err);
	if (r == 0)
		r = shrink(hook, log, record, giving, err);
	if (r == 0)
		r = pages_recorded(&left, record, err);
	if (r < 0)
		return error_wrap(err, "give back %s on %s", text, node);
	if (left > 0) {
		return error_set(err, EIO, "%s keeps %" PRIu64 " of %s to be given back",
				 node, left, text);
	}
	account_add(&hook->account, LOG_INFO, "%s: %s given back", node, text);
	return 0;
}

/*
 * Where a write has not come back this one waits behind it, and says what there shall be
 * in the end, whatever that one makes.
 */
static int catch_up(struct hook *hook, struct undo_log *log, struct undo_record *record,
		    struct pages_pool *pool, struct error *err)
{
	struct pages_state state = { 0 };
	uint64_t to, now;
	int r = pages_state_read(&state, record, err);

	if (r < 0 || !state.is_late)
		return r < 0 ? r : pages_settle(hook, log, record, err);
	to = state.from > state.held ? state.from - state.held : 0;
	r = pages_pool_write(hook, pool, to, err);
	if (r == 0)
		r = pages_pool_read(pool, hook->root, err);
	if (r < 0)
		return r;
	now = pages_pool_permanent(pool);
	state = (struct pages_state){ .held = now > to ? now - to : 0 };
	return pages_state_write(log, record, &state, err);
}

static int undo(struct hook *hook, struct undo_log *log, struct undo_record *record,
		struct error *err)
{
	struct pages_pool pool = { 0 };
	struct giving giving = { .pool = &pool, .log = log };
	char path[SYSFS_PATH_MAX];
	int r = pages_pool_of(&pool, record, err);

	if (r == 0)
		r = pages_pool_path(path, &pool, "nr_hugepages", err);
	if (r < 0)
		return r;
	if (!sysfs_exists(hook->root, path)) {
		account_add(&hook->account, LOG_WARNING,
			    "'/%s' is not there any more: nothing to give back", path);
		return 0;
	}
	r = catch_up(hook, log, record, &pool, err);
	if (r == 0)
		r = give_back(hook, log, record, &giving, err);
	/* unlike a driver's, this write comes back some time: the next call tries again
	 */
	if (r == -ETIMEDOUT)
		r = -(err->code = EBUSY);
	return r;
}

/*
 * A write that has not come back in time may still do something, so what it has done is
 * not known before undo() has waited for it. Else nobody of us has changed the pool
 * since: the lock.
 */
static int settle_open(struct hook *hook, struct undo_log *log,
		       struct undo_record *record, struct error *err)
{
	struct pages_state state = { 0 };
	int r = pages_state_read(&state, record, err);

	return r < 0 || state.is_late ? r : pages_settle(hook, log, record, err);
}

const struct undo_kind pages_undo = {
	.name = PAGES_KIND,
	.step = "hugepages",
	.say = pages_say,
	.settle = settle_open,
	.undo = undo,
};
