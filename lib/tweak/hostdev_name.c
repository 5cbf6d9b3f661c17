/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Which functions the name of a PCI device means. */

#include <errno.h>
#include <stdlib.h>

#include "base/buf.h"
#include "domain/query.h"
#include "host/iommu.h"
#include "tweak/guest_pci.h"
#include "tweak/hostdev.h"

void bdfs_done(struct bdfs *bdfs)
{
	free(bdfs->v);
	*bdfs = BDFS_NONE;
}

static int add(struct bdfs *bdfs, const struct bdf *bdf, struct error *err)
{
	struct bdf *v = reallocarray(bdfs->v, bdfs->n + 1, sizeof(*v));
	size_t i = bdfs->n;

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	bdfs->v = v;
	for (; i > 0 && bdf_compare(&v[i - 1], bdf) > 0; i--)
		v[i] = v[i - 1];
	v[i] = *bdf;
	bdfs->n++;
	return 0;
}

static bool has(const struct bdfs *bdfs, const struct bdf *bdf)
{
	for (size_t i = 0; i < bdfs->n; i++) {
		if (bdf_compare(&bdfs->v[i], bdf) == 0)
			return true;
	}
	return false;
}

static bool is_meant(const struct pci_name_wish *name, const struct bdf *bdf)
{
	return name->has_function ? bdf_compare(&name->bdf, bdf) == 0
				  : bdf_same_slot(&name->bdf, bdf);
}

static int add_slot(struct bdfs *bdfs, const struct pcidevs *devs, const struct bdf *slot,
		    struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < devs->n && r == 0; i++) {
		if (bdf_same_slot(&devs->v[i].bdf, slot))
			r = add(bdfs, &devs->v[i].bdf, err);
	}
	return r;
}

/* The devices (one function of each) of which a condition holds, sorted. */
static int add_devices_if(struct bdfs *slots, const struct pcidevs *devs,
			  bool (*holds)(const struct pcidevs *devs,
					const struct pcidev *dev, const void *data),
			  const void *data, struct error *err)
{
	for (size_t i = 0; i < devs->n; i++) {
		const struct pcidev *dev = &devs->v[i];

		if (!holds(devs, dev, data) ||
		    (slots->n > 0 && bdf_same_slot(&slots->v[slots->n - 1], &dev->bdf)))
			continue;
		if (add(slots, &dev->bdf, err) < 0)
			return -ENOMEM;
	}
	return 0;
}

static void list(struct buf *text, const struct bdfs *bdfs)
{
	char bdf[BDF_TEXT_MAX];

	for (size_t i = 0; i < bdfs->n; i++)
		buf_addf(text, "%s%s", i ? ", " : "", bdf_format(&bdfs->v[i], bdf));
}

static bool has_identity(UNUSED const struct pcidevs *devs, const struct pcidev *dev,
			 const void *data)
{
	const struct pci_name_wish *name = data;

	return !pcidev_is_bridge(dev) && dev->vendor == name->vendor &&
	       dev->device == name->device;
}

static int by_identity(struct bdfs *bdfs, const struct pcidevs *devs,
		       const struct pci_name_wish *name, const char *text,
		       struct error *err)
{
	CLEANUP_BDFS struct bdfs slots = BDFS_NONE;
	CLEANUP_BUF struct buf choices = BUF_NONE;
	int r = add_devices_if(&slots, devs, has_identity, name, err);

	if (r < 0)
		return r;
	list(&choices, &slots);
	if (slots.n == 0) {
		return error_set(err, ENODEV,
				 "no PCI device '%04x:%04x' on this host, bridges aside",
				 name->vendor, name->device);
	}
	if (name->nth == 0 && slots.n > 1) {
		return error_set(
			err, EINVAL,
			"'%s' means %zu devices: %s; choose one by its address or "
			"by '%04x:%04x:N'",
			text, slots.n, buf_text(&choices), name->vendor, name->device);
	}
	if (name->nth > slots.n) {
		return error_set(
			err, ENODEV, "'%s': of such devices there is only %s: %s", text,
			slots.n == 1 ? "one" : "a smaller number", buf_text(&choices));
	}
	return add_slot(bdfs, devs, &slots.v[name->nth ? name->nth - 1 : 0], err);
}

static bool is_spare_gpu(const struct pcidevs *devs, const struct pcidev *dev,
			 UNUSED const void *data)
{
	return pcidev_is_display(dev) && !dev->is_boot_vga && iommu_is_viable(devs, dev);
}

/* Every GPU, and why it is not the one. */
static void explain_gpus(struct buf *text, const struct pcidevs *devs)
{
	char bdf[BDF_TEXT_MAX];

	for (size_t i = 0; i < devs->n; i++) {
		const struct pcidev *dev = &devs->v[i];
		const struct pcidev *stranger = iommu_next_stranger(devs, dev, NULL);

		if (!pcidev_is_display(dev))
			continue;
		buf_addf(text, "%s%s (%04x:%04x) ", text->len ? "; " : "",
			 bdf_format(&dev->bdf, bdf), dev->vendor, dev->device);
		if (dev->is_boot_vga) {
			buf_adds(text, "is the boot GPU");
		} else if (dev->group < 0) {
			buf_adds(text, "has no IOMMU group");
		} else if (stranger) {
			buf_addf(text, "shares IOMMU group %d with %s", dev->group,
				 bdf_format(&stranger->bdf, bdf));
		} else {
			buf_adds(text, "would do");
		}
	}
}

/* No GPU will do: for a reason of its own each, or since the IOMMU is off. */
static int no_gpu(struct buf *gpus, const struct root *root, struct error *err)
{
	struct iommu iommu;
	int r = iommu_read(&iommu, root, err);

	if (r < 0)
		return r;
	if (gpus->len == 0) {
		buf_adds(gpus, "this host has no GPU; see 'xmltweak --list'");
	} else if (iommu.n_groups == 0) {
		buf_addf(gpus, "; the IOMMU is off (%s): %s", iommu_kind_name(iommu.kind),
			 iommu.missing);
	} else {
		buf_adds(gpus, "; see 'xmltweak --list'");
	}
	return error_set(err, ENODEV, "no GPU can be given away by itself: %s",
			 buf_text(gpus));
}

static int by_itself(struct bdfs *bdfs, const struct pcidevs *devs,
		     const struct root *root, struct error *err)
{
	CLEANUP_BDFS struct bdfs slots = BDFS_NONE;
	CLEANUP_BUF struct buf gpus = BUF_NONE;
	int r = add_devices_if(&slots, devs, is_spare_gpu, NULL, err);

	if (r < 0)
		return r;
	if (slots.n == 1)
		return add_slot(bdfs, devs, &slots.v[0], err);
	explain_gpus(&gpus, devs);
	if (slots.n == 0)
		return no_gpu(&gpus, root, err);
	return error_set(err, EINVAL,
			 "more than one GPU could be given away: %s; choose by "
			 "--hostdev=ADDR",
			 buf_text(&gpus));
}

static int by_address(struct bdfs *bdfs, const struct pcidevs *devs,
		      const struct pci_name_wish *name, const char *text,
		      struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < devs->n && r == 0; i++) {
		if (is_meant(name, &devs->v[i].bdf))
			r = add(bdfs, &devs->v[i].bdf, err);
	}
	if (r == 0 && bdfs->n == 0) {
		r = error_set(err, ENODEV,
			      "no PCI device '%s' on this host; see 'xmltweak --list'",
			      text);
	}
	return r;
}

static int in_guest(struct bdfs *bdfs, const struct planner *planner,
		    const struct pci_name_wish *name, struct error *err)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	xmlNodePtr device = NULL;

	while ((device = guest_pci_next(devices, device))) {
		struct bdf bdf;

		if (!guest_pci_source(device, &bdf) || !is_meant(name, &bdf) ||
		    has(bdfs, &bdf))
			continue;
		if (add(bdfs, &bdf, err) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int without_host(struct bdfs *bdfs, struct planner *planner,
			const struct pci_name_wish *name, const char *text,
			struct error *err)
{
	int r;

	if (name->kind != PCI_NAME_ADDRESS) {
		return error_set(
			err, EINVAL,
			"'%s' has to be looked for on the host; with --host=none "
			"give an address",
			text);
	}
	r = in_guest(bdfs, planner, name, err);
	if (r < 0 || bdfs->n > 0)
		return r;
	if (!name->has_function) {
		notes_add(planner->notes, NOTE_INFO, "hostdev",
			  "'%s': without a host only function 0 is known", text);
	}
	return add(bdfs, &name->bdf, err);
}

const xmlNode *hostdev_planned(const struct planner *planner, const char *tweak,
			       const char *name, const struct bdf *bdf)
{
	const xmlNode *plan = query_child(xmlDocGetRootElement(planner->plan), tweak);
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const xmlNode *last = NULL;
	char key[GUEST_PCI_KEY_MAX];

	(void)guest_pci_key(key, guest_pci_find(devices, bdf), bdf);
	query_each (element, plan, name) {
		if (query_attr_is(element, "key", key))
			last = element;
	}
	return last;
}

static int find(struct bdfs *bdfs, struct planner *planner,
		const struct pci_name_wish *name, const char *text, struct error *err)
{
	const struct pcidevs *devs = NULL;
	int r;

	if (!planner->root)
		return without_host(bdfs, planner, name, text, err);
	if (name->kind == PCI_NAME_ADDRESS) {
		r = planner_addresses(planner, &devs, err);
		return r < 0 ? r : by_address(bdfs, devs, name, text, err);
	}
	r = planner_pcidevs(planner, &devs, err);
	if (r < 0)
		return r;
	return name->kind == PCI_NAME_AUTO ? by_itself(bdfs, devs, planner->root, err)
					   : by_identity(bdfs, devs, name, text, err);
}

int hostdev_on_host(struct bdfs *ret_bdfs, struct planner *planner,
		    const struct pci_name_wish *name, const char *text, struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	int r = find(&bdfs, planner, name, text, err);

	if (r < 0)
		return r;
	*ret_bdfs = bdfs;
	bdfs = BDFS_NONE;
	return 0;
}

int hostdev_in_guest(struct bdfs *ret_bdfs, struct planner *planner,
		     const struct pci_name_wish *name, const char *text,
		     struct error *err)
{
	CLEANUP_BDFS struct bdfs found = BDFS_NONE;
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	int r;

	if (name->kind == PCI_NAME_ADDRESS) {
		r = in_guest(&bdfs, planner, name, err);
	} else {
		r = find(&found, planner, name, text, err);
	}
	for (size_t i = 0; i < found.n && r == 0; i++) {
		if (guest_pci_find(devices, &found.v[i]))
			r = add(&bdfs, &found.v[i], err);
	}
	if (r < 0)
		return r;
	*ret_bdfs = bdfs;
	bdfs = BDFS_NONE;
	return 0;
}

int hostdev_main(struct bdf *ret_bdf, struct planner *planner, const struct bdfs *bdfs,
		 struct error *err)
{
	*ret_bdf = bdfs->v[0]; /* function 0 when it is among them */
	if (!planner->root)
		return 0;
	for (size_t i = 0; i < bdfs->n; i++) {
		const struct pcidev *dev;

		if (planner_pcidev(planner, &bdfs->v[i], &dev, err) < 0)
			return -err->code;
		if (dev && pcidev_is_display(dev)) {
			*ret_bdf = bdfs->v[i];
			break;
		}
	}
	return 0;
}
