/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the guest wants of a host that does not have it. Only small files are read, and
 * only for a guest that has something to compare: the topology, which costs milliseconds,
 * is not needed here.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cpuset.h"
#include "domain/query.h"
#include "host/cpus.h"
#include "host/sysfs.h"
#include "tweak/check_impl.h"

/* What a list of CPUs or nodes is compared with. */
struct host_set {
	const char *what; /* "CPU" */
	struct cpuset all;
	struct cpuset online; /* some of all */
};

/*
 * Reads a list the way virBitmapParse() does: "0-3,^2" is 0, 1 and 3, and blanks may
 * stand around the commas.
 */
static int parse_list(struct cpuset *ret_set, const char *text, const char *what,
		      struct error *err)
{
	struct cpuset set = CPUSET_NONE;

	while (*text) {
		struct cpuset some = CPUSET_NONE;
		size_t len = strcspn(text, ",");
		size_t blanks = strspn(text, " \t\r\n^");
		bool is_taken_out = memchr(text, '^', blanks) != NULL;
		char part[64];
		int r;

		(void)snprintf(part, sizeof(part), "%.*s", (int)(len - blanks),
			       text + blanks);
		part[strcspn(part, " \t\r\n")] = '\0';
		r = cpuset_parse(&some, part, what, err);
		if (r < 0)
			return r;
		if (is_taken_out) {
			cpuset_remove_all(&set, &some);
		} else {
			cpuset_add_all(&set, &some);
		}
		text += len + (text[len] == ',');
	}
	*ret_set = set;
	return 0;
}

static void report_absent(struct check *check, const xmlNode *element, const char *whose,
			  const struct host_set *host, const struct cpuset *absent)
{
	CLEANUP_BUF struct buf wanted = BUF_NONE;
	CLEANUP_BUF struct buf all = BUF_NONE;

	cpuset_format(absent, &wanted);
	cpuset_format(&host->all, &all);
	check_found(check, element,
		    "%s wants %s %s, but this host has only %s: choose among these",
		    whose, host->what, buf_text(&wanted), buf_text(&all));
	if (wanted.failed || all.failed)
		check->findings.failed = true;
}

static void report_offline(struct check *check, const xmlNode *element, const char *whose,
			   const struct host_set *host, const struct cpuset *offline)
{
	CLEANUP_BUF struct buf wanted = BUF_NONE;

	cpuset_format(offline, &wanted);
	check_found(check, element,
		    "%s wants %s %s, which is offline on this host: bring it online, or "
		    "choose another",
		    whose, host->what, buf_text(&wanted));
	if (wanted.failed)
		check->findings.failed = true;
}

/* Compares the list in an attribute with what the host has. */
static void check_list(struct check *check, const xmlNode *element, const char *name,
		       const char *whose, const struct host_set *host)
{
	const char *text = query_attr(element, name);
	struct cpuset absent;
	struct cpuset offline;
	struct error fault = { 0 };

	if (!text)
		return;
	if (parse_list(&absent, text, whose, &fault) < 0) {
		check_found(check, element, "%s", fault.msg);
		return;
	}
	offline = absent;
	cpuset_remove_all(&absent, &host->all);
	cpuset_remove_all(&offline, &host->online);
	cpuset_remove_all(&offline, &absent);
	if (!cpuset_is_empty(&absent))
		report_absent(check, element, whose, host, &absent);
	if (!cpuset_is_empty(&offline))
		report_offline(check, element, whose, host, &offline);
}

/* "vCPU 3" and the like, as messages call what is pinned. */
static const char *pin_name(char *buf, size_t size, const xmlNode *pin)
{
	static const struct {
		const char *element;
		const char *attr;
		const char *text;
	} names[] = {
		{ "vcpupin", "vcpu", "vCPU" },
		{ "iothreadpin", "iothread", "I/O thread" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *number = query_attr(pin, names[i].attr);

		if (query_is(pin, names[i].element)) {
			(void)snprintf(buf, size, "%s %s", names[i].text,
				       number ? number : "");
			return buf;
		}
	}
	if (query_is(pin, "emulatorpin"))
		return "the emulator";
	return query_is(pin, "vcpu") ? "<vcpu>" : NULL;
}

static bool has_pins(const struct check *check)
{
	const xmlNode *cputune = query_child(check->domain, "cputune");

	return query_attr(query_child(check->domain, "vcpu"), "cpuset") ||
	       query_child(cputune, "vcpupin") || query_child(cputune, "emulatorpin") ||
	       query_child(cputune, "iothreadpin");
}

static int check_cpus(struct check *check, const struct root *root, struct error *err)
{
	const xmlNode *vcpu = query_child(check->domain, "vcpu");
	const xmlNode *cputune = query_child(check->domain, "cputune");
	struct host_set host = { .what = "CPU" };
	int r;

	if (!has_pins(check))
		return 0;
	r = cpus_read_list(&host.all, root, "sys/devices/system/cpu/present", err);
	if (r == 0) {
		r = cpus_read_list(&host.online, root, "sys/devices/system/cpu/online",
				   err);
	}
	if (r < 0 || cpuset_is_empty(&host.all))
		return r; /* not captured: nothing is known */
	if (cpuset_is_empty(&host.online))
		host.online = host.all;

	if (vcpu)
		check_list(check, vcpu, "cpuset", "<vcpu>", &host);
	for (const xmlNode *pin = check_first(cputune); pin; pin = check_next(pin)) {
		char buf[64];
		const char *name = pin_name(buf, sizeof(buf), pin);

		if (name)
			check_list(check, pin, "cpuset", name, &host);
	}
	return 0;
}

static const char *cell_name(char *buf, size_t size, const xmlNode *memnode)
{
	const char *id = query_attr(memnode, "cellid");

	(void)snprintf(buf, size, "the memory of guest NUMA cell %s", id ? id : "");
	return buf;
}

static int check_nodes(struct check *check, const struct root *root, struct error *err)
{
	const xmlNode *numatune = query_child(check->domain, "numatune");
	struct host_set host = { .what = "NUMA node" };
	int r;

	if (!numatune)
		return 0;
	r = cpus_read_list(&host.all, root, "sys/devices/system/node/online", err);
	if (r < 0 || cpuset_is_empty(&host.all))
		return r;
	host.online = host.all;

	for (const xmlNode *memory = check_first(numatune); memory;
	     memory = check_next(memory)) {
		char buf[64];

		if (query_is(memory, "memory")) {
			check_list(check, memory, "nodeset", "the guest's memory", &host);
		} else if (query_is(memory, "memnode")) {
			check_list(check, memory, "nodeset",
				   cell_name(buf, sizeof(buf), memory), &host);
		}
	}
	return 0;
}

/*
 * ROM files belong to the machine that runs the guest, like its CPUs, and are looked up
 * below its root. A captured host without even the first directory of the path was never
 * meant to hold such files, and says nothing about them.
 */
static bool knows_file(const struct root *root, const char *path)
{
	char top[NAME_MAX + 1];

	(void)snprintf(top, sizeof(top), "%.*s", (int)strcspn(path, "/"), path);
	return strcmp(root->dir, "/") == 0 || sysfs_exists(root, top);
}

/* What is wrong with a file that QEMU is to read; NULL if nothing. path begins with '/'.
 */
static const char *file_fault(const struct root *root, const char *path)
{
	CLEANUP_CLOSE int place = -1;
	CLEANUP_CLOSE int fd = -1;
	struct stat st;

	path += strspn(path, "/");
	if (!knows_file(root, path))
		return NULL;
	place = root_openat(root, path, O_PATH);
	if (place == -ENOENT || place == -ENOTDIR)
		return "does not exist: correct the path";
	if (place < 0 || fstat(place, &st) < 0)
		return "cannot be read: let others into its directory";
	if (!S_ISREG(st.st_mode))
		return "is no regular file: correct the path";
	if (st.st_size == 0)
		return "is empty: put the ROM there";
	fd = root_openat(root, path, O_RDONLY | O_NONBLOCK);
	/* root can read everything, QEMU cannot */
	if (fd < 0 || (st.st_mode & (S_IRUSR | S_IRGRP | S_IROTH)) == 0)
		return "cannot be read: allow it with 'chmod a+r'";
	return NULL;
}

static void check_rom_files(struct check *check, const struct root *root)
{
	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		const xmlNode *rom = query_child(device, "rom");
		const char *file = query_attr(rom, "file");
		const char *fault;

		if (!file || file[0] != '/')
			continue;
		fault = file_fault(root, file);
		if (fault) {
			check_found(check, rom, "the ROM file '%s' of <%s> %s", file,
				    (const char *)device->name, fault);
		}
	}
}

int check_host(struct check *check, const struct root *root, struct error *err)
{
	int r = check_cpus(check, root, err);

	if (r == 0)
		r = check_nodes(check, root, err);
	if (r == 0)
		check_rom_files(check, root);
	return r;
}
