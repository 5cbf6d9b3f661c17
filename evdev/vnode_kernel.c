/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The kernel's uinput (Documentation/input/uinput.rst). */

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "host/root.h"
#include "host/sysfs.h"
#include "vnode.h"

/* --- making a device --- */

static int set_bits(int fd, unsigned long request, uint64_t bits)
{
	for (int code = 0; bits; code++, bits >>= 1) {
		if ((bits & 1) && ioctl(fd, request, code) < 0)
			return -errno;
	}
	return 0;
}

static int set_keys(int fd, const struct key_bits *keys)
{
	for (unsigned code = keys_next(keys, 0); code < KEY_CNT;
	     code = keys_next(keys, code + 1)) {
		if (ioctl(fd, UI_SET_KEYBIT, (int)code) < 0)
			return -errno;
	}
	return 0;
}

static int set_axes(int fd, const struct device_info *info)
{
	for (unsigned code = 0; code < ABS_CNT; code++) {
		struct uinput_abs_setup setup = { .code = (uint16_t)code };

		if (!(info->axes >> code & 1))
			continue;
		setup.absinfo = info->abs[code];
		if (ioctl(fd, UI_ABS_SETUP, &setup) < 0)
			return -errno;
	}
	return 0;
}

static int set_codes(int fd, const struct device_info *info)
{
	const uint32_t not_ours = 1u << EV_REP | 1u << EV_FF;
	int r = set_bits(fd, UI_SET_EVBIT, info->types & ~not_ours);

	if (r == 0)
		r = set_keys(fd, &info->keys);
	if (r == 0)
		r = set_bits(fd, UI_SET_RELBIT, info->rel);
	if (r == 0)
		r = set_bits(fd, UI_SET_LEDBIT, info->leds);
	if (r == 0)
		r = set_bits(fd, UI_SET_MSCBIT, info->msc);
	if (r == 0)
		r = set_bits(fd, UI_SET_PROPBIT, info->props);
	return r < 0 ? r : set_axes(fd, info);
}

static int uinput_create(UNUSED void *data, const struct device_info *info)
{
	CLEANUP_CLOSE int fd =
		open("/dev/uinput", O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct uinput_setup setup = { .id = info->id };
	int r;

	if (fd < 0)
		return -errno;
	(void)snprintf(setup.name, sizeof(setup.name), "%.*s",
		       (int)sizeof(setup.name) - 1, info->name);
	r = set_codes(fd, info);
	if (r < 0)
		return r;
	if (ioctl(fd, UI_SET_PHYS, info->phys) < 0 ||
	    ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0)
		return -errno;
	return take_fd(&fd);
}

/* --- finding it --- */

/* The event node among the directories of an input device; "" if there is none. */
static int find_event(struct vnode_place *place, const struct root *root, const char *dir,
		      struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, root, dir, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (strncmp(names.v[i], "event", strlen("event")) == 0) {
			(void)snprintf(place->path, sizeof(place->path),
				       "/dev/input/%.32s", names.v[i]);
		}
	}
	return r;
}

static int read_place(struct vnode_place *place, const struct root *root,
		      struct error *err)
{
	char dir[SYSFS_PATH_MAX];
	char path[SYSFS_PATH_MAX];
	int r = sysfs_path(dir, err, "sys/devices/virtual/input/%s", place->sysname);

	if (r == 0)
		r = sysfs_path(path, err, "%s/name", dir);
	if (r == 0)
		r = sysfs_read(root, path, place->name, sizeof(place->name), err);
	if (r == 0)
		r = sysfs_path(path, err, "%s/phys", dir);
	if (r == 0) {
		r = sysfs_read_optional(root, path, place->phys, sizeof(place->phys),
					err);
	}
	return r < 0 ? r : find_event(place, root, dir, err);
}

static int uinput_place(UNUSED void *data, int fd, struct vnode_place *ret_place)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	struct vnode_place place = { .path = "" };
	struct error ignored;
	int r;

	if (ioctl(fd, UI_GET_SYSNAME(sizeof(place.sysname)), place.sysname) < 0)
		return -errno;
	place.sysname[sizeof(place.sysname) - 1] = '\0';
	r = root_open(&root, "/", &ignored);
	if (r == 0)
		r = read_place(&place, &root, &ignored);
	if (r == 0)
		*ret_place = place;
	return r;
}

static int uinput_state(UNUSED void *data, const char *path,
			struct device_state *ret_state)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : device_kernel.state(NULL, fd, ret_state);
}

static int uinput_number(UNUSED void *data, const char *path, dev_t *ret_rdev)
{
	return device_kernel.number(NULL, path, ret_rdev);
}

/* There is no other way to ask than to try; what was taken is given back at once. */
static int uinput_grabbed(UNUSED void *data, const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, EVIOCGRAB, 1) == 0)
		return 0;
	return errno == EBUSY ? 1 : -errno;
}

static ssize_t uinput_read(UNUSED void *data, int fd, struct input_event *events,
			   size_t n)
{
	return device_kernel.read(NULL, fd, events, n);
}

static ssize_t uinput_write(UNUSED void *data, int fd, const struct input_event *events,
			    size_t n)
{
	return device_kernel.write(NULL, fd, events, n);
}

static void uinput_close(UNUSED void *data, int fd)
{
	device_kernel.close(NULL, fd);
}

const struct vnode_ops vnode_kernel = {
	.create = uinput_create,
	.place = uinput_place,
	.state = uinput_state,
	.number = uinput_number,
	.grabbed = uinput_grabbed,
	.read = uinput_read,
	.write = uinput_write,
	.close = uinput_close,
};
