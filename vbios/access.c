/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "acl.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "host/apparmor.h"
#include "host/user.h"
#include "rom/rules.h"

#define LINKS_MAX 40 /* as the kernel has it */

/* A way through the tree, as the kernel would go it. */
struct way {
	const struct root *root;
	const struct user *qemu; /* NULL: nobody has to get through */
	struct rom_findings *findings;
	char done[PATH_MAX]; /* "/usr/share": no links in it */
	char rest[PATH_MAX]; /* that is still to be gone */
	unsigned n_links;
	bool is_closed; /* that has been told */
};

/* "/usr/share" for "", which is the root itself */
static const char *shown(const char *path)
{
	return *path ? path : "/";
}

/* fd was opened with O_PATH, by which attributes can be read only this way. */
static ssize_t read_list(char list[static ACL_SIZE_MAX], int fd)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return getxattr(path, ACL_ATTRIBUTE, list, ACL_SIZE_MAX);
}

static void rule_closed(struct way *way, const struct stat *st, int fd)
{
	struct rom_findings *findings = way->findings;
	unsigned rwx = S_ISDIR(st->st_mode) ? 1 : 4;
	char list[ACL_SIZE_MAX];
	ssize_t len;

	if (way->is_closed || !way->qemu)
		return;
	len = read_list(list, fd);
	if (len > 0 ? acl_lets(way->qemu, st, list, (size_t)len, rwx)
		    : user_may(way->qemu, st, rwx))
		return;
	way->is_closed = true;
	SAY(29, ROM_ERROR, 0, "QEMU",
	    "QEMU, running as '%s', cannot read the file: '%s' has the mode %04o%s, and "
	    "belongs to %u:%u",
	    way->qemu->name, shown(way->done), st->st_mode & 07777,
	    len > 0 ? " and an access list" : "", st->st_uid, st->st_gid);
	rom_findings_advise(findings,
			    "put it where everybody may read: install -m 644 FILE "
			    "/usr/share/vgabios/");
}

static void rule_writable(const struct way *way, const struct stat *st)
{
	struct rom_findings *findings = way->findings;

	if (!(st->st_mode & S_IWOTH))
		return;
	if (S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX) {
		SAY(31, ROM_WARNING, 0, "QEMU",
		    "'%s' is for what may go at any time: the file may be gone at the next "
		    "start",
		    shown(way->done));
		return;
	}
	SAY(31, ROM_WARNING, 0, "QEMU",
	    "everybody may write to '%s', and so give the guest other code to run",
	    shown(way->done));
}

/* Puts a link's target before what is still to be gone. */
static int follow_link(struct way *way, int fd, struct error *err)
{
	struct rom_findings *findings = way->findings;
	CLEANUP_BUF struct buf next = BUF_NONE;
	char target[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);

	if (n < 0)
		return error_sys(err, errno, "read the link '%s'", way->done);
	target[n] = '\0';
	if (++way->n_links > LINKS_MAX) {
		return error_set(err, ELOOP, "there are too many links in '%s'",
				 way->done);
	}
	SAY(31, ROM_WARNING, 0, "QEMU",
	    "'%s' is a link to '%s', and may lead to another file at the next start",
	    way->done, target);
	*strrchr(way->done, '/') = '\0';
	if (*target == '/')
		*way->done = '\0';
	buf_addf(&next, "%s/%s", target, way->rest);
	if (buf_check(&next, err) < 0)
		return -ENOMEM;
	if (next.len >= sizeof(way->rest))
		return error_set(err, ENAMETOOLONG, "the path '%s' is too long", target);
	memcpy(way->rest, next.data, next.len + 1);
	return 0;
}

/* Appends a name; ".." takes the last one away. */
static int append(struct way *way, const char *name, size_t len, struct error *err)
{
	size_t have = strlen(way->done);
	char *slash;

	if (len == 0 || (len == 1 && *name == '.'))
		return 0;
	if (len == 2 && memcmp(name, "..", 2) == 0) {
		slash = strrchr(way->done, '/');
		if (slash)
			*slash = '\0';
		return 0;
	}
	if (have + 1 + len >= sizeof(way->done)) {
		return error_set(err, ENAMETOOLONG, "the path '%s' is too long",
				 way->done);
	}
	way->done[have] = '/';
	memcpy(way->done + have + 1, name, len);
	way->done[have + 1 + len] = '\0';
	return 0;
}

/* Takes the next name off the rest, and looks at what it leads to. */
static int go(struct way *way, struct error *err)
{
	size_t len = strcspn(way->rest, "/");
	size_t skip = len + strspn(way->rest + len, "/");
	CLEANUP_CLOSE int fd = -1;
	struct stat st;
	int r = append(way, way->rest, len, err);

	if (r < 0)
		return r;
	memmove(way->rest, way->rest + skip, strlen(way->rest + skip) + 1);
	fd = root_openat(way->root, *way->done ? way->done + 1 : ".",
			 O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", shown(way->done));
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '%s'", shown(way->done));
	if (S_ISLNK(st.st_mode))
		return follow_link(way, fd, err);
	rule_closed(way, &st, fd);
	rule_writable(way, &st);
	return 0;
}

static int rule_apparmor(const struct way *way, struct error *err)
{
	struct rom_findings *findings = way->findings;
	bool allows;
	int r;

	if (!apparmor_is_on(way->root))
		return 0;
	r = apparmor_allows(&allows, way->root, way->done, APPARMOR_READ, err);
	if (r < 0 || allows)
		return r;
	SAY(30, ROM_ERROR, 0, "QEMU", "AppArmor does not let QEMU read '%s'", way->done);
	rom_findings_advise(findings,
			    "put it into /usr/share/vgabios, or this line into "
			    "'" APPARMOR_LOCAL "': \"%s\" r,",
			    way->done);
	return 0;
}

int access_examine(struct rom_findings *findings, const struct root *root,
		   const char *path, const struct user_names *label, struct error *err)
{
	struct way way = { .root = root, .findings = findings };
	struct user qemu;
	struct error none;
	int r = 0;

	if (user_of_qemu_on(&qemu, root, label, &none) == 0)
		way.qemu = &qemu;
	if (strlen(path) >= sizeof(way.rest))
		return error_set(err, ENAMETOOLONG, "the path '%s' is too long", path);
	memcpy(way.rest, path, strlen(path) + 1);
	while (r == 0 && *way.rest)
		r = go(&way, err);
	if (r == 0 && way.qemu)
		r = rule_apparmor(&way, err);
	return r;
}
