/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The nodes of NVIDIA's own driver: they stand nowhere in sysfs. /dev/nvidiaN is a GPU,
 * the others (nvidiactl, nvidia-modeset, nvidia-uvm, nvidia-caps) belong to all of them.
 */

#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "holders_impl.h"

#define DEVICE_MINOR "Device Minor:"
#define MAJOR_GPUS   195 /* Documentation/admin-guide/devices.txt */

/* "Device Minor: 	 0"; false where the driver does not tell. */
static bool read_minor(unsigned *ret_minor, const struct root *root, const char *address)
{
	char path[SYSFS_PATH_MAX];
	char text[SYSFS_PAGE_MAX];
	struct error ignored;
	char *found;
	uint64_t minor;

	if (sysfs_path(path, &ignored, "proc/driver/nvidia/gpus/%s/information",
		       address) < 0 ||
	    sysfs_read_start(root, path, text, sizeof(text), &ignored) < 0)
		return false;
	found = strstr(text, DEVICE_MINOR);
	if (!found || holders_split(found + strlen(DEVICE_MINOR), &found, 1) != 1 ||
	    parse_dec(&minor, found, 0, 255, "minor number", &ignored) < 0)
		return false;
	*ret_minor = (unsigned)minor;
	return true;
}

static int add_gpu(struct holders_set *set, const char *address, unsigned minor,
		   struct error *err)
{
	char name[SYSFS_WORD_MAX];
	struct holders_node node = {
		.address = address,
		.name = name,
		.major = MAJOR_GPUS,
		.minor = minor,
	};

	(void)snprintf(name, sizeof(name), "nvidia%u", minor);
	return holders_set_add_node(set, &node, err);
}

static int add_family(struct holders_set *set, const char *address, unsigned major,
		      struct error *err)
{
	char name[] = "nvidia";
	const struct holders_node node = {
		.address = address,
		.name = name,
		.major = major,
		.is_family = true,
	};

	return holders_set_add_node(set, &node, err);
}

/* What /proc/devices calls "nvidia" or "nvidia-...": lines of a number and a name. */
static int add_families(struct holders_set *set, const struct root *root,
			const char *address, struct error *err)
{
	char text[4 * SYSFS_PAGE_MAX];
	char *save = NULL;
	bool has_gpus = false;
	int r = sysfs_read_start(root, "proc/devices", text, sizeof(text), err);

	for (char *line = r < 0 ? NULL : strtok_r(text, "\n", &save); r == 0 && line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct error ignored;
		char *field[2];
		uint64_t major;

		if (holders_split(line, field, 2) != 2 ||
		    strncmp(field[1], "nvidia", strlen("nvidia")) != 0 ||
		    parse_dec(&major, field[0], 0, 4095, "major number", &ignored) < 0)
			continue;
		has_gpus |= major == MAJOR_GPUS;
		r = add_family(set, address, (unsigned)major, err);
	}
	if (r == 0 && !has_gpus)
		r = add_family(set, address, MAJOR_GPUS, err);
	return r;
}

int holders_set_add_nvidia(struct holders_set *set, const struct root *root,
			   const char *address, bool is_last, struct error *err)
{
	unsigned minor;

	if (is_last || !read_minor(&minor, root, address))
		return add_families(set, root, address, err);
	return add_gpu(set, address, minor, err);
}
