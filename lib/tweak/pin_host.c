/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/pin_impl.h"

/* Where the emulator threads were found a place. */
enum place {
	PLACE_NODE,     /* reserved cores on the guest's node */
	PLACE_FAR,      /* reserved cores elsewhere */
	PLACE_SIBLINGS, /* idle threads of the guest's cores */
	PLACE_NONE,
};

static void add_core(struct cpuset *set, const struct cpus_core *core)
{
	for (unsigned t = 0; t < core->n_cpus; t++)
		cpuset_add(set, core->cpu[t]);
}

static bool is_near(const struct pin_work *work, const struct cpus_core *core)
{
	return core->node < 0 || cpuset_has(&work->nodes, (unsigned)core->node);
}

static bool is_isolated(const struct pin_work *work, const struct cpus_core *core)
{
	return cpuset_has(&work->cpus->isolated, core->cpu[0]);
}

/* Reserves all cores of a kind that are left; returns how many. */
static unsigned reserve_kind(const struct pin_work *work, enum cpus_kind kind,
			     struct cpuset *reserve)
{
	unsigned n = 0;

	for (size_t i = 0; i < work->cpus->n_cores; i++) {
		const struct cpus_core *core = &work->cpus->cores[i];

		if (core->kind == kind && !pin_has_core(work, core) &&
		    !cpuset_has(reserve, core->cpu[0])) {
			add_core(reserve, core);
			n++;
		}
	}
	return n;
}

/* Of what is left, the core that serves the emulator best and the guest least. */
static const struct cpus_core *next_to_reserve(const struct pin_work *work,
					       const struct cpuset *reserve)
{
	const struct cpus_core *best = NULL;
	int best_score = -1;

	for (size_t i = 0; i < work->cpus->n_cores; i++) {
		const struct cpus_core *core = &work->cpus->cores[i];
		int score = 4 * is_near(work, core) +
			    2 * !cpuset_has(&work->llcs, core->llc) +
			    !is_isolated(work, core);

		if (score > best_score && !pin_has_core(work, core) &&
		    !cpuset_has(reserve, core->cpu[0])) {
			best = core;
			best_score = score;
		}
	}
	return best;
}

static struct cpuset choose_reserve(const struct pin_work *work)
{
	const struct cpus_core *core = pin_first_core(work->cpus);
	struct cpuset reserve = CPUSET_NONE;
	unsigned n = 0;

	if (!pin_has_core(work, core)) {
		add_core(&reserve, core);
		n++;
	}
	if (work->cpus->is_hybrid) {
		unsigned n_efficient = reserve_kind(work, CPUS_KIND_E, &reserve);

		if (n_efficient == 0)
			n_efficient = reserve_kind(work, CPUS_KIND_LPE, &reserve);
		n += n_efficient;
	}
	while (n < pin_n_reserved(work->cpus) &&
	       (core = next_to_reserve(work, &reserve))) {
		add_core(&reserve, core);
		n++;
	}
	return reserve;
}

/* Reserved cores on the guest's node: the others than P if there are any. */
static struct cpuset near_reserve(const struct pin_work *work,
				  const struct cpuset *reserve)
{
	struct cpuset set[2] = { CPUSET_NONE, CPUSET_NONE };

	for (size_t i = 0; i < work->cpus->n_cores; i++) {
		const struct cpus_core *core = &work->cpus->cores[i];

		if (is_near(work, core) && cpuset_has(reserve, core->cpu[0]))
			add_core(&set[core->kind == CPUS_KIND_P], core);
	}
	return cpuset_is_empty(&set[0]) ? set[1] : set[0];
}

static enum place place_emulator(struct pin_work *work, const struct cpuset *reserve)
{
	struct pin *pin = &work->pin;
	struct cpuset open;
	enum place place = PLACE_NODE;

	pin->emulator = near_reserve(work, reserve);
	if (cpuset_is_empty(&pin->emulator)) {
		pin->emulator = *reserve;
		place = PLACE_FAR;
	}
	if (cpuset_is_empty(&pin->emulator)) {
		pin->emulator = work->cpus->online;
		for (unsigned i = 0; i < pin->n_vcpus; i++)
			cpuset_remove(&pin->emulator, pin->cpu[i]);
		place = PLACE_SIBLINGS;
	}

	/* the scheduler would leave all threads on the one isolated CPU they start on */
	open = pin->emulator;
	cpuset_remove_all(&open, &work->cpus->isolated);
	if (!cpuset_is_empty(&open))
		pin->emulator = open;
	return cpuset_is_empty(&pin->emulator) ? PLACE_NONE : place;
}

/*
 * QEMU (7.2 on, by libvirt 9.0 on) has huge pages that are bound to a node allocated by
 * threads that it ties to the CPUs of that node, and does not start where its emulator
 * threads are pinned to others only. What the guest has least need of then serves both.
 */
static void share_near(struct pin_work *work, struct cpuset *shared)
{
	const struct pin *pin = &work->pin;
	struct cpuset open;

	*shared = work->guest;
	for (unsigned i = 0; i < pin->n_vcpus; i++)
		cpuset_remove(shared, pin->cpu[i]);
	if (cpuset_is_empty(shared))
		cpuset_add(shared, pin->cpu[pin->n_vcpus - 1]);
	open = *shared;
	cpuset_remove_all(&open, &work->cpus->isolated);
	if (!cpuset_is_empty(&open))
		*shared = open;
	cpuset_add_all(&work->pin.emulator, shared);
}

static void warn_far(struct pin_work *work, const struct cpuset *shared)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	if (!cpuset_is_empty(shared)) {
		buf_adds(&text, ", and also on ");
		pin_format(work, shared, &text);
		buf_adds(&text, " of the guest's own, as QEMU has huge pages allocated "
				"by CPUs of their node");
	}
	notes_add(work->notes, NOTE_WARNING, PIN_TOPIC,
		  "the guest has all cores of its NUMA node that it may have: its "
		  "emulator threads run on another%s",
		  buf_text(&text));
	if (text.failed)
		work->notes->failed = true;
}

static void note_emulator(struct pin_work *work, enum place place)
{
	struct notes *notes = work->notes;
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct cpuset shared = CPUSET_NONE;

	if (place == PLACE_NONE) {
		notes_add(
			notes, NOTE_WARNING, PIN_TOPIC,
			"every CPU of the host has a vCPU: the emulator threads are not "
			"pinned and will take time from the guest");
		return;
	}
	if (place == PLACE_FAR && work->pin.node >= 0 && work->request->has_huge_pages)
		share_near(work, &shared);
	pin_format(work, &work->pin.emulator, &text);
	notes_add(notes, NOTE_DECISION, PIN_TOPIC, "emulator threads on %s",
		  buf_text(&text));
	if (place == PLACE_NODE) {
		notes_because(notes, "they are reserved for the host");
	} else if (place == PLACE_FAR) {
		notes_because(notes, "the guest leaves no core on its own node");
	} else {
		notes_because(notes, "the guest leaves no core, but these threads idle");
	}

	if (place == PLACE_FAR)
		warn_far(work, &shared);
}

/* A core for I/O threads: close to the guest's data, but neither its own nor CPU 0's. */
static const struct cpus_core *next_for_io(const struct pin_work *work,
					   const struct cpuset *reserve)
{
	const struct cpus_core *best = NULL;
	int best_score = -1;

	for (size_t i = 0; i < work->cpus->n_cores; i++) {
		const struct cpus_core *core = &work->cpus->cores[i];
		int score =
			2 * cpuset_has(reserve, core->cpu[0]) + !is_isolated(work, core);

		if (core == pin_first_core(work->cpus) || pin_has_core(work, core) ||
		    !cpuset_has(&work->llcs, core->llc) ||
		    cpuset_has(&work->pin.iothread, core->cpu[0]))
			continue;
		if (score > best_score) {
			best = core;
			best_score = score;
		}
	}
	return best;
}

/* Where there is no better place they run with the emulator threads. */
static void place_iothreads(struct pin_work *work, const struct cpuset *reserve,
			    const struct cpuset *emulator)
{
	struct pin *pin = &work->pin;
	struct notes *notes = work->notes;
	CLEANUP_BUF struct buf text = BUF_NONE;
	const struct cpus_core *core;
	bool is_close;

	pin->n_iothreads = work->request->n_iothreads ? work->request->n_iothreads : 1;
	while (cpuset_count(&pin->iothread) < pin->n_iothreads &&
	       (core = next_for_io(work, reserve)))
		add_core(&pin->iothread, core);
	is_close = !cpuset_is_empty(&pin->iothread);
	if (!is_close)
		pin->iothread = *emulator;
	if (cpuset_is_empty(&pin->iothread))
		return;

	pin_format(work, &pin->iothread, &text);
	notes_add(notes, NOTE_DECISION, PIN_TOPIC, "%u I/O thread%s on %s",
		  pin->n_iothreads, PLURAL(pin->n_iothreads), buf_text(&text));
	notes_because(notes, "%s",
		      is_close ? "left by the guest on its last-level cache"
			       : "the guest leaves no other core on its last-level "
				 "cache, so they join the emulator threads");
}

static void note_rest(struct pin_work *work)
{
	const struct cpus *cpus = work->cpus;
	unsigned n_left = (unsigned)cpus->n_cores - work->n_guest;
	struct cpuset rest = cpus->online;
	CLEANUP_BUF struct buf text = BUF_NONE;

	if (n_left == 0) {
		notes_add(work->notes, NOTE_WARNING, PIN_TOPIC,
			  "the guest has all %zu cores: the host keeps none",
			  cpus->n_cores);
		return;
	}
	cpuset_remove_all(&rest, &work->guest);
	pin_format(work, &rest, &text);
	notes_add(work->notes, NOTE_DECISION, PIN_TOPIC,
		  "the host keeps %u of %zu cores: %s", n_left, cpus->n_cores,
		  buf_text(&text));
	if (work->request->list) {
		notes_because(work->notes, "they are not listed");
	} else {
		notes_because(work->notes,
			      "its interrupts and kernel threads run on CPU %u, "
			      "and %u core%s the least it is left",
			      pin_first_core(cpus)->cpu[0], pin_n_reserved(cpus),
			      pin_n_reserved(cpus) > 1 ? "s are" : " is");
	}
}

void pin_host(struct pin_work *work)
{
	struct cpuset reserve = choose_reserve(work);
	enum place place = place_emulator(work, &reserve);
	struct cpuset emulator = work->pin.emulator; /* without what it shares */

	note_emulator(work, place);
	place_iothreads(work, &reserve, &emulator);
	note_rest(work);
}
