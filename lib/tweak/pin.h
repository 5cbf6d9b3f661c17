/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which host CPU runs which vCPU.
 *
 * A pure function: the same host and the same request give the same decision. Nothing is
 * clamped: what cannot be had is refused, with the numbers and what to do instead. Each
 * decision is noted with its reason.
 *
 * --pin=auto
 *
 *  1. Cores, not CPUs, are given away: a core's threads never belong to two parties. On a
 *     hybrid host a guest gets P cores only; E cores are for the host.
 *  2. Threads. Two vCPUs a core, if the host has SMT and the number of vCPUs is even;
 *     smt=off, an odd number, or no SMT: one vCPU a core, and the siblings stay idle.
 *     smt=on insists.
 *  3. Reserve. The host keeps the core of CPU 0 (interrupts, kernel threads), which no
 *     guest ever gets, and at least 2 cores in all, of any kind; on a host of 2 or 3
 *     cores only that of CPU 0. Where CPU 0 is offline, the first online CPU stands in.
 *  4. NUMA node. node= if given; else the GPU's; else the one with most cores free (the
 *     lowest of equals). If the guest does not fit there: with node= that is refused,
 *     else it warns and takes nodes with most free cores in addition. A guest on one
 *     node of several gets its memory strictly from it, unless that is more than the
 *     node has; a guest on more than one is not bound.
 *  5. Last-level cache: the fewest that hold the guest's cores. Among these
 *     a) on the preferred node, where there are several,
 *     b) as policy says, if the largest L3 has at least 64 MiB and 1.5 times the next
 *        (3D V-cache): policy=cache takes it, policy=frequency takes the others, which
 *        clock higher,
 *     c) not the one of CPU 0,
 *     d) the one with fewest cores free that are enough,
 *     e) the one with the lowest CPUs.
 *     A V-cache that holds CPU 0 is therefore taken with policy=cache, but without the
 *     core of CPU 0: of 8 cores 7 are free. A guest that needs more goes where it fits,
 *     with a warning.
 *  6. Several caches: the same number of cores of each, if that divides and each has
 *     them; the guest sees as many dies. Else as evenly as possible, one die, and a
 *     warning.
 *  7. Cores within a cache: isolated ones (isolcpus=) first, then from the highest
 *     number down, so that what stays begins at CPU 0. vCPUs go up with cache and core;
 *     with two threads vCPU 2i and 2i+1 are thread 0 and 1 of the guest's core i, as
 *     QEMU numbers them.
 *  8. Emulator threads run on the reserve: on E cores if there are any, else on the core
 *     of CPU 0 and one more; this is on the guest's node if it can be, on a cache the
 *     guest does not use if it can be, and not isolated if it can be. Reserved cores on
 *     another node are used, with a warning, only if the guest's node has none. Where
 *     huge pages are bound to that node, idle threads of the guest's cores, or else the
 *     CPU of its last vCPU, are added: QEMU has them allocated by CPUs of their node.
 *  9. I/O threads get as many CPUs as there are threads, in whole cores: reserved or
 *     unused ones on the guest's last-level cache, never the core of CPU 0; if there are
 *     none, they run with the emulator threads. A guest without I/O threads gets one.
 * 10. Topology: 1 socket, dies by step 6, cores, threads by step 2: the product is the
 *     number of vCPUs. AMD hosts need the topoext feature, or the guest sees no threads.
 *
 * --pin=LIST
 *
 * CPUs in vCPU order, "2,10,3,11"; "2-5" stands for 2,3,4,5. Each must be online and
 * stand there once, and there must be as many as vCPUs. The topology follows the list:
 * two threads a core if every two consecutive CPUs are siblings, else one; a die for each
 * last-level cache if the list takes equal shares of one after the other, else one die.
 * Memory comes from the one node of all CPUs, else from any. Steps 8 and 9 apply to what
 * is left. It warns when the core of CPU 0 is used, P and E cores are mixed, siblings are
 * listed apart, caches are shared unevenly, nodes crossed, or the GPU is on another node.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/error.h"
#include "base/notes.h"
#include "host/cpus.h"

enum pin_policy {
	PIN_POLICY_CACHE,
	PIN_POLICY_FREQUENCY,
};

enum pin_smt {
	PIN_SMT_AUTO,
	PIN_SMT_ON,
	PIN_SMT_OFF,
};

struct pin_request {
	const char *list; /* of --pin=LIST; NULL: auto. The next three are for auto */
	enum pin_policy policy;
	enum pin_smt smt;
	int node;     /* -1: choose */
	int gpu_node; /* -1: unknown, or no GPU */
	unsigned n_vcpus;
	unsigned n_iothreads; /* that the guest has */
	uint64_t memory;      /* of the guest in bytes, 0: unknown */
	bool has_huge_pages;  /* that memory is in huge pages */
};

#define PIN_REQUEST_NONE ((struct pin_request){ .node = -1, .gpu_node = -1 })

struct pin {
	unsigned *cpu; /* of each vCPU */
	unsigned n_vcpus;
	unsigned sockets;
	unsigned dies;
	unsigned cores;
	unsigned threads;
	struct cpuset emulator; /* empty: not pinned */
	struct cpuset iothread; /* of all I/O threads; empty: not pinned */
	unsigned n_iothreads;   /* that the guest should have */
	int node;               /* strict memory binding, -1: none */
	bool needs_topoext;
};

#define PIN_NONE ((struct pin){ .node = -1 })

MUST_CHECK int pin_choose(struct pin *ret_pin, const struct cpus *cpus,
			  const struct pin_request *request, struct notes *notes,
			  struct error *err);
void pin_done(struct pin *pin);

#define CLEANUP_PIN CLEANUP(pin_done)
