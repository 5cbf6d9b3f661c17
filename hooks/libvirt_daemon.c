/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "libvirt_daemon.h"

#include <sys/stat.h>

#include "systemd.h"

void libvirt_daemon_find(struct libvirt_daemon *ret_daemon)
{
	const struct systemd_module *module;
	struct error ignored;

	*ret_daemon = (struct libvirt_daemon){ 0 };
	if (systemd_load(&module, &ignored) == 0)
		module->find_libvirt(ret_daemon);
}

bool libvirt_daemon_knows_hooks(const struct libvirt_daemon *daemon)
{
	struct stat st;

	if (!daemon->unit || lstat(LIBVIRT_HOOK_LINK, &st) < 0)
		return false;
	return (uint64_t)st.st_ctim.tv_sec * 1000000 +
		       (uint64_t)st.st_ctim.tv_nsec / 1000 <
	       daemon->since_us;
}
