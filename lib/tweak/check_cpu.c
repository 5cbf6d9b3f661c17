/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The guest's CPUs: pins for what it does not have, and topology. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/check_impl.h"

#define HYPERV_VENDOR_MAX 12 /* it travels in three registers of CPUID */

/* The most vCPUs the guest can have; libvirt's default is 1. False if that is no number.
 */
static bool max_vcpus(uint64_t *ret_max, const struct check *check)
{
	const xmlNode *vcpu = query_child(check->domain, "vcpu");

	*ret_max = 1;
	return !vcpu || (check_text_number(ret_max, vcpu) && *ret_max > 0 &&
			 *ret_max <= UINT32_MAX);
}

/* Reports each thing that is pinned more than once; key texts are decimal numbers. */
static void check_twice(struct check *check, const struct check_keys *keys,
			const char *what)
{
	for (size_t i = 0; i < keys->n; i++) {
		if (check_keys_is_again(keys, i)) {
			check_found(check, keys->v[i].element,
				    "%s %s is pinned twice: remove one of the two", what,
				    keys->v[i].text);
		}
	}
}

/* libvirt drops a pin for a vCPU that does not exist, and only its log says so. */
void check_vcpupins(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	const xmlNode *cputune = query_child(check->domain, "cputune");
	uint64_t n_vcpus;
	bool is_known = max_vcpus(&n_vcpus, check);

	for
		query_each(pin, cputune, "vcpupin")
		{
			uint64_t vcpu;

			if (!check_number(&vcpu, pin, "vcpu", UINT32_MAX))
				continue;
			check_keys_add(check, &keys, pin, "%" PRIu64, vcpu);
			if (is_known && vcpu >= n_vcpus) {
				check_found(check, pin,
					    "vCPU %" PRIu64
					    " is pinned, but the last vCPU of the "
					    "guest is %" PRIu64
					    ", and so libvirt drops the pin: "
					    "remove it, or raise <vcpu>",
					    vcpu, n_vcpus - 1);
			}
		}
	check_keys_sort(&keys);
	check_twice(check, &keys, "vCPU");
}

/* The numbers of the guest's I/O threads. */
struct iothreads {
	uint64_t *ids; /* those that <iothreadids> gives, sorted */
	size_t n;
	uint64_t total; /* of <iothreads>; the missing ones get the lowest free numbers */
};

static int compare_ids(const void *one, const void *other)
{
	const uint64_t *a = one;
	const uint64_t *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* False when out of memory. */
static bool read_iothreads(struct iothreads *iothreads, const xmlNode *domain)
{
	const xmlNode *ids = query_child(domain, "iothreadids");
	size_t n = 0;

	if (!check_text_number(&iothreads->total, query_child(domain, "iothreads")))
		iothreads->total = 0;
	for
		query_each(id, ids, "iothread") n++;
	iothreads->ids = calloc(n + 1, sizeof(*iothreads->ids));
	if (!iothreads->ids)
		return false;
	for
		query_each(id, ids, "iothread")
		{
			if (check_number(&iothreads->ids[iothreads->n], id, "id",
					 UINT32_MAX))
				iothreads->n++;
		}
	qsort(iothreads->ids, iothreads->n, sizeof(*iothreads->ids), compare_ids);
	return true;
}

/* As virDomainIOThreadIDDefArrayInit() numbers them. */
static bool has_iothread(const struct iothreads *iothreads, uint64_t id)
{
	size_t n_below = 0;
	size_t end = iothreads->n;

	while (n_below < end) {
		size_t middle = n_below + (end - n_below) / 2;

		if (iothreads->ids[middle] < id)
			n_below = middle + 1;
		else
			end = middle;
	}
	if (n_below < iothreads->n && iothreads->ids[n_below] == id)
		return true;
	return id > 0 && iothreads->total > iothreads->n &&
	       id - n_below <= iothreads->total - iothreads->n;
}

void check_iothreadpins(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	const xmlNode *cputune = query_child(check->domain, "cputune");
	struct iothreads iothreads = { 0 };
	CLEANUP_FREE uint64_t *ids = NULL;

	if (!query_child(cputune, "iothreadpin"))
		return;
	if (!read_iothreads(&iothreads, check->domain)) {
		check->findings.failed = true;
		return;
	}
	ids = iothreads.ids;
	for
		query_each(pin, cputune, "iothreadpin")
		{
			uint64_t id;

			if (!check_number(&id, pin, "iothread", UINT32_MAX))
				continue;
			check_keys_add(check, &keys, pin, "%" PRIu64, id);
			if (!has_iothread(&iothreads, id)) {
				check_found(
					check, pin,
					"I/O thread %" PRIu64
					" is pinned, but the guest has "
					"no such thread: remove the pin, or raise <iothreads>",
					id);
			}
		}
	check_keys_sort(&keys);
	check_twice(check, &keys, "I/O thread");
}

/* A level of the topology; what is absent is 1. False if it is no number. */
static bool multiply(uint64_t *product, const xmlNode *topology, const char *level)
{
	uint64_t n = 1;

	if (query_attr(topology, level) && !check_number(&n, topology, level, UINT32_MAX))
		return false;
	if (__builtin_mul_overflow(*product, n, product))
		*product = UINT64_MAX;
	return true;
}

void check_topology(struct check *check)
{
	static const char *const levels[] = { "sockets", "dies", "clusters", "cores",
					      "threads" };
	const xmlNode *topology = query_path(check->domain, "cpu/topology");
	uint64_t n_vcpus;
	uint64_t product = 1;

	if (!topology || !max_vcpus(&n_vcpus, check))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		if (!multiply(&product, topology, levels[i]))
			return;
	}
	if (product == n_vcpus)
		return;
	check_found(check, topology,
		    "the CPU topology multiplies out to %" PRIu64
		    ", but <vcpu> is %" PRIu64
		    ", and libvirt refuses that: make them equal",
		    product, n_vcpus);
}

void check_hyperv(struct check *check)
{
	const xmlNode *vendor = query_path(check->domain, "features/hyperv/vendor_id");
	const char *value = query_attr(vendor, "value");

	if (value && !query_attr_is(vendor, "state", "off") &&
	    strlen(value) > HYPERV_VENDOR_MAX) {
		check_found(check, vendor,
			    "the Hyper-V vendor_id '%s' is longer than %d characters: "
			    "shorten it",
			    value, HYPERV_VENDOR_MAX);
	}
}
