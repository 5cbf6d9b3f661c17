/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/process.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/parse.h"

void processes_done(struct processes *list)
{
	free(list->v);
	*list = PROCESSES_NONE;
}

/* --- threads of the kernel --- */

static int compare_pids(const void *a, const void *b)
{
	pid_t first = *(const pid_t *)a;
	pid_t second = *(const pid_t *)b;

	return (first > second) - (first < second);
}

/* "3 10 4 ", of which it makes an ascending list. */
static int parse_pids(struct processes *ret_list, char *text, struct error *err)
{
	struct processes list = PROCESSES_NONE;
	char *save = NULL;
	uint64_t pid;

	/* each takes a digit and a blank at least */
	list.v = reallocarray(NULL, strlen(text) / 2 + 1, sizeof(*list.v));
	if (!list.v)
		return error_set(err, ENOMEM, "out of memory");
	for (char *word = strtok_r(text, " \n", &save); word;
	     word = strtok_r(NULL, " \n", &save)) {
		if (parse_dec(&pid, word, 1, INT_MAX, "pid", err) == 0)
			list.v[list.n++] = (pid_t)pid;
	}
	qsort(list.v, list.n, sizeof(*list.v), compare_pids);
	*ret_list = list;
	return 0;
}

/*
 * They are the children of kthreadd, which is process 2 (init/main.c) and has no program;
 * in a container that is somebody else, with one. Where the kernel does not list children
 * (CONFIG_PROC_CHILDREN) none are known.
 */
static int list_threads(struct processes *ret_list, const struct root *root,
			struct error *err)
{
	CLEANUP_CLOSE int exe = root_openat(root, "proc/2/exe", O_PATH);
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd = -1;
	char name[PROCESS_NAME_MAX];
	int r;

	*ret_list = PROCESSES_NONE;
	if (exe != -ENOENT ||
	    sysfs_read(root, "proc/2/comm", name, sizeof(name), err) < 0 ||
	    strcmp(name, "kthreadd") != 0)
		return 0;
	fd = sysfs_open(root, "proc/2/task/2/children");
	r = fd < 0 ? 0 : file_read_fd(&text, fd, "'/proc/2/task/2/children'", err);
	return r < 0 || text.len == 0 ? r : parse_pids(ret_list, text.data, err);
}

/* --- all of them --- */

int processes_list(struct processes *ret_list, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	CLEANUP_PROCESSES struct processes threads = PROCESSES_NONE;
	struct processes list = PROCESSES_NONE;
	int r = list_threads(&threads, root, err);

	if (r == 0)
		r = sysfs_list(&names, root, "proc", err);
	if (r < 0)
		return r;
	list.v = reallocarray(NULL, names.n + 1, sizeof(*list.v));
	if (!list.v)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < names.n; i++) {
		struct error ignored;
		uint64_t number;
		pid_t pid;

		if (parse_dec(&number, names.v[i], 1, INT_MAX, "pid", &ignored) < 0)
			continue;
		pid = (pid_t)number;
		if (threads.n == 0 ||
		    !bsearch(&pid, threads.v, threads.n, sizeof(pid), compare_pids))
			list.v[list.n++] = pid;
	}
	*ret_list = list;
	return 0;
}

/* --- what it has open --- */

static bool is_link(int dir, const char *name, process_link_fn *is_it, void *data)
{
	char target[PATH_MAX];
	struct process_link link = { .dir = dir, .name = name, .target = target };
	ssize_t len = readlinkat(dir, name, target, sizeof(target) - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	return is_it(data, &link);
}

/*
 * Not by opendir(3), which makes three more system calls for each process of the host.
 */
bool process_find_link(const struct root *root, pid_t pid, process_link_fn *is_it,
		       void *data)
{
	_Alignas(struct dirent64) char entries[16 * 1024];
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct error ignored;
	bool is_found = false;
	ssize_t n;

	if (sysfs_path(path, &ignored, "proc/%d/fd", pid) < 0)
		return false;
	fd = root_openat(root, path, O_RDONLY | O_DIRECTORY);
	while (fd >= 0 && !is_found &&
	       (n = getdents64(fd, entries, sizeof(entries))) > 0) {
		const struct dirent64 *entry;

		for (ssize_t at = 0; !is_found && at < n; at += entry->d_reclen) {
			entry = (const struct dirent64 *)(const void *)(entries + at);
			if (entry->d_name[0] != '.')
				is_found = is_link(fd, entry->d_name, is_it, data);
		}
	}
	return is_found;
}

bool process_stat_link(const struct process_link *link, struct statx *ret_st)
{
	return statx(link->dir, link->name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		     STATX_TYPE, ret_st) == 0;
}

/* --- what it is called --- */

void process_make_plain(char *text)
{
	for (; *text; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

void process_read_name(char name[static PROCESS_NAME_MAX], const struct root *root,
		       pid_t pid)
{
	char path[SYSFS_PATH_MAX];
	struct error ignored;

	if (sysfs_path(path, &ignored, "proc/%d/comm", pid) < 0 ||
	    sysfs_read(root, path, name, PROCESS_NAME_MAX, &ignored) < 0)
		(void)snprintf(name, PROCESS_NAME_MAX, "a process");
	process_make_plain(name);
}
