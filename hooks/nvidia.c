/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "nvidia.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "device.h"
#include "steps.h"

#define MODULE_MIN_MS 2000

#define MODULES_KIND                                                      \
	"modules" /* its fields: modules, in the order they were unloaded \
		   */

/* In the order in which they let go of each other; the last is the driver. */
static const char *const modules[] = {
	"nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nvidia_peermem", NVIDIA_DRIVER,
};

/* --- whether they may go --- */

static bool is_taken(const struct hook *hook, const char *address)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		if (hook->needs.devices[i].is_hostdev &&
		    strcmp(hook->needs.devices[i].address, address) == 0)
			return true;
	}
	return false;
}

/* The devices of a driver are links in its directory, named by their addresses. */
int nvidia_is_last(const struct hook *hook, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	unsigned n_taken = 0;
	int r = sysfs_list(&names, hook->root, "sys/bus/pci/drivers/" NVIDIA_DRIVER, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++) {
		struct error ignored;
		struct bdf bdf;

		if (bdf_parse(&bdf, NULL, names.v[i], &ignored) < 0)
			continue; /* bind, unbind, ... */
		if (!is_taken(hook, names.v[i]))
			return 0;
		n_taken++;
	}
	return n_taken > 0;
}

static bool is_loaded(const struct hook *hook, const char *module)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	return sysfs_path(path, &ignored, "sys/module/%s/refcnt", module) == 0 &&
	       sysfs_exists(hook->root, path);
}

int nvidia_record(struct hook *hook, struct error *err)
{
	const char *loaded[ARRAY_SIZE(modules) + 1] = { NULL };
	unsigned n = 0;
	int r = nvidia_is_last(hook, err);

	if (r <= 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++) {
		if (is_loaded(hook, modules[i]))
			loaded[n++] = modules[i];
	}
	/* one that is built in has no reference count, and cannot be unloaded */
	if (n == 0 || strcmp(loaded[n - 1], NVIDIA_DRIVER) != 0)
		return 0;
	return undo_log_add(hook->log, NULL, err, MODULES_KIND, loaded[0], loaded[1],
			    loaded[2], loaded[3], loaded[4], NULL);
}

/* --- unloading --- */

/* Less would take a slow module for one that hangs. */
static unsigned module_ms(const struct hook *hook)
{
	unsigned ms = hook_wait_ms(hook);

	return ms < MODULE_MIN_MS ? MODULE_MIN_MS : ms;
}

static int is_unused(struct hook *hook, void *data, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	uint64_t count = 0;
	const char *const *module = data;
	int r = sysfs_path(path, err, "sys/module/%s/refcnt", *module);

	if (r == 0)
		r = sysfs_read_number(&count, hook->root, path, UINT32_MAX, err);
	return r < 0 ? r : count == 0;
}

/* No process has it open: other modules, or the console, are what is left. */
static int tell_users(const struct hook *hook, const char *module, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (sysfs_path(path, &ignored, "sys/module/%s/holders", module) == 0)
		(void)!sysfs_list(&names, hook->root, path, &ignored);
	return error_set(err, EBUSY,
			 "the module '%s' is in use by %s%s%s; the GPU can only be had "
			 "without it",
			 module, names.n > 0 ? "the module '" : "the kernel itself",
			 names.n > 0 ? names.v[0] : "", names.n > 0 ? "'" : "");
}

static int unload(struct hook *hook, const char *module, struct error *err)
{
	int r;

	if (!is_loaded(hook, module))
		return 0;
	r = hook_await(hook, is_unused, &module, err);
	if (r == -ETIMEDOUT)
		return tell_users(hook, module, err);
	if (r == 0)
		r = effects_unload(hook->effects, module, module_ms(hook), err);
	if (r == 0)
		account_add(&hook->account, LOG_INFO, "unloaded the module '%s'", module);
	return r;
}

int nvidia_unload(struct hook *hook, struct error *err)
{
	struct undo_record *record = NULL;
	struct error ignored;
	int r = 0;

	for (size_t i = 0; i < hook->log->n; i++) {
		if (strcmp(hook->log->v[i].kind, MODULES_KIND) == 0)
			record = &hook->log->v[i];
	}
	for (unsigned n = 0; r == 0 && record && n < record->n_fields; n++)
		r = unload(hook, undo_field(record, n), err);
	if (r == -ETIMEDOUT) /* it hangs in there: hands off from now on */
		(void)!undo_log_mark(hook->log, record, UNDO_WEDGED, &ignored);
	return r;
}

/* --- back --- */

/* The devices are back with their driver; the others go on top of it. */
static int undo_modules(struct hook *hook, struct undo_log *log,
			struct undo_record *record, struct error *err)
{
	int r = 0;

	(void)log;
	for (unsigned n = record->n_fields; r == 0 && n-- > 0;) {
		r = effects_load(hook->effects, undo_field(record, n), module_ms(hook),
				 err);
	}
	return r;
}

const struct undo_kind modules_undo = {
	.name = MODULES_KIND,
	.step = "device",
	.says = "the modules {*}, which were loaded",
	.undo = undo_modules,
};
