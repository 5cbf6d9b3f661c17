/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which CPUs guests have for themselves, and what is left for the host: the host's share,
 * all CPUs that are online less the vCPU pins of the guests that ask for it. Emulator and
 * I/O threads live on the host's share, wherever they are pinned.
 */

#include <libxml/tree.h>

#include "base/cpuset.h"
#include "shared.h"

/* The claims, with one field: the pins as a list. */
#define CORES_CLAIM "cores"
#define IRQ_CLAIM   "irq"

/* Where the vCPUs of a guest may run. */
struct cores_pins {
	struct cpuset cpus; /* all that one of them is pinned to */
	unsigned n_vcpus;
	unsigned n_free; /* vCPUs that are pinned nowhere */
};

/*
 * By <vcpupin>; a vCPU that has none by <vcpu cpuset=>, unless libvirt places the guest
 * itself (placement='auto').
 */
MUST_CHECK int cores_pins_read(struct cores_pins *ret_pins, const xmlNode *domain,
			       struct error *err);

MUST_CHECK int cores_online(struct hook *hook, struct cpuset *ret_online,
			    struct error *err);

/*
 * What the claims of that kind but `gone`, and `more`, leave for the host; either may be
 * NULL. Fails when that is less than one whole core.
 */
MUST_CHECK int cores_share(struct hook *hook, const char *claim,
			   const struct undo_record *gone, const struct cpuset *more,
			   struct cpuset *ret_share, struct error *err);

/*
 * What remains of a list when it is cut to the share; all of the share when nothing would
 * remain. For compute() of the settings that hold CPUs; SHARED_LEFT without claims.
 */
MUST_CHECK int cores_compute(struct hook *hook, const char *claim,
			     const struct shared_ask *ask, struct buf *ret_value,
			     struct error *err);

/* The pins of the guest at hand; warns in the name of the topic when there are none. */
MUST_CHECK int cores_needed(struct hook *hook, const char *topic,
			    struct cores_pins *ret_pins, struct error *err);

/* Warns of running guests whose vCPUs may run on these CPUs as well. */
MUST_CHECK int cores_check_others(struct hook *hook, const struct cpuset *cpus,
				  struct error *err);

/* A file that holds a list, or a mask, as a list; SHARED_LEFT when there is none. */
MUST_CHECK int cores_read_list(struct hook *hook, const char *path, struct buf *ret_value,
			       struct error *err);
MUST_CHECK int cores_read_mask(struct hook *hook, const char *path, struct buf *ret_value,
			       struct error *err);

/* Writes a list as a mask, "f,ff000000". */
MUST_CHECK int cores_write_mask(struct hook *hook, const char *path, const char *list,
				struct error *err);

/* Puts a claim with these pins on record. */
MUST_CHECK int cores_add_claim(struct hook *hook, const char *claim,
			       const struct cpuset *cpus, struct error *err);
