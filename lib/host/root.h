/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The directory that stands for "/".
 *
 * Everything that reads or writes the host's /sys, /proc or /dev does so relative to
 * a struct root, so that a test, or a captured host, can put a plain directory there.
 * Links inside it, absolute ones too, do not lead out of it. Messages name the path as
 * seen from the root, wherever the root is.
 */

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/error.h"

struct root;

/*
 * Called after each successful write, with the root-relative path and the value. A
 * test answers here the way the kernel would, by moving links and changing files.
 */
typedef void root_written_fn(const struct root *root, const char *path, const char *value,
			     void *data);

struct root {
	int fd;          /* directory, O_PATH */
	const char *dir; /* as given to root_open(); borrowed */
	root_written_fn *written;
	void *written_data;
};

#define ROOT_NONE ((struct root){ .fd = -1 })

/* Whether it is this machine's own "/", where the kernel's files are the kernel's. */
bool root_is_host(const struct root *root);

/* dir must outlive the root. */
MUST_CHECK int root_open(struct root *ret_root, const char *dir, struct error *err);
void root_close(struct root *root);

/*
 * Opens a path without leading slash below the root (openat2(2) with RESOLVE_IN_ROOT).
 * Returns a descriptor, or a negative errno; says nothing.
 */
MUST_CHECK int root_openat(const struct root *root, const char *path, int flags);

#define CLEANUP_ROOT CLEANUP(root_close)
