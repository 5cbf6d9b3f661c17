/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The file that a device's option ROM comes from. libvirt passes its name to QEMU and
 * neither looks at it nor labels it: QEMU has to be able to read it as it is. And it has
 * to be the one that was meant. A guest whose start would fail for that fails before
 * anything is touched.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "domain/query.h"
#include "host/apparmor.h"
#include "host/checksum.h"
#include "romfile_verdict.h"
#include "steps.h"
#include "user.h"

/* path without its leading slash */
static int check_kind(const struct hook *hook, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = root_openat(hook->root, path, O_PATH);
	struct stat st;

	if (fd < 0)
		return error_sys(err, -fd, "open '/%s'", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '/%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "'/%s' is no regular file", path);
	return 0;
}

static int check_access(const struct hook *hook, const char *path, struct error *err)
{
	struct user qemu;
	int r = user_of_qemu(&qemu, hook, err);

	if (r < 0)
		return r;
	r = user_try_open(&qemu, hook, path, O_RDONLY);
	if (r == 0)
		return 0;
	return error_set(err, -r,
			 "QEMU, running as '%s', cannot read '/%s' (%s): file and "
			 "directories on the way have to let it",
			 qemu.name, path, strerror(-r));
}

/* With <seclabel type='none'/>, or that for AppArmor, libvirt does not confine it. */
static bool is_confined(const struct hook *hook)
{
	query_each (label, hook->needs.domain, "seclabel") {
		const char *model = query_attr(label, "model");

		if (query_attr_is(label, "type", "none") &&
		    (!model || strcmp(model, "apparmor") == 0))
			return false;
	}
	return apparmor_is_on(hook->root);
}

/* The path without links, as AppArmor sees it. */
static int resolve(char ret_path[static PATH_MAX], const struct root *root,
		   const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = root_openat(root, path, O_PATH);
	char link[64], top[PATH_MAX];
	ssize_t n, n_top;

	if (fd < 0)
		return error_sys(err, -fd, "open '/%s'", path);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", root->fd);
	n_top = readlink(link, top, sizeof(top));
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, PATH_MAX - 1);
	if (n < 0 || n_top < 0)
		return error_sys(err, errno, "ask for the true path of '/%s'", path);
	/* "/" is no directory of its own in front */
	n_top = n_top > 1 ? n_top : 0;
	memmove(ret_path, ret_path + n_top, (size_t)(n - n_top));
	ret_path[n - n_top] = '\0';
	return 0;
}

static int check_apparmor(const struct hook *hook, const char *path, struct error *err)
{
	char resolved[PATH_MAX];
	bool allows = true;
	int r;

	if (!is_confined(hook))
		return 0;
	r = resolve(resolved, hook->root, path, err);
	if (r == 0)
		r = apparmor_allows(&allows, hook->root, resolved, APPARMOR_READ, err);
	if (r < 0 || allows)
		return r;
	return error_set(err, EACCES,
			 "AppArmor does not let QEMU read '%s': put it into "
			 "/usr/share/vgabios, or this line into '" APPARMOR_LOCAL "': "
			 "\"%s\" r,",
			 resolved, resolved);
}

static int check_content(const struct hook *hook, const struct need_device *need,
			 struct error *err)
{
	char found[CHECKSUM_MAX];
	int r;

	if (!*need->sha256)
		return 0;
	r = checksum_file(found, hook->root, need->rom, err);
	if (r < 0 || strcasecmp(found, need->sha256) == 0)
		return r;
	return error_set(err, EBADMSG,
			 "'%s' has changed: its SHA-256 is %s, and the guest means %s; "
			 "if the new one is meant run: xmltweak --domain '%s' --hook "
			 "--define",
			 need->rom, found, need->sha256, hook->needs.name);
}

static int rom_check(struct hook *hook, struct error *err)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];
		int r;

		if (!need->is_hostdev || !need->rom || !*need->rom)
			continue;
		if (*need->rom != '/') {
			return error_set(err, EINVAL,
					 "the ROM file '%s' of %s is no absolute path",
					 need->rom, need->address);
		}
		r = check_kind(hook, need->rom + 1, err);
		if (r == 0)
			r = check_access(hook, need->rom + 1, err);
		if (r == 0)
			r = check_apparmor(hook, need->rom + 1, err);
		if (r == 0)
			r = check_content(hook, need, err);
		if (r < 0)
			return error_wrap(err, "the ROM of %s", need->address);
		romfile_judge(hook, need);
	}
	return 0;
}

static int rom_apply(struct hook *hook, struct error *err)
{
	(void)hook;
	(void)err;
	return 0;
}

const struct step rom_step = {
	.name = "rom",
	.check = rom_check,
	.apply = rom_apply,
};
