/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <string.h>

#include "cores.h"
#include "host/sysfs.h"

#define CPU "sys/devices/system/cpu/"

/* --- files --- */

static int read_file(struct hook *hook, const char *path,
		     int (*parse)(struct cpuset *ret_set, const char *text,
				  const char *what, struct error *err),
		     struct cpuset *ret_set, struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	char what[SYSFS_PATH_MAX + 3];
	int r = sysfs_read(hook->root, path, text, sizeof(text), err);

	if (r == -ENOENT || r == -ENODEV)
		return SHARED_LEFT; /* it is not there, or goes this moment */
	(void)snprintf(what, sizeof(what), "'/%s'", path);
	return r < 0 ? r : parse(ret_set, text, what, err);
}

int cores_read_list(struct hook *hook, const char *path, struct buf *ret_value,
		    struct error *err)
{
	struct cpuset set;
	int r = read_file(hook, path, cpuset_parse, &set, err);

	if (r == 0)
		cpuset_format(&set, ret_value);
	return r;
}

int cores_read_mask(struct hook *hook, const char *path, struct buf *ret_value,
		    struct error *err)
{
	struct cpuset set;
	int r = read_file(hook, path, cpuset_parse_mask, &set, err);

	if (r == 0)
		cpuset_format(&set, ret_value);
	return r;
}

static void format_mask(const struct cpuset *set, struct buf *buf)
{
	bool has_begun = false;

	for (unsigned word = CPUSET_MAX / 32; word-- > 0;) {
		unsigned bits = (unsigned)(set->words[word / 2] >> word % 2 * 32);

		if (has_begun) {
			buf_addf(buf, ",%08x", bits);
		} else if (bits != 0 || word == 0) {
			buf_addf(buf, "%x", bits);
		}
		has_begun = has_begun || bits != 0;
	}
}

int cores_write_mask(struct hook *hook, const char *path, const char *list,
		     struct error *err)
{
	CLEANUP_BUF struct buf mask = BUF_NONE;
	struct cpuset set;
	int r = cpuset_parse(&set, list, "a list of CPUs", err);

	if (r < 0)
		return r;
	format_mask(&set, &mask);
	r = buf_check(&mask, err);
	return r < 0 ? r : hook_write(hook, path, buf_text(&mask), err);
}

/* --- the host's share --- */

int cores_online(struct hook *hook, struct cpuset *ret_online, struct error *err)
{
	int r = read_file(hook, CPU "online", cpuset_parse, ret_online, err);

	if (r == SHARED_LEFT || (r == 0 && cpuset_is_empty(ret_online)))
		return error_set(err, ENOENT, "'/" CPU "online' names no CPU");
	return r;
}

/* Whether all threads of a CPU's core that are online are in the share. */
static int has_whole_core(struct hook *hook, unsigned cpu, const struct cpuset *online,
			  const struct cpuset *share, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	struct cpuset core = CPUSET_NONE;
	struct cpuset apart;
	int r = sysfs_path(path, err, CPU "cpu%u/topology/thread_siblings_list", cpu);

	if (r == 0)
		r = read_file(hook, path, cpuset_parse, &core, err);
	if (r < 0)
		return r;
	/* without those that are offline */
	apart = core;
	cpuset_remove_all(&apart, online);
	cpuset_remove_all(&core, &apart);
	cpuset_remove_all(&core, share);
	return cpuset_is_empty(&core);
}

static int check_share(struct hook *hook, const struct cpuset *online,
		       const struct cpuset *share, struct error *err)
{
	CLEANUP_BUF struct buf left = BUF_NONE;

	for (int cpu = cpuset_next(share, 0); cpu >= 0;
	     cpu = cpuset_next(share, (unsigned)cpu + 1)) {
		int r = has_whole_core(hook, (unsigned)cpu, online, share, err);

		if (r != 0)
			return r < 0 ? r : 0;
	}
	if (cpuset_is_empty(share)) {
		buf_adds(&left, "none");
	} else {
		cpuset_format(share, &left);
	}
	return error_set(err, EBUSY,
			 "the pins of this guest and of those that run take %u of the %u "
			 "CPUs and leave the host no whole core (CPUs left: %s)",
			 cpuset_count(online) - cpuset_count(share), cpuset_count(online),
			 buf_text(&left));
}

/* Takes the claims' CPUs out of the set; *ret_n is how many claims there are. */
static int remove_claims(struct hook *hook, const char *claim,
			 const struct undo_record *gone, struct cpuset *set,
			 unsigned *ret_n, struct error *err)
{
	struct shared_claims at = { 0 };
	const struct undo_record *record;

	*ret_n = 0;
	while ((record = shared_next_claim(hook, &at, claim, gone))) {
		struct cpuset pins;
		int r = cpuset_parse(&pins, undo_field(record, 0), "the undo log", err);

		if (r < 0)
			return r;
		cpuset_remove_all(set, &pins);
		++*ret_n;
	}
	return 0;
}

int cores_share(struct hook *hook, const char *claim, const struct undo_record *gone,
		const struct cpuset *more, struct cpuset *ret_share, struct error *err)
{
	struct cpuset online;
	struct cpuset share;
	unsigned ignored;
	int r = cores_online(hook, &online, err);

	if (r < 0)
		return r;
	share = online;
	r = remove_claims(hook, claim, gone, &share, &ignored, err);
	if (r < 0)
		return r;
	if (more)
		cpuset_remove_all(&share, more);
	r = check_share(hook, &online, &share, err);
	if (r == 0)
		*ret_share = share;
	return r;
}

int cores_compute(struct hook *hook, const char *claim, const struct shared_ask *ask,
		  struct buf *ret_value, struct error *err)
{
	struct cpuset before;
	struct cpuset share;
	struct cpuset cut;
	unsigned n = 0;
	int r = cores_online(hook, &share, err);

	if (r == 0)
		r = remove_claims(hook, claim, ask->gone, &share, &n, err);
	if (r < 0 || n == 0)
		return r < 0 ? r : SHARED_LEFT;
	r = cpuset_parse(&before, ask->before, "the undo log", err);
	if (r < 0)
		return r;
	cut = before;
	cpuset_remove_all(&before, &share);
	cpuset_remove_all(&cut, &before);
	cpuset_format(cpuset_is_empty(&cut) ? &share : &cut, ret_value);
	return 0;
}

int cores_add_claim(struct hook *hook, const char *claim, const struct cpuset *cpus,
		    struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_NONE;
	int r;

	cpuset_format(cpus, &list);
	r = buf_check(&list, err);
	return r < 0 ? r
		     : undo_log_add(hook->log, NULL, err, claim, buf_text(&list), NULL);
}
