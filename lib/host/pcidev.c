/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/pcidev.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/parse.h"
#include "host/sysfs.h"

#define DEVICES "sys/bus/pci/devices"
#define GROUPS  "sys/kernel/iommu_groups"

#define CLASS_DISPLAY 0x03
#define CLASS_BRIDGE  0x06

/* The first of 48 capabilities that fit between the header and byte 256. */
#define CAP_FIRST 0x40
#define CAP_MAX   48

void pcidevs_done(struct pcidevs *devs)
{
	free(devs->v);
	*devs = PCIDEVS_NONE;
}

static int read_attr(uint64_t *value, const struct root *root, const char *name,
		     const char *attr, uint64_t max, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "/%s/%s", name, attr);

	return r < 0 ? r : sysfs_read_number(value, root, path, max, err);
}

static int read_id(uint16_t *ret_id, const struct root *root, const char *name,
		   const char *attr, struct error *err)
{
	uint64_t id = 0;
	int r = read_attr(&id, root, name, attr, UINT16_MAX, err);

	if (r == 0)
		*ret_id = (uint16_t)id;
	return r;
}

static int read_numa_node(struct pcidev *dev, const struct root *root, const char *name,
			  struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX] = "";
	uint64_t node;
	int r;

	r = sysfs_path(path, err, DEVICES "/%s/numa_node", name);
	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r < 0 || text[0] == '\0' || strcmp(text, "-1") == 0)
		return r;
	r = parse_dec(&node, text, 0, INT16_MAX, "node", err);
	if (r < 0)
		return error_wrap(err, "read '/%s'", path);
	dev->numa_node = (int)node;
	return 0;
}

static int read_group(struct pcidev *dev, const struct root *root, const char *name,
		      struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX] = "";
	uint64_t group;
	int r;

	r = sysfs_path(path, err, DEVICES "/%s/iommu_group", name);
	if (r == 0)
		r = sysfs_link_name(root, path, text, sizeof(text), err);
	if (r < 0 || text[0] == '\0')
		return r;
	r = parse_dec(&group, text, 0, INT32_MAX, "group", err);
	if (r < 0)
		return error_wrap(err, "read link '/%s'", path);
	dev->group = (int)group;
	return 0;
}

static int read_driver(struct pcidev *dev, const struct root *root, const char *name,
		       struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, DEVICES "/%s/driver", name);

	if (r < 0)
		return r;
	return sysfs_link_name(root, path, dev->driver, sizeof(dev->driver), err);
}

/* Two bytes of config space; false beyond what may be read. */
static bool read_config(int fd, size_t at, uint8_t ret_bytes[static 2])
{
	return pread(fd, ret_bytes, 2, (off_t)at) == 2;
}

/*
 * Express, if the capability list has it. Conventional, if the list was walked to its
 * end without; unknown, if it leads beyond the bytes we have. Byte by byte, since each
 * one read is an access to the device, or an exit where it is emulated.
 */
static enum pcidev_bus walk_capabilities(int fd)
{
	uint8_t status[2];
	uint8_t type[2];
	uint8_t cap[2];
	size_t at;

	if (!read_config(fd, PCI_STATUS, status) ||
	    !read_config(fd, PCI_HEADER_TYPE, type))
		return PCIDEV_BUS_UNKNOWN;
	if (!(status[0] & PCI_STATUS_CAP_LIST))
		return PCIDEV_BUS_CONVENTIONAL;

	at = PCI_CAPABILITY_LIST;
	if ((type[0] & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_CARDBUS)
		at = PCI_CB_CAPABILITY_LIST;
	if (!read_config(fd, at, cap))
		return PCIDEV_BUS_UNKNOWN;
	at = cap[0];
	for (size_t i = 0; i < CAP_MAX; i++) {
		at &= ~(size_t)3;
		if (at < CAP_FIRST)
			return PCIDEV_BUS_CONVENTIONAL;
		if (!read_config(fd, at, cap))
			return PCIDEV_BUS_UNKNOWN;
		if (cap[PCI_CAP_LIST_ID] == PCI_CAP_ID_EXP)
			return PCIDEV_BUS_EXPRESS;
		at = cap[PCI_CAP_LIST_NEXT];
	}
	return PCIDEV_BUS_CONVENTIONAL; /* a loop, with no Express in it */
}

/*
 * The kernel gives `config` more than 256 bytes when the device is Express and its
 * extended space answers; the size costs nothing, reading wakes a sleeping GPU, so only
 * the rest is read. Without privileges a read ends at byte 64, before the list: then 256
 * bytes count as conventional, as in libvirt's virDomainDeviceCalculatePCIConnectFlags().
 */
static int read_bus(struct pcidev *dev, const struct root *root, const char *name,
		    struct error *err)
{
	CLEANUP_CLOSE int fd = -1;
	char path[SYSFS_PATH_MAX];
	struct stat st;
	int r;

	r = sysfs_path(path, err, DEVICES "/%s/config", name);
	if (r < 0)
		return r;
	fd = sysfs_open(root, path);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, -fd, "open '/%s'", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "read '/%s'", path);

	if (st.st_size > PCI_CFG_SPACE_SIZE) {
		dev->bus = PCIDEV_BUS_EXPRESS;
		return 0;
	}
	if (st.st_size >= PCI_STD_HEADER_SIZEOF)
		dev->bus = walk_capabilities(fd);
	if (dev->bus == PCIDEV_BUS_UNKNOWN && st.st_size == PCI_CFG_SPACE_SIZE)
		dev->bus = PCIDEV_BUS_CONVENTIONAL;
	return 0;
}

/* What nobody asks of a bridge; half of a board's functions are some. */
static int read_endpoint(struct pcidev *dev, const struct root *root, const char *name,
			 struct error *err)
{
	uint64_t boot_vga = 0;
	int r = read_id(&dev->vendor, root, name, "vendor", err);

	if (r == 0)
		r = read_id(&dev->device, root, name, "device", err);
	if (r == 0 && pcidev_is_display(dev))
		r = read_attr(&boot_vga, root, name, "boot_vga", 1, err);
	dev->is_boot_vga = boot_vga == 1;
	return r;
}

int pcidev_read_details(struct pcidev *dev, const struct root *root, struct error *err)
{
	char name[BDF_TEXT_MAX];
	int r;

	if (dev->has_details)
		return 0;
	(void)bdf_format(&dev->bdf, name);
	r = read_id(&dev->subvendor, root, name, "subsystem_vendor", err);
	if (r == 0)
		r = read_id(&dev->subdevice, root, name, "subsystem_device", err);
	if (r == 0)
		r = read_bus(dev, root, name, err);
	if (r == 0)
		r = read_numa_node(dev, root, name, err);
	if (r == 0)
		r = read_driver(dev, root, name, err);
	dev->has_details = r == 0;
	return r;
}

static int compare_devs(const void *a, const void *b)
{
	const struct pcidev *left = a;
	const struct pcidev *right = b;

	return bdf_compare(&left->bdf, &right->bdf);
}

static struct pcidev *find(const struct pcidevs *devs, const struct bdf *bdf)
{
	const struct pcidev key = { .bdf = *bdf };

	if (devs->n == 0)
		return NULL;
	return bsearch(&key, devs->v, devs->n, sizeof(key), compare_devs);
}

/* The functions that /sys/kernel/iommu_groups/NAME has. */
static int list_group(struct sysfs_names *ret_members, const struct root *root,
		      const char *name, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, GROUPS "/%s/devices", name);

	return r < 0 ? r : sysfs_list(ret_members, root, path, err);
}

/* NULL also for what is no PCI function: a group may hold platform devices too. */
static struct pcidev *find_member(const struct pcidevs *devs, const char *name)
{
	struct error ignored;
	struct bdf bdf;

	return bdf_parse(&bdf, NULL, name, &ignored) < 0 ? NULL : find(devs, &bdf);
}

static int search_group(struct pcidevs *devs, const struct root *root, const char *name,
			struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names members = SYSFS_NAMES_NONE;
	uint64_t group;
	int r;

	r = parse_dec(&group, name, 0, INT32_MAX, "group", err);
	if (r < 0)
		return error_wrap(err, "list '/" GROUPS "'");
	r = list_group(&members, root, name, err);
	for (size_t i = 0; r == 0 && i < members.n; i++) {
		struct pcidev *dev = find_member(devs, members.v[i]);

		if (dev)
			dev->group = (int)group;
	}
	return r;
}

/* The plain directories of a captured tree have no links; the groups may name them. */
static int search_groups(struct pcidevs *devs, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names groups = SYSFS_NAMES_NONE;
	int r = sysfs_list(&groups, root, GROUPS, err);

	for (size_t i = 0; r == 0 && i < groups.n; i++)
		r = search_group(devs, root, groups.v[i], err);
	devs->has_groups = r == 0;
	return r;
}

static int find_group(struct pcidevs *devs, struct pcidev *dev, const struct root *root,
		      const char *name, struct error *err)
{
	int r;

	if (!devs->has_iommu)
		return 0;
	r = read_group(dev, root, name, err);
	if (r == 0 && dev->group < 0 && !devs->has_groups)
		r = search_groups(devs, root, err);
	return r;
}

static int add_device(struct pcidevs *devs, const char *name, struct error *err)
{
	struct pcidev *dev = &devs->v[devs->n];
	char text[BDF_TEXT_MAX];
	int r;

	*dev = (struct pcidev){ .group = -1, .numa_node = -1 };
	r = bdf_parse(&dev->bdf, NULL, name, err);
	if (r == 0 && strcmp(bdf_format(&dev->bdf, text), name) != 0)
		r = error_set(err, EINVAL, "the kernel would call it '%s'", text);
	if (r < 0)
		return error_wrap(err, "read '/" DEVICES "/%s'", name);
	devs->n++;
	return 0;
}

int pcidevs_list(struct pcidevs *ret_devs, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names groups = SYSFS_NAMES_NONE;
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	int r;

	r = sysfs_list(&names, root, DEVICES, err);
	if (r == 0)
		r = sysfs_list(&groups, root, GROUPS, err);
	devs.has_iommu = groups.n > 0;
	if (r == 0 && names.n > 0) {
		devs.v = calloc(names.n, sizeof(*devs.v));
		if (!devs.v)
			return error_set(err, ENOMEM, "out of memory");
	}
	for (size_t i = 0; r == 0 && i < names.n; i++)
		r = add_device(&devs, names.v[i], err);
	if (r < 0)
		return r;
	if (devs.n > 0)
		qsort(devs.v, devs.n, sizeof(*devs.v), compare_devs);
	*ret_devs = devs;
	devs = PCIDEVS_NONE;
	return 0;
}

static int read_device(struct pcidevs *devs, struct pcidev *dev, const struct root *root,
		       struct error *err)
{
	char name[BDF_TEXT_MAX];
	uint64_t code = 0;
	int r;

	if (dev->is_read)
		return 0;
	(void)bdf_format(&dev->bdf, name);
	r = read_attr(&code, root, name, "class", 0xffffff, err);
	dev->class = (uint32_t)code;
	if (r == 0 && !pcidev_is_bridge(dev))
		r = read_endpoint(dev, root, name, err);
	if (r == 0 && !pcidev_is_bridge(dev))
		r = find_group(devs, dev, root, name, err);
	dev->is_read = r == 0;
	return r;
}

int pcidevs_read_all(struct pcidevs *devs, const struct root *root, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < devs->n; i++)
		r = read_device(devs, &devs->v[i], root, err);
	return r;
}

int pcidevs_read_group(struct pcidevs *devs, int group, const struct root *root,
		       struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names members = SYSFS_NAMES_NONE;
	char name[16];
	int r;

	(void)snprintf(name, sizeof(name), "%d", group);
	r = list_group(&members, root, name, err);
	for (size_t i = 0; r == 0 && i < members.n; i++) {
		struct pcidev *dev = find_member(devs, members.v[i]);

		if (dev)
			r = read_device(devs, dev, root, err);
	}
	/* a captured tree may have links only */
	return r == 0 && members.n == 0 ? pcidevs_read_all(devs, root, err) : r;
}

int pcidevs_read(struct pcidevs *ret_devs, const struct root *root, struct error *err)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	int r = pcidevs_list(&devs, root, err);

	if (r == 0)
		r = pcidevs_read_all(&devs, root, err);
	if (r < 0)
		return r;
	*ret_devs = devs;
	devs = PCIDEVS_NONE;
	return 0;
}

const struct pcidev *pcidevs_find(const struct pcidevs *devs, const struct bdf *bdf)
{
	return find(devs, bdf);
}

int pcidevs_get(const struct pcidev **ret_dev, struct pcidevs *devs,
		const struct bdf *bdf, const struct root *root, struct error *err)
{
	struct pcidev *dev = find(devs, bdf);
	int r = dev ? read_device(devs, dev, root, err) : 0;

	if (r == 0 && dev)
		r = pcidev_read_details(dev, root, err);
	if (r == 0)
		*ret_dev = dev;
	return r;
}

bool pcidev_is_bridge(const struct pcidev *dev)
{
	return dev->class >> 16 == CLASS_BRIDGE;
}

bool pcidev_is_display(const struct pcidev *dev)
{
	return dev->class >> 16 == CLASS_DISPLAY;
}

/* See vfio_dev_viable() of the kernel. */
bool pcidev_driver_is_idle(const char *driver)
{
	static const char *const idle[] = { "", "vfio-pci", "pci-stub" };

	for (size_t i = 0; i < ARRAY_SIZE(idle); i++) {
		if (strcmp(driver, idle[i]) == 0)
			return true;
	}
	return false;
}
