/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "host/sysfs.h"
#include "rom/rom.h"

#define DEVICES     "sys/bus/pci/devices"
#define VFCT        "sys/firmware/acpi/tables/VFCT"
#define DRI         "sys/kernel/debug/dri"
#define MEMORY      "dev/mem"
#define SHADOW_AT   0xc0000
#define SHADOW_SIZE 0x20000

#define RESOURCE_ROM 7 /* its line in "resource", from 1 */

/* One attempt at a device. */
struct attempt {
	const struct root *root;
	const struct pcidev *dev;
	char address[BDF_TEXT_MAX];
	struct buf *out;
};

void dump_done(struct dump *dump)
{
	buf_done(&dump->content);
	buf_done(&dump->reasons);
}

/* Appends up to max bytes from there on, in reads as large as they can be. */
static int read_at(struct buf *out, int fd, off_t at, size_t max, const char *path,
		   struct error *err)
{
	size_t start = out->len;
	ssize_t n = 1;

	buf_reserve(out, max + 1);
	if (buf_check(out, err) < 0)
		return -ENOMEM;
	while (n != 0 && out->len - start < max) {
		size_t have = out->len - start;

		n = pread(fd, out->data + out->len, max - have, at + (off_t)have);
		if (n < 0 && errno != EINTR)
			return error_sys(err, errno, "read '/%s'", path);
		if (n > 0)
			out->len += (size_t)n;
	}
	return 0;
}

/* The whole of a file of the host. */
static int read_file(struct buf *out, const struct root *root, const char *path,
		     struct error *err)
{
	CLEANUP_CLOSE int fd = root_openat(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return error_sys(err, -fd, "open '/%s'", path);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '/%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "'/%s' is no regular file", path);
	return read_at(out, fd, 0, ROM_SIZE_LIMIT, path, err);
}

/* --- the device itself --- */

/* A group that QEMU has can be opened by nobody else. */
static int check_group(const struct attempt *attempt, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	int fd;
	int r;

	if (attempt->dev->group < 0 || strcmp(attempt->dev->driver, "vfio-pci") != 0)
		return 0;
	r = sysfs_path(path, err, "dev/vfio/%d", attempt->dev->group);
	if (r < 0)
		return r;
	fd = root_openat(attempt->root, path, O_RDWR | O_NONBLOCK);
	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	if (fd != -EBUSY)
		return 0; /* whatever it is, no guest is behind it */
	return error_set(err, EBUSY,
			 "a guest has %s, with its IOMMU group %d: reading its ROM would "
			 "take the device away under it",
			 attempt->address, attempt->dev->group);
}

/* NULL, or what keeps the device from being read. */
static const char *obstacle(const struct attempt *attempt)
{
	if (attempt->dev->is_boot_vga) {
		return "the host has booted with this GPU, and in place of its ROM the "
		       "kernel shows what the BIOS has made of it";
	}
	return pcidev_driver_is_idle(attempt->dev->driver)
		       ? NULL
		       : "a driver uses it; unbind it, or bind vfio-pci";
}

/*
 * Whether the kernel has found no place for the ROM BAR, as where the window of the port
 * is full: the line of the ROM is then all 0.
 */
static bool has_no_place(const struct attempt *attempt)
{
	static const char nowhere[] = "0x0000000000000000 0x0000000000000000 ";
	char path[SYSFS_PATH_MAX];
	char text[64 * RESOURCE_ROM];
	struct error ignored;
	const char *line = text;

	if (sysfs_path(path, &ignored, DEVICES "/%s/resource", attempt->address) < 0 ||
	    sysfs_read_start(attempt->root, path, text, sizeof(text), &ignored) < 0)
		return false;
	for (int i = 1; i < RESOURCE_ROM && line; i++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return line && strncmp(line, nowhere, sizeof(nowhere) - 1) == 0;
}

/* What the kernel's answer to a read means for this device. */
static int explain(const struct attempt *attempt, int code, struct error *err)
{
	char path[SYSFS_PATH_MAX];
	char state[SYSFS_WORD_MAX] = "";
	struct error ignored;

	if (sysfs_path(path, &ignored, DEVICES "/%s/power/runtime_status",
		       attempt->address) == 0) {
		(void)!sysfs_read_optional(attempt->root, path, state, sizeof(state),
					   &ignored);
	}
	if (strcmp(state, "suspended") == 0) {
		return error_set(err, code,
				 "it is powered down; write 'on' to /" DEVICES
				 "/%s/power/control",
				 attempt->address);
	}
	if (code == EIO && has_no_place(attempt)) {
		return error_set(err, code,
				 "the kernel has no place for its ROM BAR: the window of "
				 "the bridge before it is full");
	}
	if (code == EIO) {
		return error_set(
			err, code,
			"the kernel finds no valid ROM in it (dmesg says what it "
			"found)");
	}
	return error_sys(err, code, "read it");
}

/* Signals wait from before it is on until it is off. */
static int read_enabled(const struct attempt *attempt, const char *path,
			struct error *err)
{
	struct error ignored;
	sigset_t all, before;
	int fd;
	int r;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	r = sysfs_write(attempt->root, path, "1\n", err);
	if (r == 0) {
		fd = root_openat(attempt->root, path, O_RDONLY);
		r = fd < 0 ? fd
			   : read_at(attempt->out, fd, 0, ROM_SIZE_LIMIT, path, &ignored);
		if (fd >= 0)
			(void)close(fd);
		/* with its newline: older kernels take a bare 0 for "on" */
		(void)!sysfs_write(attempt->root, path, "0\n", &ignored);
		if (r < 0)
			r = explain(attempt, -r, err);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int from_device(const struct attempt *attempt, struct error *err)
{
	const char *why = obstacle(attempt);
	char path[SYSFS_PATH_MAX];
	int r;

	if (why)
		return error_set(err, EBUSY, "%s", why);
	r = sysfs_path(path, err, DEVICES "/%s/rom", attempt->address);
	if (r < 0)
		return r;
	if (!sysfs_exists(attempt->root, path))
		return error_set(err, ENOENT, "it has no ROM BAR");
	return read_enabled(attempt, path, err);
}

/* --- other places --- */

/* By address and ids: the table may have the GPUs of several slots. */
static int from_vfct(const struct attempt *attempt, struct error *err)
{
	CLEANUP_BUF struct buf table = BUF_NONE;
	const struct pcidev *dev = attempt->dev;
	struct rom rom;
	int r;

	if (!sysfs_exists(attempt->root, VFCT))
		return error_set(err, ENOENT, "the host has none");
	r = read_file(&table, attempt->root, VFCT, err);
	if (r < 0)
		return r;
	rom_read(&rom, (const uint8_t *)table.data, table.len, table.len);
	for (size_t i = 0; i < rom.n_vfct; i++) {
		const struct rom_vfct *entry = &rom.vfct[i];

		if (entry->bus != dev->bdf.bus || entry->device != dev->bdf.slot ||
		    entry->function != dev->bdf.function ||
		    entry->vendor_id != dev->vendor || entry->device_id != dev->device ||
		    !rom_has(&rom.bytes, entry->image_at, entry->image_len))
			continue;
		buf_add(attempt->out, table.data + entry->image_at, entry->image_len);
		return buf_check(attempt->out, err);
	}
	return error_set(err, ENOENT, "it has no image for this device");
}

/* "amdgpu dev=0000:0b:00.0 unique=..." */
static bool is_card(const struct attempt *attempt, const char *name)
{
	char path[SYSFS_PATH_MAX];
	char text[256];
	struct error ignored;
	const char *word;
	size_t len = strlen(attempt->address);

	if (sysfs_path(path, &ignored, DRI "/%s/name", name) < 0 ||
	    sysfs_read_start(attempt->root, path, text, sizeof(text), &ignored) < 0)
		return false;
	word = strstr(text, "dev=");
	return word && strncmp(word + 4, attempt->address, len) == 0 &&
	       (word[4 + len] == ' ' || word[4 + len] == '\0');
}

static int from_debugfs(const struct attempt *attempt, struct error *err)
{
	static const char *const files[] = { "vbios.rom", "amdgpu_vbios" };
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	char path[SYSFS_PATH_MAX];
	int r = sysfs_list(&names, attempt->root, DRI, err);

	for (size_t i = 0; i < names.n && r == 0; i++) {
		if (!is_card(attempt, names.v[i]))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(files); k++) {
			r = sysfs_path(path, err, DRI "/%s/%s", names.v[i], files[k]);
			if (r < 0)
				return r;
			if (sysfs_exists(attempt->root, path))
				return read_file(attempt->out, attempt->root, path, err);
		}
	}
	return r < 0 ? r
		     : error_set(err, ENOENT, "no driver shows the ROM of this device");
}

static int from_shadow(const struct attempt *attempt, struct error *err)
{
	CLEANUP_CLOSE int fd = -1;

	if (!attempt->dev->is_boot_vga)
		return error_set(err, ENOENT, "the host has not booted with this GPU");
	fd = root_openat(attempt->root, MEMORY, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return error_sys(err, -fd, "open '/" MEMORY "'");
	return read_at(attempt->out, fd, SHADOW_AT, SHADOW_SIZE, MEMORY, err);
}

/* --- in order --- */

/* Whether it is worth having; what the sources of ROMs hold is not always one. */
static int check_content(const struct buf *content, struct error *err)
{
	struct rom rom;

	rom_read(&rom, (const uint8_t *)content->data, content->len, content->len);
	if (rom.kind == ROM_KIND_EMPTY)
		return error_set(err, ENODATA, "it is empty");
	if (rom.kind == ROM_KIND_BLANK) {
		return error_set(err, ENODATA, "all of its bytes are %02X",
				 rom.blank_byte);
	}
	if (rom.kind != ROM_KIND_OPTION)
		return error_set(err, ENODATA, "it does not begin with 55 AA");
	return 0;
}

static const struct source {
	const char *name;
	int (*read)(const struct attempt *attempt, struct error *err);
	bool is_shadow;
} sources[] = {
	{ "the device", from_device, false },
	{ "AMD's ACPI table", from_vfct, false },
	{ "the driver's debugfs", from_debugfs, false },
	{ "the copy in memory", from_shadow, true },
};

static void hand_over(struct dump *to, struct dump *from)
{
	*to = *from;
	*from = DUMP_NONE;
}

int dump_read(struct dump *ret_dump, const struct root *root, const struct pcidev *dev,
	      bool use_shadow, struct error *err)
{
	CLEANUP_DUMP struct dump dump = DUMP_NONE;
	struct attempt attempt = { .root = root, .dev = dev, .out = &dump.content };
	int r;

	(void)bdf_format(&dev->bdf, attempt.address);
	r = check_group(&attempt, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
		struct error why = { 0 };

		if (sources[i].is_shadow && !use_shadow)
			continue;
		buf_cut(&dump.content, 0);
		r = sources[i].read(&attempt, &why);
		if (r == 0)
			r = check_content(&dump.content, &why);
		if (r == 0) {
			dump.source = sources[i].name;
			hand_over(ret_dump, &dump);
			return 0;
		}
		buf_addf(&dump.reasons, "%s%s: %s", dump.reasons.len > 0 ? "; " : "",
			 sources[i].name, why.msg);
	}
	return error_set(err, ENODATA, "no ROM of %s was found: %s", attempt.address,
			 buf_text(&dump.reasons));
}
