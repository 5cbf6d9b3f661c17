/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What outlives the daemon: descriptors that systemd keeps for it
 * (FileDescriptorStoreMax= of systemd.service(5)) over a restart and a crash, and gives
 * back by name, in any order. They are lost on "stop".
 *
 * Nobody has to keep them: without systemd everything is as after a first start.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

#define STORE_MAX       128
#define STORE_NAME_MAX  96
#define STORE_STATE_MAX 1024

struct store {
	struct {
		char name[STORE_NAME_MAX];
		int fd; /* -1: taken */
	} v[STORE_MAX];
	size_t n;
	int state_fd;                /* of a file without a name, which is kept too */
	char state[STORE_STATE_MAX]; /* as it was written last */
};

#define STORE_NONE ((struct store){ .state_fd = -1 })

/* Takes over what was kept. */
MUST_CHECK int store_init(struct store *store, struct error *err);

/* What nobody has taken is kept no longer. */
void store_forget_rest(struct store *store);

/* Closes what is open here; what is kept stays so. */
void store_close(struct store *store);

/* The descriptor with that name, which is the caller's now; -1 if there is none. */
int store_take(struct store *store, const char *name);

/* From now on it is kept. */
void store_keep(const char *name, int fd);
void store_forget(const char *name);

/*
 * A text that is kept: who was the current target, and which guests run. Writing what it
 * is already costs nothing.
 */
void store_write_state(struct store *store, const char *text);
