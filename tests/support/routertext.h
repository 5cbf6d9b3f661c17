/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Events in words: "a+" down, "a-" up, "a=" repeats, "rel_x:-5". */

#include <linux/input.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* The code of a key as the kernel names it, of any case, without KEY_; or -1. */
int routertext_key(const char *word);
bool routertext_parse(const char *word, struct input_event *ret_event);

void routertext_key_name(unsigned code, struct buf *buf);
/* SYN_REPORT at the end is left out: each line is a frame. */
void routertext_format(const struct input_event *events, size_t n, struct buf *buf);
