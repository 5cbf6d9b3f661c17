/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The command line of xmltweak. */

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "tweak/wishes.h"

enum view {
	VIEW_NONE,
	VIEW_DIFF,
	VIEW_EXPLAIN,
	VIEW_PLAN,
	VIEW_ARGV,
	VIEW_LIST,
};

enum check {
	CHECK_DEFAULT, /* schema when something is written to a file or defined */
	CHECK_NONE,
	CHECK_SCHEMA,
	CHECK_LIBVIRT,
};

/* What to do instead of working. */
enum ask {
	ASK_NOTHING,
	ASK_HELP,
	ASK_VERSION,
	ASK_OPTIONS, /* the option table, for shell completion */
};

/* Strings are borrowed from argv. */
struct options {
	struct wishes wishes;
	enum ask ask;
	const char *file; /* NULL: standard input */
	bool in_place;
	const char *output;
	const char *connect; /* NULL: not given */
	const char *domain;
	bool define;
	enum view view;
	bool json;
	const char *host; /* NULL: not given, "/" */
	enum check check;
};

#define OPTIONS_NONE ((struct options){ 0 })

/* All errors are usage errors. */
MUST_CHECK int options_parse(struct options *ret_options, int argc, char **argv,
			     struct error *err);
void options_done(struct options *options);

/* Whether the run will load libvirt, which brings threads along. */
bool options_need_libvirt(const struct options *options);

void options_help(FILE *out);
void options_list(FILE *out);

#define CLEANUP_OPTIONS CLEANUP(options_done)
