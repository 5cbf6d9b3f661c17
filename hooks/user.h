/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Users of the host, and what the one that QEMU runs as may open. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "hook.h"

#define USER_NAME_MAX   64
#define USER_GROUPS_MAX 128

struct user {
	char name[USER_NAME_MAX];
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS_MAX]; /* the supplementary ones, maybe gid too */
	int n_groups;
};

/*
 * By name, by number, or by number after a plus sign, as libvirt has it. -ENOENT when
 * there is none.
 */
MUST_CHECK int user_find(struct user *ret_user, const struct root *root, const char *name,
			 struct error *err);
MUST_CHECK int user_find_group(gid_t *ret_gid, const struct root *root, const char *name,
			       struct error *err);

/*
 * Whom QEMU runs as for this guest: what its own label says, /etc/libvirt/qemu.conf, or
 * what distributions build libvirt with. -ENOENT when all of that is silent.
 */
MUST_CHECK int user_of_qemu(struct user *ret_user, const struct hook *hook,
			    struct error *err);

bool user_is_in(const struct user *user, gid_t gid);

/* Whether the mode of a file lets them; rwx as in chmod(1): 4, 2, 1. */
bool user_may(const struct user *user, const struct stat *st, unsigned rwx);

/*
 * Opens a file as that user would, in a process of its own, within the time for a wait:
 * access lists and network file systems have their say too. path as for sysfs. Returns
 * what open(2) said, 0 or a negative errno, or -ETIMEDOUT; the message is the caller's.
 * Who is not root cannot try, and is told 0.
 */
MUST_CHECK int user_try_open(const struct user *user, const struct hook *hook,
			     const char *path, int flags);
