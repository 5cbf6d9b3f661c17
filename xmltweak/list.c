/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

#define CLEANUP_LIST CLEANUP(list_done)

static void list_done(struct list *list)
{
	inputs_done(&list->inputs);
	hugepages_done(&list->pages);
	cpus_done(&list->cpus);
	pcinames_close(&list->names);
	pcidevs_done(&list->devs);
}

bool list_is_passable(const struct pcidev *dev)
{
	static const unsigned base_classes[] = {
		0x01, /* storage */
		0x02, /* network */
		0x03, /* display */
		0x04, /* multimedia */
		0x07, /* communication */
		0x0b, /* processor */
		0x0d, /* wireless */
		0x12, /* accelerator */
		0xff, /* none of the classes */
	};
	unsigned base = dev->class >> 16;

	for (size_t i = 0; i < ARRAY_SIZE(base_classes); i++) {
		if (base == base_classes[i])
			return true;
	}
	/* of the serial buses USB only; the others belong to the board */
	return dev->class >> 8 == 0x0c03;
}

/* Whether the function goes along when dev does; dev itself counts. */
static bool is_mate(const struct pcidev *dev, const struct pcidev *other)
{
	return bdf_same_slot(&other->bdf, &dev->bdf) && other->group == dev->group &&
	       !pcidev_is_bridge(other);
}

const struct pcidev *list_next_mate(const struct list *list, const struct pcidev *dev,
				    const struct pcidev *after)
{
	const struct pcidev *end = list->devs.v + list->devs.n;

	for (const struct pcidev *d = after ? after + 1 : list->devs.v; d < end; d++) {
		if (is_mate(dev, d))
			return d;
	}
	return NULL;
}

/* Bridges stay, and another group is another choice: then functions go one by one. */
static bool is_whole_slot(const struct list *list, const struct pcidev *dev)
{
	for (size_t i = 0; i < list->devs.n; i++) {
		const struct pcidev *other = &list->devs.v[i];

		if (bdf_same_slot(&other->bdf, &dev->bdf) && !is_mate(dev, other))
			return false;
	}
	return true;
}

struct list_option list_option(const struct list *list, const struct pcidev *dev)
{
	struct list_option option = { "" };
	bool is_whole = is_whole_slot(list, dev);
	bool needs_group = iommu_next_stranger(&list->devs, dev, NULL);
	char bdf[BDF_TEXT_MAX];

	if (dev->group < 0)
		return option;
	(void)bdf_format(&dev->bdf, bdf);
	if (is_whole) {
		bdf[strlen(bdf) - strlen(".0")] = '\0';
	} else {
		const struct pcidev *first = list_next_mate(list, dev, NULL);

		needs_group |= first != dev || list_next_mate(list, dev, dev);
	}
	(void)snprintf(option.text, sizeof(option.text), "--hostdev=%s%s", bdf,
		       needs_group ? ",group=all" : "");
	return option;
}

/* Bridges are not listed. */
static int read_devices(struct list *list, const struct root *root, struct error *err)
{
	int r = pcidevs_read(&list->devs, root, err);

	for (size_t i = 0; r == 0 && i < list->devs.n; i++) {
		if (!pcidev_is_bridge(&list->devs.v[i]))
			r = pcidev_read_details(&list->devs.v[i], root, err);
	}
	return r;
}

static int read_host(struct list *list, const struct root *root, struct error *err)
{
	struct error cpus = { 0 };
	int r = iommu_read(&list->iommu, root, err);

	if (r == 0)
		r = read_devices(list, root, err);
	if (r == 0)
		r = pcinames_open(&list->names, NULL, err);
	if (r == 0)
		r = hugepages_read(&list->pages, root, -1, err);
	if (r == 0)
		r = inputs_read(&list->inputs, root, err);
	/* a captured tree may be about devices only */
	if (r == 0 && cpus_read(&list->cpus, root, &cpus) < 0) {
		(void)snprintf(list->cpus_missing, sizeof(list->cpus_missing), "%s",
			       cpus.msg);
	}
	return r;
}

int view_list(const struct root *root, bool is_json, struct error *err)
{
	CLEANUP_LIST struct list list = { .devs = PCIDEVS_NONE,
					  .names = PCINAMES_NONE,
					  .cpus = CPUS_NONE,
					  .pages = HUGEPAGES_NONE,
					  .inputs = INPUTS_NONE };
	int r;

	if (!root) {
		return error_set(err, EINVAL,
				 "--list needs a host; --host=none has nothing");
	}
	r = read_host(&list, root, err);
	if (r < 0)
		return r;
	return is_json ? list_print_json(&list, err) : list_print_text(&list, err);
}
