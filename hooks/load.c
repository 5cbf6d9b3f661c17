/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "load.h"

#include <dlfcn.h>
#include <errno.h>

#include "base/cleanup.h"
#include "base/install.h"

int load_module(const struct offer **ret_offer, const char *file, const char *symbol,
		unsigned version, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	const struct offer *offer;
	void *module;
	int r = install_module_path(&path, file, err);

	if (r < 0)
		return r;
	module = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	if (!module) {
		const char *why = dlerror();

		return error_set(err, ELIBACC,
				 "load '%s' (is vfiokit installed completely?): %s", path,
				 why ? why : "no reason given");
	}
	offer = dlsym(module, symbol);
	if (!offer || offer->version != version) {
		return error_set(err, ELIBBAD,
				 "load '%s': it belongs to another version of vfiokit",
				 path);
	}
	*ret_offer = offer;
	return 0;
}
