/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The number of vCPUs, and everything that has to agree with it: the topology must
 * multiply out, the NUMA cells must hold all of them, and what pins or schedules a vCPU
 * that is no more would be refused or dropped by libvirt.
 */

#include <errno.h>

#include "base/parse.h"
#include "domain/query.h"
#include "tweak/guest_plan.h"
#include "tweak/tweaks.h"

#define TOPIC "vcpus"

/* All vCPUs are there from the start. */
static void note_hotplug(struct planner *planner, unsigned old, unsigned n)
{
	const xmlNode *domain = planner_domain(planner);
	const char *current = query_attr(query_child(domain, "vcpu"), "current");

	if (current) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "the guest started with %s of its %u vCPUs, and could get the "
			  "others later: from now on all %u are there from the start",
			  current, old, n);
	}
}

/* --pin settles the topology itself. */
static void plan_topology(struct planner *planner, xmlNodePtr element, unsigned n)
{
	struct guest_topology topology;

	if (planner->wishes->pin.wish == WISH_SET ||
	    !guest_topology(&topology, planner_domain(planner)) ||
	    guest_topology_count(&topology) == n)
		return;
	if (!guest_topology_fit(&topology, n)) {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"%u vCPUs do not divide by the sockets, dies and threads that the "
			"guest had: it now has 1 socket of %u cores",
			n, n);
	}
	guest_topology_plan(element, &topology);
	notes_add(planner->notes, NOTE_DECISION, TOPIC,
		  "topology of %u sockets, %u dies, %u cores, %u threads",
		  topology.sockets, topology.dies, topology.cores, topology.threads);
	notes_because(planner->notes, "libvirt wants it to multiply out to %u vCPUs", n);
}

static bool holds_all(const char *cpus, unsigned n)
{
	struct cpuset have;
	struct error ignored;

	return cpuset_parse(&have, cpus, "cpus", &ignored) == 0 &&
	       cpuset_count(&have) == n && cpuset_next(&have, n) < 0;
}

static int plan_cells(struct planner *planner, xmlNodePtr element, unsigned old,
		      unsigned n, struct error *err)
{
	const xmlNode *numa = query_path(planner_domain(planner), "cpu/numa");
	const char *only = NULL;
	unsigned n_cells = 0;

	query_each (cell, numa, "cell") {
		const char *cpus = query_attr(cell, "cpus");

		n_cells += cpus != NULL;
		only = cpus ? cpus : only;
	}
	if (n_cells > 1 && old != n) {
		return error_set(
			err, EINVAL,
			"%s:%zu: the guest has %u NUMA cells, and which of its %u "
			"vCPUs belong to each is yours to say: change <vcpu> and "
			"the cells by hand",
			planner->doc->name, document_line(planner->doc, numa), n_cells,
			n);
	}
	if (n_cells == 1 && !holds_all(only, n))
		planner_setf(element, "cell", n == 1 ? "0" : "0-%u", n - 1);
	return 0;
}

/* How many <vcpupin> there are for vCPUs that are no more. */
static unsigned count_pins(const xmlNode *cputune, unsigned n)
{
	unsigned n_pins = 0;

	query_each (pin, cputune, "vcpupin") {
		const char *vcpu = query_attr(pin, "vcpu");
		struct error ignored;
		uint64_t value;

		n_pins += vcpu &&
			  parse_dec(&value, vcpu, n, UINT32_MAX, "vcpu", &ignored) == 0;
	}
	return n_pins;
}

/* The part of a list below n goes into the plan, by the list's text. */
static int plan_schedule(xmlNodePtr element, const char *list, unsigned n,
			 bool *ret_changed, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct cpuset set;
	struct cpuset kept = CPUSET_NONE;
	struct error ignored;
	xmlNodePtr sched;

	/* what is no list is not ours to mend */
	if (cpuset_parse(&set, list, "vcpus", &ignored) < 0 || cpuset_next(&set, n) < 0)
		return 0;
	for (int i = cpuset_next(&set, 0); i >= 0 && (unsigned)i < n;
	     i = cpuset_next(&set, (unsigned)i + 1))
		cpuset_add(&kept, (unsigned)i);
	cpuset_format(&kept, &text);
	sched = planner_add_in(element, "sched");
	planner_set(sched, "from", list);
	if (!cpuset_is_empty(&kept))
		planner_set(sched, "to", buf_text(&text));
	*ret_changed = true;
	return buf_check(&text, err);
}

static int plan_cputune(struct planner *planner, xmlNodePtr element, unsigned n,
			struct error *err)
{
	const xmlNode *cputune = query_child(planner_domain(planner), "cputune");
	unsigned n_pins = count_pins(cputune, n);
	bool changed = false;

	query_each (sched, cputune, "vcpusched") {
		const char *list = query_attr(sched, "vcpus");
		int r = list ? plan_schedule(element, list, n, &changed, err) : 0;

		if (r < 0)
			return r;
	}
	if (n_pins > 0) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "taken out: %u <vcpupin> of vCPUs from %u up", n_pins, n);
	}
	if (changed) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "taken out of <vcpusched>: the vCPUs from %u up", n);
	}
	return 0;
}

int vcpus_plan(struct planner *planner, struct error *err)
{
	unsigned n = planner->wishes->vcpus;
	xmlNodePtr element;
	unsigned old;
	int r;

	if (n == 0)
		return 0;
	r = guest_vcpus(&old, planner, err);
	if (r < 0)
		return r;
	element = planner_add(planner, TOPIC);
	planner_setf(element, "n", "%u", n);
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%u vCPUs", n);
	notes_because(planner->notes, "asked for; the guest had %u", old);
	note_hotplug(planner, old, n);
	plan_topology(planner, element, n);
	r = plan_cells(planner, element, old, n, err);
	if (r == 0)
		r = plan_cputune(planner, element, n, err);
	return r;
}
