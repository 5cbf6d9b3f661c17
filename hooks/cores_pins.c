/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Pins in domain documents: https://libvirt.org/formatdomain.html#cpu-tuning */

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/parse.h"
#include "cores.h"
#include "domain/query.h"
#include "domain/reading.h"
#include "host/sysfs.h"

#define RUNNING "run/libvirt/qemu"

/* One part of libvirt's lists: "0-3", or "^2", which takes it out again. */
static int apply_part(struct cpuset *set, const char *part, const char *what,
		      struct error *err)
{
	struct cpuset some = CPUSET_NONE;
	bool is_out = *part == '^';
	int r = cpuset_parse(&some, part + is_out, what, err);

	if (r < 0)
		return r;
	if (is_out) {
		cpuset_remove_all(set, &some);
	} else {
		cpuset_add_all(set, &some);
	}
	return 0;
}

static int parse_cpuset(struct cpuset *ret_set, const char *text, const char *what,
			struct error *err)
{
	CLEANUP_FREE char *copy = strdup(text);
	struct cpuset set = CPUSET_NONE;
	char *rest = copy;
	char *part;

	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	while ((part = strsep(&rest, ", \t\n"))) {
		if (*part && apply_part(&set, part, what, err) < 0)
			return -err->code;
	}
	*ret_set = set;
	return 0;
}

static int read_vcpus(unsigned *ret_n, const xmlNode *vcpu, struct error *err)
{
	const char *text = query_text(vcpu);
	uint64_t n = 1;
	int r = text ? parse_dec(&n, text, 1, CPUSET_MAX, "<vcpu>", err) : 0;

	*ret_n = (unsigned)n;
	return r;
}

/* Adds what the <vcpupin> say, and to *ids which vCPUs have one. */
static int read_vcpupins(struct cores_pins *pins, struct cpuset *ids,
			 const xmlNode *domain, struct error *err)
{
	query_each (pin, query_child(domain, "cputune"), "vcpupin") {
		const char *id = query_attr(pin, "vcpu");
		const char *list = query_attr(pin, "cpuset");
		struct cpuset cpus = CPUSET_NONE;
		uint64_t vcpu;
		int r;

		if (!id || !list) {
			return error_set(err, EINVAL,
					 "<vcpupin> has no vcpu or no cpuset");
		}
		r = parse_dec(&vcpu, id, 0, CPUSET_MAX - 1, "vcpu of <vcpupin>", err);
		if (r == 0)
			r = parse_cpuset(&cpus, list, "cpuset of <vcpupin>", err);
		if (r < 0)
			return r;
		if (vcpu >= pins->n_vcpus)
			continue;
		cpuset_add(ids, (unsigned)vcpu);
		cpuset_add_all(&pins->cpus, &cpus);
	}
	return 0;
}

int cores_pins_read(struct cores_pins *ret_pins, const xmlNode *domain, struct error *err)
{
	const xmlNode *vcpu = query_child(domain, "vcpu");
	const char *list = query_attr(vcpu, "cpuset");
	struct cores_pins pins = { 0 };
	struct cpuset ids = CPUSET_NONE;
	struct cpuset others = CPUSET_NONE;
	int r = read_vcpus(&pins.n_vcpus, vcpu, err);

	if (r == 0)
		r = read_vcpupins(&pins, &ids, domain, err);
	if (r == 0 && list && !query_attr_is(vcpu, "placement", "auto"))
		r = parse_cpuset(&others, list, "cpuset of <vcpu>", err);
	if (r < 0)
		return r;
	pins.n_free = pins.n_vcpus - cpuset_count(&ids);
	if (pins.n_free > 0 && !cpuset_is_empty(&others)) {
		cpuset_add_all(&pins.cpus, &others);
		pins.n_free = 0;
	}
	*ret_pins = pins;
	return 0;
}

/* --- the guest at hand --- */

int cores_needed(struct hook *hook, const char *topic, struct cores_pins *ret_pins,
		 struct error *err)
{
	int r = cores_pins_read(ret_pins, hook->needs.domain, err);

	if (r < 0)
		return r;
	if (cpuset_is_empty(&ret_pins->cpus)) {
		notes_add(&hook->notes, NOTE_WARNING, topic,
			  "no vCPU of the guest is pinned, so no core is its own; "
			  "xmltweak --domain '%s' --pin --define pins them",
			  hook->needs.name);
	} else if (ret_pins->n_free > 0) {
		notes_add(&hook->notes, NOTE_WARNING, topic,
			  "%u of the %u vCPUs of the guest are not pinned, and run "
			  "anywhere",
			  ret_pins->n_free, ret_pins->n_vcpus);
	}
	return 0;
}

/* --- others --- */

static void warn_of(struct hook *hook, const xmlNode *domain, const struct cpuset *cpus)
{
	const char *name = query_text(query_child(domain, "name"));
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct cores_pins pins;
	struct cpuset both = *cpus;
	struct cpuset apart = *cpus;
	struct error ignored;

	if (cores_pins_read(&pins, domain, &ignored) < 0)
		return;
	if (pins.n_free == 0) {
		cpuset_remove_all(&apart, &pins.cpus);
		cpuset_remove_all(&both, &apart);
	}
	if (cpuset_is_empty(&both))
		return;
	cpuset_format(&both, &list);
	notes_add(&hook->notes, NOTE_WARNING, "cores",
		  "the guest '%s' is running %s, and may use the CPUs %s as well",
		  name ? name : "?",
		  pins.n_free > 0 ? "without pins" : "with pins that overlap",
		  buf_text(&list));
}

/* libvirt's own notes about a running guest: <domstatus>, with the domain in it. */
static void check_other(struct hook *hook, const char *path, const struct cpuset *cpus)
{
	CLEANUP_READING struct reading reading = READING_NONE;
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd = sysfs_open(hook->root, path);
	const xmlNode *domain;
	const char *uuid;
	struct error ignored;

	/* it may have stopped by now, and another version may write something else */
	if (fd < 0 || file_read_fd(&text, fd, path, &ignored) < 0 ||
	    reading_parse(&reading, path, buf_text(&text), text.len, &ignored) < 0)
		return;
	domain = query_child(reading.top, "domain");
	uuid = query_text(query_child(domain, "uuid"));
	if (domain && uuid && strcasecmp(uuid, hook->needs.uuid) != 0)
		warn_of(hook, domain, cpus);
}

int cores_check_others(struct hook *hook, const struct cpuset *cpus, struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, hook->root, RUNNING, err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		const char *dot = strrchr(names.v[i], '.');
		char path[SYSFS_PATH_MAX];

		if (!dot || strcmp(dot, ".xml") != 0)
			continue;
		r = sysfs_path(path, err, RUNNING "/%s", names.v[i]);
		if (r == 0)
			check_other(hook, path, cpus);
	}
	return r;
}
