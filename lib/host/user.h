/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Users of the host: who they are, whom QEMU runs as, what a file's mode lets them do. */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/error.h"
#include "host/root.h"

#define USER_NAME_MAX   64
#define USER_GROUPS_MAX 128

struct user {
	char name[USER_NAME_MAX];
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS_MAX]; /* the supplementary ones, maybe gid too */
	int n_groups;
};

/* As configuration has them; "" is not given. */
struct user_names {
	char user[USER_NAME_MAX];
	char group[USER_NAME_MAX];
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
 * Whom QEMU runs as: what a guest's own label says, /etc/libvirt/qemu.conf, or what
 * distributions build libvirt with. -ENOENT when all of that is silent.
 */
MUST_CHECK int user_of_qemu_on(struct user *ret_user, const struct root *root,
			       const struct user_names *label, struct error *err);

bool user_is_in(const struct user *user, gid_t gid);

/* Whether the mode of a file lets them; rwx as in chmod(1): 4, 2, 1. */
bool user_may(const struct user *user, const struct stat *st, unsigned rwx);
