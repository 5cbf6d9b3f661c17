/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The user's own scripts, in /etc/vfiokit/hooks.d/GUEST/OPERATION/SUB-OPERATION/: run for
 * guests that take part in this hook, in the order of their bytes, with libvirt's four
 * arguments and the domain on standard input. Directories and scripts have to be root's
 * and nobody else's to write. Names that begin with a dot or end with '~' are left out,
 * and so, with a word in the journal, is what is not executable.
 *
 * Those of `prepare` run before anything is taken and refuse the start when they fail;
 * those of `release` run after everything is back. What a script prints goes to the
 * journal. One that runs for longer than the time for a wait is killed.
 */

#include "operation.h"

#define SCRIPTS_DIR "etc/vfiokit/hooks.d"

/* What scripts_run() would run, in order: paths as for sysfs. */
struct scripts {
	char **v;
	size_t n;
};

#define SCRIPTS_NONE ((struct scripts){ 0 })

/* Whether a name can be that of a directory: not empty, `.`, `..`, and without a slash.
 */
bool scripts_is_name(const char *name);

/* account, which may be NULL, gets what is left out. None is an empty list. */
MUST_CHECK int scripts_find(struct scripts *ret_scripts, const struct root *root,
			    const struct account *account, const struct call *call,
			    struct error *err);
void scripts_done(struct scripts *scripts);

/*
 * Runs them up to the first that fails. The guest of the call has to be one of ours:
 * nothing is evaluated, and of `prepare` a name that no directory can have is refused.
 */
MUST_CHECK int scripts_run(struct hook *hook, const struct call *call, struct error *err);

#define CLEANUP_SCRIPTS CLEANUP(scripts_done)
