/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The processes of the host, and what each has open: /proc (proc(5)). One may end at any
 * moment: then it has nothing open, and no name.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/root.h"
#include "host/sysfs.h"

#define PROCESS_NAME_MAX SYSFS_WORD_MAX

struct processes {
	pid_t *v; /* ascending as text: 1, 10, 2 */
	size_t n;
};

#define PROCESSES_NONE ((struct processes){ 0 })

MUST_CHECK int processes_list(struct processes *ret_list, const struct root *root,
			      struct error *err);
void processes_done(struct processes *list);

/* One of the links in /proc/PID/fd. */
struct process_link {
	int dir;
	const char *name;   /* in there */
	const char *target; /* "/dev/dri/card1", "pipe:[4711]" */
};

typedef bool process_link_fn(void *data, const struct process_link *link);

/*
 * Shows the links one after the other, until one is found: whether one was. False for a
 * process that we may not look into.
 */
bool process_find_link(const struct root *root, pid_t pid, process_link_fn *is_it,
		       void *data);

/*
 * What it leads to, on this machine: type and device number, and nobody is asked who
 * might not answer. False when it cannot be known.
 */
bool process_stat_link(const struct process_link *link, struct statx *ret_st);

/* What it calls itself; "a process" when it does not say. */
void process_read_name(char name[static PROCESS_NAME_MAX], const struct root *root,
		       pid_t pid);

/* What users call themselves and their files must not break a line of ours. */
void process_make_plain(char *text);

#define CLEANUP_PROCESSES CLEANUP(processes_done)
