/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "fakehost.h"
#include "host/sysfs.h"

#define TEXT_MAX 4096 /* more of a file is not compared, only its size */

/* vfio-pci is loaded when it is needed, and stays. */
static const char *const left_out[] = {
	".kernel/clock",
	".kernel/later",
	".kernel/touched",
	".kernel/pages", /* what the kernel could find depends on what was asked */
	".bus/transient/",
	".kernel/hidden/",
	"run/",
	"run/vfiokit/",
	"dev/vfio/",
	"sys/module/vfio*",
	"sys/bus/pci/drivers/vfio-pci/",
	"sys/bus/pci/drivers/vfio-pci/bind",
	"sys/bus/pci/drivers/vfio-pci/unbind",
	"sys/bus/pci/drivers/vfio-pci/module",
};

static bool is_left_out(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(left_out); i++) {
		if (fnmatch(left_out[i], path, 0) == 0)
			return true;
	}
	return false;
}

static int is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void add_text(struct buf *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len && i < TEXT_MAX; i++) {
		if (text[i] == '\n')
			buf_adds(out, "\\n");
		else
			buf_addc(out, text[i] ? text[i] : '?');
	}
}

static void add_file(struct buf *out, int dir, const char *path, const struct stat *st)
{
	CLEANUP_CLOSE int fd =
		openat(dir, strrchr(path, '/') + 1, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char text[TEXT_MAX];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (n < 0)
		fakefile_fail("read", path);
	buf_adds(out, path + 1);
	if ((st->st_mode & 07777) != 0644)
		buf_addf(out, " (mode %04o)", st->st_mode & 07777U);
	if (st->st_size > TEXT_MAX)
		buf_addf(out, " (%lld bytes)", (long long)st->st_size);
	buf_adds(out, " = ");
	add_text(out, text, (size_t)n);
	buf_addc(out, '\n');
}

static void add_link(struct buf *out, int dir, const char *path)
{
	char target[SYSFS_PATH_MAX] = "";

	if (readlinkat(dir, strrchr(path, '/') + 1, target, sizeof(target) - 1) < 0)
		fakefile_fail("read the link", path);
	buf_addf(out, "%s -> %s\n", path + 1, target);
}

static void add_dir(struct buf *out, int parent, const char *path);

/* path begins with a slash. */
static void add_entry(struct buf *out, int dir, const char *path)
{
	struct stat st;

	if (is_left_out(path + 1))
		return;
	if (fstatat(dir, strrchr(path, '/') + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		fakefile_fail("look at", path);
	if (S_ISDIR(st.st_mode))
		add_dir(out, dir, path);
	else if (S_ISLNK(st.st_mode))
		add_link(out, dir, path);
	else
		add_file(out, dir, path, &st);
}

static void add_dir(struct buf *out, int parent, const char *path)
{
	const char *name = *path ? strrchr(path, '/') + 1 : ".";
	CLEANUP_CLOSE int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct dirent **names = NULL;
	char child[SYSFS_PATH_MAX];
	int n = fd < 0 ? -1 : scandirat(fd, ".", &names, is_entry, alphasort);

	if (n < 0)
		fakefile_fail("list", path);
	(void)snprintf(child, sizeof(child), "%s/", path);
	if (n == 0 && !is_left_out(child + 1))
		buf_addf(out, "%s\n", child + 1);
	for (int i = 0; i < n; i++) {
		if (snprintf(child, sizeof(child), "%s/%s", path, names[i]->d_name) >=
		    (int)sizeof(child))
			fakefile_fail("list", path);
		add_entry(out, fd, child);
		free(names[i]);
	}
	free(names);
}

char *fakehost_snapshot(const struct root *root)
{
	struct buf out = BUF_NONE;
	char *text;

	add_dir(&out, root->fd, "");
	text = buf_take(&out);
	if (!text)
		abort();
	return text;
}

/* --- comparing --- */

static void cut_lines(char **lines, size_t max, size_t *n, char *text)
{
	*n = 0;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));) {
		if (!*line)
			continue;
		if (*n == max)
			abort();
		lines[(*n)++] = line;
	}
}

static void say(struct buf *out, char sign, const char *line, const char *const *but)
{
	for (; but && *but; but++) {
		if (strstr(line, *but))
			return;
	}
	buf_addf(out, "%c %s\n", sign, line);
}

#define LINES_MAX 4096

/* Snapshots are in order of their names, so that two lines tell which comes first. */
char *fakehost_difference(const char *before, const char *after, const char *const *but)
{
	CLEANUP_FREE char *left_text = strdup(before);
	CLEANUP_FREE char *right_text = strdup(after);
	static const size_t size = LINES_MAX * sizeof(char *);
	CLEANUP_FREE char **left = malloc(size);
	CLEANUP_FREE char **right = malloc(size);
	struct buf out = BUF_NONE;
	size_t n_left, n_right;
	size_t j = 0;

	if (!left_text || !right_text || !left || !right)
		abort();
	cut_lines(left, LINES_MAX, &n_left, left_text);
	cut_lines(right, LINES_MAX, &n_right, right_text);
	for (size_t i = 0; i < n_left; i++) {
		size_t at = j;

		while (at < n_right && strcmp(left[i], right[at]) != 0)
			at++;
		if (at == n_right) {
			say(&out, '-', left[i], but);
			continue;
		}
		for (; j < at; j++)
			say(&out, '+', right[j], but);
		j = at + 1;
	}
	for (; j < n_right; j++)
		say(&out, '+', right[j], but);
	return buf_take(&out);
}

/* What differs has left its traces: a host of its own is cheaper than finding them. */
void fakehost_renew(struct faketree *tree, const char *before)
{
	struct fakekernel kernel = { .root = &tree->root };
	struct effects effects = fakekernel_effects(&kernel);
	CLEANUP_FREE char *after = fakehost_snapshot(&tree->root);
	struct error err;

	if (effects_unload(&effects, "vfio_pci", 0, &err) == 0 &&
	    strcmp(before, after) == 0)
		return;
	faketree_teardown(tree);
	faketree_setup(tree);
	fakehost_build(&tree->root);
}
