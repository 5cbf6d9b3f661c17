/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The QEMU of a guest, by what libvirt leaves in /run/libvirt/qemu. */

#include <stdbool.h>

#include "host/root.h"
#include "undo_log.h"

/* Whether it runs. The file with its number is not enough: it may be another's now. */
bool guest_process_find(unsigned *ret_pid, const struct root *root,
			const struct undo_log *log);
