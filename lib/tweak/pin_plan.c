/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --pin: what pin.h decides, as a plan. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/guest_pci.h"
#include "tweak/guest_resources.h"
#include "tweak/hostdev.h"
#include "tweak/pin.h"
#include "tweak/prealloc.h"
#include "tweak/tweaks.h"

#define TOPIC "pin"

/* Leaves *node as it is for what is no display, or stands at no node. */
static int find_display_node(int *node, struct planner *planner, const struct bdf *bdf,
			     struct error *err)
{
	const struct pcidev *dev;
	int r = planner_pcidev(planner, bdf, &dev, err);

	if (r == 0 && dev && pcidev_is_display(dev))
		*node = dev->numa_node;
	return r;
}

/* The node of the GPU that the guest gets, or has; -1: none, or not known. */
static int find_gpu_node(struct planner *planner, int *ret_node, struct error *err)
{
	const xmlNode *plan = xmlDocGetRootElement(planner->plan);
	const xmlNode *hostdevs = query_child(plan, "hostdev");
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	xmlNodePtr has = NULL;
	struct bdf bdf;
	int node = -1;
	int r = 0;

	query_each (wished, hostdevs, "device") {
		if (r == 0 && node < 0 && guest_pci_address(wished, &bdf))
			r = find_display_node(&node, planner, &bdf, err);
	}
	while (r == 0 && node < 0 && (has = guest_pci_next(devices, has))) {
		if (guest_pci_source(has, &bdf) &&
		    !hostdev_planned(planner, "hostdev", "remove", &bdf))
			r = find_display_node(&node, planner, &bdf, err);
	}
	*ret_node = node;
	return r;
}

static enum pin_smt wished_smt(const struct pin_wish *wish)
{
	switch (wish->smt) {
	case WISH_ON:
		return PIN_SMT_ON;
	case WISH_OFF:
		return PIN_SMT_OFF;
	default:
		return PIN_SMT_AUTO;
	}
}

static int choose(struct pin *pin, struct planner *planner, unsigned n_vcpus,
		  struct error *err)
{
	const struct pin_wish *wish = &planner->wishes->pin;
	struct pin_request request = { .list = wish->list,
				       .policy = wish->by_frequency ? PIN_POLICY_FREQUENCY
								    : PIN_POLICY_CACHE,
				       .smt = wished_smt(wish),
				       .node = wish->node,
				       .n_vcpus = n_vcpus };
	const struct cpus *cpus;
	struct cpuset iothreads;
	int r;

	guest_iothreads(&iothreads, planner_domain(planner));
	request.n_iothreads = cpuset_count(&iothreads);
	request.has_huge_pages = prealloc_is_wanted(planner);
	r = guest_memory(&request.memory, planner, err);
	if (r == 0)
		r = find_gpu_node(planner, &request.gpu_node, err);
	if (r == 0)
		r = planner_cpus(planner, &cpus, err);
	if (r == 0)
		r = pin_choose(pin, cpus, &request, planner->notes, err);
	return r;
}

static void plan_vcpus(xmlNodePtr element, const unsigned *cpu, size_t n)
{
	planner_setf(element, "vcpus", "%zu", n);
	for (size_t i = 0; i < n; i++) {
		xmlNodePtr vcpu = planner_add_in(element, "vcpu");

		planner_setf(vcpu, "id", "%zu", i);
		planner_setf(vcpu, "cpuset", "%u", cpu[i]);
	}
}

static int set_cpuset(xmlNodePtr element, const char *name, const struct cpuset *set,
		      struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	cpuset_format(set, &text);
	if (!cpuset_is_empty(set))
		planner_set(element, name, buf_text(&text));
	return buf_check(&text, err);
}

static int plan_iothreads(struct planner *planner, xmlNodePtr element,
			  const struct pin *pin, struct error *err)
{
	struct cpuset ids;
	bool has_some;
	int r = 0;

	if (cpuset_is_empty(&pin->iothread))
		return 0;
	guest_iothreads(&ids, planner_domain(planner));
	has_some = !cpuset_is_empty(&ids);
	guest_add_iothreads(&ids, pin->n_iothreads);
	if (!has_some) {
		planner_setf(element, "iothreads", "%u", pin->n_iothreads);
		notes_add(planner->notes, NOTE_DECISION, TOPIC, "%u I/O thread added",
			  pin->n_iothreads);
		notes_because(
			planner->notes,
			"the guest has none; a disk uses it by <driver iothread='1'>");
	}
	for (int id = cpuset_next(&ids, 0); r == 0 && id >= 0;
	     id = cpuset_next(&ids, (unsigned)id + 1)) {
		xmlNodePtr thread = planner_add_in(element, "iothread");

		planner_setf(thread, "id", "%d", id);
		r = set_cpuset(thread, "cpuset", &pin->iothread, err);
	}
	return r;
}

/*
 * The guest's CPU model. libvirt knows host-passthrough with KVM only, and refuses
 * features where there is neither a mode of the host's nor a model.
 */
static void plan_cpu(struct planner *planner, xmlNodePtr element, bool needs_topoext)
{
	const xmlNode *domain = planner_domain(planner);
	const xmlNode *cpu = query_child(domain, "cpu");
	const char *mode = query_attr(cpu, "mode");
	bool is_kvm = query_attr_is(domain, "type", "kvm");
	bool is_host = !cpu ? is_kvm : mode && strcmp(mode, "custom") != 0;

	if (!cpu && is_kvm) {
		planner_set(element, "mode", "host-passthrough");
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "CPU mode host-passthrough");
		notes_because(
			planner->notes,
			"the guest has no <cpu>, and should see the CPUs it runs on");
	} else if (is_kvm && !query_attr_is(cpu, "mode", "host-passthrough")) {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"the guest's CPU mode '%s' stays; host-passthrough would show it "
			"the CPUs and caches that it runs on",
			mode ? mode : "custom");
	}
	if (needs_topoext && (is_host || query_child(cpu, "model")))
		planner_set(element, "topoext", "yes");
}

static int plan_on_host(struct planner *planner, xmlNodePtr element, unsigned n_vcpus,
			struct error *err)
{
	CLEANUP_PIN struct pin pin = PIN_NONE;
	struct guest_topology topology;
	int r = choose(&pin, planner, n_vcpus, err);

	if (r < 0)
		return r;
	topology = (struct guest_topology){ .sockets = pin.sockets,
					    .dies = pin.dies,
					    .clusters = 1,
					    .cores = pin.cores,
					    .threads = pin.threads };
	guest_topology_plan(element, &topology);
	plan_cpu(planner, element, pin.needs_topoext);
	plan_vcpus(element, pin.cpu, pin.n_vcpus);
	if (pin.node >= 0)
		planner_setf(element, "node", "%d", pin.node);
	r = set_cpuset(element, "emulator", &pin.emulator, err);
	if (r == 0)
		r = plan_iothreads(planner, element, &pin, err);
	/* otherwise --hugepages does it, with the plan as it is then */
	if (r == 0 && planner->wishes->hugepages.wish == WISH_NOTHING)
		r = prealloc_check(planner, TOPIC, err);
	return r;
}

/* --host=none: nobody knows which CPUs of the list are threads of one core. */
static int plan_blindly(struct planner *planner, xmlNodePtr element, unsigned n_vcpus,
			struct error *err)
{
	const struct pin_wish *wish = &planner->wishes->pin;
	struct guest_topology topology = { 0 };
	bool is_kept = guest_topology(&topology, planner_domain(planner)) &&
		       guest_topology_fit(&topology, n_vcpus);

	if (wish->is_auto) {
		return error_set(err, EINVAL,
				 "auto chooses among the host's CPUs, which --host=none "
				 "leaves unknown: name them by --pin=LIST");
	}
	if (wish->n_cpus != n_vcpus) {
		return error_set(err, EINVAL, "%zu CPUs are listed for %u vCPUs",
				 wish->n_cpus, n_vcpus);
	}
	if (!is_kept) {
		topology = (struct guest_topology){ .sockets = 1,
						    .dies = 1,
						    .clusters = 1,
						    .cores = n_vcpus,
						    .threads = 1 };
	}
	notes_add(planner->notes, NOTE_INFO, TOPIC,
		  "without the host nobody knows which CPUs are threads of one core: the "
		  "guest has %u thread%s a core%s, and emulator and I/O threads are not "
		  "pinned",
		  topology.threads, topology.threads == 1 ? "" : "s",
		  is_kept ? " as before" : "");
	guest_topology_plan(element, &topology);
	plan_cpu(planner, element, false);
	plan_vcpus(element, wish->cpus, wish->n_cpus);
	return 0;
}

static int plan_unset(struct planner *planner)
{
	const xmlNode *domain = planner_domain(planner);

	planner_set(planner_add(planner, TOPIC), "unset", "yes");
	if (query_path(domain, "cputune/vcpupin")) {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"taken out, with the topology of one socket, the feature topoext, "
			"the strict memory binding and an I/O thread that no disk uses; what "
			"these had replaced is not guessed back");
	}
	return 0;
}

int pin_plan(struct planner *planner, struct error *err)
{
	xmlNodePtr element;
	unsigned n_vcpus;
	int r;

	if (planner->wishes->pin.wish == WISH_NOTHING)
		return 0;
	if (planner->wishes->pin.wish == WISH_UNSET)
		return plan_unset(planner);
	r = guest_vcpus_wanted(&n_vcpus, planner, err);
	if (r < 0)
		return r;
	element = planner_add(planner, TOPIC);
	if (!planner->root)
		return plan_blindly(planner, element, n_vcpus, err);
	return plan_on_host(planner, element, n_vcpus, err);
}
