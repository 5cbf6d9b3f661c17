/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/iommu.h"

#include <stdio.h>
#include <string.h>

#include "host/sysfs.h"

static enum iommu_kind kind_of_unit(const char *name)
{
	if (strncmp(name, "dmar", 4) == 0)
		return IOMMU_INTEL;
	if (strncmp(name, "ivhd", 4) == 0)
		return IOMMU_AMD;
	return IOMMU_UNKNOWN;
}

static enum iommu_kind kind_of_processor(const char *cpuinfo)
{
	if (strstr(cpuinfo, "GenuineIntel"))
		return IOMMU_INTEL;
	if (strstr(cpuinfo, "AuthenticAMD") || strstr(cpuinfo, "HygonGenuine"))
		return IOMMU_AMD;
	return IOMMU_UNKNOWN;
}

/* Whether one word of the kernel command line begins with start; the last one counts. */
static const char *find_word(const char *cmdline, const char *start)
{
	const char *found = NULL;
	const char *at = cmdline;

	while (*at) {
		at += strspn(at, " ");
		if (strncmp(at, start, strlen(start)) == 0)
			found = at + strlen(start);
		at += strcspn(at, " ");
	}
	return found;
}

/* Returns the word that turns the IOMMU off, if there is one. */
static const char *find_off(const char *cmdline)
{
	static const struct {
		const char *start;
		const char *word;
	} words[] = {
		{ "intel_iommu=", "intel_iommu=off" },
		{ "amd_iommu=", "amd_iommu=off" },
		{ "iommu=", "iommu=off" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *value = find_word(cmdline, words[i].start);

		if (value && strncmp(value, "off", 3) == 0)
			return words[i].word;
	}
	return NULL;
}

static void say_missing(struct iommu *iommu, const char *cmdline)
{
	const char *off = find_off(cmdline);
	const char *intel = find_word(cmdline, "intel_iommu=");
	const char *text = "enable it in the firmware setup";

	if (off) {
		(void)snprintf(iommu->missing, sizeof(iommu->missing),
			       "remove '%s' from the kernel command line", off);
		return;
	}

	if (iommu->kind == IOMMU_AMD) {
		text = "enable IOMMU (AMD-Vi) in the firmware setup";
	} else if (iommu->kind == IOMMU_INTEL && intel && strncmp(intel, "on", 2) == 0) {
		text = "enable VT-d in the firmware setup";
	} else if (iommu->kind == IOMMU_INTEL) {
		text = "add 'intel_iommu=on' to the kernel command "
		       "line, and enable VT-d in the firmware setup";
	}
	(void)snprintf(iommu->missing, sizeof(iommu->missing), "%s", text);
}

static int explain(struct iommu *iommu, const struct root *root, struct error *err)
{
	char cpuinfo[1024]; /* the vendor stands in its second line */
	char cmdline[SYSFS_PAGE_MAX];
	int r;

	r = sysfs_read_start(root, "proc/cpuinfo", cpuinfo, sizeof(cpuinfo), err);
	if (r == 0)
		r = sysfs_read_start(root, "proc/cmdline", cmdline, sizeof(cmdline), err);
	if (r < 0)
		return r;

	cmdline[strcspn(cmdline, "\n")] = '\0';
	iommu->kind = kind_of_processor(cpuinfo);
	say_missing(iommu, cmdline);
	return 0;
}

int iommu_read(struct iommu *ret_iommu, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names groups = SYSFS_NAMES_NONE;
	CLEANUP_SYSFS_NAMES struct sysfs_names units = SYSFS_NAMES_NONE;
	struct iommu iommu = { 0 };
	int r;

	r = sysfs_list(&groups, root, "sys/kernel/iommu_groups", err);
	if (r == 0)
		r = sysfs_list(&units, root, "sys/class/iommu", err);
	if (r < 0)
		return r;

	iommu.n_groups = groups.n;
	if (units.n > 0)
		iommu.kind = kind_of_unit(units.v[0]);
	if (groups.n == 0)
		r = explain(&iommu, root, err);
	if (r < 0)
		return r;
	*ret_iommu = iommu;
	return 0;
}

const char *iommu_kind_name(enum iommu_kind kind)
{
	switch (kind) {
	case IOMMU_INTEL:
		return "Intel VT-d";
	case IOMMU_AMD:
		return "AMD-Vi";
	case IOMMU_UNKNOWN:
		break;
	}
	return "IOMMU";
}

const struct pcidev *iommu_next_member(const struct pcidevs *devs, int group,
				       const struct pcidev *after)
{
	size_t from = after ? (size_t)(after - devs->v) + 1 : 0;

	for (size_t i = from; group >= 0 && i < devs->n; i++) {
		if (devs->v[i].group == group)
			return &devs->v[i];
	}
	return NULL;
}

const struct pcidev *iommu_next_stranger(const struct pcidevs *devs,
					 const struct pcidev *dev,
					 const struct pcidev *after)
{
	const struct pcidev *member = after;

	while ((member = iommu_next_member(devs, dev->group, member))) {
		if (!pcidev_is_bridge(member) && !bdf_same_slot(&member->bdf, &dev->bdf))
			return member;
	}
	return NULL;
}

bool iommu_is_viable(const struct pcidevs *devs, const struct pcidev *dev)
{
	return dev->group >= 0 && !iommu_next_stranger(devs, dev, NULL);
}
