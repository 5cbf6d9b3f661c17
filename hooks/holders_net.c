/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Network interfaces of a passed function: taking away what the host's default route goes
 * over, be it by a bridge, a bond or a VLAN, cuts the host off. /proc/net/route is IPv4's
 * main table, /proc/net/ipv6_route IPv6's.
 */

#include <errno.h>
#include <net/route.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "holders_impl.h"

#define CLASS     "sys/class/net/"
#define DEPTH_MAX 8
#define UPPER     "upper_"

struct nic_search {
	const struct root *root;
	const struct holders_nic *nic;
	const char *const *routes; /* interfaces of default routes, up to NULL */
};

#define ROUTES_MAX 32

struct routes {
	char name[ROUTES_MAX][IFNAMSIZ];
	const char *v[ROUTES_MAX + 1]; /* those, up to NULL */
	unsigned n;
};

static void add_route(struct routes *routes, const char *name, const char *flags)
{
	struct error ignored;
	uint64_t bits;

	if (parse_hex(&bits, flags, 1, 8, "flags", &ignored) < 0 || !(bits & RTF_UP) ||
	    (bits & RTF_REJECT) || routes->n == ROUTES_MAX)
		return;
	(void)snprintf(routes->name[routes->n], IFNAMSIZ, "%s", name);
	routes->v[routes->n] = routes->name[routes->n];
	routes->n++;
}

static bool is_zero(const char *digits)
{
	return digits[strspn(digits, "0")] == '\0';
}

/* eth0 00000000 0102A8C0 0003 0 0 100 00000000 0 0 0: name, to, ..., flags, ..., mask */
static void take_ipv4(struct routes *routes, char *line)
{
	char *field[8];

	if (holders_split(line, field, 8) == 8 && is_zero(field[1]) && is_zero(field[7]))
		add_route(routes, field[0], field[3]);
}

/* 000...0 00 000...0 00 fe80... 00000400 00000001 00000000 00000003 eth0: to, length of
 * its prefix, ..., flags, name */
static void take_ipv6(struct routes *routes, char *line)
{
	char *field[10];

	if (holders_split(line, field, 10) == 10 && is_zero(field[0]) &&
	    is_zero(field[1]))
		add_route(routes, field[9], field[8]);
}

static int read_routes(struct routes *routes, const struct root *root, const char *path,
		       void (*take)(struct routes *routes, char *line), struct error *err)
{
	CLEANUP_FCLOSE FILE *file = NULL;
	CLEANUP_FREE char *line = NULL;
	CLEANUP_CLOSE int fd = sysfs_open(root, path);
	size_t size = 0;

	if (fd == -ENOENT)
		return 0; /* a kernel without IPv6 */
	file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file)
		return error_sys(err, fd < 0 ? -fd : ENOMEM, "open '/%s'", path);
	(void)take_fd(&fd);
	while (getline(&line, &size, file) > 0)
		take(routes, line);
	return 0;
}

/* --- from the interface up --- */

static int refuse(const struct nic_search *search, const char *name, struct error *err)
{
	const struct holders_nic *nic = search->nic;
	bool is_itself = strcmp(name, nic->name) == 0;

	return error_set(err, EBUSY,
			 "the host's default route goes over '%s'%s%s%s of %s; move it "
			 "to another network card first",
			 name, is_itself ? "" : ", which uses '",
			 is_itself ? "" : nic->name, is_itself ? "" : "'", nic->address);
}

static int search_up(const struct nic_search *search, const char *name, unsigned depth,
		     struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	int r;

	for (const char *const *route = search->routes; *route; route++) {
		if (strcmp(*route, name) == 0)
			return refuse(search, name, err);
	}
	if (depth == DEPTH_MAX)
		return 0;
	r = sysfs_path(path, err, CLASS "%s", name);
	if (r == 0)
		r = sysfs_list(&names, search->root, path, err);
	for (size_t i = 0; r == 0 && i < names.n; i++) {
		if (strncmp(names.v[i], UPPER, strlen(UPPER)) == 0)
			r = search_up(search, names.v[i] + strlen(UPPER), depth + 1, err);
	}
	return r;
}

int holders_check_nics(const struct root *root, const struct holders_set *set,
		       struct error *err)
{
	struct routes routes = { .n = 0 };
	int r = 0;

	if (set->n_nics == 0)
		return 0;
	r = read_routes(&routes, root, "proc/net/route", take_ipv4, err);
	if (r == 0)
		r = read_routes(&routes, root, "proc/net/ipv6_route", take_ipv6, err);
	for (size_t i = 0; r == 0 && i < set->n_nics; i++) {
		struct nic_search search = {
			.root = root,
			.nic = &set->nics[i],
			.routes = routes.v,
		};

		r = search_up(&search, set->nics[i].name, 0, err);
	}
	return r;
}
