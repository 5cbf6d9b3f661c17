/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/tweaks.h"

const struct tweak tweaks[] = {
	{ "hostdev", hostdev_plan },
	{ "usb", usb_plan },
	{ "mdev", mdev_plan },
	{ "rom", rom_plan },
	{ "evdev", evdev_plan },
	{ "looking-glass", looking_glass_plan },
	{ "vcpus", vcpus_plan },
	{ "pin", pin_plan },
	{ "hugepages", hugepages_plan },
	{ "hide-hypervisor", hide_hypervisor_plan },
	{ "override", override_plan },
	{ "qemu-arg", qemu_arg_plan },
	{ "hook", hook_plan },
};

const size_t n_tweaks = ARRAY_SIZE(tweaks);
