/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI functions with any ids, in QEMU as the distribution has it. QEMU loads this as a
 * plugin for its software emulation, which brings the device types
 *
 *	-plugin
 *file=fakegpu.so,dev=NAME:VENDOR:DEVICE:CLASS:REVISION[:SUBVENDOR:SUBSYSTEM] -device
 *NAME,bus=...
 *
 * in hexadecimal. BAR 0 is 16 MiB with a word to read and one to write. BAR 1 is small:
 * the window of a port comes in MiB, and were it full there would be no room for the ROM.
 * No driver but vfio-pci binds to such a function and means it; ids, IOMMU groups, ROMs
 * and overrides are real.
 *
 * It uses functions of QEMU that are not made for plugins: their types stand here as far
 *as they are needed, and where QEMU keeps the ids is looked up in the class of
 *pci-testdev. That is so in QEMU 7.2; others ask for another qemu_plugin_version.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT     __attribute__((__visibility__("default")))
#define BAR_0_SIZE (16 << 20)
#define BAR_1_SIZE 4096
#define BARS       2

struct type_info {
	const char *name, *parent;
	size_t instance_size, instance_align;
	void (*instance_init)(void *), (*instance_post_init)(void *),
		(*instance_finalize)(void *);
	bool abstract;
	size_t class_size;
	void (*class_init)(void *klass, void *data);
	void (*class_base_init)(void *klass, void *data);
	void *class_data;
	const char *const *interfaces;
};

struct region_ops {
	uint64_t (*read)(void *opaque, uint64_t addr, unsigned size);
	void (*write)(void *opaque, uint64_t addr, uint64_t value, unsigned size);
	void *read_with_attrs, *write_with_attrs;
	int endianness;
	struct {
		unsigned min, max;
		bool unaligned;
		void *accepts;
	} valid;
	struct {
		unsigned min, max;
		bool unaligned;
	} impl;
};

/* The part of PCIDeviceClass that matters. */
struct pci_class {
	void (*realize)(void *dev, void *errp);
	void *exit, *config_read, *config_write;
	uint16_t vendor, device;
	uint8_t revision;
	uint16_t class, subvendor, subsystem;
};

extern void *type_register_static(const struct type_info *info);
extern void *object_class_by_name(const char *name);
extern void memory_region_init_io(void *region, void *owner, const struct region_ops *ops,
				  void *opaque, const char *name, uint64_t size);
extern void pci_register_bar(void *dev, int bar, uint8_t type, void *region);

struct function {
	char name[64];
	unsigned vendor, device, class, revision, subvendor, subsystem;
	struct type_info type;
};

struct state {
	uint32_t scratch;
	/* larger than any MemoryRegion so far */
	char regions[BARS][4096] __attribute__((__aligned__(64)));
};

/* As QEMU does when there is no memory: it does not go on. */
static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		fputs("fakegpu: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

static uint64_t mmio_read(void *opaque, uint64_t addr, unsigned size)
{
	const struct state *s = opaque;

	(void)size;
	if (addr == 0)
		return 0x55504756; /* "VGPU" */
	return addr == 4 ? s->scratch : 0;
}

static void mmio_write(void *opaque, uint64_t addr, uint64_t value, unsigned size)
{
	struct state *s = opaque;

	(void)size;
	if (addr == 4)
		s->scratch = (uint32_t)value;
}

static const struct region_ops mmio = {
	.read = mmio_read,
	.write = mmio_write,
	.endianness = 2, /* little */
	.impl = { .min = 4, .max = 4 },
};

static void realize(void *dev, void *errp)
{
	static const uint64_t sizes[BARS] = { BAR_0_SIZE, BAR_1_SIZE };
	struct state *s = allocate(sizeof(*s));

	(void)errp;
	for (int i = 0; i < BARS; i++) {
		memory_region_init_io(s->regions[i], dev, &mmio, s, "fakegpu", sizes[i]);
		pci_register_bar(dev, i, 0, s->regions[i]);
	}
}

/* pci-testdev is 1b36:0005, revision 0, class 00ff; nothing else in its class is so. */
static size_t find_ids(void)
{
	static const unsigned char testdev[] = { 0x36, 0x1b, 0x05, 0x00,
						 0x00, 0x00, 0xff, 0x00 };
	const char *klass = object_class_by_name("pci-testdev");

	for (size_t i = 32; klass && i < 1024; i += 2) {
		if (memcmp(klass + i, testdev, sizeof(testdev)) == 0)
			return i;
	}
	fputs("fakegpu: this QEMU keeps its PCI ids elsewhere\n", stderr);
	exit(1);
}

static void class_init(void *klass, void *data)
{
	const struct function *f = data;
	struct pci_class *pci =
		(void *)((char *)klass + find_ids() - offsetof(struct pci_class, vendor));

	pci->realize = realize;
	pci->vendor = (uint16_t)f->vendor;
	pci->device = (uint16_t)f->device;
	pci->revision = (uint8_t)f->revision;
	pci->class = (uint16_t)f->class;
	pci->subvendor = (uint16_t)f->subvendor;
	pci->subsystem = (uint16_t)f->subsystem;
}

/* Whether it is as the head of this file says. The subsystem's ids come both or not. */
static bool parse(struct function *f, const char *arg)
{
	int n = sscanf(arg, "dev=%63[^:]:%4x:%4x:%4x:%2x:%4x:%4x", f->name, &f->vendor,
		       &f->device, &f->class, &f->revision, &f->subvendor, &f->subsystem);

	return n == 5 || n == 7;
}

EXPORT int qemu_plugin_version = 1;

EXPORT int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	static const char *const conventional[] = { "conventional-pci-device", NULL };

	(void)id;
	(void)info;
	for (int i = 0; i < argc; i++) {
		struct function *f = allocate(sizeof(*f));

		if (!parse(f, argv[i])) {
			fprintf(stderr, "fakegpu: '%s' does not say ids\n", argv[i]);
			return 1;
		}
		f->type = (struct type_info){
			.name = f->name,
			.parent = "pci-device",
			.class_init = class_init,
			.class_data = f,
			.interfaces = conventional,
		};
		type_register_static(&f->type);
	}
	return 0;
}
