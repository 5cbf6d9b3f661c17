/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/sysfs.h"

void fakefile_fail(const char *what, const char *path)
{
	(void)fprintf(stderr, "fake root: %s '%s': %s\n", what, path, strerror(errno));
	abort();
}

static void format(char path[static SYSFS_PATH_MAX], const char *fmt, va_list ap)
	PRINTF_LIKE(2, 0);

static void format(char path[static SYSFS_PATH_MAX], const char *fmt, va_list ap)
{
	if (vsnprintf(path, SYSFS_PATH_MAX, fmt, ap) >= SYSFS_PATH_MAX)
		fakefile_fail("too long a path", fmt);
}

#define FORMAT(path, fmt)               \
	do {                            \
		va_list ap_;            \
		va_start(ap_, fmt);     \
		format(path, fmt, ap_); \
		va_end(ap_);            \
	} while (0)

static int open_dir(const struct root *root, const char *path)
{
	return root_openat(root, *path ? path : ".", O_PATH | O_DIRECTORY);
}

static int make_dir(const struct root *root, const char *path);

/* The directory that path is in, made when it is not there, and the name in it. */
static int open_parent(const struct root *root, const char *path, const char **ret_name,
		       bool is_wanted)
{
	const char *slash = strrchr(path, '/');
	char parent[SYSFS_PATH_MAX] = "";
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (slash)
		(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	fd = open_dir(root, parent);
	return fd == -ENOENT && is_wanted ? make_dir(root, parent) : fd;
}

static int make_dir(const struct root *root, const char *path)
{
	const char *name;
	CLEANUP_CLOSE int parent = open_parent(root, path, &name, true);
	int fd;

	if (parent < 0 || (mkdirat(parent, name, 0755) < 0 && errno != EEXIST))
		fakefile_fail("make the directory", path);
	fd = open_dir(root, path);
	if (fd < 0)
		fakefile_fail("open the directory", path);
	return fd;
}

static bool get(const struct root *root, char text[static FAKEFILE_MAX], const char *path)
{
	CLEANUP_CLOSE int fd = root_openat(root, path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, text, FAKEFILE_MAX - 1);

	if (n < 0 || n == FAKEFILE_MAX - 1)
		fakefile_fail("read", path);
	while (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return fd >= 0;
}

bool fakefile_get(const struct root *root, char text[static FAKEFILE_MAX],
		  const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];

	FORMAT(path, fmt);
	return get(root, text, path);
}

unsigned long fakefile_number(const struct root *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	char text[FAKEFILE_MAX];

	FORMAT(path, fmt);
	return get(root, text, path) ? strtoul(text, NULL, 10) : 0;
}

/* In place, so that who has it open sees it, and by pwrite(2)
 * (tests/support/killpoint.h).
 */
static void put(const struct root *root, const char *text, const char *path)
{
	const char *name;
	CLEANUP_CLOSE int parent = open_parent(root, path, &name, true);
	CLEANUP_CLOSE int fd = root_openat(root, path, O_WRONLY | O_TRUNC);
	char line[FAKEFILE_MAX + 1];
	int len = snprintf(line, sizeof(line), "%s%s", text, *text ? "\n" : "");

	if (fd < 0)
		fd = openat(parent, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || len >= (int)sizeof(line) ||
	    pwrite(fd, line, (size_t)len, 0) != (ssize_t)len)
		fakefile_fail("write", path);
}

void fakefile_put(const struct root *root, const char *text, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];

	FORMAT(path, fmt);
	put(root, text, path);
}

void fakefile_put_number(const struct root *root, unsigned long number, const char *fmt,
			 ...)
{
	char path[SYSFS_PATH_MAX];
	char text[32];

	FORMAT(path, fmt);
	(void)snprintf(text, sizeof(text), "%lu", number);
	put(root, text, path);
}

void fakefile_dir(const struct root *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	CLEANUP_CLOSE int fd = -1;

	FORMAT(path, fmt);
	fd = make_dir(root, path);
}

void fakefile_link(const struct root *root, const char *target, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	CLEANUP_CLOSE int parent = -1;
	const char *name;

	FORMAT(path, fmt);
	parent = open_parent(root, path, &name, true);
	if (symlinkat(target, parent, name) < 0)
		fakefile_fail("make the link", path);
}

bool fakefile_link_name(const struct root *root, char name[static FAKEFILE_MAX],
			const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	FORMAT(path, fmt);
	return sysfs_link_name(root, path, name, FAKEFILE_MAX, &ignored) == 0 && *name;
}

bool fakefile_has(const struct root *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];

	FORMAT(path, fmt);
	return sysfs_exists(root, path);
}

static void remove_at(int parent, const char *name);

static void remove_all_in(int fd)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (!dir)
		fakefile_fail("list", "directory");
	while ((entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			remove_at(dirfd(dir), entry->d_name);
	}
	(void)closedir(dir);
}

static void remove_at(int parent, const char *name)
{
	int fd;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		fakefile_fail("remove", name);
	remove_all_in(fd);
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0)
		fakefile_fail("remove", name);
}

void fakefile_remove(const struct root *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	CLEANUP_CLOSE int parent = -1;
	const char *name;

	FORMAT(path, fmt);
	parent = open_parent(root, path, &name, false);
	if (parent >= 0)
		remove_at(parent, name);
}

void fakefile_move(const struct root *root, const char *from, const char *to)
{
	const char *from_name, *to_name;
	CLEANUP_CLOSE int from_dir = open_parent(root, from, &from_name, true);
	CLEANUP_CLOSE int to_dir = open_parent(root, to, &to_name, true);

	if (renameat(from_dir, from_name, to_dir, to_name) < 0)
		fakefile_fail("move", from);
}
