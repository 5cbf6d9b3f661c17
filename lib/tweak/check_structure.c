/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Elements that stand twice or where libvirt does not look for them. */

#include <stdlib.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/check_impl.h"

/*
 * What libvirt's schema allows once, sorted. Without validation libvirt takes the first
 * (of <cpu>), or what it finds in all of them (<cputune>), or refuses (<memballoon>).
 */
static const char *const in_domain[] = {
	"blkiotune",
	"clock",
	"cpu",
	"cputune",
	"currentMemory",
	"description",
	"devices",
	"features",
	"genid",
	"idmap",
	"iothreadids",
	"iothreads",
	"keywrap",
	"launchSecurity",
	"maxMemory",
	"memory",
	"memoryBacking",
	"memtune",
	"metadata",
	"name",
	"numatune",
	"on_crash",
	"on_lockfailure",
	"on_poweroff",
	"on_reboot",
	"os",
	"perf",
	"pm",
	"resource",
	"title",
	"uuid",
	"vcpu",
	"vcpus",
};

static const char *const in_qemu[] = { "capabilities", "commandline", "deprecation",
				       "override" };

static const char *const in_devices[] = { "emulator", "memballoon", "nvram", "pstore",
					  "vsock" };

static const char *const in_features[] = {
	"acpi",         "apic",       "async-teardown",
	"capabilities", "ccf-assist", "cfpc",
	"gic",          "hap",        "hpt",
	"htm",          "hyperv",     "ibs",
	"ioapic",       "kvm",        "msrs",
	"nested-hv",    "pae",        "pmu",
	"privnet",      "ps2",        "pvspinlock",
	"ras",          "sbbc",       "smm",
	"tcg",          "viridian",   "vmcoreinfo",
	"vmport",       "xen",
};

static const char *const in_cputune[] = { "emulatorpin", "emulatorsched" };

static const char *const in_cpu[] = { "cache", "maxphysaddr", "model",
				      "numa",  "topology",    "vendor" };

#define SINGLES_MAX 40

static int compare_name(const void *name, const void *single)
{
	return strcmp(name, *(const char *const *)single);
}

static void check_children(struct check *check, const xmlNode *parent, bool is_qemu,
			   const char *const *names, size_t n)
{
	bool seen[SINGLES_MAX] = { false };

	for (const xmlNode *child = check_first(parent); child;
	     child = check_next(child)) {
		const char *name = (const char *)child->name;
		const char *const *single;

		if (is_qemu ? !query_is_qemu(child, name) : !query_is(child, name))
			continue;
		single = bsearch(name, names, n, sizeof(*names), compare_name);
		if (!single)
			continue;
		if (seen[single - names]) {
			check_found(check, child,
				    "<%s%s> stands more than once in <%s>, and libvirt "
				    "knows only one: put all into the first",
				    is_qemu ? "qemu:" : "", name,
				    (const char *)parent->name);
		}
		seen[single - names] = true;
	}
}

void check_singletons(struct check *check)
{
	const xmlNode *domain = check->domain;

	_Static_assert(ARRAY_SIZE(in_domain) <= SINGLES_MAX, "seen[] is too small");
	_Static_assert(ARRAY_SIZE(in_features) <= SINGLES_MAX, "seen[] is too small");
	check_children(check, domain, false, in_domain, ARRAY_SIZE(in_domain));
	check_children(check, domain, true, in_qemu, ARRAY_SIZE(in_qemu));
	check_children(check, check->devices, false, in_devices, ARRAY_SIZE(in_devices));
	check_children(check, query_child(domain, "features"), false, in_features,
		       ARRAY_SIZE(in_features));
	check_children(check, query_child(domain, "cputune"), false, in_cputune,
		       ARRAY_SIZE(in_cputune));
	check_children(check, query_child(domain, "cpu"), false, in_cpu,
		       ARRAY_SIZE(in_cpu));
}

/* The element behind this one in document order; not inside it when is_skipped. */
static const xmlNode *following(const xmlNode *node, bool is_skipped)
{
	const xmlNode *next = is_skipped ? NULL : check_first(node);

	while (!next && node && node->type == XML_ELEMENT_NODE) {
		next = check_next(node);
		node = node->parent;
	}
	return next;
}

static void check_qemu_element(struct check *check, const xmlNode *element)
{
	const xmlNode *parent = element->parent;

	if (query_is_qemu(element, "commandline") || query_is_qemu(element, "override")) {
		if (parent != check->domain) {
			check_found(check, element,
				    "<qemu:%s> stands in <%s>, where libvirt drops it: "
				    "move it into <domain> itself",
				    (const char *)element->name,
				    (const char *)parent->name);
		}
	} else if (query_is_qemu(element, "arg") || query_is_qemu(element, "env")) {
		if (!query_is_qemu(parent, "commandline")) {
			check_found(check, element,
				    "<qemu:%s> stands in <%s>, where libvirt drops it: "
				    "move it into <qemu:commandline>",
				    (const char *)element->name,
				    (const char *)parent->name);
		}
	}
}

/* Whatever stands in <metadata> belongs to others. */
void check_qemu_elements(struct check *check)
{
	const xmlNode *element = check_first(check->domain);

	while (element) {
		bool is_metadata =
			element->parent == check->domain && query_is(element, "metadata");

		if (element->ns && !is_metadata)
			check_qemu_element(check, element);
		element = following(element, is_metadata);
	}
}
