/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Kernel modules, by libkmod: what modprobe(8) does, without starting it. */

#include "base/error.h"

/* Loads a module, by name or alias, with what it depends on; no error if it is there. */
MUST_CHECK int module_load(const char *name, struct error *err);

/* Unloads one module without waiting for its users: -EBUSY while there are any. */
MUST_CHECK int module_unload(const char *name, struct error *err);
