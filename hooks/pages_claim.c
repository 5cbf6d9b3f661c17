/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which of a pool's free pages others count on. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"
#include "guest_process.h"
#include "host/meminfo.h"
#include "pages.h"

enum field {
	FIELD_NODE,
	FIELD_SIZE,
	FIELD_PAGES,
};

#define NUMBER_MAX 24

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* --- records --- */

int pages_pool_of(struct pages_pool *ret_pool, const struct undo_record *record,
		  struct error *err)
{
	struct pages_pool pool = { .node = PAGES_HOST };
	const char *node = undo_field(record, FIELD_NODE);
	uint64_t number;
	int r = parse_dec(&pool.page_kib, undo_field(record, FIELD_SIZE), 1, UINT64_MAX,
			  "page size in the undo log", err);

	if (r == 0 && strcmp(node, "-") != 0) {
		r = parse_dec(&number, node, 0, INT16_MAX, "node in the undo log", err);
		pool.node = r == 0 ? (int)number : PAGES_HOST;
	}
	if (r == 0)
		*ret_pool = pool;
	return r;
}

int pages_recorded(uint64_t *ret_n, const struct undo_record *record, struct error *err)
{
	const char *text = undo_field(record, FIELD_PAGES);
	char number[NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%.*s", (int)strcspn(text, ","), text);
	return parse_dec(ret_n, number, 0, UINT32_MAX,
			 "number of huge pages in the undo log", err);
}

int pages_claim(struct hook *hook, const struct pages_pool *pool, struct error *err)
{
	char node[NUMBER_MAX] = "-";
	char size[NUMBER_MAX];
	char n[NUMBER_MAX];

	if (pool->node != PAGES_HOST)
		(void)snprintf(node, sizeof(node), "%d", pool->node);
	(void)snprintf(size, sizeof(size), "%" PRIu64, pool->page_kib);
	(void)snprintf(n, sizeof(n), "%" PRIu64, pool->n_used);
	return undo_log_add(hook->log, NULL, err, PAGES_CLAIM, node, size, n, NULL);
}

/* The pages of that size that the records of a kind have, on that node or on all. */
static int sum_records(uint64_t *ret_n, const struct undo_log *log, const char *kind,
		       const struct pages_pool *pool, bool is_any_node, struct error *err)
{
	*ret_n = 0;
	for (size_t i = 0; i < log->n; i++) {
		const struct undo_record *record = &log->v[i];
		struct pages_pool of = { 0 };
		uint64_t n = 0;
		int r;

		if (record->state != UNDO_OPEN || strcmp(record->kind, kind) != 0)
			continue;
		r = pages_pool_of(&of, record, err);
		if (r == 0)
			r = pages_recorded(&n, record, err);
		if (r < 0)
			return r;
		if (of.page_kib == pool->page_kib &&
		    (is_any_node || of.node == pool->node))
			*ret_n += n;
	}
	return 0;
}

/* --- what a QEMU has --- */

struct process {
	bool is_running;
	struct buf numa_maps;
	uint64_t hugetlb_kib; /* of all sizes */
};

static void process_done(struct process *process)
{
	buf_done(&process->numa_maps);
}

static int read_text(struct buf *text, const struct root *root, const char *path,
		     struct error *err)
{
	CLEANUP_CLOSE int fd = sysfs_open(root, path);

	return fd < 0 ? error_sys(err, -fd, "read '/%s'", path)
		      : file_read_fd(text, fd, path, err);
}

static int read_proc(struct buf *text, const struct root *root, unsigned pid,
		     const char *name, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, "proc/%u/%s", pid, name);

	return r < 0 ? r : read_text(text, root, path, err);
}

/* What cannot be read is as if QEMU had no pages yet: too many are better than too few.
 */
static void read_process(struct process *process, const struct root *root,
			 const struct undo_log *log)
{
	CLEANUP_BUF struct buf status = BUF_NONE;
	struct error ignored;
	unsigned pid;

	if (!guest_process_find(&pid, root, log))
		return;
	process->is_running = true;
	(void)!read_proc(&process->numa_maps, root, pid, "numa_maps", &ignored);
	if (read_proc(&status, root, pid, "status", &ignored) == 0)
		meminfo_find(&process->hugetlb_kib, buf_text(&status), "HugetlbPages");
}

static uint64_t number_after(const char *text)
{
	uint64_t n = 0;

	for (; *text >= '0' && *text <= '9' && n < UINT32_MAX; text++)
		n = n * 10 + (uint64_t)(*text - '0');
	return n;
}

/*
 * The pages of one line of numa_maps, "7f... bind:0 file=... huge dirty=4 N0=3 N1=1
 * kernelpagesize_kB=2048": their size, those on that node, and all of them.
 */
static uint64_t count_line(const char *line, const char *end, int node, uint64_t *ret_all,
			   uint64_t *ret_kib)
{
	static const char size[] = " kernelpagesize_kB=";
	uint64_t n = 0;

	*ret_all = 0;
	*ret_kib = 0;
	for (const char *at = line; (at = memchr(at, ' ', (size_t)(end - at))); at++) {
		uint64_t pages;

		if (strncmp(at, size, strlen(size)) == 0)
			*ret_kib = number_after(at + strlen(size));
		if (at[1] != 'N' || at[2] < '0' || at[2] > '9')
			continue;
		pages = number_after(at + 2 + strspn(at + 2, "0123456789") + 1);
		*ret_all += pages;
		if (number_after(at + 2) == (uint64_t)node)
			n += pages;
	}
	return n;
}

/* The pages of this pool that the process has mapped, and of all nodes. */
static uint64_t count_taken(const struct process *process, const struct pages_pool *pool,
			    uint64_t *ret_all)
{
	const char *text = buf_text(&process->numa_maps);
	uint64_t n = 0;

	*ret_all = 0;
	if (pool->node == PAGES_HOST) {
		*ret_all = process->hugetlb_kib / pool->page_kib;
		return *ret_all;
	}
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		uint64_t all, kib;
		uint64_t here = count_line(text, end, pool->node, &all, &kib);

		if (kib == pool->page_kib) {
			n += here;
			*ret_all += all;
		}
		text = end + (*end == '\n');
	}
	return n;
}

/* --- all guests --- */

/* What the guest of a log still is to take; *reserved counts what QEMU may have reserved.
 */
static int promise_guest(struct pages_pool *pool, uint64_t *reserved,
			 const struct undo_log *log, const struct process *process,
			 struct error *err)
{
	uint64_t here = 0, all = 0;
	uint64_t taken_here, taken;
	int r = sum_records(&here, log, PAGES_CLAIM, pool, false, err);

	if (r == 0)
		r = sum_records(&all, log, PAGES_CLAIM, pool, true, err);
	if (r < 0 || all == 0)
		return r;
	taken_here = count_taken(process, pool, &taken);
	/* a guest that may take from any node can have taken them elsewhere */
	pool->n_promised += least(less(here, taken_here), less(all, taken));
	if (process->is_running)
		*reserved += less(all, taken);
	return 0;
}

static int promise_log(struct pages_pools *pools, uint64_t *reserved,
		       const struct undo_log *log, const struct root *root,
		       struct error *err)
{
	struct process process = { .numa_maps = BUF_NONE };
	uint64_t n;
	int r = 0;

	if (!log->is_released)
		read_process(&process, root, log);
	for (size_t i = 0; r == 0 && i < pools->n; i++) {
		struct pages_pool *pool = &pools->v[i];

		if (log->is_released) { /* these are still to be given back */
			r = sum_records(&n, log, PAGES_KIND, pool, false, err);
			pool->n_promised += r == 0 ? n : 0;
		} else {
			r = promise_guest(pool, &reserved[i], log, &process, err);
		}
	}
	process_done(&process);
	return r;
}

/* The kernel counts what is reserved for the host as a whole. */
static int promise_reserved(struct pages_pool *pool, uint64_t ours,
			    const struct root *root, struct error *err)
{
	const struct pages_pool host = { .node = PAGES_HOST, .page_kib = pool->page_kib };
	char path[SYSFS_PATH_MAX];
	uint64_t n = 0;
	int r = pages_pool_path(path, &host, "resv_hugepages", err);

	if (r == 0)
		r = sysfs_read_number(&n, root, path, UINT32_MAX, err);
	if (r == 0)
		pool->n_promised += less(n, ours);
	return r;
}

int pages_pools_read(struct pages_pools *pools, const struct undo_log *log,
		     const struct hook *hook, struct error *err)
{
	CLEANUP_FREE uint64_t *reserved = calloc(pools->n + 1, sizeof(*reserved));
	int r = 0;

	if (!reserved)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < pools->n; i++) {
		pools->v[i].n_promised = 0;
		r = pages_pool_read(&pools->v[i], hook->root, err);
	}
	for (size_t i = 0; r == 0 && i < hook->logs.n; i++) {
		const struct undo_log *other = hook->logs.v[i];

		if (other != log && !other->is_stale)
			r = promise_log(pools, reserved, other, hook->root, err);
	}
	for (size_t i = 0; r == 0 && i < pools->n; i++) {
		struct pages_pool *pool = &pools->v[i];

		r = promise_reserved(pool, reserved[i], hook->root, err);
		pool->n_available = less(pool->n_free, pool->n_promised);
	}
	return r;
}
