/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What lies where in a file, drawn to scale: a line for each part. */

#include <stdbool.h>

#include "base/buf.h"
#include "rom/rom.h"

/* is_utf8: whether blocks can be shown; otherwise ASCII. */
void map_draw(struct buf *out, const struct rom *rom, bool is_utf8);
