/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>

#include "base/cleanup.h"

static void ctx_unref(struct kmod_ctx *ctx)
{
	(void)kmod_unref(ctx);
}

static void list_unref(struct kmod_list *list)
{
	(void)kmod_module_unref_list(list);
}

static void module_unref(struct kmod_module *module)
{
	(void)kmod_module_unref(module);
}

DEFINE_CLEANUP(struct kmod_ctx *, ctx_unref);
DEFINE_CLEANUP(struct kmod_list *, list_unref);
DEFINE_CLEANUP(struct kmod_module *, module_unref);

int module_load(const char *name, struct error *err)
{
	CLEANUP(cleanup_ctx_unref) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	CLEANUP(cleanup_list_unref) struct kmod_list *list = NULL;
	struct kmod_list *entry;
	int r;

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	r = kmod_module_new_from_lookup(ctx, name, &list);
	if (r < 0)
		return error_sys(err, -r, "look for the kernel module '%s'", name);
	if (!list)
		return error_set(err, ENOENT, "the kernel has no module '%s'", name);
	kmod_list_foreach(entry, list)
	{
		CLEANUP(cleanup_module_unref)
		struct kmod_module *module = kmod_module_get_module(entry);

		r = kmod_module_probe_insert_module(module, 0, NULL, NULL, NULL, NULL);
		if (r < 0) {
			return error_sys(err, -r, "load the kernel module '%s'",
					 kmod_module_get_name(module));
		}
	}
	return 0;
}

int module_unload(const char *name, struct error *err)
{
	CLEANUP(cleanup_ctx_unref) struct kmod_ctx *ctx = kmod_new(NULL, NULL);
	CLEANUP(cleanup_module_unref) struct kmod_module *module = NULL;
	int r;

	if (!ctx)
		return error_set(err, ENOMEM, "out of memory");
	r = kmod_module_new_from_name(ctx, name, &module);
	if (r == 0)
		r = kmod_module_remove_module(module, KMOD_REMOVE_NOWAIT);
	if (r < 0 && r != -ENOENT) {
		if (r == -EAGAIN || r == -EWOULDBLOCK)
			r = -EBUSY;
		return error_sys(err, -r, "unload the kernel module '%s'", name);
	}
	return 0;
}
