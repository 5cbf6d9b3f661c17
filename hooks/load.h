/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Loading the module that does the work. */

#include "worker.h"

MUST_CHECK int load_worker(const struct worker **ret_worker, struct error *err);
