/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All that was found out about a file, and how it is shown. */

#include "input.h"
#include "rom/finding.h"
#include "rom/verdict.h"
#include "target.h"
#include "vga.h"

struct result {
	const char *path;
	bool bar;           /* the guest's device has a ROM BAR */
	unsigned firmwares; /* that have to run it; 0: any */
	struct input input;
	struct rom_target target;
	char target_name[TARGET_NAME_MAX]; /* "" when it is not known */
	char vga_before[VGA_NAME_MAX];     /* that of the target, or "" */
	struct rom_findings findings;
	bool is_file;   /* and no directory: there is something to judge */
	bool can_start; /* QEMU gets as far as to run it */
	bool is_unread; /* by QEMU, which may start without it */
	bool will_run;
	struct rom_verdict verdicts[ROM_N_FIRMWARES][2]; /* [..][1]: the ROM BAR is on */
};

#define RESULT_NONE ((struct result){ 0 })

void result_done(struct result *result);

void result_print_text(const struct result *result);

/* An object that the caller owns; NULL without memory. */
struct json_object *result_json(const struct result *result);

#define CLEANUP_RESULT CLEANUP(result_done)
