/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/tweaks.h"

const struct tweak tweaks[] = {
	{ "hostdev", hostdev_plan, { "hostdev", "interface" } },
	{ "usb", usb_plan, { "hostdev" } },
	{ "mdev", mdev_plan, { "hostdev" } },
	{ "rom", rom_plan, { "hostdev", "interface" } },
	{ "evdev", evdev_plan, { "input", "commandline" } },
	{ "looking-glass",
	  looking_glass_plan,
	  { "shmem", "video", "memballoon", "commandline" } },
	{ "vcpus", vcpus_plan, { "vcpu", "vcpus", "cpu", "cputune" } },
	{ "pin", pin_plan, { "vcpu", "cpu", "cputune", "numatune", "iothreads" } },
	{ "hugepages", hugepages_plan, { "memoryBacking" } },
	{ "hide-hypervisor", hide_hypervisor_plan, { "features" } },
	{ "override", override_plan, { "override" } },
	{ "qemu-arg", qemu_arg_plan, { "commandline" } },
	{ "hook", hook_plan, { "metadata", "guest", "hostdev", "interface" } },
};

const size_t n_tweaks = ARRAY_SIZE(tweaks);
