/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints what of this host's state a guest with passed-through devices may change and has
 * to give back: one fact a line, sorted, so that diff(1) names what changed.
 *
 * One program rather than a script: in a host whose CPUs are emulated each process of a
 * script takes longer than all of this.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <glob.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SYSTEMD "org.freedesktop.systemd1"
#define LOGIND  "org.freedesktop.login1"

enum { LINE = 4096, FACTS_MAX = 65536 };

/* The only state: what has been found so far. */
struct facts {
	char *v[FACTS_MAX];
	size_t n;
};

static void fail(const char *what, int code)
{
	fprintf(stderr, "snapshot: %s: %s\n", what, strerror(code));
	exit(1);
}

static void add(struct facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct facts *facts, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (facts->n == FACTS_MAX || vasprintf(&facts->v[facts->n++], format, args) < 0)
		fail("cannot take note of a fact", ENOMEM);
	va_end(args);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* --- files --- */

static bool read_line(FILE *file, char line[static LINE])
{
	if (!fgets(line, LINE, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

/* The first line of a file; "" where there is none. */
static const char *read_file(const char *path, char line[static LINE])
{
	FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file) {
		(void)read_line(file, line);
		fclose(file);
	}
	return line;
}

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

typedef void (*path_fn)(struct facts *facts, const char *path);

static void for_paths(struct facts *facts, const char *pattern, path_fn take)
{
	glob_t paths;
	int r = glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &paths);

	if (r == GLOB_NOSPACE)
		fail(pattern, ENOMEM);
	for (size_t i = 0; r == 0 && i < paths.gl_pathc; i++)
		take(facts, paths.gl_pathv[i]);
	if (r == 0)
		globfree(&paths);
}

/* "NAME DEVICE FILE TEXT" of DIR/DEVICE/FILE, where the file has a text. */
static void add_file(struct facts *facts, const char *name, const char *dir,
		     const char *file)
{
	char path[LINE], text[LINE];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (*read_file(path, text))
		add(facts, "%s %s %s %s", name, last_name(dir), file, text);
}

static void add_driver(struct facts *facts, const char *name, const char *dir)
{
	char path[LINE], target[LINE];
	ssize_t len;

	(void)snprintf(path, sizeof(path), "%s/driver", dir);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return;
	target[len] = '\0';
	add(facts, "%s %s driver %s", name, last_name(dir), last_name(target));
}

/* --- the kernel --- */

static void add_pci(struct facts *facts, const char *dir)
{
	add_driver(facts, "pci", dir);
	add_file(facts, "pci", dir, "driver_override");
	add_file(facts, "pci", dir, "d3cold_allowed");
	add_file(facts, "pci", dir, "power/control");
}

static void add_framebuffer(struct facts *facts, const char *dir)
{
	add_driver(facts, "framebuffer", dir);
}

static void add_console(struct facts *facts, const char *dir)
{
	char path[LINE], name[LINE], bound[LINE];

	(void)snprintf(path, sizeof(path), "%s/name", dir);
	read_file(path, name);
	(void)snprintf(path, sizeof(path), "%s/bind", dir);
	if (*name && *read_file(path, bound))
		add(facts, "vtconsole '%s' %s", name, bound);
}

/* /sys/devices/system/node/node1/hugepages/hugepages-2048kB */
static void add_huge_pages(struct facts *facts, const char *dir)
{
	static const char *const files[] = { "nr_hugepages", "free_hugepages",
					     "surplus_hugepages" };
	const char *size = strrchr(dir, '-') + 1;
	const char *node = strstr(dir, "/node/") + strlen("/node/");
	char path[LINE], text[LINE];

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		add(facts, "hugepages %.*s %s/%s %s", (int)strcspn(node, "/"), node, size,
		    files[i], read_file(path, text));
	}
}

static void add_policy(struct facts *facts, const char *dir)
{
	add_file(facts, "cpufreq", dir, "scaling_governor");
	add_file(facts, "cpufreq", dir, "energy_performance_preference");
}

/* With the name of its handler, as numbers are given to others: /proc/irq/24/nvme0q0/ */
static void add_interrupt(struct facts *facts, const char *path)
{
	const char *number = path + strlen("/proc/irq/");
	int len = (int)strcspn(number, "/");
	const char *handler = number + len + 1;
	char list_path[LINE], list[LINE];

	(void)snprintf(list_path, sizeof(list_path), "/proc/irq/%.*s/smp_affinity_list",
		       len, number);
	add(facts, "interrupt %.*s %.*s %s", len, number, (int)strcspn(handler, "/"),
	    handler, read_file(list_path, list));
}

static void add_masks(struct facts *facts)
{
	char text[LINE];

	add(facts, "interrupts default_smp_affinity %s",
	    read_file("/proc/irq/default_smp_affinity", text));
	add(facts, "workqueue cpumask %s",
	    read_file("/sys/devices/virtual/workqueue/cpumask", text));
}

static void add_mounts(struct facts *facts)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	FILE *swaps = fopen("/proc/swaps", "re");
	struct mntent *mount;
	char line[LINE];

	if (!mounts || !swaps)
		fail("cannot read what is mounted", errno);
	while ((mount = getmntent(mounts)))
		add(facts, "mount %s %s", mount->mnt_dir, mount->mnt_type);
	for (bool is_head = true; read_line(swaps, line); is_head = false) {
		if (!is_head)
			add(facts, "swap %.*s", (int)strcspn(line, " \t"), line);
	}
	endmntent(mounts);
	fclose(swaps);
}

/* --- systemd and logind --- */

/* Leaves the answer, to be released, and ends the program if there is none. */
static sd_bus_message *check_call(int r, sd_bus_error *failure, sd_bus_message *reply,
				  const char *what)
{
	if (r < 0) {
		fprintf(stderr, "snapshot: %s: %s\n", what,
			failure->message ? failure->message : strerror(-r));
		exit(1);
	}
	return reply;
}

/* What systemd was told, which is nothing where it was not: "0-1 3". */
static void add_allowed_cpus(struct facts *facts, sd_bus *bus, const char *unit)
{
	sd_bus_error failure = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const unsigned char *mask = NULL;
	char text[LINE] = "";
	char *path = NULL;
	size_t len = 0, end = 0;
	int r = sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path);

	if (r >= 0) {
		r = sd_bus_get_property(bus, SYSTEMD, path,
					strstr(unit, ".scope") ? SYSTEMD ".Scope"
							       : SYSTEMD ".Slice",
					"AllowedCPUs", &failure, &reply, "ay");
	}
	if (r >= 0)
		r = sd_bus_message_read_array(reply, 'y', (const void **)&mask, &len);
	check_call(r, &failure, reply, unit);
	for (size_t cpu = 0; cpu < 8 * len; cpu++) {
		size_t last = cpu;

		if (!(mask[cpu / 8] & 1 << cpu % 8))
			continue;
		while (last + 1 < 8 * len && mask[(last + 1) / 8] & 1 << (last + 1) % 8)
			last++;
		end += (size_t)snprintf(text + end, sizeof(text) - end,
					last > cpu ? "%s%zu-%zu" : "%s%zu",
					end > 0 ? " " : "", cpu, last);
		cpu = last;
	}
	add(facts, "AllowedCPUs %s %s", unit, text);
	sd_bus_message_unref(reply);
	free(path);
}

static bool is_counted(const char *unit)
{
	static const char *const types[] = { ".service", ".socket", ".scope",
					     ".slice",   ".target", ".timer" };
	const char *type = strrchr(unit, '.');

	for (size_t i = 0; type && i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return false;
}

static void add_units(struct facts *facts, sd_bus *bus)
{
	sd_bus_error failure = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *unit, *state;
	int r = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1",
				   SYSTEMD ".Manager", "ListUnitsFiltered", &failure,
				   &reply, "as", 2, "active", "failed");

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
	while (r >= 0 &&
	       (r = sd_bus_message_read(reply, "(ssssssouso)", &unit, NULL, NULL, &state,
					NULL, NULL, NULL, NULL, NULL, NULL)) > 0) {
		if (is_counted(unit))
			add(facts, "unit %s %s", unit, state);
	}
	sd_bus_message_unref(check_call(r, &failure, reply, "units"));
}

/* What, who, why and mode; not the process. */
static void add_inhibitors(struct facts *facts, sd_bus *bus)
{
	sd_bus_error failure = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	const char *what, *who, *why, *mode;
	int r = sd_bus_call_method(bus, LOGIND, "/org/freedesktop/login1",
				   LOGIND ".Manager", "ListInhibitors", &failure, &reply,
				   NULL);

	if (r >= 0)
		r = sd_bus_message_enter_container(reply, 'a', "(ssssuu)");
	while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssuu)", &what, &who, &why,
						  &mode, NULL, NULL)) > 0)
		add(facts, "inhibitor \"%s\",\"%s\",\"%s\",\"%s\"", what, who, why, mode);
	sd_bus_message_unref(check_call(r, &failure, reply, "inhibitors"));
}

static void add_services(struct facts *facts)
{
	sd_bus *bus = NULL;
	int r = sd_bus_open_system(&bus);

	if (r < 0)
		fail("cannot connect to the system bus", -r);
	add_allowed_cpus(facts, bus, "system.slice");
	add_allowed_cpus(facts, bus, "user.slice");
	add_allowed_cpus(facts, bus, "init.scope");
	add_units(facts, bus);
	add_inhibitors(facts, bus);
	sd_bus_unref(bus);
}

int main(void)
{
	static struct facts facts;

	for_paths(&facts, "/sys/bus/pci/devices/*", add_pci);
	for_paths(&facts, "/sys/class/vtconsole/*", add_console);
	for_paths(&facts,
		  "/sys/bus/platform/devices/*{framebuffer,simpledrm,efidrm,vesadrm}*",
		  add_framebuffer);
	for_paths(&facts, "/sys/devices/system/node/node*/hugepages/*", add_huge_pages);
	for_paths(&facts, "/sys/devices/system/cpu/cpufreq/*", add_policy);
	for_paths(&facts, "/proc/irq/[0-9]*/*/", add_interrupt);
	add_masks(&facts);
	add_mounts(&facts);
	add_services(&facts);
	qsort(facts.v, facts.n, sizeof(*facts.v), compare);
	for (size_t i = 0; i < facts.n; i++)
		puts(facts.v[i]);
	return ferror(stdout) || fflush(stdout) != 0;
}
