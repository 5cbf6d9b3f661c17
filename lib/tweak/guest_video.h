/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The display that QEMU emulates for a guest. */

#include "domain/query.h"
#include "host/bdf.h"

/*
 * The model of the one with VGA, "qxl"; NULL if there is none. The first display, or that
 * which is called primary, has VGA; others have not; and libvirt gives a guest one that
 * can be looked at (<graphics>). ret_place is zeros if it has no address yet: libvirt
 * puts it first.
 */
const char *guest_vga(const xmlNode *domain, struct bdf *ret_place);
