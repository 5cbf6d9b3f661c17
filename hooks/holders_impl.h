/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The parts of hooks/holders.c: what there is below a PCI function, and who uses it.
 * Everything here runs in a process of its own (hooks/look.h).
 */

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "host/bdf.h"
#include "host/process.h"
#include "host/sysfs.h"

/* A file below /dev that leads to a passed function. */
struct holders_node {
	const char *address; /* of the function, borrowed */
	char *name;          /* below /dev: "dri/card1" */
	char *dir;           /* in sysfs; or NULL */
	unsigned major;
	unsigned minor;
	bool is_block;
	bool is_family; /* all of this major, whose names begin so: "nvidia" */
};

struct holders_nic {
	const char *address;
	char name[IFNAMSIZ];
};

/* What there is below the functions. */
struct holders_set {
	struct holders_node *v;
	size_t n;
	struct holders_nic *nics;
	size_t n_nics;

	/*
	 * Before anything is done it is looked for what stands in the way whatever is
	 * done: not for open sound cards, which sound servers will be told to let go of,
	 * nor for mappings without an open file, as these are rare and all maps of all
	 * processes are long.
	 */
	bool is_early;
};

#define HOLDERS_SET_NONE ((struct holders_set){ 0 })

void holders_set_done(struct holders_set *set);

/* Adds the nodes and network interfaces of a function; address is borrowed. */
MUST_CHECK int holders_set_add(struct holders_set *set, const struct root *root,
			       const char *address, struct error *err);

/* Adds a node; takes a copy of name and dir. */
MUST_CHECK int holders_set_add_node(struct holders_set *set,
				    const struct holders_node *node, struct error *err);

/* Adds the node of the function's VFIO group, if there is one. */
MUST_CHECK int holders_set_add_group(struct holders_set *set, const struct root *root,
				     const char *address, struct error *err);

/* Adds what the nvidia driver has outside of the function's directory. */
MUST_CHECK int holders_set_add_nvidia(struct holders_set *set, const struct root *root,
				      const char *address, bool is_last,
				      struct error *err);

/* Splits a line at its blanks, in place; returns how many fields there are, max at most.
 */
unsigned holders_split(char *line, char **field, unsigned max);

/* --- who uses it --- */

#define HOLDERS_UNIT_MAX 257

/* A process that has a node open. */
struct holders_process {
	pid_t pid; /* 0: there is none */
	char comm[PROCESS_NAME_MAX];
	const struct holders_node *node;
	char path[SYSFS_WORD_MAX];   /* of the node, as the process sees it */
	char unit[HOLDERS_UNIT_MAX]; /* service that it belongs to, "": none */
	char user[16];               /* whose service that is, "": the system's */
	unsigned n_more;             /* other processes */
};

/* Finds who has one of the nodes open, or mapped. */
MUST_CHECK int holders_find_process(struct holders_process *ret_process,
				    const struct root *root,
				    const struct holders_set *set, struct error *err);

/* Refuses disks that are mounted, swapped to, or part of something: -EBUSY. */
MUST_CHECK int holders_check_disks(const struct root *root, const struct holders_set *set,
				   struct error *err);

/* Whether each disk can be had exclusively; 0 and the reason in err when not. */
MUST_CHECK int holders_claim_disks(const struct root *root, const struct holders_set *set,
				   struct error *err);

/* Refuses what carries the host's default route: -EBUSY. */
MUST_CHECK int holders_check_nics(const struct root *root, const struct holders_set *set,
				  struct error *err);

#define CLEANUP_HOLDERS_SET CLEANUP(holders_set_done)
