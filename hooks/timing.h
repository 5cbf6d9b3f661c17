/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where the time of a prepare or a release goes. Whatever is not seen to be spent on
 * somebody else is the hook's own: loading its modules, reading the guest and the host,
 * looking for holders, writing the undo log and the journal.
 */

#include <stdint.h>

#include "base/buf.h"

struct hook;

struct timing {
	uint64_t total_us;
	uint64_t kernel_us;  /* attributes written, modules loaded and unloaded */
	uint64_t systemd_us; /* calls over D-Bus, and the jobs they started */
	uint64_t waits_us;   /* asleep until something else is done */
	uint64_t scripts_us; /* programs of the user */
	uint64_t own_us;     /* all the rest */
};

/* Since begin_us, by effects_clock_us(): when the call began. */
void timing_read(struct timing *ret_timing, const struct hook *hook, uint64_t begin_us);

/* One line: "12.3 ms: 4.0 in the kernel, ..." */
void timing_format(const struct timing *timing, struct buf *out);

/* A table, a part on each line, for people. */
void timing_print(const struct timing *timing);
