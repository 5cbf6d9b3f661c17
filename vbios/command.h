/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What vbios can do, a command each. */

#include "options.h"

/* Beside those of base/exit.h. */
enum {
	EXIT_NO = 1,      /* it will not run; they differ */
	EXIT_NO_LOOK = 3, /* what was asked could not be found out */
};

struct command {
	const char *name;
	const char *args; /* as help shows them */
	const char *help; /* one sentence, lower case, no full stop */
	const struct option_table *options;
	size_t min_operands;
	size_t max_operands;
	int failed; /* the exit status of an error */

	/*
	 * Returns an exit status, or a negative errno with the error; -EBADRQC for a
	 * combination of options that makes no sense.
	 */
	int (*run)(const struct options *options, struct error *err);
};

/* Whether the path is what standard output goes to, and not a mere terminal or device. */
bool command_writes_to(const char *path);

/* Prints what went wrong; returns the exit status. */
int command_run(int argc, char **argv);

extern const struct command command_info;
extern const struct command command_check;
extern const struct command command_dump;
extern const struct command command_store;
extern const struct command command_strip;
extern const struct command command_fix;
extern const struct command command_extract;
extern const struct command command_diff;
extern const struct command command_bench;
extern const struct command command_swap;
extern const struct command command_restore;
