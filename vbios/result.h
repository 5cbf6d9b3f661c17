/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All that was found out about a file, and how it is shown. */

#include "base/error.h"
#include "input.h"
#include "options.h"
#include "rom/finding.h"
#include "rom/verdict.h"
#include "target.h"

struct result {
	const char *path;
	struct input input;
	struct rom_target target;
	char target_name[TARGET_NAME_MAX]; /* "" when it is not known */
	struct rom_findings findings;
	bool is_file;     /* and no directory: there is something to judge */
	bool is_readable; /* QEMU gets as far as to read it */
	bool will_run;
	struct rom_verdict verdicts[ROM_N_FIRMWARES][2]; /* [..][1]: the ROM BAR is on */
};

void result_print_text(const struct result *result, const struct options *options);
MUST_CHECK int result_print_json(const struct result *result, struct error *err);
