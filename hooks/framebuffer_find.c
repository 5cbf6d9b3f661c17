/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/macro.h"
#include "framebuffer.h"

#define GRAPHICS "sys/class/graphics"
#define PLATFORM "sys/bus/platform"
#define BARS_MAX 7 /* of a function: six and the expansion ROM */

/* --- those of the kernel's --- */

int framebuffer_list(struct sysfs_names *ret_names, const struct root *root,
		     struct error *err)
{
	struct sysfs_names all;
	size_t n = 0;
	int r = sysfs_list(&all, root, GRAPHICS, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < all.n; i++) {
		/* fbcon is there too */
		if (strncmp(all.v[i], "fb", 2) == 0 &&
		    isdigit((unsigned char)all.v[i][2])) {
			all.v[n++] = all.v[i];
		} else {
			free(all.v[i]);
		}
	}
	all.n = n;
	*ret_names = all;
	return 0;
}

/* Whether a path has this name between its slashes. */
static bool has_component(const char *path, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = path; (at = strstr(at, name)); at++) {
		if ((at == path || at[-1] == '/') && (at[len] == '/' || at[len] == '\0'))
			return true;
	}
	return false;
}

int framebuffer_is_on(bool *ret_is_on, const struct root *root, const char *fb,
		      const char *device, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char place[SYSFS_PATH_MAX];
	char parent[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, GRAPHICS "/%s", fb);

	/* ../../devices/pci0000:00/0000:00:10.0/0000:01:00.0/virtio3/graphics/fb0 */
	if (r == 0)
		r = sysfs_link_target(root, path, place, sizeof(place), err);
	/* ../../../0000:01:00.0 */
	if (r == 0)
		r = sysfs_path(path, err, GRAPHICS "/%s/device", fb);
	if (r == 0)
		r = sysfs_link_target(root, path, parent, sizeof(parent), err);
	if (r == 0) {
		*ret_is_on =
			has_component(place, device) || has_component(parent, device);
	}
	return r;
}

int framebuffer_has(bool *ret_has, const struct root *root, const char *device,
		    struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	bool has = false;
	int r = framebuffer_list(&names, root, err);

	for (size_t i = 0; r == 0 && !has && i < names.n; i++)
		r = framebuffer_is_on(&has, root, names.v[i], device, err);
	if (r == 0)
		*ret_has = has;
	return r;
}

/* --- where the firmware's lies --- */

struct range {
	uint64_t start;
	uint64_t end;
};

/* "START<separator>END" in hexadecimal, with or without 0x; false when it is none. */
static bool read_range(struct range *ret_range, const char *text, char separator)
{
	char *end;

	errno = 0;
	ret_range->start = strtoull(text, &end, 16);
	if (end == text || *end != separator || errno)
		return false;
	text = end + 1;
	ret_range->end = strtoull(text, &end, 16);
	return end != text && *end == ' ' && !errno && ret_range->end > ret_range->start;
}

/* As the kernel and its drivers name that memory in /proc/iomem. */
static bool is_framebuffer_name(const char *name)
{
	static const char *const names[] = { "BOOTFB",         "efifb",  "vesafb",
					     "simplefb",       "offb",   "simpledrm",
					     "simpledrmdrmfb", "efidrm", "vesadrm",
					     "ofdrm" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return strstr(name, "-framebuffer");
}

/* A function's BARs; all of them may be unused. */
static int read_bars(struct range bars[static BARS_MAX], const struct root *root,
		     const char *address, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_PAGE_MAX];
	char *rest = text;
	char *line;
	int r = sysfs_path(path, err, "sys/bus/pci/devices/%s/resource", address);

	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < BARS_MAX && (line = strsep(&rest, "\n")); i++) {
		if (!read_range(&bars[i], line, ' '))
			bars[i] = (struct range){ 0 };
	}
	return 0;
}

static bool is_within(const struct range bars[static BARS_MAX], const struct range *range)
{
	for (unsigned i = 0; i < BARS_MAX; i++) {
		if (range->start >= bars[i].start && range->end <= bars[i].end &&
		    range->start != 0)
			return true;
	}
	return false;
}

/* Which of the guest's functions holds memory that /proc/iomem calls a framebuffer. */
struct place {
	const struct need_device *need;
	bool is_known; /* there is such memory, wherever */
};

static int match_range(struct place *place, const struct hook *hook,
		       const struct range *range, struct error *err)
{
	place->is_known = true;
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];
		struct range bars[BARS_MAX] = { 0 };
		int r = 0;

		if (need->is_hostdev)
			r = read_bars(bars, hook->root, need->address, err);
		if (r < 0)
			return r;
		if (is_within(bars, range))
			place->need = need;
	}
	return 0;
}

/* "  80000000-803fffff : efifb"; without privileges all addresses are 0. */
static int find_place(struct place *place, const struct hook *hook, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd = sysfs_open(hook->root, "proc/iomem");
	char *rest;
	char *line;
	int r = fd < 0 ? 0 : file_read_fd(&text, fd, "/proc/iomem", err);

	rest = text.data;
	while (r == 0 && !place->need && (line = strsep(&rest, "\n"))) {
		const char *name = strstr(line, " : ");
		struct range range;

		line += strspn(line, " ");
		if (name && is_framebuffer_name(name + 3) &&
		    read_range(&range, line, '-'))
			r = match_range(place, hook, &range, err);
	}
	return r;
}

/* Where no memory tells: the firmware's picture is on the GPU the host booted with. */
static const struct need_device *find_boot_gpu(const struct hook *hook)
{
	for (size_t i = 0; i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];
		const struct pcidev *dev = pcidevs_find(&hook->devs, &need->bdf);

		if (need->is_hostdev && dev && dev->is_boot_vga)
			return need;
	}
	return NULL;
}

/* From Linux 6.9 on the platform device is a child of the PCI function. */
static int find_parent(const struct need_device **ret_need, const struct hook *hook,
		       const char *device, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char target[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, PLATFORM "/devices/%s", device);

	if (r == 0)
		r = sysfs_link_target(hook->root, path, target, sizeof(target), err);
	for (size_t i = 0; r == 0 && i < hook->needs.n_devices; i++) {
		const struct need_device *need = &hook->needs.devices[i];

		if (need->is_hostdev && has_component(target, need->address))
			*ret_need = need;
	}
	return r;
}

static int find_need(const struct need_device **ret_need, const struct hook *hook,
		     const char *device, struct error *err)
{
	struct place place = { 0 };
	int r = find_parent(ret_need, hook, device, err);

	if (r == 0 && !*ret_need) {
		r = find_place(&place, hook, err);
		*ret_need = place.is_known ? place.need : find_boot_gpu(hook);
	}
	return r;
}

int framebuffer_driver(const struct root *root, const char *device,
		       char driver[static SYSFS_WORD_MAX], struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(path, err, PLATFORM "/devices/%s/driver", device);

	return r < 0 ? r : sysfs_link_name(root, path, driver, SYSFS_WORD_MAX, err);
}

/* Those that Linux makes of what the firmware says; the drivers vary with the kernel. */
static bool is_firmware_device(const char *name)
{
	return fnmatch("*-framebuffer.*", name, 0) == 0 && strlen(name) < SYSFS_WORD_MAX;
}

int framebuffer_find(struct framebuffer *ret_framebuffer, const struct hook *hook,
		     struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, hook->root, PLATFORM "/devices", err);

	*ret_framebuffer = (struct framebuffer){ 0 };
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct framebuffer found = { 0 };

		if (!is_firmware_device(names.v[i]))
			continue;
		r = framebuffer_driver(hook->root, names.v[i], found.driver, err);
		if (r == 0 && *found.driver)
			r = find_need(&found.need, hook, names.v[i], err);
		if (r < 0 || !found.need)
			continue;
		memcpy(found.device, names.v[i], strlen(names.v[i]) + 1);
		*ret_framebuffer = found;
		break;
	}
	return r;
}
