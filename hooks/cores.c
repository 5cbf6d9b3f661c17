/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Keeping the host's processes off the cores of a guest: AllowedCPUs
 * (systemd.resource-control(5)) of the three units that hold all of them, at run time
 * only, and the CPUs of the kernel's workqueues
 * (Documentation/ABI/testing/sysfs-devices-system-cpu, Documentation/core-api/workqueue).
 */

#include "cores.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "host/sysfs.h"
#include "steps.h"

#define CGROUP    "sys/fs/cgroup/"
#define WORKQUEUE "sys/devices/virtual/workqueue/"
#define MACHINES  "machine.slice"

/* how long systemd gets to unset the CPUs of a control group by itself */
#define UNSET_STEP_MS 20
#define UNSET_ASKS    5

static const char *const units[] = { "system.slice", "user.slice", "init.scope" };

/* --- AllowedCPUs --- */

static int read_allowed(struct hook *hook, const char *unit, struct buf *ret_value,
			struct error *err)
{
	struct cpuset cpus;
	bool is_set;
	int r = bus_cpus_get(hook->bus, unit, &cpus, &is_set, err);

	if (r == 0 && is_set)
		cpuset_format(&cpus, ret_value);
	return r;
}

static bool has_group(struct hook *hook, const char *unit)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	return sysfs_path(path, &ignored, CGROUP "%s", unit) == 0 &&
	       sysfs_exists(hook->root, path);
}

struct allowed {
	const char *unit;
	const char *value;
	char path[SYSFS_PATH_MAX]; /* what its control group has */
};

/* Whether the control group keeps its processes from none of the CPUs. */
static int has_all(struct hook *hook, const char *list, struct error *err)
{
	struct cpuset online;
	struct cpuset cpus;
	int r = cpuset_parse(&cpus, list, "cpuset.cpus", err);

	if (r < 0 || cpuset_is_empty(&cpus))
		return r < 0 ? r : 1;
	r = cores_online(hook, &online, err);
	if (r < 0)
		return r;
	cpuset_remove_all(&online, &cpus);
	return cpuset_is_empty(&online);
}

/*
 * systemd changes the control group some time after the property, which is what it was
 * told as soon as it has answered (shared.c looks at that): until then its processes stay
 * where they were. A unit that does not run has none, and one without limits may have no
 * such file.
 */
static int has_settled(struct hook *hook, void *data, struct error *err)
{
	const struct allowed *allowed = data;
	CLEANUP_BUF struct buf kernel = BUF_NONE;
	int r = cores_read_list(hook, allowed->path, &kernel, err);

	if (r == SHARED_LEFT)
		return !*allowed->value || !has_group(hook, allowed->unit);
	if (r < 0)
		return r;
	return *allowed->value ? strcmp(buf_text(&kernel), allowed->value) == 0
			       : has_all(hook, buf_text(&kernel), err);
}

/*
 * The kernel does not take away the CPUs of a control group with processes in it
 * (ENOSPC), which is how systemd unsets them: they stay as they were for as long as
 * somebody else needs the controller, another guest. All CPUs is the same as unset, and
 * that the kernel takes. systemd does not write there again.
 */
static int give_all(struct hook *hook, struct allowed *allowed, struct error *err)
{
	CLEANUP_BUF struct buf all = BUF_NONE;
	int r = 0;

	for (unsigned i = 0; i < UNSET_ASKS && r == 0; i++) {
		r = has_settled(hook, allowed, err);
		if (r == 0)
			effects_wait(hook->effects, UNSET_STEP_MS);
	}
	if (r == 0)
		r = cores_read_list(hook, "sys/devices/system/cpu/possible", &all, err);
	if (r == 0)
		r = buf_check(&all, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = hook_write(hook, allowed->path, buf_text(&all), err);
	/* the controller was switched off under our hands, which is as good */
	return r == -ENOENT || r == -ENODEV ? 0 : r;
}

static int write_allowed(struct hook *hook, const char *unit, const char *value,
			 struct error *err)
{
	struct allowed allowed = { .unit = unit, .value = value };
	struct cpuset cpus;
	int r = cpuset_parse(&cpus, value, "AllowedCPUs", err);

	if (r == 0)
		r = sysfs_path(allowed.path, err, CGROUP "%s/cpuset.cpus", unit);
	if (r == 0)
		r = bus_cpus_set(hook->bus, unit, *value ? &cpus : NULL, err);
	if (r == -ETIMEDOUT)
		r = -(err->code = EIO); /* nothing hangs in the kernel */
	if (r == 0 && !*value)
		r = give_all(hook, &allowed, err);
	if (r < 0)
		return r;
	r = hook_await(hook, has_settled, &allowed, err);
	if (r == -ETIMEDOUT) {
		return error_set(err, EIO,
				 "AllowedCPUs of '%s' was made '%s', and its control "
				 "group has taken no notice after %u s",
				 unit, value, hook->config->wait_ms / 1000);
	}
	return r;
}

static int compute_cores(struct hook *hook, const struct shared_ask *ask,
			 struct buf *ret_value, struct error *err)
{
	return cores_compute(hook, CORES_CLAIM, ask, ret_value, err);
}

const struct shared_kind allowed_kind = {
	.name = "allowed-cpus",
	.step = "cores",
	.title = "AllowedCPUs of",
	.read = read_allowed,
	.write = write_allowed,
	.compute = compute_cores,
	.is_late = true,
};

/* --- workqueues --- */

static int read_workqueue(struct hook *hook, const char *key, struct buf *ret_value,
			  struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, WORKQUEUE "%s", key);

	return r < 0 ? r : cores_read_mask(hook, path, ret_value, err);
}

static int write_workqueue(struct hook *hook, const char *key, const char *value,
			   struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, WORKQUEUE "%s", key);

	return r < 0 ? r : cores_write_mask(hook, path, value, err);
}

const struct shared_kind workqueue_kind = {
	.name = "workqueue",
	.step = "cores",
	.title = "the workqueues'",
	.read = read_workqueue,
	.write = write_workqueue,
	.compute = compute_cores,
};

/* --- checking --- */

/* Without the controller in the unified hierarchy AllowedCPUs is a word and nothing more.
 */
static int check_controller(struct hook *hook, struct error *err)
{
	char text[SYSFS_PAGE_MAX];
	char *rest = text;
	char *word;
	int r = sysfs_read_optional(hook->root, CGROUP "cgroup.controllers", text,
				    sizeof(text), err);

	while (r == 0 && (word = strsep(&rest, " "))) {
		if (strcmp(word, "cpuset") == 0)
			return 0;
	}
	return r < 0 ? r
		     : error_set(err, ENOTSUP,
				 "cores cannot be isolated (isolate='yes'): the control "
				 "groups of this host (/" CGROUP "cgroup.controllers) "
				 "have no cpuset controller");
}

/* Guests run there. */
static int check_machines(struct hook *hook, const struct cpuset *pins, struct error *err)
{
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct cpuset missing = *pins;
	struct cpuset cpus;
	bool is_set;
	int r = bus_cpus_get(hook->bus, MACHINES, &cpus, &is_set, err);

	if (r < 0 || !is_set)
		return r;
	cpuset_remove_all(&missing, &cpus);
	if (cpuset_is_empty(&missing))
		return 0;
	cpuset_format(&missing, &list);
	return error_set(err, EINVAL,
			 "the guest is pinned to the CPUs %s, which AllowedCPUs of "
			 "'" MACHINES "' does not hold; to unset it: systemctl "
			 "set-property --runtime " MACHINES " AllowedCPUs=",
			 buf_text(&list));
}

/* Adds a note of what will become of a setting; refuses to take all it has. */
static int check_setting(struct hook *hook, const struct shared_kind *kind,
			 const char *key, const struct cpuset *share, struct error *err)
{
	CLEANUP_BUF struct buf before = BUF_NONE;
	CLEANUP_BUF struct buf after = BUF_NONE;
	struct cpuset cpus;
	struct cpuset cut;
	int r = shared_before(hook, kind, key, &before, err);

	if (r == 0)
		r = cpuset_parse(&cpus, buf_text(&before), kind->title, err);
	if (r != 0)
		return r < 0 ? r : 0;
	cut = *share;
	if (!cpuset_is_empty(&cpus)) {
		cut = cpus;
		cpuset_remove_all(&cpus, share);
		cpuset_remove_all(&cut, &cpus);
	}
	if (cpuset_is_empty(&cut)) {
		return error_set(err, EBUSY,
				 "%s '%s' is '%s', and guests are pinned to all of that",
				 kind->title, key, buf_text(&before));
	}
	cpuset_format(&cut, &after);
	notes_add(&hook->notes, NOTE_DECISION, "cores", "%s '%s': %s -> %s", kind->title,
		  key, before.len > 0 ? buf_text(&before) : "unset", buf_text(&after));
	return 0;
}

static int check_settings(struct hook *hook, const struct cpuset *share,
			  struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(units); i++)
		r = check_setting(hook, &allowed_kind, units[i], share, err);
	return r < 0 ? r : check_setting(hook, &workqueue_kind, "cpumask", share, err);
}

static int cores_check(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	struct cpuset share;
	int r;

	if (!hook->needs.isolate)
		return 0;
	r = cores_needed(hook, "cores", &pins, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = cores_share(hook, CORES_CLAIM, NULL, &pins.cpus, &share, err);
	if (r == 0)
		r = check_controller(hook, err);
	if (r == 0)
		r = check_machines(hook, &pins.cpus, err);
	if (r == 0)
		r = check_settings(hook, &share, err);
	return r < 0 ? r : cores_check_others(hook, &pins.cpus, err);
}

/* --- there and back --- */

static int cores_apply(struct hook *hook, struct error *err)
{
	struct cores_pins pins;
	int r;

	if (!hook->needs.isolate)
		return 0;
	r = cores_pins_read(&pins, hook->needs.domain, err);
	if (r < 0 || cpuset_is_empty(&pins.cpus))
		return r;
	r = cores_add_claim(hook, CORES_CLAIM, &pins.cpus, err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(units); i++)
		r = shared_set(hook, &allowed_kind, units[i], err);
	if (r >= 0)
		r = shared_set(hook, &workqueue_kind, "cpumask", err);
	return r < 0 ? r : 0;
}

const struct step cores_step = {
	.name = "cores",
	.check = cores_check,
	.apply = cores_apply,
};

static int undo_cores(struct hook *hook, struct undo_log *log, struct undo_record *record,
		      struct error *err)
{
	struct error failure = { 0 };
	int r = shared_undo_all(hook, &workqueue_kind, record, err);

	(void)log;
	if (shared_undo_all(hook, &allowed_kind, record, &failure) < 0) {
		*err = failure;
		r = -failure.code;
	}
	return r;
}

const struct undo_kind cores_undo = {
	.name = CORES_CLAIM,
	.step = "cores",
	.says = "the host's processes keep off the CPUs {0}",
	.undo = undo_cores,
};
