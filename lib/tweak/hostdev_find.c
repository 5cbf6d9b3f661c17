/* SPDX-License-Identifier: GPL-2.0-or-later */

/* From wishes for host devices to the functions they mean, IOMMU groups considered. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/query.h"
#include "host/iommu.h"
#include "tweak/guest_pci.h"
#include "tweak/hostdev.h"

#define TOPIC "hostdev"

void hostdevs_done(struct hostdevs *hostdevs)
{
	free(hostdevs->v);
	*hostdevs = HOSTDEVS_NONE;
}

static struct hostdev *find(const struct hostdevs *hostdevs, const struct bdf *bdf)
{
	for (size_t i = 0; i < hostdevs->n; i++) {
		if (bdf_compare(&hostdevs->v[i].bdf, bdf) == 0)
			return &hostdevs->v[i];
	}
	return NULL;
}

/* The entry for a function, made if need be. Moves the others. */
static int get(struct hostdev **ret_hostdev, struct hostdevs *hostdevs,
	       struct planner *planner, const struct bdf *bdf, struct error *err)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const struct pcidev *dev = NULL;
	struct hostdev *v = find(hostdevs, bdf);
	size_t i = hostdevs->n;

	if (!v) {
		if (planner->root && planner_pcidev(planner, bdf, &dev, err) < 0)
			return -err->code;
		v = reallocarray(hostdevs->v, hostdevs->n + 1, sizeof(*v));
		if (!v)
			return error_set(err, ENOMEM, "out of memory");
		hostdevs->v = v;
		for (; i > 0 && bdf_compare(&v[i - 1].bdf, bdf) > 0; i--)
			v[i] = v[i - 1];
		v += i;
		*v = (struct hostdev){ .bdf = *bdf, .dev = dev };
		v->existing = guest_pci_find(devices, bdf);
		hostdevs->n++;
	}
	*ret_hostdev = v;
	return 0;
}

static int check_function(struct planner *planner, const struct hostdev *hostdev,
			  struct error *err)
{
	char bdf[BDF_TEXT_MAX];

	if (!hostdev->dev)
		return 0;
	(void)bdf_format(&hostdev->bdf, bdf);
	if (pcidev_is_bridge(hostdev->dev)) {
		return error_set(err, EINVAL,
				 "'%s' is a bridge (class %06x): bridges stay with the "
				 "host",
				 bdf, hostdev->dev->class);
	}
	if (hostdev->dev->group < 0 && !hostdev->existing) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "'%s' has no IOMMU group: the guest will not start before the "
			  "IOMMU is on; see 'xmltweak --list'",
			  bdf);
	}
	if (hostdev->dev->is_boot_vga && !hostdev->existing) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"'%s' is the boot GPU: the host loses its display while the guest "
			"runs",
			bdf);
	}
	return 0;
}

static int check_id(const struct hostdev_wish *wish, const struct hostdev *hostdev,
		    struct error *err)
{
	char bdf[BDF_TEXT_MAX];

	if (!wish->has_id || !hostdev->dev)
		return 0;
	if (hostdev->dev->vendor == wish->id_vendor &&
	    hostdev->dev->device == wish->id_device)
		return 0;
	return error_set(
		err, ENODEV,
		"'%s' is %04x:%04x, not %04x:%04x: the addresses of this host have "
		"changed",
		bdf_format(&hostdev->bdf, bdf), hostdev->dev->vendor,
		hostdev->dev->device, wish->id_vendor, wish->id_device);
}

/*
 * One device may be named in several ways, which shows only here: by address and by
 * identity, as a whole and by function.
 */
static int contradiction(const struct hostdev *hostdev, const char *key,
			 struct error *err)
{
	char bdf[BDF_TEXT_MAX];

	return error_set(err, ENOTUNIQ,
			 "'%s' is named twice, with different values of %s",
			 bdf_format(&hostdev->bdf, bdf), key);
}

static bool differs(enum wish_switch have, enum wish_switch want)
{
	return have != WISH_DEFAULT && want != WISH_DEFAULT && have != want;
}

static bool text_differs(const char *have, const char *want)
{
	return have && want && strcmp(have, want) != 0;
}

/* rom, boot, alias and x-vga go to one function of the device only. */
static int apply_main(const struct hostdev_wish *wish, struct hostdev *hostdev,
		      struct error *err)
{
	int r = check_id(wish, hostdev, err);

	if (r < 0)
		return r;
	if (text_differs(hostdev->rom, wish->rom))
		return contradiction(hostdev, "rom", err);
	if (text_differs(hostdev->alias, wish->alias))
		return contradiction(hostdev, "alias", err);
	if (hostdev->boot && wish->boot && hostdev->boot != wish->boot)
		return contradiction(hostdev, "boot", err);
	if (differs(hostdev->rombar, wish->rombar))
		return contradiction(hostdev, "rombar", err);
	if (differs(hostdev->x_vga, wish->x_vga))
		return contradiction(hostdev, "x-vga", err);
	if (wish->rom)
		hostdev->rom = wish->rom;
	if (wish->rombar != WISH_DEFAULT)
		hostdev->rombar = wish->rombar;
	if (wish->boot)
		hostdev->boot = wish->boot;
	if (wish->alias)
		hostdev->alias = wish->alias;
	if (wish->x_vga != WISH_DEFAULT)
		hostdev->x_vga = wish->x_vga;
	return 0;
}

static int apply_all(const struct hostdev_wish *wish, struct hostdev *hostdev,
		     struct error *err)
{
	const struct bdf place = { .bus = wish->guest_bus, .slot = wish->guest_slot };

	if (differs(hostdev->managed, wish->managed))
		return contradiction(hostdev, "managed", err);
	if (wish->has_guest && hostdev->has_guest &&
	    bdf_compare(&hostdev->place, &place) != 0)
		return contradiction(hostdev, "guest", err);
	if (wish->group != GROUP_MUST_BE_WHOLE && hostdev->group != GROUP_MUST_BE_WHOLE &&
	    wish->group != hostdev->group)
		return contradiction(hostdev, "group", err);
	hostdev->is_wished = true;
	if (!wish->name.has_function)
		hostdev->is_whole = true;
	if (wish->managed != WISH_DEFAULT)
		hostdev->managed = wish->managed;
	if (wish->group != GROUP_MUST_BE_WHOLE)
		hostdev->group = wish->group;
	if (wish->has_guest) {
		hostdev->has_guest = true;
		hostdev->has_place = true;
		hostdev->place = place;
	}
	return 0;
}

static int add_wish(struct hostdevs *hostdevs, struct planner *planner,
		    const struct hostdev_wish *wish, struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	struct hostdev *hostdev = NULL;
	struct bdf main = { 0 };
	int r;

	if (!planner->root && wish->group == GROUP_ALL) {
		return error_set(
			err, EINVAL,
			"the IOMMU group of '%s' has to be looked for on the host; "
			"with --host=none name its devices",
			wish->text);
	}
	r = hostdev_on_host(&bdfs, planner, &wish->name, wish->text, err);
	if (r == 0)
		r = hostdev_main(&main, planner, &bdfs, err);
	for (size_t i = 0; i < bdfs.n && r == 0; i++) {
		r = get(&hostdev, hostdevs, planner, &bdfs.v[i], err);
		if (r < 0 || !hostdev)
			return r;
		r = check_function(planner, hostdev, err);
		if (r == 0)
			r = apply_all(wish, hostdev, err);
	}
	hostdev = find(hostdevs, &main);
	if (r == 0 && hostdev)
		r = apply_main(wish, hostdev, err);
	return r;
}

/*
 * Whether an unset means what another wish sets shows only when both are resolved on the
 * host; what the guest has does not matter to that.
 */
static int check_unset(const struct hostdevs *hostdevs, struct planner *planner,
		       const struct hostdev_wish *wish, struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	struct error ignored = { 0 };
	char bdf[BDF_TEXT_MAX];

	if (!planner->root)
		return 0; /* addresses alone were compared when the options were read */
	/* what is no longer on the host can be taken out all the same */
	if (hostdev_on_host(&bdfs, planner, &wish->name, wish->text, &ignored) < 0)
		return 0;
	for (size_t i = 0; i < bdfs.n; i++) {
		const struct hostdev *hostdev = find(hostdevs, &bdfs.v[i]);

		if (hostdev && hostdev->is_wished) {
			return error_set(err, ENOTUNIQ, "'%s' is both set and unset",
					 bdf_format(&bdfs.v[i], bdf));
		}
	}
	return 0;
}

static int add_unset(struct hostdevs *hostdevs, struct planner *planner,
		     const struct hostdev_wish *wish, struct error *err)
{
	CLEANUP_BDFS struct bdfs bdfs = BDFS_NONE;
	struct hostdev *hostdev = NULL;
	int r = hostdev_in_guest(&bdfs, planner, &wish->name, wish->text, err);

	if (r == 0 && bdfs.n == 0) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "the guest has no host device '%s': nothing to take out",
			  wish->text);
	}
	for (size_t i = 0; i < bdfs.n && r == 0; i++) {
		r = get(&hostdev, hostdevs, planner, &bdfs.v[i], err);
		if (r == 0 && hostdev)
			hostdev->is_removed = true;
	}
	return r;
}

static int check_removals(const struct hostdevs *hostdevs, struct planner *planner,
			  struct error *err)
{
	const struct wishes *wishes = planner->wishes;
	int r = 0;

	for (size_t i = 0; i < wishes->n_hostdevs && r == 0; i++) {
		if (wishes->hostdevs[i].wish == WISH_UNSET)
			r = check_unset(hostdevs, planner, &wishes->hostdevs[i], err);
	}
	return r;
}

/* Whether the guest will have this function of the host. */
static bool goes_along(const struct hostdevs *hostdevs, const struct planner *planner,
		       const struct bdf *bdf)
{
	const struct hostdev *hostdev = find(hostdevs, bdf);

	if (hostdev)
		return !hostdev->is_removed;
	return guest_pci_find(query_child(planner_domain(planner), "devices"), bdf);
}

static int left_behind(struct planner *planner, const struct hostdev *hostdev,
		       const struct pcidev *other, struct error *err)
{
	char bdf[BDF_TEXT_MAX];
	char other_bdf[BDF_TEXT_MAX];
	(void)bdf_format(&hostdev->bdf, bdf);
	(void)bdf_format(&other->bdf, other_bdf);
	if (hostdev->group == GROUP_PARTIAL) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"'%s' of IOMMU group %d stays behind: the guest starts only while "
			"no driver but vfio-pci is bound to it",
			other_bdf, other->group);
		return 0;
	}
	if (planner_pcidev(planner, &other->bdf, &other, err) < 0)
		return -err->code;
	return error_set(
		err, EBUSY,
		"'%s' shares IOMMU group %d with '%s' (%04x:%04x, driver %s), which "
		"would stay behind: give the whole device or group=all, or accept "
		"it by group=partial",
		bdf, other->group, other_bdf, other->vendor, other->device,
		*other->driver ? other->driver : "none");
}

/* What shares a group with a wished function comes along, or is reported. */
static int complete_group(struct hostdevs *hostdevs, struct planner *planner, size_t i,
			  struct error *err)
{
	const struct pcidev *other = NULL;
	const struct pcidevs *devs = NULL;
	struct hostdev hostdev = hostdevs->v[i];
	int r;

	if (hostdev.is_removed || !hostdev.dev || hostdev.dev->group < 0)
		return 0;
	r = planner_group(planner, hostdev.dev->group, &devs, err);
	while (r == 0 && (other = iommu_next_member(devs, hostdev.dev->group, other))) {
		struct hostdev *added;

		if (pcidev_is_bridge(other) || goes_along(hostdevs, planner, &other->bdf))
			continue;
		if (hostdev.group != GROUP_ALL) {
			r = left_behind(planner, &hostdev, other, err);
			continue;
		}
		r = get(&added, hostdevs, planner, &other->bdf, err);
		if (r == 0) {
			added->is_wished = true;
			added->group = GROUP_ALL;
			added->managed = hostdev.managed;
		}
	}
	return r;
}

static int complete_groups(struct hostdevs *hostdevs, struct planner *planner,
			   struct error *err)
{
	/* those that want all of their group first: they may bring what others lack */
	for (int wants_all = 1; wants_all >= 0; wants_all--) {
		for (size_t i = 0; i < hostdevs->n; i++) {
			int r;

			if ((hostdevs->v[i].group == GROUP_ALL) != wants_all)
				continue;
			r = complete_group(hostdevs, planner, i, err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* The functions that the guest has already of the devices that are wished for. */
static int add_siblings(struct hostdevs *hostdevs, struct planner *planner,
			struct error *err)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	xmlNodePtr device = NULL;

	while ((device = guest_pci_next(devices, device))) {
		struct hostdev *ignored;
		struct bdf bdf;
		bool is_sibling = false;

		if (!guest_pci_source(device, &bdf))
			continue;
		for (size_t i = 0; i < hostdevs->n && !is_sibling; i++)
			is_sibling = bdf_same_slot(&hostdevs->v[i].bdf, &bdf);
		if (is_sibling && get(&ignored, hostdevs, planner, &bdf, err) < 0)
			return -err->code;
	}
	return 0;
}

int hostdevs_find(struct hostdevs *ret_hostdevs, struct planner *planner,
		  struct error *err)
{
	CLEANUP_HOSTDEVS struct hostdevs hostdevs = HOSTDEVS_NONE;
	const struct wishes *wishes = planner->wishes;
	int r = 0;

	for (size_t i = 0; i < wishes->n_hostdevs && r == 0; i++) {
		const struct hostdev_wish *wish = &wishes->hostdevs[i];

		if (wish->wish == WISH_UNSET) {
			r = add_unset(&hostdevs, planner, wish, err);
		} else {
			r = add_wish(&hostdevs, planner, wish, err);
		}
	}
	if (r == 0)
		r = check_removals(&hostdevs, planner, err);
	if (r == 0)
		r = complete_groups(&hostdevs, planner, err);
	if (r == 0) /* group=all may have brought one of them */
		r = check_removals(&hostdevs, planner, err);
	if (r == 0)
		r = add_siblings(&hostdevs, planner, err);
	if (r < 0)
		return r;
	*ret_hostdevs = hostdevs;
	hostdevs = HOSTDEVS_NONE;
	return 0;
}
