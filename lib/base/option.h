/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Long and short options of a program, from one table: parsing, the help text and shell
 * completion all come from it, so that none of them can drift from the others.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

enum option_arg {
	OPTION_NO_ARG,
	OPTION_ARG,
	OPTION_OPTIONAL_ARG,
};

struct option_spec {
	const char *name; /* long, without dashes; NULL: a heading, whose text is help */
	char letter;      /* 0: none */
	enum option_arg has_arg;
	const char *arg;        /* as help shows it: "FILE" */
	const char *help;       /* one sentence, lower case, no full stop */
	const char *completion; /* what the argument may be: words, or "FILE", "DIR" */

	/* value is NULL without an argument. An error is a usage error. */
	int (*take)(void *ctx, const char *value, struct error *err);
};

/*
 * Parses argv. Returns the number of operands, which are moved to the end of argv as
 * getopt_long(3) does, or a negative errno with the error naming the option.
 */
MUST_CHECK int option_parse(const struct option_spec *specs, size_t n_specs, void *ctx,
			    int argc, char **argv, struct error *err);

void option_help(FILE *out, const struct option_spec *specs, size_t n_specs);

/* "--name<TAB>arg kind<TAB>completion", a line each, for shell completion and tests. */
void option_list(FILE *out, const struct option_spec *specs, size_t n_specs);
