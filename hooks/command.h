/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The commands for people: vfiokit-hook COMMAND [ARGUMENT...]. */

#include <stdio.h>

#include "base/error.h"

struct command {
	const char *name;
	const char *args; /* as help shows them */
	const char *help; /* one sentence, lower case, no full stop */
	int min_args;
	int max_args;

	/* argv[0] is the command. -EBADRQC: a usage error. */
	int (*run)(int argc, char **argv, struct error *err);
};

/* Names may hold what a terminal obeys: that is shown as '?'. */
void command_print(FILE *out, const char *text);

/* Prints what went wrong; returns the exit status. */
int command_run(int argc, char **argv);

extern const struct command command_import;
extern const struct command command_install;
extern const struct command command_plan;
extern const struct command command_restore;
extern const struct command command_simulate;
extern const struct command command_status;
extern const struct command command_uninstall;
