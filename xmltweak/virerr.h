/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* libvirt's errors in our words. */

#include "base/error.h"

/* Keeps libvirt from printing. To be called before anything else of libvirt. */
void virerr_quiet(void);

/*
 * Reports libvirt's last error as "libvirt (URI): <fmt>: <its message>", the lines of the
 * message joined. Returns -ENOENT for a guest that is not there, -EACCES when a privilege
 * is missing, else -EIO.
 */
int virerr_set(struct error *err, const char *uri, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
