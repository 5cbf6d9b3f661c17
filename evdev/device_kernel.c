/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The kernel's event devices (Documentation/input/). */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libevdev/libevdev.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "device.h"
#include "host/openers.h"

/* Time stamps of CLOCK_MONOTONIC are the only ones that uinput passes on. */
static int kernel_open(UNUSED void *data, const char *path)
{
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	int clock = CLOCK_MONOTONIC;

	if (fd < 0 || ioctl(fd, EVIOCSCLOCKID, &clock) < 0)
		return -errno;
	return take_fd(&fd);
}

static void kernel_close(UNUSED void *data, int fd)
{
	(void)close(fd);
}

static void copy(char buf[static DEVICE_TEXT_MAX], const char *text)
{
	(void)snprintf(buf, DEVICE_TEXT_MAX, "%s", text ? text : "");
}

static uint64_t code_bits(const struct libevdev *dev, unsigned type, unsigned n)
{
	uint64_t bits = 0;

	for (unsigned code = 0; code < n; code++)
		bits |= (uint64_t) !!libevdev_has_event_code(dev, type, code) << code;
	return bits;
}

static void fill_codes(struct device_info *info, const struct libevdev *dev)
{
	for (unsigned type = 0; type < EV_CNT; type++)
		info->types |= (uint32_t) !!libevdev_has_event_type(dev, type) << type;
	for (unsigned code = 0; code < KEY_CNT; code++)
		keys_set(&info->keys, code, libevdev_has_event_code(dev, EV_KEY, code));
	info->rel = (uint32_t)code_bits(dev, EV_REL, REL_CNT);
	info->leds = (uint32_t)code_bits(dev, EV_LED, LED_CNT);
	info->msc = (uint32_t)code_bits(dev, EV_MSC, MSC_CNT);
	info->axes = code_bits(dev, EV_ABS, ABS_CNT);
	for (unsigned prop = 0; prop < INPUT_PROP_CNT; prop++)
		info->props |= (uint32_t) !!libevdev_has_property(dev, prop) << prop;
	for (unsigned code = 0; code < ABS_CNT; code++) {
		const struct input_absinfo *abs = libevdev_get_abs_info(dev, code);

		if (abs)
			info->abs[code] = *abs;
	}
}

static int kernel_describe(UNUSED void *data, int fd, struct device_info *ret_info)
{
	struct device_info info = { 0 };
	struct libevdev *dev = NULL;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return -errno;
	r = libevdev_new_from_fd(fd, &dev);
	if (r < 0)
		return r;
	copy(info.name, libevdev_get_name(dev));
	copy(info.phys, libevdev_get_phys(dev));
	copy(info.uniq, libevdev_get_uniq(dev));
	info.id = (struct input_id){
		.bustype = (uint16_t)libevdev_get_id_bustype(dev),
		.vendor = (uint16_t)libevdev_get_id_vendor(dev),
		.product = (uint16_t)libevdev_get_id_product(dev),
		.version = (uint16_t)libevdev_get_id_version(dev),
	};
	info.rdev = st.st_rdev;
	fill_codes(&info, dev);
	libevdev_free(dev);
	*ret_info = info;
	return 0;
}

static int kernel_state(UNUSED void *data, int fd, struct device_state *ret_state)
{
	struct device_state state = { 0 };
	unsigned long leds[BITS_WORDS(LED_CNT)] = { 0 };

	if (ioctl(fd, EVIOCGKEY(sizeof(state.keys.words)), state.keys.words) < 0 ||
	    ioctl(fd, EVIOCGLED(sizeof(leds)), leds) < 0)
		return -errno;
	state.leds = (uint32_t)leds[0];
	*ret_state = state;
	return 0;
}

static int kernel_grab(UNUSED void *data, int fd, bool is_on)
{
	return ioctl(fd, EVIOCGRAB, is_on ? (void *)1 : NULL) < 0 ? -errno : 0;
}

/* --- where axes are --- */

struct axes {
	struct input_event *events;
	size_t n;
};

static void add_axis(struct axes *axes, unsigned code, int value)
{
	if (axes->n < DEVICE_FRAME_MAX) {
		axes->events[axes->n++] = (struct input_event){
			.type = EV_ABS,
			.code = (uint16_t)code,
			.value = value,
		};
	}
}

/* Of one code, what it is in each slot (EVIOCGMTSLOTS). */
struct slots {
	uint32_t code;
	int32_t value[DEVICE_SLOTS];
};

static int read_slots(struct slots slots[ABS_CNT], int fd, const struct device_info *info)
{
	for (unsigned code = ABS_MT_SLOT + 1; code < ABS_CNT; code++) {
		slots[code].code = code;
		if ((info->axes >> code & 1) &&
		    ioctl(fd, EVIOCGMTSLOTS(sizeof(slots[code])), &slots[code]) < 0)
			return -errno;
	}
	return 0;
}

/* Those slots that have a finger. */
static void add_slots(struct axes *axes, const struct device_info *info,
		      const struct slots slots[ABS_CNT])
{
	for (int slot = 0; slot < DEVICE_SLOTS && slot <= info->abs[ABS_MT_SLOT].maximum;
	     slot++) {
		if (slots[ABS_MT_TRACKING_ID].value[slot] < 0)
			continue;
		add_axis(axes, ABS_MT_SLOT, slot);
		for (unsigned code = ABS_MT_SLOT + 1; code < ABS_CNT; code++) {
			if (info->axes >> code & 1)
				add_axis(axes, code, slots[code].value[slot]);
		}
	}
}

static ssize_t kernel_axes(UNUSED void *data, int fd, const struct device_info *info,
			   struct input_event *events)
{
	struct axes axes = { .events = events };
	struct slots slots[ABS_CNT] = { 0 };
	struct input_absinfo abs;
	int r;

	for (unsigned code = 0; code < ABS_MT_SLOT; code++) {
		if (!(info->axes >> code & 1))
			continue;
		if (ioctl(fd, EVIOCGABS(code), &abs) < 0)
			return -errno;
		add_axis(&axes, code, abs.value);
	}
	if (!(info->axes >> ABS_MT_SLOT & 1))
		return (ssize_t)axes.n;
	r = read_slots(slots, fd, info);
	if (r < 0 || ioctl(fd, EVIOCGABS(ABS_MT_SLOT), &abs) < 0)
		return r < 0 ? r : -errno;
	add_slots(&axes, info, slots);
	/* what comes next is about the slot that the device is at */
	add_axis(&axes, ABS_MT_SLOT, abs.value);
	return (ssize_t)axes.n;
}

/* --- events --- */

static ssize_t kernel_read(UNUSED void *data, int fd, struct input_event *events,
			   size_t n)
{
	ssize_t done = read(fd, events, n * sizeof(*events));

	return done < 0 ? -errno : done / (ssize_t)sizeof(*events);
}

static ssize_t kernel_write(UNUSED void *data, int fd, const struct input_event *events,
			    size_t n)
{
	ssize_t done = write(fd, events, n * sizeof(*events));

	return done < 0 ? -errno : done / (ssize_t)sizeof(*events);
}

static void kernel_holders(UNUSED void *data, dev_t rdev, struct buf *buf)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	struct openers openers;
	struct error ignored;

	if (root_open(&root, "/", &ignored) < 0 ||
	    openers_find(&openers, &root, "", rdev, &ignored) < 0)
		return;
	for (size_t i = 0; i < openers.n; i++) {
		buf_addf(buf, "%s%s (pid %d)", i > 0 ? ", " : "", openers.v[i].comm,
			 openers.v[i].pid);
	}
	if (openers.n_more > 0)
		buf_addf(buf, " and %zu more", openers.n_more);
}

static int kernel_number(UNUSED void *data, const char *path, dev_t *ret_rdev)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	*ret_rdev = st.st_rdev;
	return 0;
}

const struct device_ops device_kernel = {
	.open = kernel_open,
	.close = kernel_close,
	.describe = kernel_describe,
	.state = kernel_state,
	.grab = kernel_grab,
	.axes = kernel_axes,
	.read = kernel_read,
	.write = kernel_write,
	.holders = kernel_holders,
	.number = kernel_number,
};
