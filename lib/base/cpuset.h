/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A set of CPUs (or NUMA nodes) by the number the kernel gives them, as a plain value:
 * copied by assignment, nothing to free.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

#define CPUSET_MAX 8192 /* the most CPUs an x86 kernel can be built for (NR_CPUS) */

struct cpuset {
	uint64_t words[CPUSET_MAX / 64];
};

#define CPUSET_NONE ((struct cpuset){ { 0 } })

/* cpu is below CPUSET_MAX; anything else is in no set, and not added to one. */
void cpuset_add(struct cpuset *set, unsigned cpu);
void cpuset_remove(struct cpuset *set, unsigned cpu);
bool cpuset_has(const struct cpuset *set, unsigned cpu);

void cpuset_add_all(struct cpuset *set, const struct cpuset *other);
void cpuset_remove_all(struct cpuset *set, const struct cpuset *other);

bool cpuset_is_empty(const struct cpuset *set);
unsigned cpuset_count(const struct cpuset *set);

/* The first member that is not below from; -1 when there is none. */
int cpuset_next(const struct cpuset *set, unsigned from);

/*
 * Reads a list as the kernel and libvirt write it: "0-3,8". An empty text is an empty
 * set. `what` is what the message calls the list: "'/sys/devices/system/cpu/online'".
 */
MUST_CHECK int cpuset_parse(struct cpuset *ret_set, const char *text, const char *what,
			    struct error *err);

/*
 * Reads "N" or "N-M", for a list whose order counts; the item is changed. A range does
 * not go down.
 */
MUST_CHECK int cpuset_parse_range(unsigned *ret_first, unsigned *ret_last, char *item,
				  struct error *err);

/* Reads a mask as the kernel writes it, in words of 32 bits: "f,ff000000" is 24-35. */
MUST_CHECK int cpuset_parse_mask(struct cpuset *ret_set, const char *text,
				 const char *what, struct error *err);

/* Appends the list: "0-3,8". */
void cpuset_format(const struct cpuset *set, struct buf *buf);
