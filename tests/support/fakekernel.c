/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakekernel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakekernel_impl.h"
#include "host/bdf.h"
#include "host/sysfs.h"
#include "killpoint.h"

#define TOUCHED ".kernel/touched"
#define LATER   ".kernel/later"

unsigned long fakekernel_now(const struct root *root)
{
	return fakefile_number(root, ".kernel/clock");
}

void fakekernel_later(const struct root *root, unsigned ms, const char *text,
		      const char *path)
{
	char name[FAKEFILE_MAX];

	(void)snprintf(name, sizeof(name), "%s", path);
	for (char *slash = name; (slash = strchr(slash, '/'));)
		*slash = '!';
	fakefile_put_number(root, fakekernel_now(root) + ms, LATER "/%s/at", name);
	fakefile_put(root, path, LATER "/%s/path", name);
	fakefile_put(root, text, LATER "/%s/text", name);
}

static void do_later(const struct root *root, const char *name)
{
	char path[FAKEFILE_MAX];
	char text[FAKEFILE_MAX];

	if (fakefile_number(root, LATER "/%s/at", name) > fakekernel_now(root))
		return;
	(void)fakefile_get(root, path, LATER "/%s/path", name);
	(void)fakefile_get(root, text, LATER "/%s/text", name);
	fakefile_put(root, text, "%s", path);
	fakefile_remove(root, LATER "/%s", name);
}

void fakekernel_pass(const struct root *root, unsigned ms)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names later = SYSFS_NAMES_NONE;
	struct error err;

	fakefile_put_number(root, fakekernel_now(root) + ms, ".kernel/clock");
	if (sysfs_list(&later, root, LATER, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < later.n; i++)
		do_later(root, later.v[i]);
}

bool fakekernel_was_wedge_touched(const struct root *root)
{
	return fakefile_has(root, TOUCHED);
}

/* --- what hangs --- */

static bool is_address(const char *text)
{
	static const char form[] = "xxxx:xx:xx.x";

	for (size_t i = 0; form[i]; i++) {
		if (form[i] == 'x' ? !isxdigit((unsigned char)text[i])
				   : text[i] != form[i])
			return false;
	}
	return true;
}

/* What the kernel holds a lock of: the PCI function that is meant, else the attribute. */
static void find_locked(char locked[static FAKEFILE_MAX], const char *path,
			const char *value)
{
	const char *found = is_address(value) ? value : NULL;

	for (const char *at = path; *at && !found; at++)
		found = is_address(at) ? at : NULL;
	(void)snprintf(locked, FAKEFILE_MAX, "%.*s",
		       found ? BDF_TEXT_MAX - 1 : FAKEFILE_MAX - 1, found ? found : path);
	for (char *slash = locked; (slash = strchr(slash, '/'));)
		*slash = '!';
}

static int hang(const struct root *root, const char *what, unsigned timeout_ms,
		struct error *err)
{
	fakekernel_pass(root, timeout_ms);
	return error_set(err, ETIMEDOUT, "%s: the kernel has not come back for %u.%u s",
			 what, timeout_ms / 1000, timeout_ms % 1000 / 100);
}

static bool is_wedged(const struct root *root, const char *locked)
{
	bool is = fakefile_has(root, ".kernel/wedged/%s", locked);

	if (is)
		fakefile_put(root, locked, TOUCHED);
	return is;
}

void fakekernel_come_back(const struct root *root)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names wedged = SYSFS_NAMES_NONE;
	char path[FAKEFILE_MAX];
	char value[FAKEFILE_MAX];
	struct error err;

	if (sysfs_list(&wedged, root, ".kernel/wedged", &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < wedged.n; i++) {
		(void)fakefile_get(root, path, ".kernel/wedged/%s/path", wedged.v[i]);
		(void)fakefile_get(root, value, ".kernel/wedged/%s/value", wedged.v[i]);
		(void)fakeattr_write(root, path, value);
	}
	fakefile_remove(root, ".kernel/wedged");
	fakefile_remove(root, TOUCHED);
}

/* --- writing --- */

/* As sysfs_write() says it. */
static int fail_write(const char *path, const char *value, int code, struct error *err)
{
	return error_sys(err, code, "write '%s' to '/%s'", value, path);
}

static int model_write(const struct root *root, const char *path, const char *value,
		       struct error *err)
{
	int code = (int)fakefile_number(root, ".kernel/refuse/%s", path);
	CLEANUP_CLOSE int fd = root_openat(root, path, O_WRONLY | O_NOFOLLOW);
	int r = code ? -code : 0;

	if (fd < 0)
		return error_sys(err, -fd, "open '/%s' for writing", path);
	if (r == 0)
		r = fakeattr_write(root, path, value);
	return r < 0 ? fail_write(path, value, -r, err) : 0;
}

/* An allocation whose writer was killed half way. */
static int end_early(const struct root *root, const char *path, const char *value,
		     unsigned timeout_ms, struct error *err)
{
	unsigned long nr = fakefile_number(root, "%s", path);
	char half[24];
	int r;

	(void)snprintf(half, sizeof(half), "%lu", (nr + strtoul(value, NULL, 10)) / 2);
	fakekernel_pass(root, timeout_ms);
	r = model_write(root, path, half, err);
	return r < 0 ? r
		     : error_set(err, EINTR,
				 "write to '/%s': the kernel had not done it after "
				 "%u.%u s, and was told to stop",
				 path, timeout_ms / 1000, timeout_ms % 1000 / 100);
}

static int try_write(struct fakekernel *kernel, const char *path, const char *value,
		     unsigned timeout_ms, struct error *err)
{
	enum fakefault_kind fault = fakefault_next(kernel->faults, path, value);
	char locked[FAKEFILE_MAX];
	char what[FAKEFILE_MAX];

	find_locked(locked, path, value);
	(void)snprintf(what, sizeof(what), "write to '/%s'", path);
	if (is_wedged(kernel->root, locked))
		return hang(kernel->root, what, timeout_ms, err);
	switch (fault) {
	case FAKEFAULT_NONE:
		return model_write(kernel->root, path, value, err);
	case FAKEFAULT_NOTHING:
		return 0;
	case FAKEFAULT_HANG:
		fakefile_put(kernel->root, path, ".kernel/wedged/%s/path", locked);
		fakefile_put(kernel->root, value, ".kernel/wedged/%s/value", locked);
		return hang(kernel->root, what, timeout_ms, err);
	case FAKEFAULT_ENDED:
		return end_early(kernel->root, path, value, timeout_ms, err);
	case FAKEFAULT_SHORT:
		return error_set(err, EIO,
				 "write '%s' to '/%s': only %zu of %zu bytes taken",
				 value, path, strlen(value) / 2, strlen(value));
	default:
		return fail_write(path, value, fakefault_errno(fault), err);
	}
}

static int kernel_write(void *data, const char *path, const char *value,
			unsigned timeout_ms, struct error *err)
{
	int r;

	killpoint("before", path);
	killpoint_hold(true);
	r = try_write(data, path, value, timeout_ms, err);
	killpoint_hold(false);
	killpoint("after", path);
	return r;
}

/* --- modules --- */

struct module_op {
	const char *name;
	int (*run)(const struct root *root, const char *name);
};

static int try_module(struct fakekernel *kernel, const struct module_op *op,
		      const char *effect, const char *module, unsigned timeout_ms,
		      struct error *err)
{
	enum fakefault_kind fault = fakefault_next(kernel->faults, effect, "");
	int r = 0;

	switch (fault) {
	case FAKEFAULT_NONE:
		r = op->run(kernel->root, module);
		break;
	case FAKEFAULT_NOTHING:
		break;
	case FAKEFAULT_HANG:
		return hang(kernel->root, effect, timeout_ms, err);
	case FAKEFAULT_SHORT: /* there is no such thing */
		r = -EIO;
		break;
	default:
		r = -fakefault_errno(fault);
	}
	return r < 0 ? error_sys(err, -r, "%s the kernel module '%s'", op->name, module)
		     : 0;
}

static int run_module(struct fakekernel *kernel, const struct module_op *op,
		      const char *module, unsigned timeout_ms, struct error *err)
{
	char effect[FAKEFILE_MAX];
	int r;

	(void)snprintf(effect, sizeof(effect), "%s %s", op->name, module);
	killpoint("before", effect);
	killpoint_hold(true);
	r = try_module(kernel, op, effect, module, timeout_ms, err);
	killpoint_hold(false);
	killpoint("after", effect);
	return r;
}

static int kernel_load(void *data, const char *module, unsigned timeout_ms,
		       struct error *err)
{
	static const struct module_op op = { "load", fakemodule_load };

	return run_module(data, &op, module, timeout_ms, err);
}

static int kernel_unload(void *data, const char *module, unsigned timeout_ms,
			 struct error *err)
{
	static const struct module_op op = { "unload", fakemodule_unload };

	return run_module(data, &op, module, timeout_ms, err);
}

/* --- the rest --- */

static void kernel_hold(void *data, int fd)
{
	(void)data;
	(void)fd;
}

static uint64_t kernel_now(void *data)
{
	const struct fakekernel *kernel = data;

	return fakekernel_now(kernel->root);
}

static void kernel_wait(void *data, unsigned ms)
{
	const struct fakekernel *kernel = data;

	killpoint_hold(true);
	fakekernel_pass(kernel->root, ms);
	killpoint_hold(false);
}

void fakekernel_probe(const struct root *root, const char *bus, const char *name)
{
	if (fakedriver_probe(root, bus, name) < 0)
		abort();
}

void fakekernel_unbind(const struct root *root, const char *bus, const char *name)
{
	char driver[FAKEFILE_MAX];

	if (fakefile_link_name(root, driver, "sys/bus/%s/devices/%s/driver", bus, name) &&
	    fakedriver_unbind(root, bus, driver, name) < 0)
		abort();
}

struct effects fakekernel_effects(struct fakekernel *kernel)
{
	static const struct effects_ops ops = {
		.write = kernel_write,
		.load = kernel_load,
		.unload = kernel_unload,
		.hold = kernel_hold,
		.now = kernel_now,
		.wait = kernel_wait,
	};

	return (struct effects){ .ops = &ops, .data = kernel };
}
