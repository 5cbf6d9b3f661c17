/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The host's CPUs: which cores there are, what they share, and what kind they are.
 *
 * A core is a set of sibling threads. Everything is named by the number the kernel gives
 * it ("P#" in lstopo), as libvirt does. CPUs that are offline belong to no core: the
 * kernel does not tell where they are. What a running guest's isolation keeps from this
 * process (cgroups, affinity) is shown all the same.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/error.h"
#include "host/root.h"

#define CPUS_THREADS_MAX 8 /* of one core; POWER has 8 */

enum cpus_kind {
	CPUS_KIND_P,   /* performance; every core of a machine that is not hybrid */
	CPUS_KIND_E,   /* efficient */
	CPUS_KIND_LPE, /* low power: no share of the L3 */
};

struct cpus_core {
	unsigned cpu[CPUS_THREADS_MAX]; /* its online CPUs, ascending: thread 0, 1, ... */
	unsigned n_cpus;                /* at least 1 */
	enum cpus_kind kind;
	int package;
	int die;
	int node;     /* NUMA node, -1: the kernel knows none */
	unsigned llc; /* index into llcs */
};

/*
 * The last level of cache, told apart by the CPUs that share it: L3; where there is none
 * (clusters of E cores), L2; where no cache is known, all that is in a package.
 */
struct cpus_llc {
	unsigned level; /* 3, 2; 0: not known */
	uint64_t size;  /* in bytes, 0: not known */
	unsigned n_cores;
};

struct cpus_node {
	int id;
	uint64_t memory; /* in bytes */
	unsigned n_cores;
};

struct cpus {
	struct cpus_core *cores; /* by first CPU */
	size_t n_cores;
	struct cpus_llc *llcs; /* by first CPU */
	size_t n_llcs;
	struct cpus_node *nodes; /* by id; none on a kernel without NUMA */
	size_t n_nodes;
	struct cpuset present;
	struct cpuset online;
	struct cpuset
		isolated; /* isolcpus=: the scheduler puts nothing there by itself */
	bool is_hybrid;   /* not all cores are of one kind */
	bool is_amd;      /* or Hygon, which is the same design */
	bool has_topoext; /* AMD's CPUID leaves for threads and shared caches */
};

#define CPUS_NONE ((struct cpus){ 0 })

/*
 * Reads /sys/devices/system/cpu, .../node and /proc/cpuinfo below the root.
 *
 * A core's kind is what the kernel's hybrid PMUs say (/sys/devices/cpu_core, cpu_atom,
 * cpu_lowpower); else a core below 80 % of the highest cpu_capacity, else of the highest
 * cpuinfo_max_freq, is an E core. That leaves alone the tenth by which preferred cores
 * (and the two chiplets of an X3D) differ, and catches compact cores (about 70 %).
 */
MUST_CHECK int cpus_read(struct cpus *ret_cpus, const struct root *root,
			 struct error *err);
void cpus_done(struct cpus *cpus);

/* A list of CPUs or nodes in a file that need not be there. */
MUST_CHECK int cpus_read_list(struct cpuset *ret_set, const struct root *root,
			      const char *path, struct error *err);

/* The core that an online CPU belongs to, else NULL. */
const struct cpus_core *cpus_find_core(const struct cpus *cpus, unsigned cpu);

/* NULL when there is none. */
const struct cpus_node *cpus_find_node(const struct cpus *cpus, int id);

bool cpus_is_present(const struct cpus *cpus, unsigned cpu);
bool cpus_is_online(const struct cpus *cpus, unsigned cpu);

/* Whether a core has more than one thread online. */
bool cpus_has_smt(const struct cpus *cpus);

#define CLEANUP_CPUS CLEANUP(cpus_done)
