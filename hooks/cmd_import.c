/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The scripts of another dispatcher, copied to where this hook runs them. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "import.h"

#define DISPATCHER "/etc/libvirt/hooks/qemu"

static int read_args(struct import *import, int argc, char **argv, struct error *err)
{
	import->dir = NULL;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--force") == 0) {
			import->is_forced = true;
		} else if (*argv[i] == '-') {
			return error_set(err, EBADRQC, "there is no option '%s'",
					 argv[i]);
		} else if (import->dir) {
			return error_set(err, EBADRQC, "one directory only: '%s'",
					 argv[i]);
		} else {
			import->dir = argv[i];
		}
	}
	if (!import->dir)
		import->dir = IMPORT_DIR;
	return 0;
}

/* Both sets of scripts would run. */
static void say_what_is_left(const struct import *import)
{
	if (import->n_copied > 0 && access(DISPATCHER, X_OK) == 0) {
		(void)printf(
			"The old ones run too as long as '" DISPATCHER
			"' does. When the new ones are as they should be: chmod -x " DISPATCHER
			"\n");
	}
	if (import->n_copied > 0) {
		(void)printf("They run for guests with the guest element in <metadata>; "
			     "see: xmltweak --hook\n");
	}
}

static int run_import(int argc, char **argv, struct error *err)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	CLEANUP_FREE char *dir = NULL;
	struct import import = { .root = &root, .report = BUF_NONE };
	int r = read_args(&import, argc, argv, err);

	if (r == 0)
		r = root_open(&root, "/", err);
	if (r < 0)
		return r;
	dir = realpath(import.dir, NULL);
	if (!dir)
		return error_sys(err, errno, "open the directory '%s'", import.dir);
	import.dir = dir;
	r = import_run(&import, err);
	(void)fputs(buf_text(&import.report), stdout);
	buf_done(&import.report);
	if (r < 0)
		return r;
	if (import.n_found == 0)
		(void)printf("there are no scripts in '%s'\n", import.dir);
	say_what_is_left(&import);
	if (import.n_copied < import.n_found) {
		return error_set(err, ECANCELED, "%zu of %zu scripts were left out",
				 import.n_found - import.n_copied, import.n_found);
	}
	return 0;
}

const struct command command_import = {
	.name = "import",
	.args = "[--force] [DIR]",
	.help = "take over the scripts of another hook",
	.max_args = 2,
	.run = run_import,
};
