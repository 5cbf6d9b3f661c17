/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/guest_plan.h"

#include <errno.h>

#include "domain/query.h"

int guest_vcpus(unsigned *ret_n, const struct planner *planner, struct error *err)
{
	const xmlNode *vcpu = query_child(planner_domain(planner), "vcpu");
	uint64_t n = 1;

	if (vcpu && (!guest_number(&n, vcpu, GUEST_VCPUS_MAX) || n == 0)) {
		return error_set(err, EBADMSG,
				 "%s:%zu: <vcpu> holds no number from 1 to %d",
				 planner->doc->name, document_line(planner->doc, vcpu),
				 GUEST_VCPUS_MAX);
	}
	*ret_n = (unsigned)n;
	return 0;
}

int guest_vcpus_wanted(unsigned *ret_n, const struct planner *planner, struct error *err)
{
	if (planner->wishes->vcpus == 0)
		return guest_vcpus(ret_n, planner, err);
	*ret_n = planner->wishes->vcpus;
	return 0;
}

int guest_memory(uint64_t *ret_bytes, const struct planner *planner, struct error *err)
{
	const xmlNode *memory = query_child(planner_domain(planner), "memory");

	*ret_bytes = 0;
	if (!memory || guest_size(ret_bytes, memory))
		return 0;
	return error_set(err, EBADMSG, "%s:%zu: <memory> holds no size that makes sense",
			 planner->doc->name, document_line(planner->doc, memory));
}

void guest_topology_plan(xmlNodePtr element, const struct guest_topology *topology)
{
	planner_setf(element, "sockets", "%u", topology->sockets);
	planner_setf(element, "dies", "%u", topology->dies);
	planner_setf(element, "clusters", "%u", topology->clusters);
	planner_setf(element, "cores", "%u", topology->cores);
	planner_setf(element, "threads", "%u", topology->threads);
}
