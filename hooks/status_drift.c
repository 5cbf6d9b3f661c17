/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What somebody else has changed since the hook has made it so for a guest. */

#include <inttypes.h>
#include <string.h>

#include "device.h"
#include "pages.h"
#include "shared.h"
#include "status_impl.h"

static int find_device(struct status *status, const struct hook *hook,
		       const struct undo_log *log, const struct undo_record *record,
		       struct error *err)
{
	const char *address = undo_field(record, 0);
	char driver[SYSFS_WORD_MAX];
	int r = device_driver(hook->root, address, driver, err);

	if (r < 0 || strcmp(driver, DEVICE_VFIO) == 0)
		return r;
	return status_add_finding(
		status, err, "%s is held for '%s' and is with %s%s%s instead of vfio-pci",
		address, log->guest, *driver ? "the driver '" : "no driver", driver,
		*driver ? "'" : "");
}

/* Pages that a guest uses stay, but count as surplus then, and go with the guest. */
static int find_pages(struct status *status, const struct hook *hook,
		      const struct undo_log *log, const struct undo_record *record,
		      struct error *err)
{
	char text[PAGES_TEXT_MAX], node[PAGES_TEXT_MAX];
	struct pages_pool pool = { 0 };
	uint64_t n = 0;
	int r = pages_pool_of(&pool, record, err);

	if (r == 0)
		r = pages_recorded(&n, record, err);
	if (r == 0)
		r = pages_pool_read(&pool, hook->root, err);
	if (r < 0 || pages_pool_permanent(&pool) >= n)
		return r;
	return status_add_finding(status, err,
				  "'%s' has %s on %s, and nr_hugepages there is %" PRIu64
				  ": somebody else has changed it",
				  log->guest, pages_text(n, pool.page_kib, text),
				  pages_node_text(pool.node, node),
				  pages_pool_permanent(&pool));
}

int status_find_drift(struct status *status, struct hook *hook,
		      const struct undo_log *log, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < log->n; i++) {
		const struct undo_record *record = &log->v[i];

		if (record->state != UNDO_OPEN)
			continue;
		if (strcmp(record->kind, DEVICE_KIND) == 0) {
			r = find_device(status, hook, log, record, err);
		} else if (strcmp(record->kind, PAGES_CLAIM) == 0) {
			r = find_pages(status, hook, log, record, err);
		}
	}
	return r;
}

/* --- what guests share --- */

/* 1: it is not as it was made; *ret_now is what it is. */
static int is_other(struct hook *hook, const struct shared_kind *kind,
		    const struct undo_record *record, struct buf *ret_now,
		    struct error *err)
{
	int r = kind->read(hook, undo_field(record, SHARED_KEY), ret_now, err);

	if (r == 0)
		r = buf_check(ret_now, err);
	if (r != 0)
		return r < 0 ? r : 0; /* there is no such setting any more */
	return strcmp(buf_text(ret_now), undo_field(record, SHARED_NEW)) != 0;
}

static int tell_other(struct status *status, const struct shared_kind *kind,
		      const struct undo_record *record, const char *now,
		      struct error *err)
{
	return status_add_finding(
		status, err,
		"%s '%s' is %s and was made %s for guests: somebody else has changed it",
		kind->title, undo_field(record, SHARED_KEY), shared_text(now),
		shared_text(undo_field(record, SHARED_NEW)));
}

/* One that cannot be asked for is a finding, not the end of all others. */
static int find_setting(struct status *status, struct hook *hook,
			const struct undo_record *record, size_t *n_many,
			struct error *err)
{
	const struct shared_kind *kind = shared_find_kind(record->kind);
	CLEANUP_BUF struct buf now = BUF_NONE;
	struct error failure = { 0 };
	int r;

	if (!kind || record->state != UNDO_OPEN)
		return 0;
	r = is_other(hook, kind, record, &now, &failure);
	if (r < 0)
		return status_add_finding(status, err, "%s", failure.msg);
	if (r > 0 && kind->is_many) {
		++*n_many;
		return 0;
	}
	return r > 0 ? tell_other(status, kind, record, buf_text(&now), err) : 0;
}

int status_find_shared_drift(struct status *status, struct hook *hook, struct error *err)
{
	size_t n_many = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && status->shared && i < status->shared->n; i++)
		r = find_setting(status, hook, &status->shared->v[i], &n_many, err);
	if (r < 0 || n_many == 0)
		return r;
	return status_add_finding(
		status, err,
		"%zu interrupt%s not where guests want %s: somebody else "
		"has moved %s",
		n_many, n_many == 1 ? " is" : "s are", n_many == 1 ? "it" : "them",
		n_many == 1 ? "it" : "them");
}
