/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Captured hosts as text; examples/hosts/README.md describes the format. This reader
 * trusts nothing: what a manifest says stays below the root, and is bounded.
 */

#include <stddef.h>

#include "host/root.h"

/* Makes the files, links and directories of a manifest; stops at the first bad line. */
MUST_CHECK int manifest_unpack(const struct root *root, const char *text, size_t len,
			       struct error *err);

/* The same from a file. */
MUST_CHECK int manifest_unpack_file(const struct root *root, const char *file,
				    struct error *err);
