/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * /etc/vfiokit/hook.conf: what the domain XML of a guest may make root do. The file
 * belongs to root; without it the defaults hold. vfiokit-hook.conf(5) describes it.
 *
 *	[allow]
 *	stop = display-manager.service gdm.service
 *	devices = 0000:01:00.0 10de:1b80
 *	drop-caches = no
 *	[deadline]
 *	wait = 10
 *	prepare = 60
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"

#define CONFIG_PATH "etc/vfiokit/hook.conf"

struct config_list {
	char **v;
	size_t n;
};

struct config {
	struct config_list stop;    /* unit names or patterns of fnmatch(3) */
	struct config_list devices; /* BDF, VVVV:DDDD or "*" */
	bool has_stop;              /* the file names them, even if none */
	bool has_devices;           /* the same */
	bool drop_caches;           /* may give up the page cache for huge pages */
	unsigned wait_ms;           /* for one thing to happen */
	unsigned prepare_ms;        /* for all that is done before a guest starts */
};

#define CONFIG_NONE ((struct config){ 0 })

/* Refuses a file that others than root can write, and what it does not understand. */
MUST_CHECK int config_read(struct config *ret_config, const struct root *root,
			   struct error *err);
/* What holds without a file. */
MUST_CHECK int config_default(struct config *ret_config, struct error *err);
void config_done(struct config *config);

bool config_allows_stop(const struct config *config, const char *unit);

/* address as "0000:01:00.0", id as "10de:1b80". */
bool config_allows_device(const struct config *config, const char *address,
			  const char *id);

#define CLEANUP_CONFIG CLEANUP(config_done)
