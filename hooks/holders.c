/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "holders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "holders_impl.h"
#include "look.h"
#include "nvidia.h"
#include "steps.h"
#include "units.h"

#define PAUSE_MS    80   /* looking costs something */
#define LOOK_MIN_MS 2000 /* less would take a busy host for one that hangs */

enum {
	BUSY, /* err says who it is */
	FREE,
};

/* --- looking, in a process of its own --- */

struct question {
	const struct hook *hook;
	const char *address; /* of the only function that matters, or NULL */
	const char *group;   /* of that, or "" */
	bool is_early;       /* nothing has been done yet */
};

/* What to do about a process. */
static void advise(char advice[static SYSFS_PAGE_MAX], const struct question *question,
		   const struct holders_process *process)
{
	const struct hook *hook = question->hook;
	const char *unit = process->unit;

	if (strcmp(unit, "systemd-logind.service") == 0) {
		(void)snprintf(advice, SYSFS_PAGE_MAX,
			       "end the session that it was opened for");
	} else if (*process->user) {
		(void)snprintf(advice, SYSFS_PAGE_MAX,
			       "stop it, as the user %s: systemctl --user stop %s",
			       process->user, *unit ? unit : "UNIT");
	} else if (*unit && hook->log && undo_log_find(hook->log, UNITS_CLAIM, unit)) {
		(void)snprintf(advice, SYSFS_PAGE_MAX,
			       "it did not end with its unit '%s', so stop it", unit);
	} else if (*unit && !question->address) {
		(void)snprintf(advice, SYSFS_PAGE_MAX,
			       "stop it, or name its unit: xmltweak --domain '%s' "
			       "--hook=stop=%s --define",
			       hook->needs.name, unit);
	} else {
		(void)snprintf(advice, SYSFS_PAGE_MAX, "stop it");
	}
}

static int look_for_process(const struct question *question, const struct root *root,
			    const struct holders_set *set, struct error *err)
{
	struct holders_process process;
	char advice[SYSFS_PAGE_MAX];
	char more[32] = "";
	int r = holders_find_process(&process, root, set, err);

	if (r < 0 || process.pid == 0)
		return r < 0 ? r : FREE;
	if (process.n_more > 0)
		(void)snprintf(more, sizeof(more), " and %u more", process.n_more);
	advise(advice, question, &process);
	(void)error_set(err, EBUSY, "%s is in use by %s (pid %d, %s)%s; %s",
			process.node->address, process.comm, process.pid, process.path,
			more, advice);
	return BUSY;
}

static int add_nvidia(struct holders_set *set, const struct question *question,
		      const char *address, struct error *err)
{
	const struct root *root = question->hook->root;
	char driver[SYSFS_WORD_MAX];
	int r = device_driver(root, address, driver, err);

	if (r < 0 || strcmp(driver, NVIDIA_DRIVER) != 0)
		return r;
	r = nvidia_is_last(question->hook, err);
	return r < 0 ? r : holders_set_add_nvidia(set, root, address, r, err);
}

static int add_device(struct holders_set *set, const struct question *question,
		      const char *address, struct error *err)
{
	const struct root *root = question->hook->root;
	int r = holders_set_add(set, root, address, err);

	if (r == 0)
		r = holders_set_add_group(set, root, address, err);
	return r < 0 ? r : add_nvidia(set, question, address, err);
}

static int look_at_devices(const struct root *root, const void *data, struct error *err)
{
	CLEANUP_HOLDERS_SET struct holders_set set = HOLDERS_SET_NONE;
	const struct question *question = data;
	const struct needs *needs = &question->hook->needs;
	int r = 0;

	set.is_early = question->is_early;
	for (size_t i = 0; r == 0 && i < needs->n_devices; i++) {
		if (needs->devices[i].is_hostdev)
			r = add_device(&set, question, needs->devices[i].address, err);
	}
	if (r == 0)
		r = holders_check_disks(root, &set, err);
	if (r == 0)
		r = holders_check_nics(root, &set, err);
	if (r == 0)
		r = look_for_process(question, root, &set, err);
	return r == FREE ? holders_claim_disks(root, &set, err) : r;
}

/*
 * A group is opened by one process at a time, and for as long as that has a device of it
 * (drivers/vfio/group.c): where we can open it nobody has, and no process has to be
 * looked at. The nodes of iommufd are not of that kind: *group is '\0' then.
 */
static void find_group(char group[static SYSFS_WORD_MAX], const struct root *root,
		       const char *address)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (!root_is_host(root) || sysfs_exists(root, "dev/vfio/devices") ||
	    sysfs_path(path, &ignored, "sys/bus/pci/devices/%s/iommu_group", address) <
		    0 ||
	    sysfs_link_name(root, path, group, SYSFS_WORD_MAX, &ignored) < 0)
		*group = '\0';
}

static bool is_group_free(const struct root *root, const char *group)
{
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (!*group || sysfs_path(path, &ignored, "dev/vfio/%s", group) < 0)
		return false;
	fd = root_openat(root, path, O_RDWR);
	return fd >= 0;
}

/* By the group, or with iommufd by a node of the function's own. */
static int look_at_group(const struct root *root, const void *data, struct error *err)
{
	CLEANUP_HOLDERS_SET struct holders_set set = HOLDERS_SET_NONE;
	const struct question *question = data;
	int r;

	if (is_group_free(root, question->group))
		return FREE;
	r = holders_set_add(&set, root, question->address, err);
	if (r == 0)
		r = holders_set_add_group(&set, root, question->address, err);
	return r < 0 ? r : look_for_process(question, root, &set, err);
}

/* --- waiting --- */

struct waiting {
	look_fn *look;
	struct question question;
	unsigned n; /* how often it was busy */
	struct error busy;
};

/* A captured tree has no drivers to hang in. */
static int look_once(const struct hook *hook, const struct waiting *waiting,
		     struct error *err)
{
	unsigned ms = hook_wait_ms(hook);

	if (!root_is_host(hook->root))
		return waiting->look(hook->root, &waiting->question, err);
	return look(waiting->look, hook->root, &waiting->question,
		    ms < LOOK_MIN_MS ? LOOK_MIN_MS : ms, "look who uses the devices",
		    err);
}

static int ask(struct hook *hook, void *data, struct error *err)
{
	struct waiting *waiting = data;
	int r;

	if (waiting->n > 0)
		effects_wait(hook->effects, PAUSE_MS);
	r = look_once(hook, waiting, err);
	if (r != BUSY)
		return r;
	if (waiting->n++ == 0)
		account_add(&hook->account, LOG_INFO, "waiting, as %s", err->msg);
	waiting->busy = *err;
	return BUSY;
}

/* udev looks at new disks, a session that ends takes a moment: most holders go away. */
static int await(look_fn *by, struct hook *hook, const struct question *question,
		 struct error *err)
{
	struct waiting waiting = { .look = by, .question = *question };
	int r = hook_await(hook, ask, &waiting, err);

	if (r == -ETIMEDOUT) {
		*err = waiting.busy;
		return -err->code;
	}
	return r;
}

/* One look is enough for all functions of a group, which go back one after the other. */
int holders_await_group(struct hook *hook, const char *address, struct error *err)
{
	char group[SYSFS_WORD_MAX];
	const struct question question = {
		.hook = hook,
		.address = address,
		.group = group,
	};
	int r;

	find_group(group, hook->root, address);
	if (*group && strcmp(group, hook->free_group) == 0)
		return 0;
	r = await(look_at_group, hook, &question, err);
	if (r == 0)
		memcpy(hook->free_group, group, strlen(group) + 1);
	return r;
}

/* --- the step --- */

static bool has_hostdev(const struct needs *needs)
{
	for (size_t i = 0; i < needs->n_devices; i++) {
		if (needs->devices[i].is_hostdev)
			return true;
	}
	return false;
}

static int look_for_holders(struct hook *hook, bool is_early, struct error *err)
{
	const struct question question = { .hook = hook, .is_early = is_early };

	return has_hostdev(&hook->needs) ? await(look_at_devices, hook, &question, err)
					 : 0;
}

/*
 * With units to be stopped there is nothing to be said before they are. Without any, a
 * guest that cannot start is refused before memory is made free for it; that takes time,
 * so it is looked again afterwards.
 */
static int holders_check(struct hook *hook, struct error *err)
{
	return hook->needs.n_stop == 0 ? look_for_holders(hook, true, err) : 0;
}

static int holders_apply(struct hook *hook, struct error *err)
{
	return look_for_holders(hook, false, err);
}

const struct step holders_step = {
	.name = "holders",
	.check = holders_check,
	.apply = holders_apply,
};
