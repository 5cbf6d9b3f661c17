/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a guest's description says of its CPUs and its memory. */

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>

#include "base/cpuset.h"

#define GUEST_VCPUS_MAX 65535

/* The decimal number that is an element's text; white space around it does not count. */
bool guest_number(uint64_t *ret_value, const xmlNode *element, uint64_t max);

/*
 * A number with a unit as libvirt reads it (virScaleInteger()), in bytes; without a unit
 * it counts KiB. False when it is none, or beyond 64 bits.
 */
bool guest_scale(uint64_t *ret_bytes, const char *number, const char *unit);

/* The same of an element: the number is its text, the unit its attribute. */
bool guest_size(uint64_t *ret_bytes, const xmlNode *element);

/*
 * The numbers of its I/O threads: those that <iothreadids> names, and from 1 up as many
 * as <iothreads> says in all. Numbers from CPUSET_MAX up are left out.
 */
void guest_iothreads(struct cpuset *ret_ids, const xmlNode *domain);

/* Fills up with the lowest numbers that are free, as libvirt does. */
void guest_add_iothreads(struct cpuset *ids, unsigned n);

/* <cpu><topology> */
struct guest_topology {
	unsigned sockets;
	unsigned dies;
	unsigned clusters;
	unsigned cores;
	unsigned threads;
};

/* False when the guest has none, or one that makes no sense. */
bool guest_topology(struct guest_topology *ret_topology, const xmlNode *domain);
uint64_t guest_topology_count(const struct guest_topology *topology);

/*
 * Makes a topology multiply out to n: by the number of cores if that works, else as one
 * socket of n cores. Returns whether it was the former.
 */
bool guest_topology_fit(struct guest_topology *topology, unsigned n);
