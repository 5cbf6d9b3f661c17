/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "tweak/guest_resources.h"

#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/parse.h"
#include "domain/query.h"

#define WHITE_SPACE " \t\r\n"

bool guest_number(uint64_t *ret_value, const xmlNode *element, uint64_t max)
{
	const char *text = query_text(element);
	struct error ignored;
	char digits[24];
	size_t len;

	if (!text)
		return false;
	text += strspn(text, WHITE_SPACE);
	len = strcspn(text, WHITE_SPACE);
	if (len >= sizeof(digits) || text[len + strspn(text + len, WHITE_SPACE)] != '\0')
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	return parse_dec(ret_value, digits, 0, max, "number", &ignored) == 0;
}

/* "KiB" and "K" are 1024, "KB" is 1000, and so on up; 0 for what is no unit. */
static uint64_t unit_size(const char *unit)
{
	static const char prefixes[] = "kmgtpe";
	const char *prefix;
	uint64_t base = 1024;
	uint64_t size = 1;

	if (strcasecmp(unit, "b") == 0 || strcasecmp(unit, "byte") == 0 ||
	    strcasecmp(unit, "bytes") == 0)
		return 1;
	prefix = *unit ? strchr(prefixes, *unit | 0x20) : NULL;
	if (!prefix)
		return 0;
	if (unit[1] != '\0' && strcasecmp(unit + 1, "b") != 0 &&
	    strcasecmp(unit + 1, "ib") != 0)
		return 0;
	if (strcasecmp(unit + 1, "b") == 0)
		base = 1000;
	for (size_t i = 0; i <= (size_t)(prefix - prefixes); i++)
		size *= base;
	return size;
}

static bool scale(uint64_t *ret_bytes, uint64_t value, const char *unit)
{
	uint64_t size = unit ? unit_size(unit) : 1024;

	return size > 0 && !__builtin_mul_overflow(value, size, ret_bytes);
}

bool guest_scale(uint64_t *ret_bytes, const char *number, const char *unit)
{
	struct error ignored;
	uint64_t value;

	return number &&
	       parse_dec(&value, number, 0, UINT64_MAX, "size", &ignored) == 0 &&
	       scale(ret_bytes, value, unit);
}

bool guest_size(uint64_t *ret_bytes, const xmlNode *element)
{
	uint64_t value;

	return guest_number(&value, element, UINT64_MAX) &&
	       scale(ret_bytes, value, query_attr(element, "unit"));
}

void guest_iothreads(struct cpuset *ret_ids, const xmlNode *domain)
{
	const xmlNode *ids = query_child(domain, "iothreadids");
	struct error ignored;
	uint64_t n = 0;

	*ret_ids = CPUSET_NONE;
	query_each (thread, ids, "iothread") {
		const char *id = query_attr(thread, "id");
		uint64_t value;

		if (id && parse_dec(&value, id, 1, CPUSET_MAX - 1, "id", &ignored) == 0)
			cpuset_add(ret_ids, (unsigned)value);
	}
	if (guest_number(&n, query_child(domain, "iothreads"), CPUSET_MAX - 1))
		guest_add_iothreads(ret_ids, (unsigned)n);
}

void guest_add_iothreads(struct cpuset *ids, unsigned n)
{
	unsigned count = cpuset_count(ids);

	for (unsigned id = 1; id < CPUSET_MAX && count < n; id++) {
		count += !cpuset_has(ids, id);
		cpuset_add(ids, id);
	}
}

static bool take_factor(unsigned *factor, const xmlNode *topology, const char *name,
			bool is_optional)
{
	const char *text = query_attr(topology, name);
	struct error ignored;
	uint64_t value = 1;

	if (text ? parse_dec(&value, text, 1, GUEST_VCPUS_MAX, name, &ignored) < 0
		 : !is_optional)
		return false;
	*factor = (unsigned)value;
	return true;
}

bool guest_topology(struct guest_topology *ret_topology, const xmlNode *domain)
{
	const xmlNode *topology = query_path(domain, "cpu/topology");

	return topology &&
	       take_factor(&ret_topology->sockets, topology, "sockets", false) &&
	       take_factor(&ret_topology->dies, topology, "dies", true) &&
	       take_factor(&ret_topology->clusters, topology, "clusters", true) &&
	       take_factor(&ret_topology->cores, topology, "cores", false) &&
	       take_factor(&ret_topology->threads, topology, "threads", false);
}

/* Five factors of 16 bits do not fit in 64: beyond that it is as good as infinite. */
uint64_t guest_topology_count(const struct guest_topology *topology)
{
	const unsigned factors[] = { topology->sockets, topology->dies,
				     topology->clusters, topology->cores,
				     topology->threads };
	uint64_t count = 1;

	for (size_t i = 0; i < ARRAY_SIZE(factors); i++) {
		if (__builtin_mul_overflow(count, factors[i], &count))
			return UINT64_MAX;
	}
	return count;
}

bool guest_topology_fit(struct guest_topology *topology, unsigned n)
{
	struct guest_topology one = *topology;
	uint64_t rest;

	one.cores = 1;
	rest = guest_topology_count(&one);
	if (n % rest == 0) {
		topology->cores = (unsigned)(n / rest);
		return true;
	}
	*topology = (struct guest_topology){
		.sockets = 1, .dies = 1, .clusters = 1, .cores = n, .threads = 1
	};
	return false;
}
