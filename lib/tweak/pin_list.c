/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tweak/pin_impl.h"

static int add_cpu(struct pin_work *work, unsigned cpu, struct error *err)
{
	const struct cpus *cpus = work->cpus;
	struct pin *pin = &work->pin;
	CLEANUP_BUF struct buf known = BUF_NONE;

	if (!cpus_is_present(cpus, cpu)) {
		cpuset_format(&cpus->present, &known);
		return error_set(err, EINVAL, "there is no CPU %u, the host has CPUs %s",
				 cpu, buf_text(&known));
	}
	if (!cpus_is_online(cpus, cpu)) {
		return error_set(err, EINVAL,
				 "CPU %u is offline, write 1 to "
				 "'/sys/devices/system/cpu/cpu%u/online' or leave it out",
				 cpu, cpu);
	}
	for (unsigned i = 0; i < pin->n_vcpus; i++) {
		if (pin->cpu[i] == cpu) {
			return error_set(
				err, EINVAL,
				"CPU %u is listed twice, for vCPU %u and vCPU %u", cpu, i,
				pin->n_vcpus);
		}
	}
	pin->cpu[pin->n_vcpus++] = cpu;
	pin_take_core(work, cpus_find_core(cpus, cpu));
	return 0;
}

/* "N" or "N-M". CPUs stand there once, so no list is longer than the host's CPUs. */
static int add_item(struct pin_work *work, char *item, struct error *err)
{
	unsigned cpu = 0;
	unsigned last = 0;
	int r = cpuset_parse_range(&cpu, &last, item, err);

	for (; r == 0 && cpu <= last; cpu++)
		r = add_cpu(work, cpu, err);
	return r;
}

static int add_all(struct pin_work *work, struct error *err)
{
	CLEANUP_FREE char *copy = strdup(work->request->list);
	unsigned n_online = cpuset_count(&work->cpus->online);
	struct pin *pin = &work->pin;
	char *rest = copy;
	int r = 0;

	pin->cpu = calloc(n_online, sizeof(*pin->cpu));
	if (!copy || !pin->cpu)
		return error_set(err, ENOMEM, "out of memory");
	for (char *item = strsep(&rest, ","); r == 0 && item; item = strsep(&rest, ","))
		r = add_item(work, item, err);
	if (r < 0)
		return r;
	if (pin->n_vcpus != work->request->n_vcpus) {
		return error_set(err, EINVAL, "%u CPU%s listed for %u vCPU%s",
				 pin->n_vcpus, pin->n_vcpus == 1 ? " is" : "s are",
				 work->request->n_vcpus, PLURAL(work->request->n_vcpus));
	}
	return 0;
}

static const struct cpus_core *core_of(const struct pin_work *work, unsigned vcpu)
{
	return cpus_find_core(work->cpus, work->pin.cpu[vcpu]);
}

static bool is_paired(const struct pin_work *work)
{
	if (work->pin.n_vcpus % 2 != 0)
		return false;
	for (unsigned i = 0; i < work->pin.n_vcpus; i += 2) {
		if (core_of(work, i) != core_of(work, i + 1))
			return false;
	}
	return true;
}

/* Whether the list takes as many CPUs from each of n caches, one cache after the other.
 */
static bool is_even(const struct pin_work *work, unsigned n)
{
	unsigned share = work->pin.n_vcpus / n;
	struct cpuset seen = CPUSET_NONE;

	if (work->pin.n_vcpus % n != 0 || share % work->pin.threads != 0)
		return false;
	for (unsigned i = 0; i < work->pin.n_vcpus; i++) {
		unsigned llc = core_of(work, i)->llc;

		if (i % share == 0 ? cpuset_has(&seen, llc)
				   : llc != core_of(work, i - 1)->llc)
			return false;
		cpuset_add(&seen, llc);
	}
	return true;
}

static void choose_topology(struct pin_work *work)
{
	unsigned n_caches = cpuset_count(&work->llcs);
	struct pin *pin = &work->pin;

	pin->threads = is_paired(work) ? 2 : 1;
	pin->dies = is_even(work, n_caches) ? n_caches : 1;
	pin->cores = pin->n_vcpus / pin->threads / pin->dies;
	pin->sockets = 1;
	if (n_caches > pin->dies) {
		notes_add(
			work->notes, NOTE_WARNING, PIN_TOPIC,
			"the list does not take equal shares of %u last-level caches one "
			"after the other: the guest sees one die and cannot tell which "
			"cores share a cache",
			n_caches);
	}
}

/* "0-7" written where siblings are 0 and 8 is the usual way to get this wrong. */
static void warn_split_siblings(struct pin_work *work)
{
	const struct pin *pin = &work->pin;
	struct cpuset seen = CPUSET_NONE;

	for (unsigned i = 0; pin->threads == 1 && i < pin->n_vcpus; i++) {
		const struct cpus_core *core = core_of(work, i);

		if (cpuset_has(&seen, core->cpu[0])) {
			notes_add(
				work->notes, NOTE_WARNING, PIN_TOPIC,
				"CPUs %u and %u are threads of one core, but the guest takes "
				"them for two cores: it sees them as one if all the list is "
				"such pairs, '%u,%u,...'",
				core->cpu[0], core->cpu[1], core->cpu[0], core->cpu[1]);
			return;
		}
		cpuset_add(&seen, core->cpu[0]);
	}
}

static void warn_kinds(struct pin_work *work)
{
	unsigned n_efficient = 0;

	for (unsigned i = 0; i < work->pin.n_vcpus; i++)
		n_efficient += core_of(work, i)->kind != core_of(work, 0)->kind;
	if (n_efficient > 0) {
		notes_add(
			work->notes, NOTE_WARNING, PIN_TOPIC,
			"the list mixes P and E cores: the guest takes them for alike and "
			"its fast threads wait for the slow ones");
	}
}

static void warn_nodes(struct pin_work *work)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	if (cpuset_count(&work->nodes) < 2)
		return;
	cpuset_format(&work->nodes, &text);
	notes_add(
		work->notes, NOTE_WARNING, PIN_TOPIC,
		"the list crosses the NUMA nodes %s: the guest's memory is bound to none",
		buf_text(&text));
}

int pin_list(struct pin_work *work, struct error *err)
{
	const struct cpus_core *first = pin_first_core(work->cpus);
	int r = add_all(work, err);

	if (r < 0)
		return r;
	choose_topology(work);
	warn_split_siblings(work);
	warn_kinds(work);
	warn_nodes(work);
	if (pin_has_core(work, first)) {
		notes_add(
			work->notes, NOTE_WARNING, PIN_TOPIC,
			"the guest gets the core of CPU %u, where the host's interrupts and "
			"kernel threads run",
			first->cpu[0]);
	}
	return 0;
}
