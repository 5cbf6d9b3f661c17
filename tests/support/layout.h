/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Hosts as struct cpus, made from a few numbers: what pinning decides on. */

#include "host/cpus.h"

#define LAYOUT_MAX 20

/* Cores alike, one after the other. n_cores 0 ends a list. */
struct layout_group {
	unsigned n_cores;
	unsigned n_threads;
	enum cpus_kind kind;
	unsigned llc;
	int node;
};

struct layout {
	struct layout_group groups[LAYOUT_MAX];
	unsigned llc_mib[LAYOUT_MAX];
	bool is_adjacent; /* siblings are 0 and 1, not 0 and n */
	bool is_amd;
	const char *offline;
	const char *isolated;
	unsigned node_mib[4]; /* memory; all 0: not captured */
};

/* Fills an empty struct cpus. */
void layout_build(struct cpus *cpus, const struct layout *layout);

extern const struct layout layout_dual_ccd;
extern const struct layout layout_vcache_first;
extern const struct layout layout_vcache_second;
extern const struct layout layout_strix_point;
extern const struct layout layout_two_sizes;
extern const struct layout layout_raptor_lake;
extern const struct layout layout_lunar_lake;
extern const struct layout layout_p_and_lp;
extern const struct layout layout_dual_socket;
extern const struct layout layout_no_smt;
extern const struct layout layout_offline;
extern const struct layout layout_isolated;
extern const struct layout layout_epyc;
extern const struct layout layout_small_nodes;
extern const struct layout layout_eight_cores;
extern const struct layout layout_eight_adjacent;
extern const struct layout layout_six_cores;
extern const struct layout layout_four_cores;
extern const struct layout layout_four_threads;
extern const struct layout layout_three_cores;
extern const struct layout layout_two_cores;
extern const struct layout layout_one_core;
extern const struct layout layout_uneven;
extern const struct layout layout_memoryless_node;

extern const struct layout *const layouts[];
extern const size_t layouts_n;
