/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "guest.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/install.h"
#include "virt/client_load.h"

int guest_load(const struct guest_ops **ret_ops, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	const struct guest_ops *ops;
	void *module;
	int r = install_module_path(&path, GUEST_MODULE, err);

	if (r < 0)
		return r;
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!module) {
		const char *why = dlerror();

		return error_set(err, ENOENT, "load the module '%s': %s", path,
				 why ? why : "no reason given");
	}
	ops = dlsym(module, GUEST_SYMBOL);
	if (!ops || ops->version != GUEST_VERSION) {
		return error_set(err, EPROTO,
				 "load the module '%s': it belongs to another version of "
				 "vbios",
				 path);
	}
	*ret_ops = ops;
	return 0;
}

static int read_libvirt(struct buf *xml, const char *name, const char *connect,
			struct error *err)
{
	const struct client_ops *ops = NULL;
	struct client *client = NULL;
	char *text = NULL;
	int r = client_load(&ops, err);

	if (r == 0)
		r = ops->open(&client, connect, err);
	if (r < 0)
		return r;
	r = ops->read(client, name, &text, err);
	if (r == 0) {
		buf_adds(xml, text);
		free(text);
		r = buf_check(xml, err);
	}
	ops->close(client);
	return r;
}

const char *guest_uri(const char *connect)
{
	const char *environment = getenv("LIBVIRT_DEFAULT_URI");

	if (connect)
		return connect;
	return environment && *environment ? environment : "qemu:///system";
}

int guest_read(struct guest *ret_guest, const char *name, const char *connect,
	       struct error *err)
{
	CLEANUP_BUF struct buf xml = BUF_NONE;
	const struct guest_ops *ops = NULL;
	int r;

	if (strchr(name, '/')) {
		r = file_read(&xml, name, err);
	} else {
		r = read_libvirt(&xml, name, guest_uri(connect), err);
	}
	if (r == 0)
		r = guest_load(&ops, err);
	if (r < 0 || !ops)
		return r;
	return ops->parse(ret_guest, name, buf_text(&xml), xml.len, err);
}
