/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Whether the devices are those that the guest means, and may be taken: address, ids,
 * IOMMU group, not the host's own GPU, not another guest's. Changes nothing.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "device.h"
#include "host/iommu.h"
#include "host/sysfs.h"
#include "steps.h"

#define CLASS_PSP 0x1080 /* encryption controller: AMD's security processor */

static int check_allowed(const struct hook *hook, const struct need_device *need,
			 const struct pcidev *dev, struct error *err)
{
	char id[NEEDS_ID_MAX];

	(void)snprintf(id, sizeof(id), "%04x:%04x", dev->vendor, dev->device);
	if (config_allows_device(hook->config, need->address, id))
		return 0;
	return error_set(err, EPERM,
			 "%s may not be taken; to allow it add '%s' to 'devices =' in "
			 "section [allow] of /" CONFIG_PATH,
			 need->address, need->address);
}

static int check_identity(const struct need_device *need, const struct pcidev *dev,
			  struct error *err)
{
	char id[NEEDS_ID_MAX];
	char subsystem[NEEDS_ID_MAX];

	(void)snprintf(id, sizeof(id), "%04x:%04x", dev->vendor, dev->device);
	(void)snprintf(subsystem, sizeof(subsystem), "%04x:%04x", dev->subvendor,
		       dev->subdevice);
	if (*need->id && strcmp(need->id, id) != 0) {
		return error_set(err, ENODEV,
				 "%s is %s, and the guest means %s: the addresses of the "
				 "host have changed; see xmltweak --list",
				 need->address, id, need->id);
	}
	if (*need->subsystem && strcmp(need->subsystem, subsystem) != 0) {
		return error_set(err, ENODEV,
				 "%s (%s) is of the subsystem %s, and the guest means "
				 "%s: another card of the same kind is there; see "
				 "xmltweak --list",
				 need->address, id, subsystem, need->subsystem);
	}
	return 0;
}

static bool is_needed(const struct hook *hook, const struct bdf *bdf)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];

		if (need->is_hostdev && bdf_compare(&need->bdf, bdf) == 0)
			return true;
	}
	return false;
}

static int has_idle_driver(struct hook *hook, const struct pcidev *dev, struct error *err)
{
	char address[BDF_TEXT_MAX];
	char driver[SYSFS_WORD_MAX];
	int r = device_driver(hook->root, bdf_format(&dev->bdf, address), driver, err);

	return r < 0 ? r : pcidev_driver_is_idle(driver);
}

static int check_group(struct hook *hook, const struct need_device *need,
		       const struct pcidev *dev, struct error *err)
{
	const struct pcidev *member = NULL;
	struct iommu iommu;
	int r;

	if (dev->group < 0) {
		r = iommu_read(&iommu, hook->root, err);
		return r < 0 ? r
			     : error_set(err, ENODEV, "%s is in no IOMMU group%s%s",
					 need->address, *iommu.missing ? ": " : "",
					 iommu.missing);
	}
	while ((member = iommu_next_member(&hook->devs, dev->group, member))) {
		char address[BDF_TEXT_MAX];

		if (pcidev_is_bridge(member) || is_needed(hook, &member->bdf))
			continue;
		r = has_idle_driver(hook, member, err);
		if (r < 0)
			return r;
		if (r == 0) {
			return error_set(
				err, EBUSY,
				"%s is in IOMMU group %d together with %s, which the "
				"guest does not take and the host uses: only whole "
				"groups can be handed over; run: xmltweak --domain '%s' "
				"--hostdev=%s,group=all --hook --define",
				need->address, dev->group,
				bdf_format(&member->bdf, address), hook->needs.name,
				need->address);
		}
	}
	return 0;
}

/* Whether the kernel hangs in something that was done to it for that guest. */
static bool is_wedged(const struct undo_log *log, const char *address)
{
	static const char *const kinds[] = { DEVICE_KIND, SOUND_KIND };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct undo_record *record = undo_log_find(log, kinds[i], address);

		if (record && record->state == UNDO_WEDGED)
			return true;
	}
	return false;
}

/* Whether another guest has this member of the group. */
static int check_member(const struct hook *hook, const struct need_device *need,
			const char *address, struct error *err)
{
	for (size_t i = 0; i < hook->logs.n; i++) {
		const struct undo_log *log = hook->logs.v[i];
		bool is_same = strcmp(address, need->address) == 0;

		if (log == hook->log)
			continue;
		if (is_wedged(log, address)) {
			return error_set(err, EBUSY,
					 "%s hangs in the kernel since the guest '%s' "
					 "had it; only a reboot helps",
					 address, log->guest);
		}
		if (!undo_log_find(log, DEVICE_KIND, address))
			continue;
		return error_set(err, EBUSY, "%s is in use by the guest '%s'%s%s",
				 need->address, log->guest, is_same ? "" : ", which has ",
				 is_same ? "" : address);
	}
	return 0;
}

/* Two guests cannot share a group: the kernel gives it to one process. */
static int check_other_guests(const struct hook *hook, const struct need_device *need,
			      const struct pcidev *dev, struct error *err)
{
	const struct pcidev *member = NULL;
	int r = 0;

	while (r == 0 && (member = iommu_next_member(&hook->devs, dev->group, member))) {
		char address[BDF_TEXT_MAX];

		r = check_member(hook, need, bdf_format(&member->bdf, address), err);
	}
	return r;
}

/* --- the host's own GPU --- */

static bool is_only_display(const struct hook *hook, const struct pcidev *dev)
{
	for (size_t i = 0; i < hook->devs.n; i++) {
		const struct pcidev *other = &hook->devs.v[i];

		if (pcidev_is_display(other) && other != dev &&
		    !is_needed(hook, &other->bdf))
			return false;
	}
	return true;
}

/*
 * A GPU inside of the processor: Intel's sits on the root bus, AMD's shares its slot with
 * the security processor. Taking one away has powered machines off.
 */
static bool is_processor_graphics(const struct hook *hook, const struct pcidev *dev)
{
	if (dev->vendor == 0x8086)
		return dev->bdf.bus == 0;
	for (size_t i = 0; i < hook->devs.n; i++) {
		const struct pcidev *other = &hook->devs.v[i];

		if (bdf_same_slot(&other->bdf, &dev->bdf) &&
		    other->class >> 8 == CLASS_PSP && dev->vendor == 0x1002)
			return true;
	}
	return false;
}

static int check_host_gpu(const struct hook *hook, const struct need_device *need,
			  const struct pcidev *dev, struct error *err)
{
	const char *what = NULL;

	if (!pcidev_is_display(dev) || need->allows_boot_gpu)
		return 0;
	if (dev->is_boot_vga) {
		what = "the GPU the host has booted with";
	} else if (is_processor_graphics(hook, dev)) {
		what = "the processor's own GPU";
	} else if (is_only_display(hook, dev)) {
		what = "the only GPU of the host";
	}
	if (!what)
		return 0;
	return error_set(err, EPERM,
			 "%s is %s, which is left without a picture; if that is meant "
			 "set boot-gpu='yes' on its <device> of the guest element in "
			 "<metadata>",
			 need->address, what);
}

static int check_device(struct hook *hook, const struct need_device *need,
			struct error *err)
{
	const struct pcidev *dev;
	int r = pcidevs_get(&dev, &hook->devs, &need->bdf, hook->root, err);

	if (r < 0)
		return r;
	if (!dev) {
		return error_set(err, ENODEV, "the host has no device %s%s%s",
				 need->address, *need->id ? ", which was " : "",
				 need->id);
	}
	if (pcidev_is_bridge(dev)) {
		return error_set(err, EINVAL, "%s is a bridge, which stays with the host",
				 need->address);
	}
	r = check_allowed(hook, need, dev, err);
	if (r == 0)
		r = check_identity(need, dev, err);
	if (r == 0)
		r = check_host_gpu(hook, need, dev, err);
	if (r == 0)
		r = check_group(hook, need, dev, err);
	return r < 0 ? r : check_other_guests(hook, need, dev, err);
}

static int identity_check(struct hook *hook, struct error *err)
{
	int r = pcidevs_read(&hook->devs, hook->root, err);

	for (size_t i = 0; r == 0 && i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];

		if (!need->is_hostdev) {
			notes_add(&hook->notes, NOTE_WARNING, "identity",
				  "%s is named in <metadata> and is no device of the "
				  "guest, skipping it",
				  need->address);
			continue;
		}
		if (!*need->id) {
			notes_add(&hook->notes, NOTE_WARNING, "identity",
				  "<metadata> does not say which device %s is, so that "
				  "is not checked; run: xmltweak --domain '%s' --hook "
				  "--define",
				  need->address, hook->needs.name);
		}
		r = check_device(hook, need, err);
	}
	return r;
}

static int identity_apply(struct hook *hook, struct error *err)
{
	(void)hook;
	(void)err;
	return 0;
}

const struct step identity_step = {
	.name = "identity",
	.check = identity_check,
	.apply = identity_apply,
};
