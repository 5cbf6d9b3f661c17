/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The guest's CPUs: pins for what it does not have, and topology. */

#include <inttypes.h>
#include <stdio.h>
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

	query_each (pin, cputune, "vcpupin") {
		uint64_t vcpu;

		if (!check_number(&vcpu, pin, "vcpu", UINT32_MAX))
			continue;
		check_keys_add(check, &keys, pin, "%" PRIu64, vcpu);
		if (is_known && vcpu >= n_vcpus) {
			check_found(check, pin,
				    "vCPU %" PRIu64
				    " is pinned, but the last vCPU of the "
				    "guest is %" PRIu64 ", and so libvirt drops the pin: "
				    "remove it, or raise <vcpu>",
				    vcpu, n_vcpus - 1);
		}
	}
	check_keys_sort(&keys);
	check_twice(check, &keys, "vCPU");
}

/* Padded, so that they sort by number. */
#define ID_FMT "%010" PRIu64

/* The numbers that <iothreadids> gives to threads, sorted. */
static void read_iothreadids(struct check *check, struct check_keys *ids)
{
	const xmlNode *parent = query_child(check->domain, "iothreadids");

	query_each (iothread, parent, "iothread") {
		uint64_t id;

		if (check_number(&id, iothread, "id", UINT32_MAX))
			check_keys_add(check, ids, iothread, ID_FMT, id);
	}
	check_keys_sort(ids);
}

/*
 * As virDomainIOThreadIDDefArrayInit() numbers them: the threads of <iothreads> without a
 * number in <iothreadids> get the lowest free ones.
 */
static bool has_iothread(const struct check_keys *ids, uint64_t n_threads, uint64_t id)
{
	char text[16];
	size_t n_below = 0;
	size_t end = ids->n;

	(void)snprintf(text, sizeof(text), ID_FMT, id);
	if (check_keys_has(ids, text))
		return true;
	while (n_below < end) {
		size_t middle = n_below + (end - n_below) / 2;

		if (strcmp(ids->v[middle].text, text) < 0) {
			n_below = middle + 1;
		} else {
			end = middle;
		}
	}
	return id > 0 && n_threads > ids->n && id - n_below <= n_threads - ids->n;
}

/* libvirt refuses a pin for an I/O thread that does not exist. */
void check_iothreadpins(struct check *check)
{
	CLEANUP_CHECK_KEYS struct check_keys ids = CHECK_KEYS_NONE;
	CLEANUP_CHECK_KEYS struct check_keys keys = CHECK_KEYS_NONE;
	const xmlNode *cputune = query_child(check->domain, "cputune");
	uint64_t n_threads = 0;

	(void)check_text_number(&n_threads, query_child(check->domain, "iothreads"));
	read_iothreadids(check, &ids);
	query_each (pin, cputune, "iothreadpin") {
		uint64_t id;

		if (!check_number(&id, pin, "iothread", UINT32_MAX))
			continue;
		check_keys_add(check, &keys, pin, "%" PRIu64, id);
		if (!has_iothread(&ids, n_threads, id)) {
			check_found(
				check, pin,
				"I/O thread %" PRIu64 " is pinned, but the guest has "
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
