/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What becomes of attributes that are written. */

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fakekernel_impl.h"
#include "host/sysfs.h"

#define POOL "hugepages/hugepages-%lukB"
#define NODE "sys/devices/system/node/node%u/" POOL

/* The n-th component of a path, from 0. */
static void component(char text[static 64], const char *path, unsigned n)
{
	while (n-- > 0)
		path = strchr(path, '/') + 1;
	(void)snprintf(text, 64, "%.*s", (int)strcspn(path, "/"), path);
}

/* --- drivers: sys/bus/BUS/drivers/DRIVER/unbind --- */

static int write_unbind(const struct root *root, const char *path, const char *value)
{
	char bus[64], driver[64];

	component(bus, path, 2);
	component(driver, path, 4);
	return fakedriver_unbind(root, bus, driver, value);
}

/* sys/bus/BUS/devices/NAME/driver/unbind, the same by another way */
static int write_device_unbind(const struct root *root, const char *path,
			       const char *value)
{
	char bus[64], name[64], driver[FAKEFILE_MAX];

	component(bus, path, 2);
	component(name, path, 4);
	(void)fakefile_link_name(root, driver, "sys/bus/%s/devices/%s/driver", bus, name);
	return fakedriver_unbind(root, bus, driver, value);
}

static int write_bind(const struct root *root, const char *path, const char *value)
{
	char bus[64], driver[64];

	component(bus, path, 2);
	component(driver, path, 4);
	return fakedriver_bind(root, bus, driver, value);
}

static int write_probe(const struct root *root, const char *path, const char *value)
{
	char bus[64];

	component(bus, path, 2);
	return fakedriver_probe(root, bus, value);
}

static int write_override(const struct root *root, const char *path, const char *value)
{
	bool is_empty = !*value || *value == '\n';

	fakefile_put(root, is_empty ? "(null)" : value, "%s", path);
	return 0;
}

/* --- huge pages --- */

static void update_sum(const struct root *root, unsigned long kib, const char *name)
{
	unsigned long sum = 0;

	for (unsigned node = 0; fakefile_has(root, NODE, node, kib); node++)
		sum += fakefile_number(root, NODE "/%s", node, kib, name);
	if (fakefile_has(root, "sys/kernel/mm/" POOL, kib))
		fakefile_put_number(root, sum, "sys/kernel/mm/" POOL "/%s", kib, name);
}

/* Pages in use stay when the pool shrinks below them: they become surplus. */
static int write_pages(const struct root *root, const char *path, const char *value)
{
	static const char *const names[] = { "nr_hugepages", "free_hugepages",
					     "surplus_hugepages" };
	unsigned long kib, nr, used, most, wanted = strtoul(value, NULL, 10);
	unsigned node;

	if (sscanf(path, NODE, &node, &kib) != 2)
		return -EINVAL;
	nr = fakefile_number(root, NODE "/nr_hugepages", node, kib);
	used = nr - fakefile_number(root, NODE "/free_hugepages", node, kib);
	most = fakefile_number(root, ".kernel/pages/node%u/hugepages-%lukB", node, kib);
	if (wanted > nr)
		wanted = wanted <= most ? wanted : most > nr ? most : nr;
	nr = wanted > used ? wanted : used;
	fakefile_put_number(root, nr, NODE "/nr_hugepages", node, kib);
	fakefile_put_number(root, nr - used, NODE "/free_hugepages", node, kib);
	fakefile_put_number(root, nr - wanted, NODE "/surplus_hugepages", node, kib);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		update_sum(root, kib, names[i]);
	return 0;
}

static void compact_pool(const struct root *root, const char *node, const char *pool)
{
	unsigned long most, after;
	char text[FAKEFILE_MAX];

	if (fakefile_get(root, text, ".kernel/pages/%s/%s", node, pool) &&
	    sscanf(text, "%lu %lu", &most, &after) == 2)
		fakefile_put_number(root, after, ".kernel/pages/%s/%s", node, pool);
}

static int compact_node(const struct root *root, const char *node)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names pools = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	struct error err;

	if (sysfs_path(path, &err, ".kernel/pages/%s", node) < 0 ||
	    sysfs_list(&pools, root, path, &err) < 0)
		fakefile_fail("list", err.msg);
	for (size_t i = 0; i < pools.n; i++)
		compact_pool(root, node, pools.v[i]);
	return 0;
}

static int write_compact(const struct root *root, const char *path, const char *value)
{
	char node[64];

	(void)value;
	component(node, path, 4);
	return compact_node(root, node);
}

static int write_compact_all(const struct root *root, const char *path, const char *value)
{
	(void)path;
	(void)value;
	(void)compact_node(root, "node0");
	return compact_node(root, "node1");
}

/* --- sound cards: sys/bus/pci/devices/ADDRESS/sound/CARD/uevent --- */

/* Who listens closes what it has of a card that goes, and opens one that comes. */
static int write_card(const struct root *root, const char *path, const char *value)
{
	char list[SYSFS_PATH_MAX];
	char card[64];
	int len;

	component(card, path, 6);
	len = snprintf(list, sizeof(list), ".kernel/listeners/%s", card);
	if (len < 0 || len >= (int)sizeof(list))
		return -EINVAL;
	if (strcmp(value, "remove") == 0) {
		fakeobjects_hide(root, list);
	} else if (strcmp(value, "change") == 0) {
		fakeobjects_show(root, list);
	} else {
		return -EINVAL;
	}
	return 0;
}

/* --- others --- */

/* One console has the screen: the one that lets go gives it to the dummy. */
static int write_console(const struct root *root, const char *path, const char *value)
{
	bool is_dummy = strstr(path, "/vtcon0/");
	bool is_bound = *value == '1';

	fakefile_put(root, is_bound ? "1" : "0", "%s", path);
	if (!is_dummy && fakefile_has(root, "sys/class/vtconsole/vtcon0/bind"))
		fakefile_put(root, is_bound ? "0" : "1",
			     "sys/class/vtconsole/vtcon0/bind");
	return 0;
}

/* intel_pstate knows no other preference while the governor is performance. */
static int write_preference(const struct root *root, const char *path, const char *value)
{
	char governor[FAKEFILE_MAX];

	(void)fakefile_get(root, governor, "%.*s/scaling_governor",
			   (int)(strrchr(path, '/') - path), path);
	if (strcmp(governor, "performance") == 0 && strcmp(value, "performance") != 0)
		return -EBUSY;
	fakefile_put(root, value, "%s", path);
	return 0;
}

static int write_nothing(const struct root *root, const char *path, const char *value)
{
	(void)root;
	(void)path;
	(void)value;
	return 0;
}

static const struct {
	const char *pattern;
	int (*write)(const struct root *root, const char *path, const char *value);
} attrs[] = {
	{ "sys/bus/*/drivers/*/unbind", write_unbind },
	{ "sys/bus/*/devices/*/driver/unbind", write_device_unbind },
	{ "sys/bus/*/drivers/*/bind", write_bind },
	{ "sys/bus/*/drivers_probe", write_probe },
	{ "sys/bus/*/devices/*/driver_override", write_override },
	{ "sys/bus/pci/devices/*/sound/card*/uevent", write_card },
	{ "sys/devices/system/node/*/hugepages/*/nr_hugepages", write_pages },
	{ "sys/devices/system/node/*/compact", write_compact },
	{ "proc/sys/vm/compact_memory", write_compact_all },
	{ "proc/sys/vm/drop_caches", write_nothing },
	{ "sys/class/vtconsole/*/bind", write_console },
	{ "sys/devices/system/cpu/*/*/energy_performance_preference", write_preference },
};

int fakeattr_write(const struct root *root, const char *path, const char *value)
{
	for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
		if (fnmatch(attrs[i].pattern, path, FNM_PATHNAME) == 0)
			return attrs[i].write(root, path, value);
	}
	fakefile_put(root, value, "%s", path);
	return 0;
}
