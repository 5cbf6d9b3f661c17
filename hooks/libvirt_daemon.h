/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The daemon that calls the hook: libvirtd, or virtqemud where libvirt is modular. It
 * looks whether there are hooks when it starts and when it is reloaded
 * (virHookInitialize() of libvirt); a first hook is not called before that.
 */

#include <stdbool.h>
#include <stdint.h>

#define LIBVIRT_HOOK_DIR  "/etc/libvirt/hooks/qemu.d"
#define LIBVIRT_HOOK_LINK LIBVIRT_HOOK_DIR "/50-vfiokit"

struct libvirt_daemon {
	const char *unit;  /* without ".service"; NULL: none runs */
	uint64_t since_us; /* when it started or was reloaded, by the wall clock; or 0 */
};

/* What cannot be found out counts as not running. */
void libvirt_daemon_find(struct libvirt_daemon *ret_daemon);

/* Whether it runs and has looked since the link was made. */
bool libvirt_daemon_knows_hooks(const struct libvirt_daemon *daemon);
