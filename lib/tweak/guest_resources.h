/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a guest's description says of its CPUs and its memory. */

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/cpuset.h"
#include "tweak/planner.h"

/* The most vCPUs the guest can have; 1 when it does not say. */
MUST_CHECK int guest_vcpus(unsigned *ret_n, const struct planner *planner,
			   struct error *err);

/* Those it has after this run: what --vcpus says, else as above. */
MUST_CHECK int guest_vcpus_wanted(unsigned *ret_n, const struct planner *planner,
				  struct error *err);

/*
 * A number with a unit as libvirt reads it (virScaleInteger()), in bytes; without a unit
 * it counts KiB. False when it is none, or beyond 64 bits.
 */
bool guest_scale(uint64_t *ret_bytes, const char *number, const char *unit);

/* The same of an element: the number is its text, the unit its attribute. */
bool guest_size(uint64_t *ret_bytes, const xmlNode *element);

/* In bytes; 0 when the guest does not say. */
MUST_CHECK int guest_memory(uint64_t *ret_bytes, const struct planner *planner,
			    struct error *err);

/*
 * The numbers of its I/O threads: those that <iothreadids> names, and from 1 up as many
 * as <iothreads> says in all. Numbers from CPUSET_MAX up are left out.
 */
void guest_iothreads(struct cpuset *ret_ids, const xmlNode *domain);

/* Fills up with the lowest numbers that are free, as libvirt does. */
void guest_add_iothreads(struct cpuset *ids, unsigned n);

/* <cpu><topology> */
struct guest_topology {
	unsigned sockets;
	unsigned dies;
	unsigned clusters;
	unsigned cores;
	unsigned threads;
};

/* False when the guest has none, or one that makes no sense. */
bool guest_topology(struct guest_topology *ret_topology, const xmlNode *domain);
uint64_t guest_topology_count(const struct guest_topology *topology);

/*
 * Makes a topology multiply out to n: by the number of cores if that works, else as one
 * socket of n cores. Returns whether it was the former.
 */
bool guest_topology_fit(struct guest_topology *topology, unsigned n);

/* Writes a topology into a tweak's element, for topology.xsl. */
void guest_topology_plan(xmlNodePtr element, const struct guest_topology *topology);
