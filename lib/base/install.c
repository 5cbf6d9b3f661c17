/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/install.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* dir is relative to the directory of the executable: "../share/vfiokit". */
static int beside_executable(char **ret_path, const char *dir, const char *name,
			     struct error *err)
{
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (len < 0)
		return error_sys(err, errno, "find the executable by '/proc/self/exe'");
	exe[len] = '\0';
	slash = strrchr(exe, '/');
	if (!slash) {
		return error_set(err, ENOENT, "the executable '%s' has no directory",
				 exe);
	}
	*slash = '\0';
	if (asprintf(ret_path, "%s/%s/%s", exe, dir, name) < 0)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

int install_data_path(char **ret_path, const char *name, struct error *err)
{
	return beside_executable(ret_path, INSTALL_BIN_TO_DATA, name, err);
}

int install_module_path(char **ret_path, const char *name, struct error *err)
{
	return beside_executable(ret_path, INSTALL_BIN_TO_MODULES, name, err);
}
