/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "layout.h"

#include <stdlib.h>

#include <check.h>

#define P  CPUS_KIND_P
#define E  CPUS_KIND_E
#define LP CPUS_KIND_LPE
#define CCX(llc, node)             \
	{                          \
		8, 2, P, llc, node \
	}

const struct layout layout_dual_ccd = {
	.groups = { CCX(0, 0), CCX(1, 0) },
	.llc_mib = { 32, 32 },
	.is_amd = true,
};

const struct layout layout_vcache_first = {
	.groups = { CCX(0, 0), CCX(1, 0) },
	.llc_mib = { 96, 32 },
	.is_amd = true,
};

const struct layout layout_vcache_second = {
	.groups = { CCX(0, 0), CCX(1, 0) },
	.llc_mib = { 32, 96 },
	.is_amd = true,
};

/* Zen 5 and Zen 5c: a ratio of 2, but nowhere near 64 MiB */
const struct layout layout_strix_point = {
	.groups = { { 4, 2, P, 0, 0 }, { 8, 2, E, 1, 0 } },
	.llc_mib = { 16, 8 },
	.is_amd = true,
};

const struct layout layout_two_sizes = {
	.groups = { { 6, 2, P, 0, 0 }, { 6, 2, P, 1, 0 } },
	.llc_mib = { 48, 16 },
};

/* 8P+16E, one L3 for all */
const struct layout layout_raptor_lake = {
	.groups = { { 8, 2, P, 0, 0 }, { 16, 1, E, 0, 0 } },
	.llc_mib = { 36 },
	.is_adjacent = true,
};

/* 4P+4E with E cores in a cluster of their own, without L3, and low-power ones */
const struct layout layout_lunar_lake = {
	.groups = { { 4, 1, P, 0, 0 }, { 4, 1, E, 1, 0 }, { 2, 1, LP, 2, 0 } },
	.llc_mib = { 12, 4, 2 },
	.is_adjacent = true,
};

const struct layout layout_p_and_lp = {
	.groups = { { 6, 2, P, 0, 0 }, { 2, 1, LP, 1, 0 } },
	.llc_mib = { 24, 2 },
	.is_adjacent = true,
};

const struct layout layout_dual_socket = {
	.groups = { { 8, 2, P, 0, 0 }, { 8, 2, P, 1, 1 } },
	.llc_mib = { 20, 20 },
	.node_mib = { 65536, 32768 },
};

const struct layout layout_no_smt = {
	.groups = { { 8, 1, P, 0, 0 } },
	.llc_mib = { 16 },
};

const struct layout layout_offline = {
	.groups = { CCX(0, 0) },
	.llc_mib = { 32 },
	.offline = "11,6,14",
};

const struct layout layout_isolated = {
	.groups = { CCX(0, 0) },
	.llc_mib = { 32 },
	.isolated = "1-4,9-12",
};

const struct layout layout_epyc = {
	.groups = { CCX(0, 0), CCX(1, 0), CCX(2, 0), CCX(3, 0), CCX(4, 0), CCX(5, 0),
		    CCX(6, 0), CCX(7, 0), CCX(8, 1), CCX(9, 1), CCX(10, 1), CCX(11, 1),
		    CCX(12, 1), CCX(13, 1), CCX(14, 1), CCX(15, 1) },
	.llc_mib = { 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32, 32 },
	.is_amd = true,
};

/* each CCX is a node: "L3 as NUMA domain" */
const struct layout layout_small_nodes = {
	.groups = { CCX(0, 0), CCX(1, 1), CCX(2, 2), CCX(3, 3) },
	.llc_mib = { 32, 32, 32, 32 },
};

const struct layout layout_eight_cores = { .groups = { CCX(0, 0) }, .llc_mib = { 16 } };
const struct layout layout_eight_adjacent = {
	.groups = { CCX(0, 0) },
	.llc_mib = { 16 },
	.is_adjacent = true,
};
const struct layout layout_six_cores = {
	.groups = { { 6, 2, P, 0, 0 } },
	.llc_mib = { 32 },
};
const struct layout layout_four_cores = {
	.groups = { { 4, 2, P, 0, 0 } },
	.llc_mib = { 8 },
};
const struct layout layout_four_threads = {
	.groups = { { 4, 1, P, 0, 0 } },
	.llc_mib = { 6 },
};
const struct layout layout_three_cores = {
	.groups = { { 3, 1, P, 0, 0 } },
	.llc_mib = { 6 },
};
const struct layout layout_two_cores = {
	.groups = { { 2, 1, P, 0, -1 } },
	.llc_mib = { 0 },
};
const struct layout layout_one_core = {
	.groups = { { 1, 2, P, 0, 0 } },
	.llc_mib = { 4 },
};
const struct layout layout_uneven = {
	.groups = { { 8, 1, P, 0, 0 }, { 4, 1, P, 1, 0 } },
	.llc_mib = { 16, 16 },
};

const struct layout layout_memoryless_node = {
	.groups = { { 8, 1, P, 0, 0 }, { 8, 1, P, 1, 1 } },
	.llc_mib = { 16, 16 },
	.node_mib = { 65536, 0 },
};

const struct layout *const layouts[] = {
	&layout_dual_ccd,       &layout_vcache_first, &layout_vcache_second,
	&layout_strix_point,    &layout_two_sizes,    &layout_raptor_lake,
	&layout_lunar_lake,     &layout_p_and_lp,     &layout_dual_socket,
	&layout_no_smt,         &layout_offline,      &layout_isolated,
	&layout_epyc,           &layout_small_nodes,  &layout_eight_cores,
	&layout_eight_adjacent, &layout_six_cores,    &layout_four_cores,
	&layout_four_threads,   &layout_three_cores,  &layout_two_cores,
	&layout_one_core,       &layout_uneven,       &layout_memoryless_node,
};

const size_t layouts_n = ARRAY_SIZE(layouts);

static struct cpuset parse_set(const char *text)
{
	struct cpuset set = CPUSET_NONE;
	struct error err = { 0 };

	ck_assert_msg(!text || cpuset_parse(&set, text, "layout", &err) == 0, "%s",
		      err.msg);
	return set;
}

static void add_core(struct cpus *cpus, const struct layout_group *group,
		     const unsigned cpu[2], const struct cpuset *offline)
{
	struct cpus_core core = { .kind = group->kind,
				  .node = group->node,
				  .package = group->node,
				  .llc = group->llc };

	for (unsigned t = 0; t < group->n_threads; t++) {
		cpuset_add(&cpus->present, cpu[t]);
		if (cpuset_has(offline, cpu[t]))
			continue;
		cpuset_add(&cpus->online, cpu[t]);
		core.cpu[core.n_cpus++] = cpu[t];
	}
	if (core.n_cpus == 0)
		return;
	cpus->cores[cpus->n_cores++] = core;
	cpus->llcs[core.llc].n_cores++;
	if (core.node >= 0)
		cpus->nodes[core.node].n_cores++;
	cpus->is_hybrid |= core.kind != cpus->cores[0].kind;
}

static void add_cores(struct cpus *cpus, const struct layout *layout, unsigned n_cores)
{
	struct cpuset offline = parse_set(layout->offline);
	unsigned cpu[2] = { 0, n_cores };

	for (const struct layout_group *g = layout->groups; g->n_cores; g++) {
		for (unsigned i = 0; i < g->n_cores; i++) {
			if (layout->is_adjacent)
				cpu[1] = cpu[0] + 1;
			add_core(cpus, g, cpu, &offline);
			cpu[0] += layout->is_adjacent ? g->n_threads : 1;
			cpu[1]++;
		}
	}
}

void layout_build(struct cpus *cpus, const struct layout *layout)
{
	unsigned n_cores = 0;

	for (const struct layout_group *g = layout->groups; g->n_cores; g++) {
		n_cores += g->n_cores;
		if (g->llc + 1 > cpus->n_llcs)
			cpus->n_llcs = g->llc + 1;
		if (g->node + 1 > (int)cpus->n_nodes)
			cpus->n_nodes = (size_t)g->node + 1;
	}
	cpus->cores = calloc(n_cores, sizeof(*cpus->cores));
	cpus->llcs = calloc(cpus->n_llcs, sizeof(*cpus->llcs));
	cpus->nodes = calloc(cpus->n_nodes + 1, sizeof(*cpus->nodes));
	ck_assert(cpus->cores && cpus->llcs && cpus->nodes);

	for (size_t i = 0; i < cpus->n_llcs; i++) {
		cpus->llcs[i].level = layout->llc_mib[i] ? 3 : 0;
		cpus->llcs[i].size = (uint64_t)layout->llc_mib[i] << 20;
	}
	for (size_t i = 0; i < cpus->n_nodes; i++) {
		cpus->nodes[i].id = (int)i;
		cpus->nodes[i].memory = (uint64_t)layout->node_mib[i] << 20;
	}
	cpus->isolated = parse_set(layout->isolated);
	add_cores(cpus, layout, n_cores);
	cpus->is_amd = layout->is_amd;
	cpus->has_topoext = layout->is_amd;
}
