/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Devices that stand twice, or have properties that exclude each other. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "domain/query.h"
#include "tweak/check_impl.h"
#include "tweak/guest_pci.h"

#define MIB (UINT64_C(1) << 20)

/* Bytes in a unit as virScaleInteger() has them: KiB and k are 1024, KB is 1000. */
static uint64_t bytes_in(const char *unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t base;
	uint64_t bytes = 1;

	if (!*unit || strcasecmp(unit, "b") == 0 || strcasecmp(unit, "byte") == 0 ||
	    strcasecmp(unit, "bytes") == 0)
		return 1;
	if (!unit[1] || strcasecmp(unit + 1, "ib") == 0) {
		base = 1024;
	} else if (strcasecmp(unit + 1, "b") == 0) {
		base = 1000;
	} else {
		return 0;
	}
	letter = strchr(letters, unit[0] | 0x20);
	if (!letter)
		return 0;
	for (const char *p = letters; p <= letter; p++)
		bytes *= base;
	return bytes;
}

/* False when there is no size, or none that libvirt would take. */
static bool size_of(uint64_t *ret_size, const xmlNode *shmem)
{
	const xmlNode *element = query_child(shmem, "size");
	const char *unit = query_attr(element, "unit");
	uint64_t bytes = bytes_in(unit ? unit : "");

	return bytes > 0 && check_text_number(ret_size, element) &&
	       !__builtin_mul_overflow(*ret_size, bytes, ret_size);
}

/* A size in the largest unit in which it is a whole number. */
static const char *format_size(char *buf, size_t buf_size, uint64_t size)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	size_t i = 0;

	for (; i + 1 < ARRAY_SIZE(units) && size > 0 && size % 1024 == 0; i++)
		size /= 1024;
	(void)snprintf(buf, buf_size, "%" PRIu64 " %s", size, units[i]);
	return buf;
}

static void check_shmem_size(struct check *check, const xmlNode *shmem, const char *name)
{
	uint64_t size;
	uint64_t wanted = MIB;
	char have[32];
	char want[32];

	if (!size_of(&size, shmem) || (size >= MIB && (size & (size - 1)) == 0))
		return;
	while (wanted < size && wanted <= UINT64_MAX / 2)
		wanted *= 2;
	check_found(check, shmem,
		    "the shared memory '%s' has %s, but the guest only starts with a "
		    "power of two from 1 MiB: make it %s",
		    name, format_size(have, sizeof(have), size),
		    format_size(want, sizeof(want), wanted));
}

/* The QEMU driver checks the size when the guest starts, and the name never. */
void check_shmem(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;

	query_each (shmem, check->devices, "shmem") {
		const char *name = query_attr(shmem, "name");

		check_shmem_size(check, shmem, name ? name : "");
		if (name)
			check_keys_add(check, &keys, shmem, "%s", name);
	}

	check_keys_sort(&keys);
	for (size_t i = 0; i < keys.n; i++) {
		if (check_keys_is_again(&keys, i)) {
			check_found(check, keys.v[i].element,
				    "the guest has the shared memory '%s' twice: remove "
				    "one of the two, or give it another name",
				    keys.v[i].text);
		}
	}
}

static void add_usb(struct check *check, struct check_keys *keys, const xmlNode *hostdev)
{
	const xmlNode *source = query_child(hostdev, "source");
	const xmlNode *address = query_child(source, "address");
	uint64_t a;
	uint64_t b;

	if (check_number(&a, address, "bus", UINT32_MAX) &&
	    check_number(&b, address, "device", UINT32_MAX)) {
		check_keys_add(check, keys, hostdev,
			       "USB device %" PRIu64 " on bus %" PRIu64, b, a);
	} else if (check_number(&a, query_child(source, "vendor"), "id", UINT16_MAX) &&
		   check_number(&b, query_child(source, "product"), "id", UINT16_MAX)) {
		check_keys_add(check, keys, hostdev, "USB device %04x:%04x", (unsigned)a,
			       (unsigned)b);
	}
}

static void add_mdev(struct check *check, struct check_keys *keys, const xmlNode *hostdev)
{
	const char *uuid = query_attr(query_path(hostdev, "source/address"), "uuid");
	char lower[37] = "";

	if (!uuid || strlen(uuid) >= sizeof(lower))
		return;
	for (size_t i = 0; uuid[i]; i++) {
		lower[i] = (char)(uuid[i] >= 'A' && uuid[i] <= 'F' ? uuid[i] | 0x20
								   : uuid[i]);
	}
	check_keys_add(check, keys, hostdev, "mediated device %s", lower);
}

/* The device of the host that a device of the guest is, as libvirt tells them apart. */
static void add_host_device(struct check *check, struct check_keys *keys,
			    const xmlNode *device)
{
	bool is_hostdev = query_is(device, "hostdev");
	char text[BDF_TEXT_MAX];
	struct bdf bdf;

	if (!is_hostdev && !query_is(device, "interface"))
		return;
	if (guest_pci_source(device, &bdf)) {
		check_keys_add(check, keys, device, "PCI device %s",
			       bdf_format(&bdf, text));
	} else if (is_hostdev && query_attr_is(device, "type", "usb")) {
		add_usb(check, keys, device);
	} else if (is_hostdev && query_attr_is(device, "type", "mdev")) {
		add_mdev(check, keys, device);
	}
}

/* KubeVirt writes a controller that says that the guest has no USB. */
static bool is_without_usb(const struct check *check)
{
	query_each (controller, check->devices, "controller") {
		if (query_attr_is(controller, "type", "usb") &&
		    query_attr_is(controller, "model", "none"))
			return true;
	}
	return false;
}

void check_hostdevs(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	bool is_usb_off = is_without_usb(check);

	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		add_host_device(check, &keys, device);
		if (is_usb_off && query_is(device, "hostdev") &&
		    query_attr_is(device, "type", "usb")) {
			check_found(check, device,
				    "the guest gets a USB device of the host, but "
				    "<controller type='usb' model='none'> says that it "
				    "has no USB: remove one of the two");
		}
	}

	check_keys_sort(&keys);
	for (size_t i = 0; i < keys.n; i++) {
		if (check_keys_is_again(&keys, i)) {
			check_found(check, keys.v[i].element,
				    "the host's %s is given to the guest twice: remove "
				    "one of the two",
				    keys.v[i].text);
		}
	}
}

/* An empty file name is the old way to say enabled='no'. */
void check_roms(struct check *check)
{
	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		const xmlNode *rom = query_child(device, "rom");
		const char *file = query_attr(rom, "file");

		if (query_attr_is(rom, "enabled", "no") &&
		    (file || query_attr(rom, "bar"))) {
			check_found(check, rom,
				    "the ROM of <%s> is disabled, but has '%s' as well: "
				    "remove one of the two",
				    (const char *)device->name, file ? "file" : "bar");
		}
		if (file && *file && *file != '/') {
			check_found(check, rom,
				    "the ROM file '%s' is no absolute path: write the "
				    "whole path",
				    file);
		}
	}
}

/* libvirt refuses two devices with one order, and any beside <os>. */
void check_boot(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	const xmlNode *os_boot = query_path(check->domain, "os/boot");

	for (const xmlNode *device = check_first(check->devices); device;
	     device = check_next(device)) {
		const xmlNode *boot = query_child(device, "boot");
		const char *order = query_attr(boot, "order");

		if (order)
			check_keys_add(check, &keys, boot, "%s", order);
	}
	if (os_boot && keys.n > 0) {
		check_found(
			check, os_boot,
			"the guest has <boot dev=...> in <os> and <boot order=...> in "
			"devices, which exclude each other: remove <boot> from <os>");
	}

	check_keys_sort(&keys);
	for (size_t i = 0; i < keys.n; i++) {
		if (check_keys_is_again(&keys, i)) {
			check_found(
				check, keys.v[i].element,
				"two devices have the boot order %s: give one of them "
				"another",
				keys.v[i].text);
		}
	}
}
