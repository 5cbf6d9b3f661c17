/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The SHA-256 of a small file of the host, such as an option ROM. */

#include <stddef.h>

#include "base/error.h"
#include "host/root.h"

#define CHECKSUM_MAX 65 /* 64 hexadecimal digits and the NUL */

/* path is absolute, as seen from the root. */
MUST_CHECK int checksum_file(char ret_text[static CHECKSUM_MAX], const struct root *root,
			     const char *path, struct error *err);

/* The same, of bytes. */
void checksum_data(char ret_text[static CHECKSUM_MAX], const void *data, size_t len);
