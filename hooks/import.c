/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "import.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "host/sysfs.h"
#include "scripts.h"

#define TEXT_MAX ((size_t)1024 * 1024)

/* One script, on its way. */
struct item {
	char from[SYSFS_PATH_MAX];
	char to[SYSFS_PATH_MAX];
	struct buf text;
};

/* --- what is in it --- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Whether a line, which is no comment, has this in it, from the beginning of a word. */
static bool line_has(const char *line, size_t len, const char *text)
{
	const char *at = line;
	size_t skip = strspn(line, " \t");

	if (skip < len && line[skip] == '#')
		return false;
	while ((at = memmem(at, len - (size_t)(at - line), text, strlen(text)))) {
		if (at == line || !is_word(at[-1]) || !is_word(*text))
			return true;
		at++;
	}
	return false;
}

/* The number of the first line that has it, 0 when none does. */
static unsigned find_line(const struct buf *script, const char *text)
{
	const char *line = buf_text(script);
	const char *end = line + script->len;

	for (unsigned n = 1; line < end; n++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		if (line_has(line, len, text))
			return n;
		line += len + 1;
	}
	return 0;
}

/* What waits for libvirt while libvirt waits for it. */
static const char *const callers[] = { "virsh", "nodedev-", "virt-", "virtctl",
				       "libvirt.open" };

/* What the hook does by itself, better: it knows how it was before. */
static const struct {
	const char *text;
	const char *instead;
} superfluous[] = {
	{ "nr_hugepages", "the hook allocates what <memoryBacking> asks for" },
	{ "hugeadm", "the hook allocates what <memoryBacking> asks for" },
	{ "/unbind", "the hook hands the devices over, with managed='no'" },
	{ "driver_override", "the hook hands the devices over, with managed='no'" },
	{ "new_id", "the hook hands the devices over, by address" },
	{ "vfio-pci", "the hook loads it when it is needed" },
	{ "vfio_pci", "the hook loads it when it is needed" },
	{ "vtcon", "the hook takes the console off the GPU" },
	{ "-framebuffer", "the hook takes the framebuffer off the GPU" },
	{ "AllowedCPUs", "the hook isolates the cores with <cores isolate='yes'/>" },
	{ "cset", "the hook isolates the cores with <cores isolate='yes'/>" },
	{ "smp_affinity", "the hook moves interrupts with <cores irq='yes'/>" },
	{ "scaling_governor", "the hook sets it with <cores governor='...'/>" },
	{ "cpupower", "the hook sets the governor with <cores governor='...'/>" },
	{ "display-manager", "the hook stops and starts it with <stop unit='...'/>" },
	{ "/dev/shm/", "the hook makes it with <shmem name='...' user='...'/>" },
	{ "systemd-inhibit", "the hook keeps the host awake with <sleep/>" },
};

static void note_superfluous(struct import *import, const struct item *item)
{
	const char *last = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(superfluous); i++) {
		unsigned n = find_line(&item->text, superfluous[i].text);

		if (n == 0 || (last && strcmp(last, superfluous[i].instead) == 0))
			continue;
		last = superfluous[i].instead;
		buf_addf(&import->report, "    line %u, '%s': %s\n", n,
			 superfluous[i].text, last);
	}
	if (item->text.len < 2 || memcmp(item->text.data, "#!", 2) != 0) {
		if (item->text.len < 4 || memcmp(item->text.data, "\177ELF", 4) != 0) {
			buf_adds(
				&import->report,
				"    line 1: without '#!/bin/bash' or the like there the "
				"kernel does not run it\n");
		}
	}
}

/* True when it is to be left out; says so. */
static bool calls_libvirt(struct import *import, const struct item *item)
{
	for (size_t i = 0; i < ARRAY_SIZE(callers); i++) {
		unsigned n = find_line(&item->text, callers[i]);

		if (n == 0)
			continue;
		buf_addf(&import->report,
			 "%s '/%s': line %u calls libvirt ('%s'), which waits for its "
			 "hooks: both would wait for ever\n",
			 import->is_forced ? "beware of" : "left out", item->from, n,
			 callers[i]);
		return !import->is_forced;
	}
	return false;
}

/* --- copying --- */

/* All directories of a path; root's alone, as scripts have to be. */
static int make_dirs(const struct root *root, const char *path, struct error *err)
{
	CLEANUP_CLOSE int dir = root_openat(root, ".", O_RDONLY | O_DIRECTORY);
	const char *rest = path;
	size_t len;

	for (; dir >= 0 && rest[len = strcspn(rest, "/")]; rest += len + 1) {
		CLEANUP_FREE char *name = strndup(rest, len);
		int next;

		if (!name)
			return error_set(err, ENOMEM, "out of memory");
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST) {
			return error_sys(err, errno, "make the directories of '/%s'",
					 path);
		}
		next = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(dir);
		dir = next < 0 ? -errno : next;
	}
	return dir < 0 ? error_sys(err, -dir, "open the directories of '/%s'", path) : 0;
}

/* The directory that a path is in. */
static int open_parent(const struct root *root, const char *path, struct error *err)
{
	CLEANUP_FREE char *dir = strdup(path);
	int fd;

	if (!dir)
		return error_set(err, ENOMEM, "out of memory");
	*strrchr(dir, '/') = '\0';
	fd = root_openat(root, dir, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? error_sys(err, -fd, "open '/%s'", dir) : fd;
}

/* Nobody runs half of it: it becomes executable when it is all there. */
static int write_script(const struct root *root, const struct item *item,
			struct error *err)
{
	int r = make_dirs(root, item->to, err);
	CLEANUP_CLOSE int dir = r < 0 ? r : open_parent(root, item->to, err);
	const char *name = strrchr(item->to, '/') + 1;
	CLEANUP_CLOSE int fd = -1;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, errno, "write '/%s'", item->to);
	r = file_write_fd(fd, buf_text(&item->text), item->text.len, item->to, err);
	if (r == 0 && (fsync(fd) < 0 || fchmod(fd, 0755) < 0))
		r = error_sys(err, errno, "write '/%s'", item->to);
	if (r < 0)
		(void)unlinkat(dir, name, 0);
	return r;
}

static int read_script(struct item *item, const struct root *root, struct error *err)
{
	CLEANUP_CLOSE int fd = sysfs_open(root, item->from);
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "open '/%s'", item->from);
	r = file_read_fd(&item->text, fd, item->from, err);
	if (r == 0 && item->text.len > TEXT_MAX)
		r = error_set(err, EFBIG, "'/%s' is larger than 1 MiB", item->from);
	return r;
}

static int import_script(struct import *import, struct item *item, struct error *err)
{
	int r = read_script(item, import->root, err);

	if (r < 0)
		return r;
	import->n_found++;
	if (calls_libvirt(import, item))
		return 0;
	if (sysfs_exists(import->root, item->to)) {
		buf_addf(&import->report, "left out '/%s': '/%s' is there already\n",
			 item->from, item->to);
		return 0;
	}
	r = write_script(import->root, item, err);
	if (r < 0)
		return r;
	import->n_copied++;
	buf_addf(&import->report, "copied '/%s' to '/%s'\n", item->from, item->to);
	note_superfluous(import, item);
	return 0;
}

/* --- finding them --- */

/* What stands at a path, links followed as that dispatcher does; 0: nothing. */
static mode_t kind_of(const struct root *root, const char *path)
{
	CLEANUP_CLOSE int fd = root_openat(root, path, O_PATH);
	struct stat st;

	return fd < 0 || fstat(fd, &st) < 0 ? 0 : st.st_mode;
}

static bool is_script(const struct root *root, const char *path)
{
	mode_t mode = kind_of(root, path);

	return S_ISREG(mode) && (mode & 0111);
}

/* `to` is where it goes, below SCRIPTS_DIR. */
static int take(struct import *import, const char *from, const char *to,
		struct error *err)
{
	struct item item = { .text = BUF_NONE };
	int r = sysfs_path(item.from, err, "%s", from);

	if (r == 0)
		r = sysfs_path(item.to, err, SCRIPTS_DIR "/%s", to);
	if (r == 0)
		r = import_script(import, &item, err);
	buf_done(&item.text);
	return r;
}

/* A directory of scripts, or a script in its place. */
static int import_suboperation(struct import *import, const char *from, const char *to,
			       struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	int r;

	if (is_script(import->root, from)) {
		r = sysfs_path(target, err, "%s/%s", to, strrchr(to, '/') + 1);
		return r < 0 ? r : take(import, from, target, err);
	}
	if (!S_ISDIR(kind_of(import->root, from)))
		return 0;
	r = sysfs_list(&names, import->root, from, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		r = sysfs_path(path, err, "%s/%s", from, names.v[i]);
		if (r == 0)
			r = sysfs_path(target, err, "%s/%s", to, names.v[i]);
		if (r == 0 && is_script(import->root, path))
			r = take(import, path, target, err);
	}
	return r;
}

/* depth: 0 for guests, 1 for operations, 2 for sub-operations. */
static int import_level(struct import *import, const char *from, const char *to,
			unsigned depth, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	int r = sysfs_list(&names, import->root, from, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		r = sysfs_path(path, err, "%s/%s", from, names.v[i]);
		if (r == 0) {
			r = sysfs_path(target, err, "%s%s%s", to, *to ? "/" : "",
				       names.v[i]);
		}
		if (r == 0 && depth == 2) {
			r = import_suboperation(import, path, target, err);
		} else if (r == 0 && S_ISDIR(kind_of(import->root, path))) {
			r = import_level(import, path, target, depth + 1, err);
		}
	}
	return r;
}

int import_run(struct import *import, struct error *err)
{
	const char *dir = import->dir + strspn(import->dir, "/");
	int r;

	if (!S_ISDIR(kind_of(import->root, dir)))
		return error_set(err, ENOTDIR, "there is no directory '%s'", import->dir);
	r = import_level(import, dir, "", 0, err);
	return r < 0 ? r : buf_check(&import->report, err);
}
