/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Loading our modules, each when there is work for it: the module that does the work, and
 * from there the one that speaks to systemd.
 */

#include "base/error.h"

/* What a module offers begins with its version. */
struct offer {
	unsigned version;
};

/* file is its name, without a directory; a module stays loaded. */
MUST_CHECK int load_module(const struct offer **ret_offer, const char *file,
			   const char *symbol, unsigned version, struct error *err);
