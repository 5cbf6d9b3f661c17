/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tweak/pin_impl.h"

#define MIB (UINT64_C(1) << 20)

/* A last-level cache, as a place for the guest. */
struct place {
	unsigned llc;
	unsigned n_free;
	bool fits; /* the guest, or its equal share */
	bool is_near;
	bool is_wanted; /* by policy */
	bool has_first; /* the core of CPU 0 */
	unsigned n_taken;
};

struct places {
	struct place *v;
	size_t n;      /* with a core for the guest */
	size_t n_used; /* the first of them */
};

static void places_done(struct places *places)
{
	free(places->v);
}

static uint64_t largest_below(const struct cpus *cpus, uint64_t limit)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < cpus->n_llcs; i++) {
		const struct cpus_llc *llc = &cpus->llcs[i];

		if (llc->level == 3 && llc->size < limit && llc->size > largest)
			largest = llc->size;
	}
	return largest;
}

/*
 * The size of the L3 with 3D V-cache, where not all have it; else 0. The ratio alone
 * would take the 16 MiB of a Strix Point's large cores, beside 8, for one.
 */
static uint64_t vcache_size(const struct cpus *cpus)
{
	uint64_t largest = largest_below(cpus, UINT64_MAX);
	uint64_t next = largest_below(cpus, largest);

	return largest >= 64 * MIB && next > 0 && 2 * largest >= 3 * next ? largest : 0;
}

static int find_places(const struct pin_terms *terms, struct places *ret_places,
		       struct error *err)
{
	const struct cpus *cpus = terms->work->cpus;
	bool wants_vcache = terms->work->request->policy == PIN_POLICY_CACHE;
	struct place *v = calloc(cpus->n_llcs, sizeof(*v));
	uint64_t vcache = vcache_size(cpus);
	size_t n = 0;

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < cpus->n_cores; i++) {
		const struct cpus_core *core = &cpus->cores[i];
		bool is_free = pin_is_usable(terms, core);

		v[core->llc].n_free += is_free;
		v[core->llc].is_near |= is_free && core->node == terms->node;
		v[core->llc].has_first |= core == pin_first_core(cpus);
	}
	for (size_t i = 0; i < cpus->n_llcs; i++) {
		v[i].llc = (unsigned)i;
		v[i].is_wanted = vcache && (cpus->llcs[i].size == vcache) == wants_vcache;
		if (v[i].n_free > 0)
			v[n++] = v[i];
	}
	*ret_places = (struct places){ .v = v, .n = n };
	return 0;
}

static int compare_rank(const void *a, const void *b)
{
	const struct place *left = a;
	const struct place *right = b;

	if (left->fits != right->fits)
		return left->fits ? -1 : 1;
	if (left->is_near != right->is_near)
		return left->is_near ? -1 : 1;
	if (left->is_wanted != right->is_wanted)
		return left->is_wanted ? -1 : 1;
	if (left->has_first != right->has_first)
		return left->has_first ? 1 : -1;
	if (left->n_free != right->n_free)
		return left->n_free < right->n_free ? -1 : 1;
	return left->llc < right->llc ? -1 : 1;
}

static int compare_free(const void *a, const void *b)
{
	const struct place *left = a;
	const struct place *right = b;

	if (left->n_free != right->n_free)
		return left->n_free > right->n_free ? -1 : 1;
	return compare_rank(a, b);
}

/* As evenly as it goes: each core to the place that has fewest so far. */
static void spread(struct places *places, unsigned n_needed)
{
	while (n_needed > 0) {
		struct place *next = NULL;

		for (size_t i = 0; i < places->n_used; i++) {
			struct place *place = &places->v[i];

			if (place->n_taken < place->n_free &&
			    (!next || place->n_taken < next->n_taken))
				next = place;
		}
		if (!next)
			return;
		next->n_taken++;
		n_needed--;
	}
}

/* Returns whether the places used get equal shares. */
static bool choose_places(struct places *places, unsigned n_needed)
{
	unsigned sum = 0;
	unsigned share;
	bool is_even;

	qsort(places->v, places->n, sizeof(*places->v), compare_free);
	do {
		sum += places->v[places->n_used++].n_free;
	} while (places->n_used < places->n && sum < n_needed);

	share = n_needed / (unsigned)places->n_used;
	is_even = n_needed % places->n_used == 0 &&
		  places->v[places->n_used - 1].n_free >= share;
	if (is_even) {
		for (size_t i = 0; i < places->n; i++)
			places->v[i].fits = places->v[i].n_free >= share;
		qsort(places->v, places->n, sizeof(*places->v), compare_rank);
	}
	spread(places, n_needed);
	return is_even;
}

static void take_cores(const struct pin_terms *terms, const struct place *place)
{
	struct pin_work *work = terms->work;
	const struct cpus *cpus = work->cpus;
	unsigned n = place->n_taken;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = cpus->n_cores; i-- > 0 && n > 0;) {
			const struct cpus_core *core = &cpus->cores[i];
			bool isolated = cpuset_has(&cpus->isolated, core->cpu[0]);

			if (core->llc != place->llc || isolated != (pass == 0) ||
			    !pin_is_usable(terms, core))
				continue;
			pin_take_core(work, core);
			n--;
		}
	}
}

/* "L3 of 32 MiB (CPUs 8-15,24-31)" */
static void describe(struct pin_work *work, unsigned index, struct buf *buf)
{
	const struct cpus_llc *llc = &work->cpus->llcs[index];
	struct cpuset set = CPUSET_NONE;

	for (size_t i = 0; i < work->cpus->n_cores; i++) {
		const struct cpus_core *core = &work->cpus->cores[i];

		for (unsigned t = 0; core->llc == index && t < core->n_cpus; t++)
			cpuset_add(&set, core->cpu[t]);
	}
	if (llc->level == 0) {
		buf_adds(buf, "package without known caches");
	} else {
		buf_addf(buf, "L%u", llc->level);
	}
	if (llc->size >= MIB) {
		buf_addf(buf, " of %" PRIu64 " MiB", llc->size / MIB);
	} else if (llc->size > 0) {
		buf_addf(buf, " of %" PRIu64 " KiB", llc->size >> 10);
	}
	buf_adds(buf, " (");
	pin_format(work, &set, buf);
	buf_adds(buf, ")");
}

/* Why the first place was preferred to the second, both holding the guest. */
static void explain_rank(const struct pin_terms *terms, const struct place *first,
			 const struct place *second)
{
	struct notes *notes = terms->work->notes;

	if (first->is_wanted != second->is_wanted &&
	    terms->work->request->policy == PIN_POLICY_CACHE) {
		notes_because(notes, "policy=cache: it is the one with 3D V-cache%s",
			      first->has_first ? ", though CPU 0 is on it" : "");
	} else if (first->is_wanted != second->is_wanted) {
		notes_because(notes,
			      "policy=frequency: cores without 3D V-cache clock higher");
	} else if (first->has_first != second->has_first) {
		notes_because(notes, "it holds the guest, and CPU 0 is on another");
	} else if (first->n_free != second->n_free) {
		notes_because(notes,
			      "of those that hold the guest it is the tightest: %u "
			      "cores free",
			      first->n_free);
	} else {
		notes_because(notes,
			      "of those that hold the guest alike it is the first");
	}
}

static void note_one_place(const struct pin_terms *terms, const struct places *places)
{
	struct notes *notes = terms->work->notes;
	const struct place *place = &places->v[0];
	CLEANUP_BUF struct buf text = BUF_NONE;

	describe(terms->work, place->llc, &text);
	notes_add(notes, NOTE_DECISION, PIN_TOPIC, "cores of one last-level cache, %s",
		  buf_text(&text));
	if (terms->work->cpus->n_llcs == 1) {
		notes_because(notes, "the host has only this one");
	} else if (places->n == 1) {
		notes_because(notes, "it is the only one with cores a guest may have");
	} else if (places->v[1].fits) {
		explain_rank(terms, place, &places->v[1]);
	} else {
		notes_because(notes, "it is the only one with %u cores free",
			      terms->n_needed);
	}
}

static void note_many_places(const struct pin_terms *terms, const struct places *places,
			     bool is_even)
{
	struct notes *notes = terms->work->notes;
	CLEANUP_BUF struct buf text = BUF_NONE;
	unsigned most = 0;

	for (size_t i = 0; i < places->n; i++) {
		if (places->v[i].n_free > most)
			most = places->v[i].n_free;
	}
	for (size_t i = 0; i < places->n_used; i++) {
		buf_addf(&text, "%s%u core%s of ", i ? ", " : "", places->v[i].n_taken,
			 PLURAL(places->v[i].n_taken));
		describe(terms->work, places->v[i].llc, &text);
	}
	notes_add(notes, NOTE_DECISION, PIN_TOPIC, "%s", buf_text(&text));
	notes_because(notes, "no last-level cache has more than %u cores free", most);
	if (!is_even) {
		notes_add(notes, NOTE_WARNING, PIN_TOPIC,
			  "%u cores do not spread evenly over %zu last-level caches: the "
			  "guest sees one die and cannot tell which cores share a cache",
			  terms->n_needed, places->n_used);
	}
}

/* policy=cache, but the V-cache does not hold the guest. */
static void warn_missed_vcache(const struct pin_terms *terms, const struct places *places)
{
	for (size_t i = places->n_used; i < places->n; i++) {
		const struct place *place = &places->v[i];

		if (!place->is_wanted || places->v[0].is_wanted ||
		    terms->work->request->policy != PIN_POLICY_CACHE)
			continue;
		notes_add(
			terms->work->notes, NOTE_WARNING, PIN_TOPIC,
			"the 3D V-cache has %u core%s free, the guest needs %u: ask for at "
			"most %u vCPUs to get it",
			place->n_free, PLURAL(place->n_free), terms->n_needed,
			place->n_free * terms->n_threads);
		return;
	}
}

int pin_take_caches(const struct pin_terms *terms, struct error *err)
{
	CLEANUP(places_done) struct places places = { 0 };
	bool is_even;
	int r;

	r = find_places(terms, &places, err);
	if (r < 0)
		return r;
	assert(places.n > 0); /* the node was chosen for its free cores */

	is_even = choose_places(&places, terms->n_needed);
	for (size_t i = 0; i < places.n_used; i++)
		take_cores(terms, &places.v[i]);
	terms->work->pin.dies = is_even ? (unsigned)places.n_used : 1;

	if (places.n_used == 1) {
		note_one_place(terms, &places);
	} else {
		note_many_places(terms, &places, is_even);
	}
	warn_missed_vcache(terms, &places);
	return 0;
}
