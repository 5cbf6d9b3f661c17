/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The daemon's socket: who asks, and what becomes of it. Who may ask is who may write to
 * the socket, its group; the names of keys are told to uid 0 only, by the peer's
 * credentials. Nothing a client does keeps events waiting: it is read and written as far
 * as it goes, and dropped when it does not take what it asked for.
 */

#include <stdint.h>

#include "base/error.h"
#include "loop.h"
#include "seat.h"

#define CONTROL_DIR   "/run/vfiokit"
#define CONTROL_PATH  CONTROL_DIR "/evgrab.sock"
#define CONTROL_GROUP "vfiokit"

struct control;

struct control_options {
	const char *path;
	/* Reads the configuration anew. */
	int (*reload)(void *data, struct error *err);
	void *data;
};

/* -EADDRINUSE: another daemon answers there. options stay the caller's. */
MUST_CHECK int control_new(struct control **ret_control,
			   const struct control_options *options, struct seat *seat,
			   struct loop *loop, struct error *err);
void control_free(struct control *control);

/* When control_tick() is due; UINT64_MAX. */
uint64_t control_deadline(const struct control *control);
void control_tick(struct control *control, uint64_t now);
