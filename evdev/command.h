/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The commands of evgrab. */

#include <stdbool.h>
#include <stdint.h>

#include "base/option.h"

struct command_options {
	const char *config;
	const char *socket;
	uint64_t seconds;
	bool json;
	bool keys;
	bool help;
};

struct command {
	const char *name;
	const char *args; /* as help shows them */
	const char *help; /* one sentence, lower case, no full stop */
	int n_args;
	const struct option_spec *specs;
	size_t n_specs;
	int (*run)(const struct command_options *options, char **args, struct error *err);
};

/* The whole program. Returns an exit status. */
int command_main(int argc, char **argv);

/* ---- command_check.c ---- */

/* Whether the daemon would start, and what it would do. */
int command_check(const struct command_options *options, char **args, struct error *err);
