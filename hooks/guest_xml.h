/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The domain that a command is about. Never for the hook itself: libvirt waits for it. */

#include "base/buf.h"

/*
 * name is a file if there is one, "-" for standard input, else a guest of qemu:///system,
 * whose inactive definition is read.
 */
MUST_CHECK int guest_xml_read(struct buf *ret_xml, const char *name, struct error *err);
