/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Names of devices, and the overrides that go by them. */

#include <string.h>

#include "domain/query.h"
#include "tweak/check_impl.h"

#define PREFIX "ua-"

/*
 * The names libvirt makes up when a guest starts (src/qemu/qemu_alias.c): the prefix and
 * a number, or several for a place on a bus. Without an element: libvirt adds such a
 * device to guests that have none, or all of them have one.
 */
static const struct generated {
	const char *prefix;
	const char *element;
	bool is_bare; /* a number need not follow */
} generated[] = {
	{ "balloon", NULL, false },
	{ "ccid", NULL, false },
	{ "channel", "channel", false },
	{ "console", NULL, false },
	{ "crypto", "crypto", false },
	{ "dimm", "memory", false },
	{ "fdc", NULL, false },
	{ "fs", "filesystem", false },
	{ "hostdev", "hostdev", false },
	{ "hostdev", "interface", false },
	{ "hub", NULL, false },
	{ "ide", NULL, true },
	{ "input", NULL, false },
	{ "iommu", "iommu", false },
	{ "net", "interface", false },
	{ "nvdimm", "memory", false },
	{ "nvram", "nvram", true },
	{ "panic", "panic", false },
	{ "parallel", "parallel", false },
	{ "pci", NULL, true }, /* of a machine with only one bus */
	{ "pci.", NULL, false },
	{ "pcie.", NULL, false },
	{ "pstore", "pstore", false },
	{ "redir", "redirdev", false },
	{ "rng", "rng", false },
	{ "sata", NULL, false },
	{ "scsi", NULL, false },
	{ "serial", NULL, false },
	{ "shmem", "shmem", false },
	{ "smartcard", "smartcard", false },
	{ "sound", "sound", false },
	{ "tpm", "tpm", false },
	{ "usb", NULL, true },
	{ "usb-disk", "disk", false },
	{ "video", NULL, false },
	{ "virtio-disk", "disk", false },
	{ "virtio-serial", NULL, false },
	{ "virtiomem", "memory", false },
	{ "virtiopmem", "memory", false },
	{ "vsock", "vsock", false },
	{ "watchdog", NULL, false },
};

struct aliases {
	struct check_keys keys;
	bool has[ARRAY_SIZE(generated)]; /* a device of that kind */
};

static bool is_generated(const struct generated *kind, const char *alias)
{
	size_t len = strlen(kind->prefix);

	if (strncmp(alias, kind->prefix, len) != 0)
		return false;
	alias += len;
	return *alias ? alias[strspn(alias, "0123456789-")] == '\0' && *alias != '-'
		      : kind->is_bare;
}

/* Whether libvirt could give this name to the device itself. */
static bool is_own_name(const xmlNode *device, const char *alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(generated); i++) {
		const struct generated *kind = &generated[i];

		if ((!kind->element || query_is(device, kind->element)) &&
		    is_generated(kind, alias))
			return true;
	}
	return false;
}

/* libvirt takes a name only as virDomainDeviceAliasIsUserAlias() wants it. */
static void check_alias(struct check *check, const xmlNode *device,
			const xmlNode *element, const char *alias)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	const char *name = (const char *)device->name;

	if (strncmp(alias, PREFIX, strlen(PREFIX)) != 0) {
		if (!is_own_name(device, alias)) {
			check_found(
				check, element,
				"the alias '%s' of <%s> does not begin with 'ua-', and "
				"so libvirt drops it: call it 'ua-%s'",
				alias, name, alias);
		}
	} else if (alias[strspn(alias, allowed)]) {
		check_found(check, element,
			    "the alias '%s' of <%s> has other characters than letters, "
			    "digits, '_', '.' and '-', and so libvirt drops it: leave "
			    "them out",
			    alias, name);
	}
}

static void take_device(struct check *check, struct aliases *aliases,
			const xmlNode *device)
{
	const xmlNode *element = query_child(device, "alias");
	const char *alias = query_attr(element, "name");

	for (size_t i = 0; i < ARRAY_SIZE(generated); i++) {
		if (!generated[i].element || query_is(device, generated[i].element))
			aliases->has[i] = true;
	}
	if (alias && !check_is_shadow(device)) {
		check_alias(check, device, element, alias);
		check_keys_add(check, &aliases->keys, element, "%s", alias);
	}
}

static bool is_known(const struct aliases *aliases, const char *alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(generated); i++) {
		if (aliases->has[i] && is_generated(&generated[i], alias))
			return true;
	}
	return check_keys_has(&aliases->keys, alias);
}

static void check_overrides(struct check *check, const struct aliases *aliases)
{
	const xmlNode *override = query_qemu_child(check->domain, "override");

	for (const xmlNode *device = check_first(override); device;
	     device = check_next(device)) {
		const char *alias = query_attr(device, "alias");

		if (alias && query_is_qemu(device, "device") &&
		    !is_known(aliases, alias)) {
			check_found(check, device,
				    "the override is for the alias '%s', which no device "
				    "has: give the device that alias, or remove the "
				    "override",
				    alias);
		}
	}
}

void check_aliases(struct check *check)
{
	struct aliases aliases = { .keys = CHECK_KEYS_NONE };

	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device))
		take_device(check, &aliases, device);

	check_keys_sort(&aliases.keys);
	for (size_t i = 0; i < aliases.keys.n; i++) {
		if (check_keys_is_again(&aliases.keys, i)) {
			check_found(check, aliases.keys.v[i].element,
				    "two devices have the alias '%s': give one of them "
				    "another",
				    aliases.keys.v[i].text);
		}
	}
	check_overrides(check, &aliases);
	check_keys_done(&aliases.keys);
}
