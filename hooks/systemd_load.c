/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "systemd.h"

int systemd_load(const struct systemd_module **ret_module, struct error *err)
{
	const struct offer *offer;
	int r = load_module(&offer, SYSTEMD_FILE, SYSTEMD_SYMBOL, SYSTEMD_VERSION, err);

	if (r < 0)
		return r;
	*ret_module = (const struct systemd_module *)offer;
	return 0;
}

int systemd_open(struct bus *bus, struct error *err)
{
	const struct systemd_module *module;
	int r = systemd_load(&module, err);

	return r < 0 ? r : module->open(bus, err);
}
