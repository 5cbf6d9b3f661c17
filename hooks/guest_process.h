/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The QEMU of a guest, by what libvirt leaves in /run/libvirt/qemu. */

#include <stdbool.h>

#include "host/root.h"
#include "undo_log.h"

/* Whether it runs. The file with its number is not enough: it may be another's now. */
bool guest_process_find(unsigned *ret_pid, const struct root *root,
			const struct undo_log *log);

/*
 * Whether libvirt has the guest for a running one: its daemon keeps a file of each, and
 * takes it away once it has dealt with the end. One that died while there was no daemon
 * is dealt with when there is one again, which may then reset its devices, whatever
 * driver they are with (virPCIDeviceReset() in src/util/virpci.c spares vfio-pci only).
 */
bool guest_process_is_known(const struct root *root, const struct undo_log *log);
