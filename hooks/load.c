/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "load.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/install.h"

int load_worker(const struct worker **ret_worker, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	const struct worker *worker;
	void *module;
	int r = install_module_path(&path, "vfiokit-hook.so", err);

	if (r < 0)
		return r;
	module = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!module) {
		const char *why = dlerror();

		return error_set(err, ENOENT,
				 "load '%s' (is vfiokit installed completely?): %s", path,
				 why ? why : "no reason given");
	}
	worker = dlsym(module, WORKER_SYMBOL);
	if (!worker || worker->version != WORKER_VERSION) {
		return error_set(err, EPROTO,
				 "load '%s': it belongs to another version of vfiokit",
				 path);
	}
	*ret_worker = worker;
	return 0;
}
