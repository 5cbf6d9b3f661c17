/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakehost.h"

#include <stdio.h>
#include <string.h>

struct pci {
	const char *address;
	const char *parent; /* bridge, or NULL */
	const char *id;
	const char *subsystem;
	const char *class;
	const char *group; /* or NULL */
	const char *driver;
	const char *objects; /* below its directory, that come with the driver */
};

static const struct pci pci[] = {
	{ "0000:00:00.0", NULL, "8086:29c0", "1af4:1100", "060000", "0", NULL, NULL },
	{ "0000:00:01.0", NULL, "8086:1901", "1af4:1100", "060400", "1", NULL, NULL },
	{ "0000:00:02.0", NULL, "8086:1905", "1af4:1100", "060400", "2", NULL, NULL },
	{ "0000:01:00.0", "0000:00:01.0", "10de:1b80", "1458:3702", "030000", "1",
	  "nvidia", NULL },
	{ "0000:01:00.1", "0000:00:01.0", "10de:10f0", "1458:3702", "040300", "1",
	  "snd_hda_intel", "sound/card1" },
	{ "0000:02:00.0", "0000:00:02.0", "1002:67df", "1da2:e366", "030000", "12",
	  "amdgpu", "drm" },
	{ "0000:02:00.1", "0000:00:02.0", "1002:aaf0", "1da2:aaf0", "040300", "12",
	  "snd_hda_intel", "sound/card2" },
	{ "0000:03:00.0", NULL, "144d:a808", "144d:a801", "010802", "13", "nvme",
	  "nvme" },
	{ "0000:04:00.0", NULL, "8086:10d3", "8086:a01f", "020000", "14", "e1000e",
	  "net" },
	{ "0000:05:00.0", NULL, "8086:10d3", "8086:a01f", "020000", "15", "e1000e",
	  "net" },
	{ "0000:06:00.0", NULL, "1234:11e8", "1af4:1100", "ff0000", "16", NULL, NULL },
};

/* what loading a module brings; see tests/support/fakekernel.h */
static const struct {
	const char *name;
	const char *lines;
} modules[] = {
	{ "vfio-pci", "vfio -\nvfio_pci pci/vfio-pci vfio" },
	{ "vfio_pci", "vfio -\nvfio_pci pci/vfio-pci vfio" },
	{ "nvidia", "nvidia pci/nvidia" },
	{ "nvidia_modeset", "nvidia pci/nvidia\nnvidia_modeset - nvidia" },
	{ "nvidia_drm",
	  "nvidia pci/nvidia\nnvidia_modeset - nvidia\nnvidia_drm - nvidia_modeset" },
	{ "amdgpu", "amdgpu pci/amdgpu" },
	{ "snd_hda_intel", "snd_hda_intel pci/snd_hda_intel" },
	{ "nvme", "nvme pci/nvme" },
	{ "e1000e", "e1000e pci/e1000e" },
};

/* --- devices --- */

static void dir_of(char dir[static FAKEFILE_MAX], const struct pci *dev)
{
	(void)snprintf(dir, FAKEFILE_MAX, "sys/devices/pci0000:00/%s%s%s",
		       dev->parent ? dev->parent : "", dev->parent ? "/" : "",
		       dev->address);
}

static void build_group(const struct root *root, const struct pci *dev, const char *dir)
{
	char target[FAKEFILE_MAX + 2];

	(void)snprintf(target, sizeof(target), "/%s", dir);
	fakefile_link(root, target, "sys/kernel/iommu_groups/%s/devices/%s", dev->group,
		      dev->address);
	(void)snprintf(target, sizeof(target), "/sys/kernel/iommu_groups/%s", dev->group);
	fakefile_link(root, target, "%s/iommu_group", dir);
}

static void build_ids(const struct root *root, const struct pci *dev, const char *dir)
{
	static const char *const names[] = { "vendor", "device", "subsystem_vendor",
					     "subsystem_device" };
	const char *ids[] = { dev->id, dev->id + 5, dev->subsystem, dev->subsystem + 5 };
	char text[16];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		(void)snprintf(text, sizeof(text), "0x%.4s", ids[i]);
		fakefile_put(root, text, "%s/%s", dir, names[i]);
	}
	(void)snprintf(text, sizeof(text), "0x%.6s", dev->class);
	fakefile_put(root, text, "%s/class", dir);
}

static void build_device(const struct root *root, const struct pci *dev)
{
	char dir[FAKEFILE_MAX];
	char target[FAKEFILE_MAX + 2];
	bool is_boot_gpu = strcmp(dev->address, FAKEHOST_BOOT_GPU) == 0;

	dir_of(dir, dev);
	build_ids(root, dev, dir);
	build_group(root, dev, dir);
	(void)snprintf(target, sizeof(target), "/%s", dir);
	fakefile_link(root, target, "sys/bus/pci/devices/%s", dev->address);
	fakefile_put(root, "(null)", "%s/driver_override", dir);
	fakefile_put(root, "auto", "%s/power/control", dir);
	fakefile_put(root, "1", "%s/d3cold_allowed", dir);
	fakefile_put(root, "-1", "%s/numa_node", dir);
	if (strncmp(dev->class, "03", 2) == 0)
		fakefile_put(root, is_boot_gpu ? "1" : "0", "%s/boot_vga", dir);
	fakefile_put(root,
		     is_boot_gpu ? "0x00000000a0000000 0x00000000afffffff 0x0014220c"
				 : "0x0000000000000000 0x0000000000000000 0x00000000",
		     "%s/resource", dir);
	if (dev->driver)
		fakefile_put(root, dev->driver, ".kernel/default/pci/%s", dev->address);
	if (dev->objects) {
		char list[2 * FAKEFILE_MAX];

		(void)snprintf(list, sizeof(list), "%s/%s", dir, dev->objects);
		fakefile_put(root, list, ".kernel/objects/pci/%s/%s", dev->address,
			     dev->driver);
	}
}

static void build_node(const struct root *root, const char *node, const char *number,
		       int len, const char *dir)
{
	char text[FAKEFILE_MAX];

	(void)snprintf(text, sizeof(text), "MAJOR=%.*s\nMINOR=%s\nDEVNAME=%s",
		       (int)strcspn(number, ":"), number, strchr(number, ':') + 1, node);
	fakefile_put(root, text, "sys/bus/pci/devices/0000:%.*s/uevent", len, dir);
	fakefile_put(root, "", "dev/%s", node);
}

/* What drivers make below their devices, and the nodes of it. */
static void build_nodes(const struct root *root)
{
	static const struct {
		const char *path;
		const char *text;
		const char *node;
	} files[] = {
		{ "02:00.0/drm/card1/dev", "226:1", "dri/card1" },
		{ "02:00.0/drm/renderD129/dev", "226:129", "dri/renderD129" },
		{ "01:00.1/sound/card1/controlC1/dev", "116:4", "snd/controlC1" },
		{ "01:00.1/sound/card1/uevent", "", NULL },
		{ "02:00.1/sound/card2/uevent", "", NULL },
		{ "02:00.1/sound/card2/controlC2/dev", "116:9", "snd/controlC2" },
		{ "03:00.0/nvme/nvme0/dev", "241:0", "nvme0" },
		{ "03:00.0/nvme/nvme0/nvme0n1/dev", "259:0", "nvme0n1" },
		{ "03:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/dev", "259:1", "nvme0n1p1" },
		{ "03:00.0/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1", NULL },
		{ "04:00.0/net/eth0/ifindex", "2", NULL },
		{ "05:00.0/net/eth1/ifindex", "3", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		const char *slash = strrchr(files[i].path, '/');

		fakefile_put(root, files[i].text, "sys/bus/pci/devices/0000:%s",
			     files[i].path);
		if (files[i].node)
			build_node(root, files[i].node, files[i].text,
				   (int)(slash - files[i].path), files[i].path);
	}
	fakefile_put(root, "", "dev/vfio/vfio");
	fakefile_link(root, "/sys/bus/pci/devices/0000:04:00.0/net/eth0",
		      "sys/class/net/eth0");
	fakefile_link(root, "/sys/bus/pci/devices/0000:05:00.0/net/eth1",
		      "sys/class/net/eth1");
	fakefile_link(root, "/sys/bus/pci/devices/0000:03:00.0/nvme/nvme0/nvme0n1",
		      "sys/class/block/nvme0n1");
	fakefile_link(root,
		      "/sys/bus/pci/devices/0000:03:00.0/nvme/nvme0/nvme0n1/nvme0n1p1",
		      "sys/class/block/nvme0n1p1");
}

static void build_pci(const struct root *root)
{
	struct fakekernel kernel = { .root = root };
	struct effects effects = fakekernel_effects(&kernel);
	struct error err;

	for (size_t i = 0; i < ARRAY_SIZE(pci); i++)
		build_device(root, &pci[i]);
	fakefile_put(root, "", "sys/bus/pci/drivers_probe");
	fakefile_put(root, "1", "sys/bus/pci/drivers_autoprobe");
	fakefile_dir(root, "sys/class/iommu/dmar0");
	build_nodes(root);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		fakefile_put(root, modules[i].lines, ".kernel/modules/%s",
			     modules[i].name);
	for (size_t i = 2; i < ARRAY_SIZE(modules); i++) {
		if (effects_load(&effects, modules[i].name, 0, &err) < 0)
			fakefile_fail("load", err.msg);
	}
}

/* --- the console --- */

static void build_console(const struct root *root)
{
	static const char device[] = "efi-framebuffer.0";

	fakefile_put(root, device, ".kernel/firmware-framebuffer");
	fakefile_dir(root, "sys/devices/platform/%s", device);
	fakefile_link(root, "/sys/devices/platform/efi-framebuffer.0",
		      "sys/bus/platform/devices/%s", device);
	fakefile_put(root, "efi-framebuffer", ".kernel/default/platform/%s", device);
	fakefile_put(root, "sys/class/graphics/fb0\nsys/class/vtconsole/vtcon1",
		     ".kernel/objects/platform/%s/efi-framebuffer", device);
	fakefile_put(root, "", "sys/bus/platform/drivers/efi-framebuffer/bind");
	fakefile_put(root, "", "sys/bus/platform/drivers/efi-framebuffer/unbind");
	fakefile_put(root, "EFI VGA", "sys/class/graphics/fb0/name");
	fakefile_link(root, "/sys/devices/platform/efi-framebuffer.0",
		      "sys/class/graphics/fb0/device");
	fakefile_put(root, "(S) dummy device", "sys/class/vtconsole/vtcon0/name");
	fakefile_put(root, "0", "sys/class/vtconsole/vtcon0/bind");
	fakefile_put(root, "(M) frame buffer device", "sys/class/vtconsole/vtcon1/name");
	fakefile_put(root, "1", "sys/class/vtconsole/vtcon1/bind");
	fakekernel_probe(root, "platform", device);
	fakefile_put(root,
		     "a0000000-afffffff : PCI Bus 0000:01\n"
		     "  a0000000-afffffff : 0000:01:00.0\n"
		     "    a0000000-a07e8fff : BOOTFB",
		     "proc/iomem");
}

void fakehost_move_console(const struct root *root)
{
	static const char dir[] = "sys/devices/pci0000:00/0000:00:02.0/" FAKEHOST_GPU;
	char text[FAKEFILE_MAX];

	fakefile_remove(root, "sys/class/graphics/fb0");
	fakefile_remove(root, "sys/bus/platform/devices/efi-framebuffer.0");
	fakefile_remove(root, "sys/devices/platform/efi-framebuffer.0");
	fakefile_remove(root, ".kernel/firmware-framebuffer");
	fakefile_put(root, "", "proc/iomem");
	(void)snprintf(text, sizeof(text), "../../../%s/graphics/fb0", dir);
	fakefile_link(root, text, "sys/class/graphics/fb0");
	(void)snprintf(text, sizeof(text),
		       "%s/drm\nsys/class/graphics/fb0\nsys/class/vtconsole/vtcon1", dir);
	fakefile_put(root, text, ".kernel/objects/pci/" FAKEHOST_GPU "/amdgpu");
}

/* --- processors and memory --- */

static void build_cpu(const struct root *root, unsigned cpu)
{
	static const char dir[] = "sys/devices/system/cpu";

	fakefile_put_number(root, cpu, "%s/cpu%u/topology/core_id", dir, cpu);
	fakefile_put_number(root, cpu, "%s/cpu%u/topology/thread_siblings_list", dir,
			    cpu);
	fakefile_put_number(root, cpu, "%s/cpufreq/policy%u/affected_cpus", dir, cpu);
	fakefile_put_number(root, cpu, "%s/cpufreq/policy%u/related_cpus", dir, cpu);
	fakefile_put(root, "performance powersave",
		     "%s/cpufreq/policy%u/scaling_available_governors", dir, cpu);
	fakefile_put(root, "powersave", "%s/cpufreq/policy%u/scaling_governor", dir, cpu);
	fakefile_put(root, "default performance balance_performance balance_power power",
		     "%s/cpufreq/policy%u/energy_performance_available_preferences", dir,
		     cpu);
	fakefile_put(root, "balance_performance",
		     "%s/cpufreq/policy%u/energy_performance_preference", dir, cpu);
}

/* 30 is a queue of the disk: the kernel keeps it where it is. */
static void build_irqs(const struct root *root)
{
	static const unsigned irqs[] = { 1, 24, 25, 30 };

	fakefile_put(root, "f", "proc/irq/default_smp_affinity");
	for (size_t i = 0; i < ARRAY_SIZE(irqs); i++) {
		fakefile_put(root, "0-3", "proc/irq/%u/smp_affinity_list", irqs[i]);
		fakefile_put(root, "f", "proc/irq/%u/smp_affinity", irqs[i]);
	}
	fakefile_put(root, "5", ".kernel/refuse/proc/irq/30/smp_affinity_list");
}

static void build_cpus(const struct root *root)
{
	static const char *const slices[] = { "system.slice", "user.slice", "init.scope",
					      "machine.slice" };

	for (unsigned cpu = 0; cpu < 4; cpu++)
		build_cpu(root, cpu);
	fakefile_put(root, "cpuset cpu io memory pids",
		     "sys/fs/cgroup/cgroup.controllers");
	fakefile_put(root, "0-3", "sys/devices/system/cpu/online");
	fakefile_put(root, "0-3", "sys/devices/system/cpu/possible");
	fakefile_put(root, "0-3", "sys/devices/system/cpu/present");
	fakefile_put(root, "f", "sys/devices/virtual/workqueue/cpumask");
	fakefile_put(root, "cpuset cpu io memory", "sys/fs/cgroup/cgroup.controllers");
	build_irqs(root);
	for (size_t i = 0; i < ARRAY_SIZE(slices); i++) {
		fakefile_put(root, "active", ".bus/units/%s", slices[i]);
		fakefile_put(root, "", "sys/fs/cgroup/%s/cpuset.cpus", slices[i]);
		fakefile_put(root, "0-3", "sys/fs/cgroup/%s/cpuset.cpus.effective",
			     slices[i]);
	}
	/* one of them has a value of the administrator's */
	fakefile_put(root, "0-3", ".bus/cpus/user.slice");
	fakefile_put(root, "0-3", "sys/fs/cgroup/user.slice/cpuset.cpus");
}

static void build_pool(const struct root *root, const char *dir, unsigned nr)
{
	fakefile_put_number(root, nr, "%s/nr_hugepages", dir);
	fakefile_put(root, "0", "%s/free_hugepages", dir);
	fakefile_put(root, "0", "%s/surplus_hugepages", dir);
}

/* All pages that are there are in use. */
static void build_memory(const struct root *root)
{
	fakefile_put(root, "0-1", "sys/devices/system/node/online");
	fakefile_put(root, "0-1", "sys/devices/system/node/has_memory");
	for (unsigned node = 0; node < 2; node++) {
		char dir[64];
		char text[128];

		(void)snprintf(dir, sizeof(dir), "sys/devices/system/node/node%u", node);
		fakefile_put(root, node ? "2-3" : "0-1", "%s/cpulist", dir);
		fakefile_put(root, "", "%s/compact", dir);
		(void)snprintf(text, sizeof(text),
			       "Node %u MemTotal:  8388608 kB\n"
			       "Node %u MemFree:   4194304 kB",
			       node, node);
		fakefile_put(root, text, "%s/meminfo", dir);
		(void)snprintf(text, sizeof(text), "%s/hugepages/hugepages-2048kB", dir);
		build_pool(root, text, node ? 0 : 4);
		fakefile_put(root, "100 200", ".kernel/pages/node%u/hugepages-2048kB",
			     node);
	}
	build_pool(root, "sys/kernel/mm/hugepages/hugepages-2048kB", 4);
	fakefile_put(root, "0",
		     "sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages");
	fakefile_put(root,
		     "MemTotal:       16777216 kB\nMemFree:         8388608 kB\n"
		     "MemAvailable:   8388608 kB\nHugepagesize:       2048 kB",
		     "proc/meminfo");
	fakefile_put(root, "", "proc/sys/vm/compact_memory");
	fakefile_put(root, "0", "proc/sys/vm/drop_caches");
}

/* --- processes and the rest --- */

static void build_process(const struct root *root, unsigned pid, const char *name,
			  const char *cgroup)
{
	fakefile_put(root, name, "proc/%u/comm", pid);
	fakefile_put(root, cgroup, "proc/%u/cgroup", pid);
	fakefile_put(root, "", "proc/%u/maps", pid);
	fakefile_link(root, "/dev/null", "proc/%u/fd/0", pid);
}

/* It has each sound card open that it was told of and that is there. */
static void build_sound_server(const struct root *root)
{
	build_process(root, 1700, "wireplumber",
		      "0::/user.slice/user-1000.slice/user@1000.service/session.slice/"
		      "wireplumber.service");
	for (unsigned card = 1; card <= 2; card++) {
		char target[FAKEFILE_MAX];
		char fd[FAKEFILE_MAX];
		char list[3 * FAKEFILE_MAX];

		(void)snprintf(target, sizeof(target), "/dev/snd/controlC%u", card);
		(void)snprintf(fd, sizeof(fd), "proc/1700/fd/%u", 6 + card);
		fakefile_link(root, target, "%s", fd);
		fakefile_link(root, "/sys/class/sound",
			      "sys/bus/pci/devices/0000:%02u:00.1/sound/card%u/controlC%u"
			      "/subsystem",
			      card, card, card);
		fakefile_put(root, fd, ".kernel/listeners/card%u", card);
		(void)fakefile_get(root, target,
				   ".kernel/objects/pci/0000:%02u:00.1/snd_hda_intel",
				   card);
		(void)snprintf(list, sizeof(list), "%s\n%s", target, fd);
		fakefile_put(root, list,
			     ".kernel/objects/pci/0000:%02u:00.1/snd_hda_intel", card);
	}
}

static void build_services(const struct root *root)
{
	static const char *const units[] = { "gdm.service", "sshd.service" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		fakefile_put(root, "active", ".bus/units/%s", units[i]);
	fakefile_put(root, "inactive", ".bus/units/nvidia-persistenced.service");
	fakefile_put(root, "gdm.service", ".bus/alias/display-manager.service");
	build_process(root, 1, "systemd", "0::/init.scope");
	build_process(root, 800, "sshd", "0::/system.slice/sshd.service");
	build_process(root, 1200, "Xorg", "0::/system.slice/gdm.service");
	fakefile_link(root, "/dev/dri/card1", "proc/1200/fd/5");
	fakefile_put(root, "proc/1200", ".bus/objects/gdm.service");
	build_sound_server(root);
}

void fakehost_build(const struct root *root)
{
	fakefile_put(root, "1000", ".kernel/clock");
	build_pci(root);
	build_console(root);
	build_cpus(root);
	build_memory(root);
	build_services(root);
	fakefile_put(root, FAKEHOST_BOOT_ID, "proc/sys/kernel/random/boot_id");
	fakefile_put(root, "", "proc/locks");
	fakefile_put(root, "22 1 254:1 / / rw - ext4 /dev/vda1 rw",
		     "proc/self/mountinfo");
	fakefile_put(root, "/dev/vda1 / ext4 rw 0 0", "proc/mounts");
	fakefile_put(root, "Filename Type Size Used Priority", "proc/swaps");
	fakefile_put(root,
		     "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window "
		     "IRTT\n"
		     "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
		     "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
		     "proc/net/route");
	fakefile_put(root, "", "proc/net/ipv6_route");
	fakefile_dir(root, ".bus/transient");
	fakefile_dir(root, "run");
	fakefile_dir(root, "dev/shm");
	fakefile_dir(root, "etc");
}
