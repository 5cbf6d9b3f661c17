/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "list.h"
#include "output.h"

#define KIB_PER_GIB (1024.0 * 1024.0)

static void print_iommu(struct buf *out, const struct list *list)
{
	const char *kind = iommu_kind_name(list->iommu.kind);

	if (list->iommu.n_groups > 0) {
		buf_addf(out, "IOMMU: on (%s), %zu groups\n", kind, list->iommu.n_groups);
	} else {
		buf_addf(out, "IOMMU: off (%s): %s\n", kind, list->iommu.missing);
	}
}

/* The widest of each column, so that the next one is straight. */
struct columns {
	int address;
	int driver;
};

static const char *driver_name(const struct pcidev *dev)
{
	return *dev->driver ? dev->driver : "no driver";
}

static struct columns measure_columns(const struct list *list)
{
	struct columns columns = { 0 };

	for (size_t i = 0; i < list->devs.n; i++) {
		const struct pcidev *dev = &list->devs.v[i];
		char bdf[BDF_TEXT_MAX];
		int address = (int)strlen(bdf_format(&dev->bdf, bdf));
		int driver = (int)strlen(driver_name(dev));

		if (pcidev_is_bridge(dev))
			continue;
		if (address > columns.address)
			columns.address = address;
		if (driver > columns.driver)
			columns.driver = driver;
	}
	return columns;
}

static void print_function(struct buf *out, const struct list *list,
			   const struct columns *columns, const struct pcidev *dev)
{
	char bdf[BDF_TEXT_MAX];
	char name[PCINAMES_TEXT_MAX];

	buf_addf(out, "  %-*s  %04x:%04x  ", columns->address, bdf_format(&dev->bdf, bdf),
		 dev->vendor, dev->device);
	if (dev->group >= 0) {
		buf_addf(out, "group %-3d  ", dev->group);
	} else {
		buf_adds(out, "no group   ");
	}
	buf_addf(out, "%-*s  %s", columns->driver, driver_name(dev),
		 pcinames_device(&list->names, dev, name));
	if (dev->is_boot_vga)
		buf_adds(out, " [boot GPU: boot_vga]");
	if (dev->numa_node >= 0 && list->cpus.n_nodes > 1)
		buf_addf(out, " [node %d]", dev->numa_node);
	buf_addc(out, '\n');
}

/* The other devices that would have to go along. */
static void print_strangers(struct buf *out, const struct list *list,
			    const struct pcidev *dev)
{
	const struct pcidev *other = NULL;
	char bdf[BDF_TEXT_MAX];

	while ((other = iommu_next_stranger(&list->devs, dev, other))) {
		buf_addf(out, "%*s shares the group: %s\n", 14, "",
			 bdf_format(&other->bdf, bdf));
	}
}

/* The function among dev's mates that somebody may want: a display first; or NULL. */
static const struct pcidev *find_wanted(const struct list *list, const struct pcidev *dev)
{
	const struct pcidev *wanted = NULL;
	const struct pcidev *mate = NULL;

	while ((mate = list_next_mate(list, dev, mate))) {
		if (pcidev_is_display(mate))
			return mate;
		if (!wanted && list_is_passable(mate))
			wanted = mate;
	}
	return wanted;
}

/* One option brings all of them. */
static void print_mates(struct buf *out, const struct list *list,
			const struct columns *columns, const struct pcidev *wanted)
{
	struct list_option option = list_option(list, wanted);
	const struct pcidev *mate = NULL;

	while ((mate = list_next_mate(list, wanted, mate)))
		print_function(out, list, columns, mate);
	print_strangers(out, list, wanted);
	if (*option.text)
		buf_addf(out, "%*s %s\n", 14, "", option.text);
}

static void print_devices(struct buf *out, const struct list *list, bool gpus)
{
	struct columns columns = measure_columns(list);
	size_t n = 0;

	buf_addf(out, "\n%s:\n", gpus ? "GPUs" : "Other devices that a guest could get");
	for (size_t i = 0; i < list->devs.n; i++) {
		const struct pcidev *dev = &list->devs.v[i];
		const struct pcidev *wanted;

		if (list_next_mate(list, dev, NULL) != dev)
			continue;
		wanted = find_wanted(list, dev);
		if (!wanted || pcidev_is_display(wanted) != gpus)
			continue;
		print_mates(out, list, &columns, wanted);
		n++;
	}
	if (n == 0)
		buf_adds(out, "  none\n");
}

static const char *kind_name(const struct cpus *cpus, enum cpus_kind kind)
{
	if (!cpus->is_hybrid)
		return "";
	switch (kind) {
	case CPUS_KIND_E:
		return " E";
	case CPUS_KIND_LPE:
		return " low-power E";
	default:
		return " P";
	}
}

/* The cores of one kind under one cache. */
struct cluster {
	struct cpuset cpus;
	unsigned n_cores;
	unsigned min_threads; /* of one core, where some are offline */
	unsigned max_threads;
	int node;
};

static struct cluster find_cluster(const struct cpus *cpus, size_t llc,
				   enum cpus_kind kind)
{
	struct cluster cluster = { .min_threads = CPUS_THREADS_MAX };

	for (size_t i = 0; i < cpus->n_cores; i++) {
		const struct cpus_core *core = &cpus->cores[i];

		if (core->llc != llc || core->kind != kind)
			continue;
		cluster.n_cores++;
		cluster.node = core->node;
		if (core->n_cpus < cluster.min_threads)
			cluster.min_threads = core->n_cpus;
		if (core->n_cpus > cluster.max_threads)
			cluster.max_threads = core->n_cpus;
		for (unsigned t = 0; t < core->n_cpus; t++)
			cpuset_add(&cluster.cpus, core->cpu[t]);
	}
	return cluster;
}

static void print_cluster(struct buf *out, const struct cpus *cpus, size_t llc,
			  enum cpus_kind kind)
{
	struct cluster cluster = find_cluster(cpus, llc, kind);

	if (cluster.n_cores == 0)
		return;
	if (cpus->llcs[llc].level > 0) {
		buf_addf(out, "  L%u %" PRIu64 " MiB", cpus->llcs[llc].level,
			 cpus->llcs[llc].size >> 20);
	} else {
		buf_adds(out, "  cache unknown");
	}
	if (cluster.node >= 0)
		buf_addf(out, ", node %d", cluster.node);
	buf_addf(out, ": %u%s core%s, ", cluster.n_cores, kind_name(cpus, kind),
		 cluster.n_cores == 1 ? "" : "s");
	if (cluster.min_threads < cluster.max_threads)
		buf_addf(out, "%u to ", cluster.min_threads);
	buf_addf(out, "%u thread%s each: CPUs ", cluster.max_threads,
		 cluster.max_threads == 1 ? "" : "s");
	cpuset_format(&cluster.cpus, out);
	buf_addc(out, '\n');
}

static void print_cpus(struct buf *out, const struct list *list)
{
	const struct cpus *cpus = &list->cpus;
	struct cpuset offline = cpus->present;

	buf_adds(out, "\nCores and caches:\n");
	if (*list->cpus_missing) {
		buf_addf(out, "  %s\n", list->cpus_missing);
		return;
	}
	for (size_t llc = 0; llc < cpus->n_llcs; llc++) {
		for (int kind = CPUS_KIND_P; kind <= CPUS_KIND_LPE; kind++)
			print_cluster(out, cpus, llc, (enum cpus_kind)kind);
	}
	cpuset_remove_all(&offline, &cpus->online);
	if (!cpuset_is_empty(&offline)) {
		buf_adds(out, "  offline: CPUs ");
		cpuset_format(&offline, out);
		buf_addc(out, '\n');
	}
}

static void print_pages(struct buf *out, const struct list *list)
{
	const struct hugepages_area *host = &list->pages.host;

	buf_addf(out, "\nMemory: %.1f GiB, %.1f GiB available\n",
		 (double)host->total_kib / KIB_PER_GIB,
		 (double)host->free_kib / KIB_PER_GIB);
	for (size_t i = 0; i < host->n_pools; i++) {
		uint64_t kib = host->pools[i].page_kib;

		buf_addf(out,
			 "  huge pages of %" PRIu64 " %s: %" PRIu64 " set aside, %" PRIu64
			 " free\n",
			 kib >= 1048576 ? kib / 1048576 : kib / 1024,
			 kib >= 1048576 ? "GiB" : "MiB", host->pools[i].n_total,
			 host->pools[i].n_free);
	}
}

static void print_inputs(struct buf *out, const struct list *list, enum input_kind kind)
{
	size_t n = 0;

	buf_addf(out, "\n%s:\n", kind == INPUT_KEYBOARD ? "Keyboards" : "Mice");
	for (size_t i = 0; i < list->inputs.n; i++) {
		const struct input *input = &list->inputs.v[i];

		if (input->kind != kind)
			continue;
		buf_addf(out, "  %s%s%s\n%*s --evdev=%s%s\n", input->name,
			 input->is_extra ? " (keys of a mouse)" : "",
			 input->is_stable ? ""
					  : " (may have another number at the next boot)",
			 14, "", input->path,
			 kind == INPUT_KEYBOARD && !input->is_extra ? ",grab=all" : "");
		n++;
	}
	if (n == 0)
		buf_adds(out, "  none\n");
}

int list_print_text(const struct list *list, struct error *err)
{
	CLEANUP_BUF struct buf out = BUF_NONE;

	print_iommu(&out, list);
	print_devices(&out, list, true);
	print_devices(&out, list, false);
	print_cpus(&out, list);
	print_pages(&out, list);
	print_inputs(&out, list, INPUT_KEYBOARD);
	print_inputs(&out, list, INPUT_MOUSE);
	return output_text(&out, err);
}
