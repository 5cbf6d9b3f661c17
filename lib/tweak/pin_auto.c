/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdlib.h>

#include "tweak/pin_impl.h"

static bool is_allowed(const struct pin_terms *terms, int node)
{
	return node < 0 || cpuset_has(&terms->nodes, (unsigned)node);
}

bool pin_is_usable(const struct pin_terms *terms, const struct cpus_core *core)
{
	return core->kind == terms->kind && core->n_cpus >= terms->n_threads &&
	       core != pin_first_core(terms->work->cpus) && is_allowed(terms, core->node);
}

static enum cpus_kind best_kind(const struct cpus *cpus)
{
	enum cpus_kind best = CPUS_KIND_LPE;

	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (cpus->cores[i].kind < best)
			best = cpus->cores[i].kind;
	}
	return best;
}

static bool has_pairs(const struct cpus *cpus, enum cpus_kind kind)
{
	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (cpus->cores[i].kind == kind && cpus->cores[i].n_cpus > 1)
			return true;
	}
	return false;
}

static int choose_threads(struct pin_terms *terms, struct error *err)
{
	const struct pin_request *request = terms->work->request;
	struct notes *notes = terms->work->notes;
	bool pairs = has_pairs(terms->work->cpus, terms->kind);
	bool odd = request->n_vcpus % 2 != 0;

	if (request->smt == PIN_SMT_ON && !pairs) {
		return error_set(err, EINVAL,
				 "smt=on: no core of the host has two threads online");
	}
	if (request->smt == PIN_SMT_ON && odd) {
		return error_set(
			err, EINVAL,
			"smt=on: %u vCPUs do not make pairs of threads, ask for an even "
			"number",
			request->n_vcpus);
	}

	terms->n_threads = request->smt != PIN_SMT_OFF && pairs && !odd ? 2 : 1;
	terms->n_needed = request->n_vcpus / terms->n_threads;
	notes_add(notes, NOTE_DECISION, PIN_TOPIC, "%u vCPU%s on %u core%s, %s each",
		  request->n_vcpus, PLURAL(request->n_vcpus), terms->n_needed,
		  PLURAL(terms->n_needed), terms->n_threads == 2 ? "two" : "one");
	if (terms->n_threads == 2) {
		notes_because(notes, "the host has SMT, and the number is even");
	} else if (!pairs) {
		notes_because(notes, "the host's cores have one thread each");
	} else if (request->smt == PIN_SMT_OFF) {
		notes_because(notes, "smt=off: the siblings stay idle");
	} else {
		notes_because(notes,
			      "an odd number makes no pairs: the siblings stay idle");
	}
	return 0;
}

/* Usable cores on one node, or with -1 on all that are allowed. */
static unsigned count_usable(const struct pin_terms *terms, int node)
{
	const struct cpus *cpus = terms->work->cpus;
	unsigned n = 0;

	for (size_t i = 0; i < cpus->n_cores; i++) {
		if (node < 0 || cpus->cores[i].node == node)
			n += pin_is_usable(terms, &cpus->cores[i]);
	}
	return n;
}

/* As count_usable(), but no more than leaves the host its reserve. */
static unsigned count_free(const struct pin_terms *terms, int node)
{
	const struct cpus *cpus = terms->work->cpus;
	unsigned most = (unsigned)cpus->n_cores - pin_n_reserved(cpus);
	unsigned n = count_usable(terms, node);

	return n < most ? n : most;
}

/* "8 P cores, less 1 without a second thread online, less 2 for the host" */
static void describe_shortage(const struct pin_terms *terms, int node, unsigned n_free,
			      struct buf *buf)
{
	const struct cpus *cpus = terms->work->cpus;
	const char *kind = cpus->is_hybrid ? "P " : "";
	unsigned n = 0;
	unsigned n_short = 0;

	for (size_t i = 0; i < cpus->n_cores; i++) {
		const struct cpus_core *core = &cpus->cores[i];

		if (core->kind == terms->kind && (node < 0 || core->node == node)) {
			n++;
			n_short += core->n_cpus < terms->n_threads;
		}
	}
	buf_addf(buf, "%u %score%s", n, kind, PLURAL(n));
	if (n_short > 0)
		buf_addf(buf, ", less %u without a second thread online", n_short);
	if (n > n_free + n_short)
		buf_addf(buf, ", less %u for the host", n - n_free - n_short);
}

/* All that would help. */
static void suggest(const struct pin_terms *terms, int node, unsigned n_free,
		    struct buf *buf)
{
	const struct pin_request *request = terms->work->request;
	bool pairs = has_pairs(terms->work->cpus, terms->kind);

	if (n_free > 0) {
		buf_addf(buf, "ask for at most %u vCPU%s, or ", n_free * terms->n_threads,
			 PLURAL(n_free * terms->n_threads));
	}
	if (node >= 0 && count_free(terms, -1) >= terms->n_needed)
		buf_addf(buf, "leave out node=%d, or ", node);
	if (terms->n_threads == 1 && pairs && request->n_vcpus <= 2 * n_free) {
		buf_adds(buf, request->smt == PIN_SMT_OFF
				      ? "leave out smt=off, or "
				      : "ask for an even number of vCPUs, or ");
	}
	buf_adds(buf, "name the CPUs with --pin=LIST");
}

static int refuse(const struct pin_terms *terms, int node, struct error *err)
{
	unsigned n_vcpus = terms->work->request->n_vcpus;
	unsigned n_free = count_free(terms, node);
	CLEANUP_BUF struct buf shortage = BUF_NONE;
	CLEANUP_BUF struct buf advice = BUF_NONE;
	CLEANUP_BUF struct buf where = BUF_NONE;

	if (node >= 0) {
		buf_addf(&where, "NUMA node %d", node);
	} else {
		buf_adds(&where, "the host");
	}
	describe_shortage(terms, node, n_free, &shortage);
	suggest(terms, node, n_free, &advice);
	return error_set(
		err, ENOSPC,
		"%u vCPU%s need%s %u %score%s with %s, but %s has %u free for a guest "
		"(%s): %s",
		n_vcpus, PLURAL(n_vcpus), n_vcpus == 1 ? "s" : "", terms->n_needed,
		terms->work->cpus->is_hybrid ? "P " : "", PLURAL(terms->n_needed),
		terms->n_threads == 2 ? "SMT" : "one thread each", buf_text(&where),
		n_free, buf_text(&shortage), buf_text(&advice));
}

/* Of the nodes not in the set, the one with most usable cores; -1 when none has any. */
static int emptiest_node(const struct pin_terms *terms, const struct cpuset *but)
{
	const struct cpus *cpus = terms->work->cpus;
	unsigned most = 0;
	int best = -1;

	for (size_t i = 0; i < cpus->n_nodes; i++) {
		unsigned n = count_usable(terms, cpus->nodes[i].id);

		if (n > most && !cpuset_has(but, (unsigned)cpus->nodes[i].id)) {
			most = n;
			best = cpus->nodes[i].id;
		}
	}
	return best;
}

static int find_requested_node(const struct pin_terms *terms, struct error *err)
{
	const struct cpus *cpus = terms->work->cpus;
	int id = terms->work->request->node;
	const struct cpus_node *node = cpus_find_node(cpus, id);
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct cpuset ids = CPUSET_NONE;

	if (node && node->n_cores > 0)
		return 0;
	if (cpus->n_nodes == 0) {
		return error_set(err, EINVAL, "node=%d: the host has no NUMA nodes", id);
	}
	for (size_t i = 0; i < cpus->n_nodes; i++) {
		if (cpus->nodes[i].n_cores > 0)
			cpuset_add(&ids, (unsigned)cpus->nodes[i].id);
	}
	cpuset_format(&ids, &list);
	return error_set(err, EINVAL, "node=%d: the host's NUMA nodes with CPUs are %s",
			 id, buf_text(&list));
}

static void note_node(const struct pin_terms *terms, const char *reason)
{
	notes_add(terms->work->notes, NOTE_DECISION, PIN_TOPIC, "cores of NUMA node %d",
		  terms->node);
	notes_because(terms->work->notes, "%s", reason);
}

/* Sets the preferred node. All nodes are allowed up to here. */
static int prefer_node(struct pin_terms *terms, struct error *err)
{
	const struct pin_request *request = terms->work->request;
	const struct cpus *cpus = terms->work->cpus;
	const struct cpus_node *gpu = cpus_find_node(cpus, request->gpu_node);
	int r;

	if (request->node >= 0) {
		r = find_requested_node(terms, err);
		if (r < 0)
			return r;
		terms->node = request->node;
		note_node(terms, "node= says so");
	} else if (cpus->n_nodes == 1) {
		terms->node = cpus->nodes[0].id;
	} else if (gpu && gpu->n_cores > 0) {
		terms->node = gpu->id;
		note_node(terms, "the GPU is on it");
	} else if (cpus->n_nodes > 1) {
		terms->node = emptiest_node(terms, &CPUSET_NONE);
		if (terms->node >= 0)
			note_node(terms, "it has most cores free");
	}
	return 0;
}

/* A guest larger than its node: others are added, the emptiest first. */
static int span_nodes(struct pin_terms *terms, struct error *err)
{
	struct cpuset nodes = CPUSET_NONE;
	unsigned n = count_usable(terms, terms->node);
	CLEANUP_BUF struct buf list = BUF_NONE;
	int next = terms->node;

	if (count_free(terms, -1) < terms->n_needed)
		return refuse(terms, -1, err);

	cpuset_add(&nodes, (unsigned)terms->node);
	while (n < terms->n_needed && next >= 0) {
		next = emptiest_node(terms, &nodes);
		if (next >= 0) {
			cpuset_add(&nodes, (unsigned)next);
			n += count_usable(terms, next);
		}
	}
	cpuset_format(&nodes, &list);
	notes_add(
		terms->work->notes, NOTE_WARNING, PIN_TOPIC,
		"NUMA node %d has %u of the guest's %u cores free: the guest spans NUMA nodes "
		"%s, and its memory is bound to none",
		terms->node, count_free(terms, terms->node), terms->n_needed,
		buf_text(&list));
	terms->nodes = nodes;
	return 0;
}

static int choose_nodes(struct pin_terms *terms, struct error *err)
{
	const struct cpus *cpus = terms->work->cpus;
	int r;

	for (size_t i = 0; i < cpus->n_nodes; i++)
		cpuset_add(&terms->nodes, (unsigned)cpus->nodes[i].id);
	r = prefer_node(terms, err);
	if (r < 0)
		return r;

	if (count_free(terms, terms->node) >= terms->n_needed) {
		terms->nodes = CPUSET_NONE;
		if (terms->node >= 0)
			cpuset_add(&terms->nodes, (unsigned)terms->node);
		return 0;
	}
	if (terms->work->request->node >= 0)
		return refuse(terms, terms->node, err);
	if (terms->node < 0)
		return refuse(terms, -1, err);
	return span_nodes(terms, err);
}

static void note_kind(const struct pin_terms *terms)
{
	const struct cpus *cpus = terms->work->cpus;
	unsigned n = 0;

	if (!cpus->is_hybrid)
		return;
	for (size_t i = 0; i < cpus->n_cores; i++)
		n += cpus->cores[i].kind == terms->kind;
	notes_add(terms->work->notes, NOTE_DECISION, PIN_TOPIC, "P cores only");
	notes_because(
		terms->work->notes,
		"a guest's scheduler cannot tell them from the %zu others, which are "
		"for the host",
		cpus->n_cores - n);
}

/* Caches and cores in the order of their numbers. */
static int number_vcpus(const struct pin_terms *terms, struct error *err)
{
	struct pin_work *work = terms->work;
	struct pin *pin = &work->pin;

	pin->cpu = calloc(work->request->n_vcpus, sizeof(*pin->cpu));
	if (!pin->cpu)
		return error_set(err, ENOMEM, "out of memory");
	for (int llc = cpuset_next(&work->llcs, 0); llc >= 0;
	     llc = cpuset_next(&work->llcs, (unsigned)llc + 1)) {
		for (size_t i = 0; i < work->cpus->n_cores; i++) {
			const struct cpus_core *core = &work->cpus->cores[i];

			if (core->llc != (unsigned)llc || !pin_has_core(work, core))
				continue;
			for (unsigned t = 0; t < terms->n_threads; t++)
				pin->cpu[pin->n_vcpus++] = core->cpu[t];
		}
	}
	return 0;
}

int pin_auto(struct pin_work *work, struct error *err)
{
	struct pin_terms terms = { .work = work,
				   .kind = best_kind(work->cpus),
				   .node = -1 };
	int r;

	r = choose_threads(&terms, err);
	if (r == 0)
		r = choose_nodes(&terms, err);
	if (r < 0)
		return r;
	note_kind(&terms);

	r = pin_take_caches(&terms, err);
	if (r == 0)
		r = number_vcpus(&terms, err);
	if (r < 0)
		return r;
	work->pin.sockets = 1;
	work->pin.cores = terms.n_needed / work->pin.dies;
	work->pin.threads = terms.n_threads;
	return 0;
}
