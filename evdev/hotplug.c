/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "hotplug.h"

#include <errno.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* A burst of plugging is some dozens of messages of 1 KiB each. */
#define BUFFER_SIZE (1 << 20)

DEFINE_CLEANUP(struct udev_device *, udev_device_unref);
DEFINE_CLEANUP(struct udev_enumerate *, udev_enumerate_unref);
#define CLEANUP_UDEV_DEVICE    CLEANUP(cleanup_udev_device_unref)
#define CLEANUP_UDEV_ENUMERATE CLEANUP(cleanup_udev_enumerate_unref)

struct hotplug {
	const struct hotplug_sink *sink;
	struct udev *udev;
	struct udev_monitor *monitor;
};

static int start(struct hotplug *hotplug, struct error *err)
{
	int r;

	hotplug->udev = udev_new();
	if (!hotplug->udev)
		return error_sys(err, errno ? errno : ENOMEM, "reach udev");
	hotplug->monitor = udev_monitor_new_from_netlink(hotplug->udev, "udev");
	if (!hotplug->monitor)
		return error_sys(err, errno ? errno : ENOMEM, "listen to udev");
	r = udev_monitor_filter_add_match_subsystem_devtype(hotplug->monitor, "input",
							    NULL);
	if (r >= 0)
		r = udev_monitor_enable_receiving(hotplug->monitor);
	if (r < 0)
		return error_sys(err, -r, "listen to udev");
	/* more than others may have is a privilege, and no need */
	(void)udev_monitor_set_receive_buffer_size(hotplug->monitor, BUFFER_SIZE);
	return 0;
}

int hotplug_new(struct hotplug **ret_hotplug, const struct hotplug_sink *sink,
		struct error *err)
{
	struct hotplug *hotplug = calloc(1, sizeof(*hotplug));
	int r;

	if (!hotplug)
		return error_set(err, ENOMEM, "out of memory");
	hotplug->sink = sink;
	r = start(hotplug, err);
	if (r < 0) {
		hotplug_free(hotplug);
		return r;
	}
	*ret_hotplug = hotplug;
	return 0;
}

void hotplug_free(struct hotplug *hotplug)
{
	if (!hotplug)
		return;
	if (hotplug->monitor)
		udev_monitor_unref(hotplug->monitor);
	if (hotplug->udev)
		udev_unref(hotplug->udev);
	free(hotplug);
}

int hotplug_fd(const struct hotplug *hotplug)
{
	return udev_monitor_get_fd(hotplug->monitor);
}

/* Fits, or the node is passed over: no path of the kernel's is that long. */
static bool copy(char buf[static HOTPLUG_PATH_MAX], const char *text)
{
	size_t len = text ? strlen(text) : HOTPLUG_PATH_MAX;

	if (len >= HOTPLUG_PATH_MAX)
		return false;
	memcpy(buf, text, len + 1);
	return true;
}

/* False for what is no event node: inputN, mouseN. */
static bool read_node(struct hotplug_node *ret_node, struct udev_device *device)
{
	const char *name = udev_device_get_sysname(device);
	struct hotplug_node node = { .rdev = udev_device_get_devnum(device) };

	if (!name || strncmp(name, "event", strlen("event")) != 0 ||
	    !copy(node.path, udev_device_get_devnode(device)) ||
	    !copy(node.syspath, udev_device_get_syspath(device)))
		return false;
	/* not all of /sys/devices/virtual: Bluetooth's are in virtual/misc/uhid */
	node.is_virtual = strstr(node.syspath, "/devices/virtual/input/") != NULL;
	*ret_node = node;
	return true;
}

static void tell(const struct hotplug *hotplug, struct udev_device *device)
{
	const char *action = udev_device_get_action(device);
	struct hotplug_node node;

	if (!read_node(&node, device))
		return;
	if (action && strcmp(action, "remove") == 0) {
		hotplug->sink->removed(hotplug->sink->data, &node);
	} else {
		hotplug->sink->added(hotplug->sink->data, &node);
	}
}

static int list(struct hotplug *hotplug, struct udev_enumerate *enumerate)
{
	struct udev_list_entry *entry;
	int r = udev_enumerate_add_match_subsystem(enumerate, "input");

	if (r >= 0)
		r = udev_enumerate_add_match_sysname(enumerate, "event*");
	if (r >= 0) /* of others there will be a message when they are */
		r = udev_enumerate_add_match_is_initialized(enumerate);
	if (r >= 0)
		r = udev_enumerate_scan_devices(enumerate);
	if (r < 0)
		return r;
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate))
	{
		CLEANUP_UDEV_DEVICE struct udev_device *device =
			udev_device_new_from_syspath(hotplug->udev,
						     udev_list_entry_get_name(entry));

		if (device) /* else it is gone meanwhile */
			tell(hotplug, device);
	}
	return 0;
}

int hotplug_enumerate(struct hotplug *hotplug, struct error *err)
{
	CLEANUP_UDEV_ENUMERATE struct udev_enumerate *enumerate =
		udev_enumerate_new(hotplug->udev);
	int r = enumerate ? list(hotplug, enumerate) : -ENOMEM;

	return r < 0 ? error_sys(err, -r, "list input devices") : 0;
}

int hotplug_dispatch(struct hotplug *hotplug, struct error *err)
{
	bool is_lost = false;

	for (;;) {
		CLEANUP_UDEV_DEVICE struct udev_device *device = NULL;

		errno = 0;
		device = udev_monitor_receive_device(hotplug->monitor);
		if (device) {
			tell(hotplug, device);
			continue;
		}
		if (errno == ENOBUFS) {
			is_lost = true;
		} else if (errno != EINTR) {
			break;
		}
	}
	return is_lost ? hotplug_enumerate(hotplug, err) : 0;
}
