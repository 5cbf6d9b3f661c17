/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/option.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* What getopt_long(3) returns for the i-th option; below are its own values. */
#define FIRST_VALUE 0x1000

static int getopt_arg(const struct option_spec *spec)
{
	switch (spec->has_arg) {
	case OPTION_ARG:
		return required_argument;
	case OPTION_OPTIONAL_ARG:
		return optional_argument;
	default:
		return no_argument;
	}
}

/* A table in the two forms that getopt_long(3) wants. */
struct tables {
	const struct option_spec *specs;
	size_t n_specs;
	struct option *longs;
	char *shorts;
};

static void fill_tables(struct tables *tables)
{
	char *shorts = tables->shorts;
	size_t n = 0;

	*shorts++ = ':'; /* report errors by value, not by printing */
	for (size_t i = 0; i < tables->n_specs; i++) {
		const struct option_spec *spec = &tables->specs[i];

		if (!spec->name)
			continue;
		tables->longs[n++] = (struct option){
			.name = spec->name,
			.has_arg = getopt_arg(spec),
			.val = FIRST_VALUE + (int)i,
		};
		if (spec->letter) {
			*shorts++ = spec->letter;
			if (spec->has_arg == OPTION_ARG)
				*shorts++ = ':';
		}
	}
	*shorts = '\0';
	tables->longs[n] = (struct option){ 0 };
}

static const struct option_spec *find(const struct tables *tables, int value)
{
	if (value >= FIRST_VALUE)
		return &tables->specs[value - FIRST_VALUE];
	for (size_t i = 0; i < tables->n_specs; i++) {
		if (tables->specs[i].name && tables->specs[i].letter == value)
			return &tables->specs[i];
	}
	return NULL;
}

static int complain(int value, const char *word, const struct option_spec *spec,
		    struct error *err)
{
	if (value == ':' && spec) {
		return error_set(err, EINVAL, "--%s needs a value: %s", spec->name,
				 spec->arg);
	}
	if (spec)
		return error_set(err, EINVAL, "--%s takes no value", spec->name);
	if (strncmp(word, "--", 2) == 0)
		return error_set(err, EINVAL, "unknown or ambiguous option '%s'", word);
	return error_set(err, EINVAL, "unknown option '-%c'", optopt);
}

static int parse(const struct tables *tables, void *ctx, int argc, char **argv,
		 struct error *err)
{
	int value;

	optind = 0; /* glibc: start anew, in a second call too */
	opterr = 0;
	while ((value = getopt_long(argc, argv, tables->shorts, tables->longs, NULL)) !=
	       -1) {
		const struct option_spec *spec;
		int r;

		if (value == '?' || value == ':') {
			return complain(value, argv[optind - 1],
					optopt ? find(tables, optopt) : NULL, err);
		}
		spec = find(tables, value);
		r = spec->take(ctx, optarg, err);
		if (r < 0)
			return error_wrap(err, "--%s", spec->name);
	}
	return argc - optind;
}

int option_parse(const struct option_spec *specs, size_t n_specs, void *ctx, int argc,
		 char **argv, struct error *err)
{
	CLEANUP_FREE struct option *longs = calloc(n_specs + 1, sizeof(*longs));
	CLEANUP_FREE char *shorts = calloc(n_specs + 1, 2);
	struct tables tables = {
		.specs = specs, .n_specs = n_specs, .longs = longs, .shorts = shorts
	};

	if (!longs || !shorts)
		return error_set(err, ENOMEM, "out of memory");
	fill_tables(&tables);
	return parse(&tables, ctx, argc, argv, err);
}

/* Prints words, starting new lines at column `indent`. */
static void wrap(FILE *out, const char *text, int column, int indent)
{
	while (*text) {
		int len = (int)strcspn(text, " ");

		if (column > indent && column + 1 + len > 80) {
			(void)fprintf(out, "\n%*s", indent, "");
			column = indent;
		}
		if (column > indent) {
			(void)fputc(' ', out);
			column++;
		}
		(void)fprintf(out, "%.*s", len, text);
		column += len;
		text += len;
		text += strspn(text, " ");
	}
	(void)fputc('\n', out);
}

static void print_option(FILE *out, const struct option_spec *spec)
{
	enum { INDENT = 30 };
	int column = 2;

	if (spec->letter) {
		column = fprintf(out, "  -%c, --%s", spec->letter, spec->name);
	} else {
		column = fprintf(out, "      --%s", spec->name);
	}
	if (spec->has_arg == OPTION_ARG) {
		column += fprintf(out, "=%s", spec->arg);
	} else if (spec->has_arg == OPTION_OPTIONAL_ARG) {
		column += fprintf(out, "[=%s]", spec->arg);
	}
	if (column >= INDENT - 1) {
		(void)fprintf(out, "\n%*s", INDENT, "");
	} else {
		(void)fprintf(out, "%*s", INDENT - column, "");
	}
	wrap(out, spec->help, INDENT, INDENT);
}

void option_help(FILE *out, const struct option_spec *specs, size_t n_specs)
{
	for (size_t i = 0; i < n_specs; i++) {
		if (specs[i].name) {
			print_option(out, &specs[i]);
		} else {
			(void)fprintf(out, "\n%s:\n", specs[i].help);
		}
	}
}

void option_list(FILE *out, const struct option_spec *specs, size_t n_specs)
{
	static const char *const kinds[] = { "none", "required", "optional" };

	for (size_t i = 0; i < n_specs; i++) {
		if (!specs[i].name)
			continue;
		(void)fprintf(out, "--%s\t%s\t%s\n", specs[i].name,
			      kinds[specs[i].has_arg],
			      specs[i].completion ? specs[i].completion : "");
	}
}
