/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the guest's firmware will do with a ROM that it is given. One that it ignores
 * starts as any other, and the screen stays black: that is worth a warning, and no more,
 * as it may be meant.
 */

#include "romfile_verdict.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "domain/query.h"
#include "host/pcidev.h"
#include "rom/verdict.h"

#define TOPIC "rom"

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

/* The <rom> of a device, NULL without one. */
static const xmlNode *rom_of(const xmlNode *domain, const char *file)
{
	const xmlNode *devices = query_child(domain, "devices");

	query_each (hostdev, devices, "hostdev") {
		const xmlNode *rom = query_child(hostdev, "rom");

		if (rom && query_attr(rom, "file") == file)
			return rom;
	}
	query_each (interface, devices, "interface") {
		const xmlNode *rom = query_child(interface, "rom");

		if (rom && query_attr(rom, "file") == file)
			return rom;
	}
	return NULL;
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

/* Up to what a ROM can have; a file that is larger is never run. */
static int read_content(struct buf *content, const struct hook *hook, const char *path,
			struct error *err)
{
	CLEANUP_CLOSE int fd =
		root_openat(hook->root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '%s'", path);
	if (st.st_size > (off_t)ROM_SIZE_LIMIT)
		return error_set(err, EFBIG, "'%s' is too large", path);
	return file_read_fd(content, fd, path, err);
}

void romfile_judge(struct hook *hook, const struct need_device *need)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	enum rom_firmware firmware = firmware_of(hook->needs.domain);
	const xmlNode *element = rom_of(hook->needs.domain, need->rom);
	const struct rom_target target = target_of(hook, need);
	bool bar = !(element && query_attr_is(element, "bar", "off"));
	struct error ignored = { 0 }; /* whether it can be read is asked elsewhere */
	struct rom_verdict verdict;
	struct rom rom;

	if (read_content(&content, hook, need->rom, &ignored) < 0)
		return;
	rom_read(&rom, (const uint8_t *)buf_text(&content), content.len, content.len);
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
