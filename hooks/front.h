/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A call of libvirt, up to the point where it is known whether there is work to do. */

#include "base/error.h"

#define FRONT_ARGS 4 /* program, guest, operation, sub-operation; more is not needed */

/* -EINVAL with fewer arguments: a usage error. */
MUST_CHECK int front_run(int argc, char **argv, struct error *err);
