/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Drivers and modules of the fake kernel; see drivers/base/dd.c and bus.c of the true
 * one. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "fakekernel_impl.h"
#include "host/sysfs.h"

#define DEVICE "sys/bus/%s/devices/%s"
#define DRIVER "sys/bus/%s/drivers/%s"
#define VFIO   "vfio-pci"

/* --- what comes and goes with something --- */

static void hidden_place(char place[static SYSFS_PATH_MAX], const char *path)
{
	int len = snprintf(place, SYSFS_PATH_MAX, ".kernel/hidden/");

	(void)snprintf(place + len, SYSFS_PATH_MAX - (size_t)len, "%s", path);
	for (char *c = place + len; *c; c++) {
		if (*c == '/')
			*c = '!';
	}
}

/* The console that is there when no other is: vtcon0 has the dummy. */
static void set_dummy_console(const struct root *root, bool is_bound)
{
	if (fakefile_has(root, "sys/class/vtconsole/vtcon0/bind"))
		fakefile_put(root, is_bound ? "1" : "0",
			     "sys/class/vtconsole/vtcon0/bind");
}

static void hide(const struct root *root, const char *path)
{
	char place[SYSFS_PATH_MAX];

	hidden_place(place, path);
	if (!fakefile_has(root, "%s", path))
		return;
	if (strncmp(path, "sys/class/vtconsole/", 20) == 0) {
		if (fakefile_number(root, "%s/bind", path) == 1)
			set_dummy_console(root, true);
		fakefile_put(root, "0", "%s/bind", path); /* taken over when asked to */
	}
	fakefile_move(root, path, place);
}

static void show(const struct root *root, const char *path)
{
	char place[SYSFS_PATH_MAX];

	hidden_place(place, path);
	if (fakefile_has(root, "%s", place))
		fakefile_move(root, place, path);
	fakefile_remove(root, "%s", place);
}

static void each_line(const struct root *root, const char *file,
		      void (*call)(const struct root *root, const char *line))
{
	char text[FAKEFILE_MAX];
	char *rest = text;

	if (!fakefile_get(root, text, "%s", file))
		return;
	for (char *line; (line = strsep(&rest, "\n"));)
		call(root, line);
}

void fakeobjects_show(const struct root *root, const char *list)
{
	each_line(root, list, show);
}

void fakeobjects_hide(const struct root *root, const char *list)
{
	each_line(root, list, hide);
}

/* --- one device --- */

static void objects_of(char list[static SYSFS_PATH_MAX], const char *bus,
		       const char *name, const char *driver)
{
	(void)snprintf(list, SYSFS_PATH_MAX, ".kernel/objects/%s/%s/%s", bus, name,
		       driver);
}

static bool is_on_vfio(const struct root *root, const char *name)
{
	char driver[FAKEFILE_MAX];

	return fakefile_link_name(root, driver, DEVICE "/driver", "pci", name) &&
	       strcmp(driver, VFIO) == 0;
}

/* /dev/vfio/GROUP is there while a device of the group is with vfio-pci. */
static void update_group(const struct root *root, const char *name)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names members = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	char group[FAKEFILE_MAX];
	struct error err;
	bool is_needed = false;

	if (!fakefile_link_name(root, group, DEVICE "/iommu_group", "pci", name))
		return;
	if (sysfs_path(path, &err, "sys/kernel/iommu_groups/%s/devices", group) < 0 ||
	    sysfs_list(&members, root, path, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < members.n; i++)
		is_needed |= is_on_vfio(root, members.v[i]);
	if (!is_needed)
		fakefile_remove(root, "dev/vfio/%s", group);
	else if (!fakefile_has(root, "dev/vfio/%s", group))
		fakefile_put(root, "", "dev/vfio/%s", group);
}

/* vfio-pci takes the memory of the boot GPU from the firmware's framebuffer, for good. */
static void evict_firmware(const struct root *root, const char *name)
{
	char device[FAKEFILE_MAX];
	char driver[FAKEFILE_MAX];

	if (fakefile_number(root, DEVICE "/boot_vga", "pci", name) != 1 ||
	    !fakefile_get(root, device, ".kernel/firmware-framebuffer"))
		return;
	if (fakefile_link_name(root, driver, DEVICE "/driver", "platform", device))
		(void)fakedriver_unbind(root, "platform", driver, device);
	fakefile_remove(root, DEVICE, "platform", device);
	fakefile_remove(root, "sys/devices/platform/%s", device);
}

static void attach(const struct root *root, const char *bus, const char *driver,
		   const char *name)
{
	char list[SYSFS_PATH_MAX];
	char target[FAKEFILE_MAX];

	if (strcmp(driver, VFIO) == 0)
		evict_firmware(root, name);
	(void)snprintf(target, sizeof(target), "/" DRIVER, bus, driver);
	fakefile_link(root, target, DEVICE "/driver", bus, name);
	(void)snprintf(target, sizeof(target), "/" DEVICE, bus, name);
	fakefile_link(root, target, DRIVER "/%s", bus, driver, name);
	objects_of(list, bus, name, driver);
	fakeobjects_show(root, list);
	if (strcmp(driver, VFIO) == 0)
		update_group(root, name);
}

int fakedriver_unbind(const struct root *root, const char *bus, const char *driver,
		      const char *name)
{
	char list[SYSFS_PATH_MAX];
	char now[FAKEFILE_MAX];

	if (!fakefile_link_name(root, now, DEVICE "/driver", bus, name) ||
	    strcmp(now, driver) != 0)
		return -ENODEV;
	fakefile_remove(root, DEVICE "/driver", bus, name);
	fakefile_remove(root, DRIVER "/%s", bus, driver, name);
	objects_of(list, bus, name, driver);
	fakeobjects_hide(root, list);
	if (strcmp(driver, VFIO) == 0)
		update_group(root, name);
	return 0;
}

/* By the override where there is one, by the ids where there is none. */
static bool does_match(const struct root *root, const char *bus, const char *driver,
		       const char *name)
{
	char wanted[FAKEFILE_MAX];

	if (!fakefile_get(root, wanted, DEVICE "/driver_override", bus, name) ||
	    strcmp(wanted, "(null)") == 0)
		(void)fakefile_get(root, wanted, ".kernel/default/%s/%s", bus, name);
	return strcmp(wanted, driver) == 0;
}

int fakedriver_bind(const struct root *root, const char *bus, const char *driver,
		    const char *name)
{
	char now[FAKEFILE_MAX];

	if (!fakefile_has(root, DEVICE, bus, name) ||
	    !does_match(root, bus, driver, name))
		return -ENODEV;
	if (fakefile_link_name(root, now, DEVICE "/driver", bus, name))
		return -EBUSY;
	attach(root, bus, driver, name);
	return 0;
}

int fakedriver_probe(const struct root *root, const char *bus, const char *name)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names drivers = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	struct error err;

	if (!fakefile_has(root, DEVICE, bus, name))
		return -ENODEV;
	if (sysfs_path(path, &err, "sys/bus/%s/drivers", bus) < 0 ||
	    sysfs_list(&drivers, root, path, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < drivers.n; i++) {
		if (fakedriver_bind(root, bus, drivers.v[i], name) == 0)
			break;
	}
	return 0;
}

/* --- modules --- */

/* A new driver takes what it matches and nobody has. */
static void attach_all(const struct root *root, const char *bus, const char *driver)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names devices = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	struct error err;

	if (sysfs_path(path, &err, "sys/bus/%s/devices", bus) < 0 ||
	    sysfs_list(&devices, root, path, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < devices.n; i++)
		(void)fakedriver_bind(root, bus, driver, devices.v[i]);
}

/* "MODULE BUS/DRIVER USES" */
static void load_line(const struct root *root, const char *line)
{
	char module[64], driver[64], uses[64] = "-";
	char target[FAKEFILE_MAX];
	char *slash;

	if (sscanf(line, "%63s %63s %63s", module, driver, uses) < 2 ||
	    fakefile_has(root, "sys/module/%s", module))
		return;
	fakefile_put(root, "0", "sys/module/%s/refcnt", module);
	fakefile_dir(root, "sys/module/%s/holders", module);
	if (strcmp(uses, "-") != 0) {
		fakefile_put_number(
			root, fakefile_number(root, "sys/module/%s/refcnt", uses) + 1,
			"sys/module/%s/refcnt", uses);
		(void)snprintf(target, sizeof(target), "/sys/module/%s", module);
		fakefile_link(root, target, "sys/module/%s/holders/%s", uses, module);
	}
	slash = strchr(driver, '/');
	if (!slash)
		return;
	*slash = '\0';
	fakefile_put(root, "", DRIVER "/bind", driver, slash + 1);
	fakefile_put(root, "", DRIVER "/unbind", driver, slash + 1);
	(void)snprintf(target, sizeof(target), "/sys/module/%s", module);
	fakefile_link(root, target, DRIVER "/module", driver, slash + 1);
	attach_all(root, driver, slash + 1);
}

int fakemodule_load(const struct root *root, const char *name)
{
	char file[SYSFS_PATH_MAX];

	(void)snprintf(file, sizeof(file), ".kernel/modules/%s", name);
	if (!fakefile_has(root, "%s", file))
		return -ENOENT;
	each_line(root, file, load_line);
	return 0;
}

static void remove_driver(const struct root *root, const char *bus, const char *driver)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names entries = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	struct error err;

	if (sysfs_path(path, &err, DRIVER, bus, driver) < 0 ||
	    sysfs_list(&entries, root, path, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < entries.n; i++)
		(void)fakedriver_unbind(root, bus, driver, entries.v[i]);
	fakefile_remove(root, "%s", path);
}

/* The last line is the module itself. */
int fakemodule_unload(const struct root *root, const char *name)
{
	char text[FAKEFILE_MAX];
	char module[64], driver[64], uses[64] = "-";
	const char *line;
	char *slash;

	if (!fakefile_has(root, "sys/module/%s", name))
		return 0;
	if (fakefile_number(root, "sys/module/%s/refcnt", name) > 0 ||
	    !fakefile_get(root, text, ".kernel/modules/%s", name))
		return -EBUSY;
	line = strrchr(text, '\n');
	if (sscanf(line ? line + 1 : text, "%63s %63s %63s", module, driver, uses) < 2)
		fakefile_fail("understand", text);
	slash = strchr(driver, '/');
	if (slash) {
		*slash = '\0';
		remove_driver(root, driver, slash + 1);
	}
	fakefile_remove(root, "sys/module/%s", module);
	if (strcmp(uses, "-") != 0) {
		fakefile_put_number(
			root, fakefile_number(root, "sys/module/%s/refcnt", uses) - 1,
			"sys/module/%s/refcnt", uses);
		fakefile_remove(root, "sys/module/%s/holders/%s", uses, module);
	}
	return 0;
}
