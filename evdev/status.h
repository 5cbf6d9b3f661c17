/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A seat in JSON, for those who ask; and the same in words, for people. */

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"
#include "seat.h"

/* One object, in one line. */
void status_write(const struct seat *seat, struct buf *out);

/* An object for each event device of the host, each in a line that begins with prefix. */
void status_write_devices(const struct seat *seat, const char *prefix, struct buf *out);

/* How many frames a target was sent so far. */
uint64_t status_frames(const struct seat *seat, unsigned target);

/* What the two write, in words. -EINVAL: it is something else. */
MUST_CHECK int status_show(FILE *out, const char *json, struct error *err);
MUST_CHECK int status_show_device(FILE *out, const char *json, struct error *err);
