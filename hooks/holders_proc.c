/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which process has a device node open: the links in /proc/PID/fd (proc(5)), and where a
 * descriptor was closed after mmap(2), /proc/PID/maps.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/macro.h"
#include "base/parse.h"
#include "holders_impl.h"

#define DEV "/dev/"

struct scan {
	const struct root *root;
	const struct holders_set *set;
	char path[SYSFS_WORD_MAX]; /* of the node that was found last */
	struct holders_process found;
	uint64_t own[2];   /* the hook asks by a process of its own; 0: none is */
	uint64_t *threads; /* of the kernel, in order */
	size_t n_threads;
};

/* Finds the node that a process has open; NULL: none. */
typedef const struct holders_node *find_fn(struct scan *scan, const char *pid);

/* --- comparing --- */

static bool has_name(const struct holders_node *node, const char *name)
{
	size_t len = strlen(node->name);

	return strncmp(name, node->name, len) == 0 &&
	       (node->is_family || name[len] == '\0' ||
		strcmp(name + len, " (deleted)") == 0);
}

static const struct holders_node *by_name(const struct scan *scan, const char *name)
{
	for (size_t i = 0; i < scan->set->n; i++) {
		if (has_name(&scan->set->v[i], name))
			return &scan->set->v[i];
	}
	return NULL;
}

static const struct holders_node *by_number(const struct scan *scan,
					    const struct statx *st)
{
	for (size_t i = 0; i < scan->set->n; i++) {
		const struct holders_node *node = &scan->set->v[i];

		if (node->major == st->stx_rdev_major &&
		    (node->is_family || node->minor == st->stx_rdev_minor) &&
		    (node->is_block ? S_ISBLK(st->stx_mode) : S_ISCHR(st->stx_mode)))
			return node;
	}
	return NULL;
}

/* What nearly all processes have open, and what no device is ever called. */
static bool is_common(const char *name)
{
	static const char *const common[] = { "null", "urandom", "zero", "tty" };

	for (size_t i = 0; i < ARRAY_SIZE(common); i++) {
		if (strcmp(name, common[i]) == 0)
			return true;
	}
	return strncmp(name, "pts/", 4) == 0;
}

/*
 * Only what may be a node is looked at: a file on a server that does not answer would let
 * us wait. In a container a node may have another name, and in a chroot(2) a longer one.
 */
static bool may_be_node(const struct scan *scan, const char *target)
{
	const char *dev = strstr(target, DEV);

	if (dev == target && is_common(target + strlen(DEV)))
		return false;
	return dev && (dev == target || by_name(scan, dev + strlen(DEV)));
}

static void keep_path(struct scan *scan, const char *path)
{
	size_t len = strnlen(path, sizeof(scan->path) - 1);

	memcpy(scan->path, path, len);
	scan->path[len] = '\0';
}

static const struct holders_node *match_link(struct scan *scan, int fd, const char *name)
{
	char target[PATH_MAX];
	struct statx st;
	ssize_t len = readlinkat(fd, name, target, sizeof(target) - 1);

	if (len <= 0)
		return NULL;
	target[len] = '\0';
	if (!may_be_node(scan, target))
		return NULL;
	keep_path(scan, target);
	/* in a captured tree there are no nodes, and the link leads to this machine's */
	if (!root_is_host(scan->root))
		return by_name(scan, strstr(target, DEV) + strlen(DEV));
	if (statx(fd, name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS,
		  &st) < 0)
		return NULL;
	return by_number(scan, &st);
}

/* --- one process --- */

/*
 * All links of a directory. Not by opendir(3), which makes three more system calls: most
 * processes of a host are the kernel's own and have nothing open.
 */
static const struct holders_node *match_links(struct scan *scan, int fd)
{
	_Alignas(struct dirent64) char entries[16 * 1024];
	const struct holders_node *node = NULL;
	ssize_t n;

	while (!node && (n = getdents64(fd, entries, sizeof(entries))) > 0) {
		const struct dirent64 *entry;

		for (ssize_t at = 0; !node && at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(entries + at);
			if (entry->d_name[0] != '.')
				node = match_link(scan, fd, entry->d_name);
		}
	}
	return node;
}

/* A process may end at any moment: then it has nothing open. */
static const struct holders_node *find_open(struct scan *scan, const char *pid)
{
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (sysfs_path(path, &ignored, "proc/%s/fd", pid) < 0)
		return NULL;
	fd = root_openat(scan->root, path, O_RDONLY | O_DIRECTORY);
	return fd < 0 ? NULL : match_links(scan, fd);
}

/* "7f1c2e000000-7f1c2f000000 rw-s 00000000 00:05 412      /dev/dri/card1" */
static const struct holders_node *find_mapped(struct scan *scan, const char *pid)
{
	const struct holders_node *node = NULL;
	CLEANUP_FCLOSE FILE *file = NULL;
	CLEANUP_FREE char *line = NULL;
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;
	size_t size = 0;

	if (sysfs_path(path, &ignored, "proc/%s/maps", pid) < 0)
		return NULL;
	fd = sysfs_open(scan->root, path);
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file)
		return NULL;
	(void)take_fd(&fd);
	while (!node && getline(&line, &size, file) > 0) {
		const char *dev = strstr(line, " " DEV);

		if (!dev)
			continue;
		line[strcspn(line, "\n")] = '\0';
		node = by_name(scan, dev + strlen(" " DEV));
		keep_path(scan, dev + 1);
	}
	return node;
}

/* --- what is said about it --- */

/* What users call themselves must not break a line of ours. */
static void make_plain(char *text)
{
	for (; *text; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

/*
 * The cgroup tells the unit: "0::/system.slice/gdm.service", and of a user's own
 * services ".../user@1000.service/app.slice/pipewire.service".
 */
static void read_unit(struct holders_process *process, char *cgroup)
{
	char *save = NULL;

	for (char *part = strtok_r(cgroup, "/", &save); part;
	     part = strtok_r(NULL, "/", &save)) {
		size_t len = strlen(part);

		if (strncmp(part, "user@", 5) == 0) {
			(void)snprintf(process->user, sizeof(process->user), "%.*s",
				       (int)strspn(part + 5, "0123456789"), part + 5);
			continue;
		}
		if (len > 8 && len < HOLDERS_UNIT_MAX &&
		    strcmp(part + len - 8, ".service") == 0) {
			memcpy(process->unit, part, len + 1);
			return;
		}
	}
}

static void describe(struct holders_process *process, const struct root *root)
{
	char path[SYSFS_PATH_MAX];
	char cgroup[SYSFS_PAGE_MAX];
	struct error ignored;
	char *own = NULL;

	if (sysfs_path(path, &ignored, "proc/%d/comm", process->pid) < 0 ||
	    sysfs_read(root, path, process->comm, sizeof(process->comm), &ignored) < 0)
		(void)snprintf(process->comm, sizeof(process->comm), "a process");
	make_plain(process->comm);
	if (sysfs_path(path, &ignored, "proc/%d/cgroup", process->pid) < 0 ||
	    sysfs_read(root, path, cgroup, sizeof(cgroup), &ignored) < 0)
		return;
	own = strstr(cgroup, "0::/");
	if (!own)
		own = strstr(cgroup, "name=systemd:/");
	if (!own)
		return;
	own = strchr(own, '/');
	own[strcspn(own, "\n")] = '\0';
	read_unit(process, own);
}

/*
 * systemd-logind has open what it has opened for a session, until that ends: whom it did
 * that for is the one to be named.
 */
static bool is_deputy(const struct holders_process *process)
{
	return strcmp(process->comm, "systemd-logind") == 0;
}

static void keep(struct scan *scan, pid_t pid, const struct holders_node *node)
{
	struct holders_process process = { .pid = pid, .node = node };

	if (scan->found.pid != 0 && !is_deputy(&scan->found)) {
		scan->found.n_more++;
		return;
	}
	memcpy(process.path, scan->path, sizeof(process.path));
	make_plain(process.path);
	describe(&process, scan->root);
	process.n_more = scan->found.pid != 0 ? scan->found.n_more + 1 : 0;
	scan->found = process;
}

/* --- threads of the kernel --- */

static int compare_pids(const void *a, const void *b)
{
	uint64_t first = *(const uint64_t *)a;
	uint64_t second = *(const uint64_t *)b;

	return (first > second) - (first < second);
}

static void add_threads(struct scan *scan, char *list)
{
	char *save = NULL;
	size_t n = 1;

	for (const char *c = list; *c; c++) {
		if (*c == ' ')
			n++;
	}
	scan->threads = calloc(n, sizeof(*scan->threads));
	for (char *word = strtok_r(list, " \n", &save); scan->threads && word;
	     word = strtok_r(NULL, " \n", &save)) {
		struct error ignored;
		uint64_t *pid = &scan->threads[scan->n_threads];

		if (parse_dec(pid, word, 1, INT_MAX, "pid", &ignored) == 0)
			scan->n_threads++;
	}
	if (scan->n_threads > 0) {
		qsort(scan->threads, scan->n_threads, sizeof(*scan->threads),
		      compare_pids);
	}
}

/*
 * Most of a host's processes are threads of the kernel, which have nothing open: the
 * children of kthreadd, process 2 (init/main.c). In a container that is somebody else,
 * with a program.
 */
static void find_threads(struct scan *scan)
{
	CLEANUP_CLOSE int exe = root_openat(scan->root, "proc/2/exe", O_PATH);
	CLEANUP_BUF struct buf list = BUF_NONE;
	CLEANUP_CLOSE int fd = -1;
	char comm[SYSFS_WORD_MAX];
	struct error ignored;

	if (exe != -ENOENT ||
	    sysfs_read(scan->root, "proc/2/comm", comm, sizeof(comm), &ignored) < 0 ||
	    strcmp(comm, "kthreadd") != 0)
		return;
	fd = sysfs_open(scan->root, "proc/2/task/2/children");
	if (fd >= 0 && file_read_fd(&list, fd, "proc/2", &ignored) == 0 && list.len > 0)
		add_threads(scan, list.data);
}

static bool is_thread(const struct scan *scan, uint64_t pid)
{
	return scan->n_threads > 0 &&
	       bsearch(&pid, scan->threads, scan->n_threads, sizeof(pid), compare_pids);
}

/* --- all processes --- */

static void scan_all(struct scan *scan, const struct sysfs_names *names, find_fn *find)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct holders_node *node;
		struct error ignored;
		uint64_t pid;

		if (parse_dec(&pid, names->v[i], 1, INT_MAX, "pid", &ignored) < 0 ||
		    pid == scan->own[0] || pid == scan->own[1] || is_thread(scan, pid))
			continue;
		node = find(scan, names->v[i]);
		if (node)
			keep(scan, (pid_t)pid, node);
	}
}

int holders_find_process(struct holders_process *ret_process, const struct root *root,
			 const struct holders_set *set, struct error *err)
{
	static find_fn *const ways[] = { find_open, find_mapped };
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	struct scan scan = { .root = root, .set = set };
	size_t n_ways = set->is_early ? 1 : ARRAY_SIZE(ways);
	int r;

	*ret_process = scan.found;
	if (set->n == 0)
		return 0;
	r = sysfs_list(&names, root, "proc", err);

	if (r < 0)
		return r;
	if (root_is_host(root)) {
		scan.own[0] = (uint64_t)getpid();
		scan.own[1] = (uint64_t)getppid();
	}
	find_threads(&scan);
	for (size_t i = 0; i < n_ways && scan.found.pid == 0; i++)
		scan_all(&scan, &names, ways[i]);
	free(scan.threads);
	*ret_process = scan.found;
	return 0;
}
