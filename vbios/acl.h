/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* POSIX access lists, as acl(5) describes them and the kernel hands them out. */

#include <stdbool.h>
#include <stddef.h>

#include "host/user.h"

#define ACL_ATTRIBUTE "system.posix_acl_access"
#define ACL_SIZE_MAX  4096 /* of 500 entries */

/*
 * Whether a file with this list lets the user; rwx as in chmod(1): 4, 2, 1. The list is
 * what the attribute holds; one that makes no sense lets nobody but root, as nobody knows
 * what it says.
 */
bool acl_lets(const struct user *user, const struct stat *st, const void *list,
	      size_t len, unsigned rwx);
