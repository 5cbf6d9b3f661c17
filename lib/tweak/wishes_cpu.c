/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --vcpus, --pin, --hugepages */

#include <errno.h>
#include <string.h>

#include "base/cpuset.h"
#include "base/parse.h"
#include "tweak/wishes_impl.h"

#define VCPUS_MAX    65535
#define NODE_MAX     1023 /* MAX_NUMNODES of the kernel, less one */
#define PAGE_MAX_KIB (UINT64_C(16) << 20)

int wishes_vcpus(struct wishes *wishes, const char *value, struct error *err)
{
	uint64_t vcpus;
	int r = parse_dec(&vcpus, value, 1, VCPUS_MAX, "the number of vCPUs", err);

	if (r < 0)
		return r;
	if (wishes->vcpus != 0 && wishes->vcpus != vcpus)
		return wish_contradicts(value, "vcpus", err);
	wishes->vcpus = (unsigned)vcpus;
	return 0;
}

void pin_wish_done(struct pin_wish *wish)
{
	free(wish->cpus);
	*wish = (struct pin_wish){ 0 };
}

static int take_policy(void *wish, const struct keyval *keyval, struct error *err)
{
	struct pin_wish *pin = wish;

	return keyval_switch(&pin->by_frequency, keyval, "frequency", "cache", err);
}

static int take_smt(void *wish, const struct keyval *keyval, struct error *err)
{
	struct pin_wish *pin = wish;

	return wish_take_switch(&pin->smt, keyval, "on", "off", err);
}

static int take_node(void *wish, const struct keyval *keyval, struct error *err)
{
	struct pin_wish *pin = wish;
	uint64_t node;
	int r = parse_dec(&node, keyval->value, 0, NODE_MAX, "node", err);

	if (r == 0)
		pin->node = (int)node;
	return r;
}

static const struct wish_key pin_keys[] = {
	{ "policy", WISH_KEY_VALUE, false, take_policy },
	{ "smt", WISH_KEY_VALUE, false, take_smt },
	{ "node", WISH_KEY_VALUE, false, take_node },
};

static int add_cpu(struct pin_wish *pin, struct cpuset *seen, unsigned cpu,
		   struct error *err)
{
	unsigned *cpus;

	if (cpuset_has(seen, cpu))
		return error_set(err, EINVAL, "CPU %u is listed twice", cpu);
	cpuset_add(seen, cpu);
	cpus = reallocarray(pin->cpus, pin->n_cpus + 1, sizeof(*cpus));
	if (!cpus)
		return wish_no_memory(err);
	pin->cpus = cpus;
	cpus[pin->n_cpus++] = cpu;
	return 0;
}

/* "N" or "N-M" */
static int add_cpus(struct pin_wish *pin, struct cpuset *seen, char *item,
		    struct error *err)
{
	unsigned cpu = 0;
	unsigned last = 0;
	int r = cpuset_parse_range(&cpu, &last, item, err);

	for (; r == 0 && cpu <= last; cpu++)
		r = add_cpu(pin, seen, cpu, err);
	return r;
}

static int parse_pin_list(struct pin_wish *pin, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	struct cpuset seen = CPUSET_NONE;
	int r = keyvals_parse(&parts, value, err);

	pin->list = value;
	for (size_t i = 0; i < parts.n && r == 0; i++) {
		if (parts.v[i].value) {
			return error_set(err, EINVAL, "%s goes with auto only",
					 parts.v[i].key);
		}
		r = add_cpus(pin, &seen, parts.v[i].key, err);
	}
	return r;
}

static int parse_pin_auto(struct pin_wish *pin, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	int r = keyvals_parse(&parts, value, err);

	if (r < 0)
		return r;
	pin->is_auto = true;
	return wish_take_keys(pin, parts.v + 1, parts.n - 1, pin_keys,
			      ARRAY_SIZE(pin_keys), err);
}

static bool is_same_pin(const struct pin_wish *a, const struct pin_wish *b)
{
	return a->is_auto == b->is_auto && a->by_frequency == b->by_frequency &&
	       a->smt == b->smt && a->node == b->node && a->n_cpus == b->n_cpus &&
	       (a->n_cpus == 0 ||
		memcmp(a->cpus, b->cpus, a->n_cpus * sizeof(*a->cpus)) == 0);
}

int wishes_pin(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(pin_wish_done) struct pin_wish pin = { .wish = WISH_SET, .node = -1 };
	bool is_auto = strcmp(value, "auto") == 0 || strncmp(value, "auto,", 5) == 0;
	int r = is_auto ? parse_pin_auto(&pin, value, err)
			: parse_pin_list(&pin, value, err);

	if (r < 0)
		return r;
	if (wishes->pin.wish == WISH_SET && !is_same_pin(&wishes->pin, &pin))
		return wish_contradicts(value, "pin", err);
	if (wishes->pin.wish == WISH_SET)
		return 0;
	r = wish_once(&wishes->pin.wish, WISH_SET, "pin", err);
	if (r < 0)
		return r;
	wishes->pin = pin;
	pin.cpus = NULL;
	return 0;
}

/* "2M", "1GiB": a number and a unit, in either case. */
static int parse_page_size(uint64_t *ret_kib, const char *text, struct error *err)
{
	static const char units[] = "kmg";
	size_t n_digits = strspn(text, "0123456789");
	const char *unit = text + n_digits;
	const char *found = *unit ? strchr(units, *unit | 0x20) : NULL;
	char digits[16] = { 0 };
	struct error ignored;
	uint64_t kib = 0;

	if (found && (unit[1] == '\0' || strcasecmp(unit + 1, "iB") == 0) &&
	    n_digits < sizeof(digits)) {
		memcpy(digits, text, n_digits);
		if (parse_dec(&kib, digits, 1, PAGE_MAX_KIB, "size", &ignored) == 0)
			kib <<= (size_t)(found - units) * 10;
	}
	if (kib == 0 || (kib & (kib - 1)) != 0 || kib > PAGE_MAX_KIB) {
		return error_set(err, EINVAL, "'%s' is not a page size such as 2M or 1G",
				 text);
	}
	*ret_kib = kib;
	return 0;
}

int wishes_hugepages(struct wishes *wishes, const char *value, struct error *err)
{
	struct hugepages_wish *hugepages = &wishes->hugepages;
	uint64_t kib = 0;
	int r = 0;

	if (value)
		r = parse_page_size(&kib, value, err);
	if (r < 0)
		return r;
	if (hugepages->wish == WISH_SET && hugepages->size_kib != kib)
		return wish_contradicts(value ? value : "no size", "hugepages", err);
	r = wish_once(&hugepages->wish, WISH_SET, "hugepages", err);
	if (r == 0)
		hugepages->size_kib = kib;
	return r;
}
