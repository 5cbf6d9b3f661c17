/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The command line of vbios, of all commands. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/option.h"
#include "rom/mend.h"

enum ask {
	ASK_NOTHING,
	ASK_HELP,
	ASK_OPTIONS, /* the option table, for shell completion */
};

/* Strings are borrowed from argv. */
struct options {
	enum ask ask;
	bool json;
	bool map; /* also where output is no terminal */
	bool keep_private;
	bool from_shadow;
	bool write_apparmor;
	bool force;
	bool with_disks;
	bool agent;
	bool again;
	bool has_bar; /* --bar was given */
	const char *serial;
	const char *command;
	const char *report;
	const char *work;
	uint64_t timeout; /* in seconds */
	const char *output;
	const char *device;
	const char *domain;
	const char *connect;
	const char *host;   /* "/" when not given */
	unsigned firmwares; /* bits of enum rom_firmware; 0: not given */
	bool bar_off;
	struct rom_fix fix;
	uint64_t image; /* 0: not given */
	uint64_t vfct;
	const char *store;
	const char *note;
	const char *from;

	char **operands;
	size_t n_operands;
};

#define OPTIONS_NONE ((struct options){ .host = "/", .timeout = 60 })

/* Which of the options a command has. */
struct option_table {
	const struct option_spec *v;
	size_t n;
};

extern const struct option_table options_info;
extern const struct option_table options_check;
extern const struct option_table options_dump;
extern const struct option_table options_store;
extern const struct option_table options_strip;
extern const struct option_table options_fix;
extern const struct option_table options_extract;
extern const struct option_table options_diff;
extern const struct option_table options_bench;
extern const struct option_table options_swap;
extern const struct option_table options_restore;

/* All errors are usage errors. argv[0] is the command. */
MUST_CHECK int options_parse(struct options *ret_options,
			     const struct option_table *table, int argc, char **argv,
			     struct error *err);

/* Reads "10de:1b80". */
MUST_CHECK int options_ids(uint16_t *ret_vendor, uint16_t *ret_device, const char *text,
			   struct error *err);
