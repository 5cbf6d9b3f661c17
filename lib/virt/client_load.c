/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "virt/client_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/install.h"

int client_load_file(const struct client_ops **ret_ops, const char *path,
		     struct error *err)
{
	const struct client_ops *ops;
	void *module;

	if (access(path, F_OK) < 0) {
		return error_sys(err, errno,
				 "load the libvirt client '%s' (is vfiokit installed "
				 "completely?)",
				 path);
	}

	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module) {
		const char *why = dlerror();

		return error_set(err, ENOENT, "load the libvirt client '%s': %s%s", path,
				 why ? why : "no reason given",
				 why && strstr(why, "libvirt.so")
					 ? "; install the package libvirt0"
					 : "");
	}

	ops = dlsym(module, CLIENT_SYMBOL);
	if (!ops || ops->version != CLIENT_VERSION) {
		return error_set(err, EPROTO,
				 "load the libvirt client '%s': it belongs to another "
				 "version of xmltweak",
				 path);
	}
	*ret_ops = ops;
	return 0;
}

int client_load(const struct client_ops **ret_ops, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	int r = install_module_path(&path, "xmltweak-libvirt.so", err);

	if (r < 0)
		return r;
	return client_load_file(ret_ops, path, err);
}
