/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The device that a ROM is for. */

#include "base/error.h"
#include "host/root.h"
#include "rom/finding.h"

#define TARGET_NAME_MAX 64

/*
 * device: "01:00.0", of the host at root, or "10de:1b80". Writes what it is called in
 * messages to ret_name. -ENODEV when the host has no such device, -EBADRQC when the text
 * is neither.
 */
MUST_CHECK int target_find(struct rom_target *ret_target,
			   char ret_name[static TARGET_NAME_MAX], const char *device,
			   const struct root *root, struct error *err);
