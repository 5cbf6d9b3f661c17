/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The link by which libvirt finds the hook. The daemon looks for hooks when it starts and
 * when it is told to reload: until then a first hook is not called.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apparmor.h"
#include "base/cleanup.h"
#include "base/macro.h"
#include "command.h"
#include "libvirt_daemon.h"

#define ETC_DIR   "/etc/libvirt" /* libvirt may be installed later */
#define HOOKS_DIR "/etc/libvirt/hooks"
#define LINK_DIR  LIBVIRT_HOOK_DIR
#define LINK_PATH LIBVIRT_HOOK_LINK

static void say_reload(void)
{
	struct libvirt_daemon daemon;

	libvirt_daemon_find(&daemon);
	if (daemon.unit) {
		(void)printf("now run: systemctl reload %s\n", daemon.unit);
	} else {
		(void)printf("libvirt does not run; it finds the hook when it starts\n");
	}
}

static int make_dir(const char *path, struct error *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '%s'", path);
	return 0;
}

/* Where the link points now, "" when there is none. */
static int read_link(char target[static PATH_MAX], struct error *err)
{
	ssize_t n = readlink(LINK_PATH, target, PATH_MAX - 1);

	if (n < 0 && errno == EINVAL) {
		return error_set(err, EEXIST,
				 "'" LINK_PATH "' is there and is no link of ours; "
				 "remove it first");
	}
	if (n < 0 && errno != ENOENT)
		return error_sys(err, errno, "read the link '" LINK_PATH "'");
	target[n < 0 ? 0 : n] = '\0';
	return 0;
}

/* It would keep every guest from starting, those too that are none of our business. */
static int refuse_confined(const char *self, struct error *err)
{
	int r = apparmor_lets_libvirt_run(self, err);

	if (r != 0)
		return r < 0 ? r : 0;
	return error_set(
		err, EACCES,
		"AppArmor does not let libvirt run '%s', and no guest could start: "
		"install it in /usr/sbin, or add '%s PUx,' to "
		"/etc/apparmor.d/local/usr.sbin.libvirtd and load that profile anew",
		self, self);
}

static int run_install(int argc, char **argv, struct error *err)
{
	char self[PATH_MAX];
	char target[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int r;

	(void)argc;
	(void)argv;
	if (n < 0)
		return error_sys(err, errno, "find out where this program is");
	self[n] = '\0';
	r = read_link(target, err);
	if (r < 0)
		return r;
	if (strcmp(target, self) == 0) {
		(void)printf("'" LINK_PATH "' is there already\n");
		return 0;
	}
	r = refuse_confined(self, err);
	if (r < 0)
		return r;
	if (make_dir(ETC_DIR, err) < 0 || make_dir(HOOKS_DIR, err) < 0 ||
	    make_dir(LINK_DIR, err) < 0)
		return -err->code;
	(void)unlink(LINK_PATH ".new");
	if (symlink(self, LINK_PATH ".new") < 0 ||
	    rename(LINK_PATH ".new", LINK_PATH) < 0)
		return error_sys(err, errno, "make the link '" LINK_PATH "'");
	(void)printf("'" LINK_PATH "' -> '%s'\n", self);
	say_reload();
	return 0;
}

static int run_uninstall(int argc, char **argv, struct error *err)
{
	char target[PATH_MAX];
	int r = read_link(target, err);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	if (!*target) {
		(void)printf("there is no '" LINK_PATH "'\n");
		return 0;
	}
	if (unlink(LINK_PATH) < 0)
		return error_sys(err, errno, "remove '" LINK_PATH "'");
	(void)printf("'" LINK_PATH "' is removed; libvirt notices at once\n");
	return 0;
}

const struct command command_install = {
	.name = "install",
	.args = "",
	.help = "let libvirt call the hook",
	.run = run_install,
};

const struct command command_uninstall = {
	.name = "uninstall",
	.args = "",
	.help = "let libvirt call it no more",
	.run = run_uninstall,
};
