/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/usb.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/sysfs.h"

#define DEVICES "sys/bus/usb/devices"

void usbdevs_done(struct usbdevs *devs)
{
	free(devs->v);
	*devs = USBDEVS_NONE;
}

/* ids are hexadecimal without a prefix; what is not there is 0 */
static int read_id(uint16_t *ret_id, const struct root *root, const char *name,
		   const char *attr, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_WORD_MAX];
	uint64_t id = 0;
	int r = sysfs_path(path, err, DEVICES "/%s/%s", name, attr);

	if (r == 0)
		r = sysfs_read_optional(root, path, text, sizeof(text), err);
	if (r == 0 && *text)
		r = parse_hex(&id, text, 1, 4, path, err);
	if (r == 0)
		*ret_id = (uint16_t)id;
	return r;
}

static int read_number(unsigned *ret_number, const struct root *root, const char *name,
		       const char *attr, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	uint64_t number = 0;
	int r = sysfs_path(path, err, DEVICES "/%s/%s", name, attr);

	if (r == 0)
		r = sysfs_read_number(&number, root, path, UINT16_MAX, err);
	if (r == 0)
		*ret_number = (unsigned)number;
	return r;
}

static int read_device(struct usbdev *dev, const struct root *root, const char *name,
		       struct error *err)
{
	int r = read_id(&dev->vendor, root, name, "idVendor", err);

	if (r == 0)
		r = read_id(&dev->product, root, name, "idProduct", err);
	if (r == 0)
		r = read_number(&dev->bus, root, name, "busnum", err);
	if (r == 0)
		r = read_number(&dev->device, root, name, "devnum", err);
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct usbdev *x = a;
	const struct usbdev *y = b;

	if (x->bus != y->bus)
		return x->bus < y->bus ? -1 : 1;
	return (x->device > y->device) - (x->device < y->device);
}

static int read_devices(struct usbdevs *devs, const struct root *root, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, root, DEVICES, err);

	if (r < 0)
		return r;
	devs->v = calloc(names.n + 1, sizeof(*devs->v));
	if (!devs->v)
		return error_set(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < names.n; i++) {
		struct usbdev dev = { 0 };

		/* "1-3:1.0" is an interface of the device "1-3" */
		if (strchr(names.v[i], ':'))
			continue;
		r = read_device(&dev, root, names.v[i], err);
		if (r < 0)
			return r;
		/* unplugged since the directory was read */
		if (dev.bus > 0 && dev.device > 0)
			devs->v[devs->n++] = dev;
	}
	qsort(devs->v, devs->n, sizeof(*devs->v), compare);
	return 0;
}

int usbdevs_read(struct usbdevs *ret_devs, const struct root *root, struct error *err)
{
	struct usbdevs devs = USBDEVS_NONE;
	int r = read_devices(&devs, root, err);

	if (r < 0) {
		usbdevs_done(&devs);
		return r;
	}
	*ret_devs = devs;
	return 0;
}
