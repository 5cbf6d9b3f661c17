/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the module vfiokit-systemd.so offers: the true bus of hooks/bus.h. */

#include "bus.h"
#include "libvirt_daemon.h"
#include "load.h"

#define SYSTEMD_FILE    "vfiokit-systemd.so"
#define SYSTEMD_SYMBOL  "vfiokit_systemd"
#define SYSTEMD_VERSION 1

struct systemd_module {
	struct offer offer; /* the first */

	/* As `open` of struct bus; it connects when it is first used. */
	int (*open)(struct bus *bus, struct error *err);

	/* *daemon is empty, and stays so when none is found. */
	void (*find_libvirt)(struct libvirt_daemon *daemon);
};

/* For the module itself, see there. */
void systemd_find_libvirt(struct libvirt_daemon *daemon);

MUST_CHECK int systemd_load(const struct systemd_module **ret_module, struct error *err);

/* As `open` of struct bus: by the module. */
int systemd_open(struct bus *bus, struct error *err);
