/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The text of /proc/meminfo, and of a NUMA node's. */

#include <stdint.h>

/*
 * Finds "KEY: NUMBER kB", where a node's lines have "Node N " in front. Leaves *kib as it
 * is when there is none, or its number is out of bounds.
 */
void meminfo_find(uint64_t *kib, const char *meminfo, const char *key);
