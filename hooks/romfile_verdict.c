/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the guest's firmware will do with a ROM that it is given. One that it ignores
 * starts as any other, and the screen stays black: that is worth a warning, and no more,
 * as it may be meant.
 */

#include "romfile_verdict.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "domain/query.h"
#include "host/pcidev.h"
#include "rom/verdict.h"
#include "tweak/guest_pci.h"
#include "tweak/guest_video.h"

#define TOPIC        "rom"
#define NAME_MAX_VGA 48

static bool has_secure_boot(const xmlNode *os, const xmlNode *loader)
{
	const xmlNode *firmware = query_child(os, "firmware");

	query_each (feature, firmware, "feature") {
		if (query_attr_is(feature, "name", "secure-boot"))
			return query_attr_is(feature, "enabled", "yes");
	}
	return loader && query_attr_is(loader, "secure", "yes");
}

static enum rom_firmware firmware_of(const xmlNode *domain)
{
	const xmlNode *os = query_child(domain, "os");
	const xmlNode *loader = query_child(os, "loader");

	if (!(os && query_attr_is(os, "firmware", "efi")) &&
	    !(loader && query_attr_is(loader, "type", "pflash")))
		return ROM_SEABIOS;
	return has_secure_boot(os, loader) ? ROM_OVMF_SECUREBOOT : ROM_OVMF;
}

/* The device that has this <rom>. */
static const xmlNode *device_of(const xmlNode *domain, const char *file)
{
	static const char *const kinds[] = { "hostdev", "interface" };
	const xmlNode *devices = query_child(domain, "devices");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		query_each (device, devices, kinds[i]) {
			if (query_attr(query_child(device, "rom"), "file") == file)
				return device;
		}
	}
	return NULL;
}

/*
 * Of all devices with VGA SeaBIOS runs the ROM of the first only (vgarom_setup()), and
 * that is the display that QEMU emulates, unless the guest has this device before it.
 */
static bool is_behind_vga(char ret_name[static NAME_MAX_VGA], const xmlNode *domain,
			  const xmlNode *device)
{
	struct bdf vga, own;
	const char *model = guest_vga(domain, &vga);

	if (!model || (guest_pci_place(device, &own) && bdf_compare(&own, &vga) < 0))
		return false;
	(void)snprintf(ret_name, NAME_MAX_VGA, "its <video> ('%s')", model);
	return true;
}

static struct rom_target target_of(const struct hook *hook,
				   const struct need_device *need)
{
	const struct pcidev *dev = pcidevs_find(&hook->devs, &need->bdf);
	struct rom_target target = ROM_TARGET_NONE;

	if (!dev)
		return target;
	target.has_ids = true;
	target.vendor = dev->vendor;
	target.device = dev->device;
	target.has_class = true;
	target.class = dev->class;
	return target;
}

/* What is behind the end of the longest ROM is looked at by nobody. */
static int read_content(struct buf *content, uint64_t *ret_len, const struct hook *hook,
			const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd =
		root_openat(hook->root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '%s'", path);
	*ret_len = (uint64_t)st.st_size;
	return file_read_head(content, fd,
			      *ret_len < ROM_SIZE_LIMIT ? *ret_len : ROM_SIZE_LIMIT, path,
			      err);
}

void romfile_judge(struct hook *hook, const struct need_device *need)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	enum rom_firmware firmware = firmware_of(hook->needs.domain);
	const xmlNode *device = device_of(hook->needs.domain, need->rom);
	struct rom_target target = target_of(hook, need);
	bool bar = !query_attr_is(query_child(device, "rom"), "bar", "off");
	char vga[NAME_MAX_VGA];
	uint64_t len = 0;
	struct error ignored = { 0 }; /* whether it can be read is asked elsewhere */
	struct rom_verdict verdict;
	struct rom rom;

	if (!device || read_content(&content, &len, hook, need->rom, &ignored) < 0)
		return;
	if (is_behind_vga(vga, hook->needs.domain, device))
		target.vga_before = vga;
	rom_read(&rom, (const uint8_t *)buf_text(&content), content.len, len);
	verdict = rom_judge(&rom, &target, firmware, bar);
	if (rom_will_run(&verdict))
		return;
	notes_add(
		&hook->notes, NOTE_WARNING, TOPIC,
		"the guest's firmware, %s, will not run '%s' of %s (%s): %s; more says: "
		"vbios check --domain='%s'",
		rom_firmware_name(firmware), need->rom, need->address,
		rom_outcome_name(&verdict), verdict.why, hook->needs.name);
}
