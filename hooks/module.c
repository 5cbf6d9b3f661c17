/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "module.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

/*
 * libkmod, with the cryptography that it brings along, takes a third of the time that the
 * hook needs to start, and is hardly ever needed: drivers are there, most of the time. So
 * it is loaded then, by the process that acts for the hook.
 */
#define LIBKMOD "libkmod.so.2"

struct libkmod {
	void *library;
	struct kmod_ctx *ctx;
	struct kmod_list *list;
	__typeof__(kmod_new) *new;
	__typeof__(kmod_unref) *unref;
	__typeof__(kmod_module_new_from_lookup) *new_from_lookup;
	__typeof__(kmod_list_next) *list_next;
	__typeof__(kmod_module_get_module) *get_module;
	__typeof__(kmod_module_get_name) *get_name; /* an alias may stand for it */
	__typeof__(kmod_module_probe_insert_module) *probe_insert_module;
	__typeof__(kmod_module_unref) *module_unref;
	__typeof__(kmod_module_unref_list) *unref_list;
};

static void libkmod_done(struct libkmod *kmod)
{
	if (kmod->list)
		(void)kmod->unref_list(kmod->list);
	if (kmod->ctx)
		(void)kmod->unref(kmod->ctx);
	if (kmod->library)
		(void)dlclose(kmod->library);
}

#define CLEANUP_LIBKMOD CLEANUP(libkmod_done)

static bool find_functions(struct libkmod *kmod)
{
	const struct {
		void *function; /* a pointer to it, of whatever type */
		const char *name;
	} wanted[] = {
		{ &kmod->new, "kmod_new" },
		{ &kmod->unref, "kmod_unref" },
		{ &kmod->new_from_lookup, "kmod_module_new_from_lookup" },
		{ &kmod->list_next, "kmod_list_next" },
		{ &kmod->get_module, "kmod_module_get_module" },
		{ &kmod->get_name, "kmod_module_get_name" },
		{ &kmod->probe_insert_module, "kmod_module_probe_insert_module" },
		{ &kmod->module_unref, "kmod_module_unref" },
		{ &kmod->unref_list, "kmod_module_unref_list" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		void *symbol = dlsym(kmod->library, wanted[i].name);

		if (!symbol)
			return false;
		memcpy(wanted[i].function, &symbol, sizeof(symbol));
	}
	return true;
}

static int libkmod_open(struct libkmod *kmod, struct error *err)
{
	kmod->library = dlopen(LIBKMOD, RTLD_LAZY | RTLD_LOCAL);
	if (!kmod->library || !find_functions(kmod)) {
		(void)error_set(err, ENOENT, "load " LIBKMOD " (Debian's libkmod2)");
		return -ENOENT;
	}
	kmod->ctx = kmod->new (NULL, NULL);
	return kmod->ctx ? 0 : error_set(err, ENOMEM, "out of memory");
}

static int insert(const struct libkmod *kmod, const struct kmod_list *entry,
		  struct error *err)
{
	struct kmod_module *module = kmod->get_module(entry);
	int r = kmod->probe_insert_module(module, 0, NULL, NULL, NULL, NULL);

	if (r < 0) {
		(void)error_sys(err, -r, "load the kernel module '%s'",
				kmod->get_name(module));
	}
	(void)kmod->module_unref(module);
	return r < 0 ? r : 0;
}

int module_load(const char *name, struct error *err)
{
	CLEANUP_LIBKMOD struct libkmod kmod = { 0 };
	int r = libkmod_open(&kmod, err);

	if (r < 0)
		return r;
	r = kmod.new_from_lookup(kmod.ctx, name, &kmod.list);
	if (r < 0)
		return error_sys(err, -r, "look for the kernel module '%s'", name);
	if (!kmod.list)
		return error_set(err, ENOENT, "the kernel has no module '%s'", name);
	r = 0;
	for (const struct kmod_list *entry = kmod.list; r == 0 && entry;
	     entry = kmod.list_next(kmod.list, entry))
		r = insert(&kmod, entry, err);
	return r;
}

/* Only this one, and without waiting until nobody uses it any more (delete_module(2)). */
int module_unload(const char *name, struct error *err)
{
	if (syscall(SYS_delete_module, name, O_NONBLOCK) == 0 || errno == ENOENT)
		return 0;
	return error_sys(err, errno == EAGAIN ? EBUSY : errno,
			 "unload the kernel module '%s'", name);
}
