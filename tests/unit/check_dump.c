/* SPDX-License-Identifier: GPL-2.0-or-later */

/* dump on a made-up host whose kernel answers as the true one does. */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "faketree.h"
#include "romfile.h"
#include "suite.h"

#define DEVICE "sys/bus/pci/devices/0000:01:00.0/"

static struct faketree tree;
static struct romfile file;
static struct dump dump;
static struct error err;
static char writes[256]; /* what was written to "rom", in order */

static const struct pcidev gpu = { .bdf = { .bus = 1 },
				   .vendor = 0x10de,
				   .device = 0x1b80,
				   .class = 0x030000,
				   .group = 14,
				   .driver = "vfio-pci" };

static int read_errno; /* of the device, 0: none */

ssize_t __real_pread(int fd, void *buf, size_t len, off_t at);
ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at);

ssize_t __wrap_pread(int fd, void *buf, size_t len, off_t at)
{
	if (read_errno == 0)
		return __real_pread(fd, buf, len, at);
	errno = read_errno;
	return -1;
}

static void put(const char *path, const void *data, size_t len)
{
	CLEANUP_CLOSE int fd = -1;

	faketree_file(&tree, path, "");
	fd = openat(tree.root.fd, path, O_WRONLY | O_TRUNC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
}

/* The attribute has the ROM while it is switched on. */
static void kernel(UNUSED const struct root *root, const char *path, const char *value,
		   UNUSED void *data)
{
	ck_assert_str_eq(path, DEVICE "rom");
	strcat(writes, value);
	if (strcmp(value, "1\n") == 0) {
		put(DEVICE "rom", file.data, file.len);
	} else {
		put(DEVICE "rom", "", 0);
	}
}

static void setup(void)
{
	faketree_setup(&tree);
	tree.root.written = kernel;
	faketree_file(&tree, DEVICE "rom", "");
	faketree_file(&tree, "dev/vfio/14", "");
	file = ROMFILE_NONE;
	dump = DUMP_NONE;
	err = (struct error){ 0 };
	*writes = '\0';
	read_errno = 0;
}

static void teardown(void)
{
	romfile_done(&file);
	dump_done(&dump);
	faketree_teardown(&tree);
}

static void good_rom(void)
{
	romfile_image(&file, &(struct romfile_image){ .is_last = true });
}

static void assert_dumped(const struct pcidev *dev, bool use_shadow, const char *source)
{
	int r = dump_read(&dump, &tree.root, dev, use_shadow, &err);

	ck_assert_msg(r == 0, "%s", err.msg);
	ck_assert_str_eq(dump.source, source);
	ck_assert_uint_eq(dump.content.len, file.len);
	ck_assert_mem_eq(dump.content.data, file.data, file.len);
}

static void assert_failed(const struct pcidev *dev, int code, const char *message)
{
	ck_assert_int_eq(dump_read(&dump, &tree.root, dev, false, &err), -code);
	ck_assert_str_eq(err.msg, message);
}

START_TEST(device_is_read_and_switched_off)
{
	good_rom();
	assert_dumped(&gpu, false, "the device");
	ck_assert_str_eq(writes, "1\n0\n");
	ck_assert_str_eq(buf_text(&dump.reasons), "");
}
END_TEST

START_TEST(what_is_blank_is_no_rom_and_is_switched_off_all_the_same)
{
	romfile_fill(&file, 0xff, 1024);
	assert_failed(
		&gpu, ENODATA,
		"no ROM of 0000:01:00.0 was found: the device: all of its bytes are "
		"FF; AMD's ACPI table: the host has none; the driver's debugfs: no "
		"driver shows the ROM of this device");
	ck_assert_str_eq(writes, "1\n0\n");
}
END_TEST

START_TEST(device_that_cannot_be_read_is_switched_off)
{
	read_errno = EIO;
	assert_failed(
		&gpu, ENODATA,
		"no ROM of 0000:01:00.0 was found: the device: the kernel finds no "
		"valid ROM in it (dmesg says what it found); AMD's ACPI table: the "
		"host has none; the driver's debugfs: no driver shows the ROM of this "
		"device");
	ck_assert_str_eq(writes, "1\n0\n");
}
END_TEST

/* As the kernel writes it, with the six BARs before the ROM's. */
static void put_resources(const char *rom)
{
	CLEANUP_BUF struct buf text = BUF_NONE;

	for (int i = 0; i < 6; i++) {
		buf_adds(&text, "0x00000000c3000000 0x00000000c3ffffff "
				"0x0000000000040200\n");
	}
	buf_addf(&text, "%s\n0x0000000000000000 0x0000000000000000 0x0000000000000000\n",
		 rom);
	put(DEVICE "resource", text.data, text.len);
}

START_TEST(device_whose_rom_has_no_place_is_told)
{
	read_errno = EIO;
	put_resources("0x0000000000000000 0x0000000000000000 0x0000000000000000");
	assert_failed(
		&gpu, ENODATA,
		"no ROM of 0000:01:00.0 was found: the device: the kernel has no place "
		"for its ROM BAR: the window of the bridge before it is full; AMD's "
		"ACPI table: the host has none; the driver's debugfs: no driver shows "
		"the ROM of this device");
	ck_assert_str_eq(writes, "1\n0\n");
}
END_TEST

START_TEST(device_whose_rom_has_its_place_is_not_told_so)
{
	read_errno = EIO;
	put_resources("0x00000000c5000000 0x00000000c501ffff 0x0000000000046200");
	assert_failed(
		&gpu, ENODATA,
		"no ROM of 0000:01:00.0 was found: the device: the kernel finds no "
		"valid ROM in it (dmesg says what it found); AMD's ACPI table: the "
		"host has none; the driver's debugfs: no driver shows the ROM of this "
		"device");
}
END_TEST

START_TEST(device_that_is_powered_down_is_told)
{
	read_errno = EIO;
	faketree_file(&tree, DEVICE "power/runtime_status", "suspended\n");
	assert_failed(
		&gpu, ENODATA,
		"no ROM of 0000:01:00.0 was found: the device: it is powered down; "
		"write 'on' to /sys/bus/pci/devices/0000:01:00.0/power/control; AMD's "
		"ACPI table: the host has none; the driver's debugfs: no driver shows "
		"the ROM of this device");
	ck_assert_str_eq(writes, "1\n0\n");
}
END_TEST

START_TEST(device_without_a_bar_is_told)
{
	ck_assert_int_eq(unlinkat(tree.root.fd, DEVICE "rom", 0), 0);
	assert_failed(&gpu, ENODATA,
		      "no ROM of 0000:01:00.0 was found: the device: it has no ROM BAR; "
		      "AMD's ACPI table: the host has none; the driver's debugfs: no "
		      "driver shows the ROM of this device");
	ck_assert_str_eq(writes, "");
}
END_TEST

START_TEST(device_with_a_driver_is_left_alone)
{
	struct pcidev dev = gpu;

	good_rom();
	strcpy(dev.driver, "nouveau");
	assert_failed(&dev, ENODATA,
		      "no ROM of 0000:01:00.0 was found: the device: a driver uses it; "
		      "unbind it, or bind vfio-pci; AMD's ACPI table: the host has none; "
		      "the driver's debugfs: no driver shows the ROM of this device");
	ck_assert_str_eq(writes, "");
}
END_TEST

START_TEST(driver_that_shows_the_rom_is_asked)
{
	struct pcidev dev = gpu;

	good_rom();
	strcpy(dev.driver, "amdgpu");
	faketree_file(&tree, "sys/kernel/debug/dri/0/name", "amdgpu dev=0000:02:00.0\n");
	faketree_file(&tree, "sys/kernel/debug/dri/0/amdgpu_vbios", "another");
	faketree_file(&tree, "sys/kernel/debug/dri/1/name",
		      "amdgpu dev=0000:01:00.0 unique=0000:01:00.0\n");
	put("sys/kernel/debug/dri/1/amdgpu_vbios", file.data, file.len);
	assert_dumped(&dev, false, "the driver's debugfs");
	ck_assert_str_eq(buf_text(&dump.reasons),
			 "the device: a driver uses it; unbind it, or bind vfio-pci; "
			 "AMD's ACPI table: the host has none");
	ck_assert_str_eq(writes, "");
}
END_TEST

START_TEST(table_of_amd_is_asked_for_this_device)
{
	struct pcidev dev = { .bdf = { .bus = 3 },
			      .vendor = 0x1002,
			      .device = 0x731f,
			      .group = -1,
			      .driver = "amdgpu" };
	struct romfile table = ROMFILE_NONE;

	good_rom();
	romfile_vfct(&table);
	romfile_vfct_entry(&table, 0x1638, 512);
	romfile_fill(&table, 0x11, 512);
	romfile_vfct_entry(&table, 0x731f, (uint32_t)file.len);
	romfile_bytes(&table, file.data, file.len);
	put("sys/firmware/acpi/tables/VFCT", table.data, table.len);
	romfile_done(&table);
	assert_dumped(&dev, false, "AMD's ACPI table");
	dump_done(&dump);
	dump = DUMP_NONE;
	dev.device = 0x1111;
	assert_failed(
		&dev, ENODATA,
		"no ROM of 0000:03:00.0 was found: the device: a driver uses it; "
		"unbind it, or bind vfio-pci; AMD's ACPI table: it has no image for "
		"this device; the driver's debugfs: no driver shows the ROM of this "
		"device");
}
END_TEST

START_TEST(shadow_is_used_when_it_is_asked_for)
{
	struct pcidev dev = gpu;
	struct romfile memory = ROMFILE_NONE;

	romfile_image(&file, &(struct romfile_image){ .is_last = true });
	romfile_fill(&file, 0, 0x20000 - file.len);
	dev.is_boot_vga = true;
	romfile_fill(&memory, 0, 0xc0000);
	romfile_bytes(&memory, file.data, file.len);
	romfile_fill(&memory, 1, 512);
	put("dev/mem", memory.data, memory.len);
	romfile_done(&memory);
	assert_failed(&dev, ENODATA,
		      "no ROM of 0000:01:00.0 was found: the device: the host has booted "
		      "with this GPU, and in place of its ROM the kernel shows what the "
		      "BIOS has made of it; AMD's ACPI table: the host has none; the "
		      "driver's debugfs: no driver shows the ROM of this device");
	assert_dumped(&dev, true, "the copy in memory");
	ck_assert_str_eq(writes, "");
}
END_TEST

Suite *suite(void)
{
	Suite *suite = suite_create("dump");
	TCase *tcase = tcase_create("dump");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, device_is_read_and_switched_off);
	tcase_add_test(tcase, what_is_blank_is_no_rom_and_is_switched_off_all_the_same);
	tcase_add_test(tcase, device_that_cannot_be_read_is_switched_off);
	tcase_add_test(tcase, device_whose_rom_has_no_place_is_told);
	tcase_add_test(tcase, device_whose_rom_has_its_place_is_not_told_so);
	tcase_add_test(tcase, device_that_is_powered_down_is_told);
	tcase_add_test(tcase, device_without_a_bar_is_told);
	tcase_add_test(tcase, device_with_a_driver_is_left_alone);
	tcase_add_test(tcase, driver_that_shows_the_rom_is_asked);
	tcase_add_test(tcase, table_of_amd_is_asked_for_this_device);
	tcase_add_test(tcase, shadow_is_used_when_it_is_asked_for);
	suite_add_tcase(suite, tcase);
	return suite;
}
