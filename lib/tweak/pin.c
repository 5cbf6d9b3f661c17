/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/pin.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tweak/pin_impl.h"

void pin_take_core(struct pin_work *work, const struct cpus_core *core)
{
	if (pin_has_core(work, core))
		return;
	for (unsigned t = 0; t < core->n_cpus; t++)
		cpuset_add(&work->guest, core->cpu[t]);
	work->n_guest++;
	cpuset_add(&work->llcs, core->llc);
	if (core->node >= 0)
		cpuset_add(&work->nodes, (unsigned)core->node);
}

bool pin_has_core(const struct pin_work *work, const struct cpus_core *core)
{
	return cpuset_has(&work->guest, core->cpu[0]);
}

const struct cpus_core *pin_first_core(const struct cpus *cpus)
{
	return &cpus->cores[0];
}

unsigned pin_n_reserved(const struct cpus *cpus)
{
	return cpus->n_cores < 4 ? 1 : 2;
}

void pin_format(struct pin_work *work, const struct cpuset *set, struct buf *buf)
{
	buf_adds(buf, cpuset_count(set) == 1 ? "CPU " : "CPUs ");
	cpuset_format(set, buf);
	if (buf->failed)
		work->notes->failed = true;
}

/* A node without memory of its own; where no node has any, it was not captured. */
static bool has_no_memory(const struct cpus *cpus, const struct cpus_node *node)
{
	bool others_have = false;

	for (size_t i = 0; i < cpus->n_nodes; i++)
		others_have = others_have || cpus->nodes[i].memory > 0;
	return node->memory == 0 && others_have;
}

/* On a host of one node there is nothing to bind to. */
static void bind_memory(struct pin_work *work)
{
	const struct cpus *cpus = work->cpus;
	int id = cpuset_next(&work->nodes, 0);
	const struct cpus_node *node = cpus_find_node(cpus, id);
	uint64_t wanted = work->request->memory;

	if (!node || cpus->n_nodes < 2 || cpuset_count(&work->nodes) > 1)
		return;
	if (has_no_memory(cpus, node)) {
		notes_add(
			work->notes, NOTE_WARNING, PIN_TOPIC,
			"NUMA node %d of the guest's cores has no memory: the guest's is "
			"bound to no node",
			id);
	} else if (node->memory > 0 && wanted > node->memory) {
		notes_add(work->notes, NOTE_WARNING, PIN_TOPIC,
			  "the guest's memory of %" PRIu64
			  " MiB is more than the %" PRIu64
			  " MiB of NUMA node %d: it is bound to no node",
			  wanted >> 20, node->memory >> 20, id);
	} else {
		work->pin.node = id;
		notes_add(work->notes, NOTE_DECISION, PIN_TOPIC,
			  "memory strictly from NUMA node %d", id);
		notes_because(work->notes, "all cores of the guest are on it");
	}
}

static void note_vcpus(struct pin_work *work)
{
	const struct pin *pin = &work->pin;
	CLEANUP_BUF struct buf list = BUF_NONE;

	for (unsigned i = 0; i < pin->n_vcpus; i++)
		buf_addf(&list, "%s%u", i ? "," : "", pin->cpu[i]);
	if (list.failed)
		work->notes->failed = true;
	notes_add(work->notes, NOTE_DECISION, PIN_TOPIC, "vCPUs in order on CPU%s %s",
		  PLURAL(pin->n_vcpus), buf_text(&list));
	if (work->request->list) {
		notes_because(work->notes, "they are listed in this order");
	} else if (pin->threads == 2) {
		notes_because(work->notes,
			      "two vCPUs in a row are the threads of one core");
	} else {
		notes_because(work->notes, "each vCPU has a core to itself");
	}

	notes_add(work->notes, NOTE_DECISION, PIN_TOPIC,
		  "topology of %u socket, %u die%s, %u core%s, %u thread%s", pin->sockets,
		  pin->dies, PLURAL(pin->dies), pin->cores, PLURAL(pin->cores),
		  pin->threads, PLURAL(pin->threads));
	if (pin->dies > 1) {
		notes_because(work->notes, "a die is what shares a last-level cache");
	} else if (pin->threads == 2) {
		notes_because(work->notes, "the guest sees which vCPUs share a core");
	} else {
		notes_because(work->notes, "each vCPU is a core");
	}
}

/* isolcpus= was set for some guest, though perhaps not for this one. */
static void note_isolation(struct pin_work *work)
{
	struct cpuset open = CPUSET_NONE;
	CLEANUP_BUF struct buf isolated = BUF_NONE;
	CLEANUP_BUF struct buf others = BUF_NONE;

	for (unsigned i = 0; i < work->pin.n_vcpus; i++)
		cpuset_add(&open, work->pin.cpu[i]);
	cpuset_remove_all(&open, &work->cpus->isolated);
	if (cpuset_is_empty(&work->cpus->isolated) || cpuset_is_empty(&open))
		return;
	pin_format(work, &work->cpus->isolated, &isolated);
	pin_format(work, &open, &others);
	notes_add(work->notes, NOTE_INFO, PIN_TOPIC,
		  "isolcpus= isolates %s, but the guest gets %s", buf_text(&isolated),
		  buf_text(&others));
}

static void note_topoext(struct pin_work *work)
{
	work->pin.needs_topoext = work->cpus->has_topoext;
	if (work->cpus->has_topoext) {
		notes_add(work->notes, NOTE_DECISION, PIN_TOPIC, "CPU feature topoext");
		notes_because(work->notes,
			      "on AMD a guest without it sees neither threads nor shared "
			      "caches");
	}
}

/* The GPU's DMA and interrupts then cross the link between the nodes. */
static void warn_far_gpu(struct pin_work *work)
{
	int gpu = work->request->gpu_node;

	if (cpus_find_node(work->cpus, gpu) && cpuset_next(&work->nodes, 0) >= 0 &&
	    !cpuset_has(&work->nodes, (unsigned)gpu)) {
		notes_add(work->notes, NOTE_WARNING, PIN_TOPIC,
			  "the GPU is on NUMA node %d, but no core of the guest is", gpu);
	}
}

int pin_choose(struct pin *ret_pin, const struct cpus *cpus,
	       const struct pin_request *request, struct notes *notes, struct error *err)
{
	struct pin_work work = {
		.cpus = cpus, .request = request, .notes = notes, .pin = PIN_NONE
	};
	int r;

	if (cpus->n_cores == 0)
		return error_set(err, ENOENT, "pin vCPUs: the host's CPUs are not known");
	if (request->n_vcpus == 0)
		return error_set(err, EINVAL, "pin vCPUs: the guest has none");

	r = request->list ? pin_list(&work, err) : pin_auto(&work, err);
	if (r == 0) {
		note_vcpus(&work);
		note_isolation(&work);
		warn_far_gpu(&work);
		bind_memory(&work);
		pin_host(&work);
		note_topoext(&work);
		r = notes_check(notes, err);
	}
	if (r < 0) {
		pin_done(&work.pin);
		return r;
	}
	*ret_pin = work.pin;
	return 0;
}

void pin_done(struct pin *pin)
{
	free(pin->cpu);
	*pin = PIN_NONE;
}
