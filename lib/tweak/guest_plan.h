/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Of the guest that is planned for: its CPUs and its memory (tweak/guest_resources.h). */

#include "tweak/guest_resources.h"
#include "tweak/planner.h"

/* The most vCPUs the guest can have; 1 when it does not say. */
MUST_CHECK int guest_vcpus(unsigned *ret_n, const struct planner *planner,
			   struct error *err);

/* Those it has after this run: what --vcpus says, else as above. */
MUST_CHECK int guest_vcpus_wanted(unsigned *ret_n, const struct planner *planner,
				  struct error *err);

/* In bytes; 0 when the guest does not say. */
MUST_CHECK int guest_memory(uint64_t *ret_bytes, const struct planner *planner,
			    struct error *err);

/* Writes a topology into a tweak's element, for topology.xsl. */
void guest_topology_plan(xmlNodePtr element, const struct guest_topology *topology);
