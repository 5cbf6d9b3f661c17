/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Finds and opens the module behind client.h. */

#include "base/error.h"
#include "virt/client.h"

/*
 * Opens the module of the installation, or build tree, that the executable belongs to.
 * The table stays valid until the process ends.
 */
MUST_CHECK int client_load(const struct client_ops **ret_ops, struct error *err);

/* Opens the module at path. */
MUST_CHECK int client_load_file(const struct client_ops **ret_ops, const char *path,
				struct error *err);
