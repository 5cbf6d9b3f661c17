/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/openers.h"

#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "host/process.h"

struct search {
	const struct root *root;
	const char *name;
	dev_t rdev;
};

/*
 * Only what may be a node is looked at: a file on a server that does not answer would let
 * us wait.
 */
static bool is_node(void *data, const struct process_link *link)
{
	static const char dev[] = "/dev/";
	const struct search *search = data;
	struct statx st;

	if (strncmp(link->target, dev, strlen(dev)) != 0)
		return false;
	if (!root_is_host(search->root))
		return strcmp(link->target + strlen(dev), search->name) == 0;
	return process_stat_link(link, &st) && S_ISCHR(st.stx_mode) &&
	       st.stx_rdev_major == major(search->rdev) &&
	       st.stx_rdev_minor == minor(search->rdev);
}

static void add(struct openers *openers, const struct root *root, pid_t pid)
{
	struct opener *opener = &openers->v[openers->n];

	if (openers->n == OPENERS_MAX) {
		openers->n_more++;
		return;
	}
	openers->n++;
	opener->pid = pid;
	process_read_name(opener->comm, root, pid);
}

int openers_find(struct openers *ret_openers, const struct root *root, const char *name,
		 dev_t rdev, struct error *err)
{
	CLEANUP_PROCESSES struct processes processes = PROCESSES_NONE;
	struct search search = { .root = root, .name = name, .rdev = rdev };
	struct openers openers = { .n = 0 };
	int r = processes_list(&processes, root, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < processes.n; i++) {
		pid_t pid = processes.v[i];

		if (root_is_host(root) && pid == getpid())
			continue;
		if (process_find_link(root, pid, is_node, &search))
			add(&openers, root, pid);
	}
	*ret_openers = openers;
	return 0;
}
