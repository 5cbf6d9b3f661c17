/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/cpuset.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"

#define DIGITS_MAX 10

void cpuset_add(struct cpuset *set, unsigned cpu)
{
	if (cpu < CPUSET_MAX)
		set->words[cpu / 64] |= UINT64_C(1) << cpu % 64;
}

void cpuset_remove(struct cpuset *set, unsigned cpu)
{
	if (cpu < CPUSET_MAX)
		set->words[cpu / 64] &= ~(UINT64_C(1) << cpu % 64);
}

bool cpuset_has(const struct cpuset *set, unsigned cpu)
{
	return cpu < CPUSET_MAX && (set->words[cpu / 64] >> cpu % 64 & 1) != 0;
}

void cpuset_add_all(struct cpuset *set, const struct cpuset *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->words); i++)
		set->words[i] |= other->words[i];
}

void cpuset_remove_all(struct cpuset *set, const struct cpuset *other)
{
	for (size_t i = 0; i < ARRAY_SIZE(set->words); i++)
		set->words[i] &= ~other->words[i];
}

bool cpuset_is_empty(const struct cpuset *set)
{
	return cpuset_next(set, 0) < 0;
}

unsigned cpuset_count(const struct cpuset *set)
{
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(set->words); i++)
		n += (unsigned)__builtin_popcountll(set->words[i]);
	return n;
}

int cpuset_next(const struct cpuset *set, unsigned from)
{
	while (from < CPUSET_MAX) {
		uint64_t rest = set->words[from / 64] >> from % 64;

		if (rest != 0)
			return (int)from + __builtin_ctzll(rest);
		from = (from / 64 + 1) * 64;
	}
	return -1;
}

/* Reads digits up to end; returns where they stop, or NULL when there is no number. */
static const char *parse_cpu(unsigned *ret_cpu, const char *text)
{
	unsigned cpu = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		if (p - text == DIGITS_MAX || cpu >= CPUSET_MAX)
			return NULL;
		cpu = cpu * 10 + (unsigned)(*p - '0');
	}
	if (p == text || cpu >= CPUSET_MAX)
		return NULL;
	*ret_cpu = cpu;
	return p;
}

/* One "N" or "N-M"; returns what follows, or NULL. */
static const char *parse_range(struct cpuset *set, const char *text)
{
	unsigned first = 0;
	unsigned last;
	const char *p = parse_cpu(&first, text);

	last = first;
	if (p && *p == '-')
		p = parse_cpu(&last, p + 1);
	if (!p || last < first)
		return NULL;
	for (unsigned cpu = first; cpu <= last; cpu++)
		cpuset_add(set, cpu);
	return p;
}

int cpuset_parse(struct cpuset *ret_set, const char *text, const char *what,
		 struct error *err)
{
	struct cpuset set = CPUSET_NONE;
	const char *p = text;

	while (p && *p) {
		p = parse_range(&set, p);
		if (p && *p == ',') {
			p = p[1] ? p + 1 : NULL;
		} else if (p && *p) {
			p = NULL;
		}
	}
	if (!p) {
		return error_set(
			err, EINVAL,
			"%s: '%.64s' is not a list of numbers below %d like '0-3,8'",
			what, text, CPUSET_MAX);
	}
	*ret_set = set;
	return 0;
}

int cpuset_parse_range(unsigned *ret_first, unsigned *ret_last, char *item,
		       struct error *err)
{
	char *dash = strchr(item, '-');
	uint64_t first;
	uint64_t last;
	int r;

	if (dash)
		*dash = '\0';
	r = parse_dec(&first, item, 0, CPUSET_MAX - 1, "CPU", err);
	last = first;
	if (r == 0 && dash) {
		r = parse_dec(&last, dash + 1, first, CPUSET_MAX - 1,
			      "last CPU of a range", err);
	}
	if (r < 0)
		return r;
	*ret_first = (unsigned)first;
	*ret_last = (unsigned)last;
	return 0;
}

/* Reads the word that ends at end; returns where it starts, or NULL. */
static const char *parse_word(uint64_t *ret_bits, const char *text, const char *end)
{
	struct error ignored;
	const char *start = end;

	while (start > text && start[-1] != ',')
		start--;
	if (end - start > 8 ||
	    parse_hex_part(ret_bits, start, (size_t)(end - start), "word", &ignored) < 0)
		return NULL;
	return start;
}

int cpuset_parse_mask(struct cpuset *ret_set, const char *text, const char *what,
		      struct error *err)
{
	struct cpuset set = CPUSET_NONE;
	const char *p = text + strlen(text);
	bool is_more = p > text;

	for (unsigned word = 0; is_more; word++) {
		uint64_t bits = 0;

		p = parse_word(&bits, text, p);
		if (!p || (bits != 0 && word >= CPUSET_MAX / 32)) {
			return error_set(err, EINVAL,
					 "%s: '%.64s' is not a mask of numbers below %d "
					 "like 'f,ff000000'",
					 what, text, CPUSET_MAX);
		}
		if (bits != 0)
			set.words[word / 2] |= bits << word % 2 * 32;
		is_more = p > text;
		p -= is_more; /* the comma */
	}
	*ret_set = set;
	return 0;
}

void cpuset_format(const struct cpuset *set, struct buf *buf)
{
	const char *comma = "";
	int first = cpuset_next(set, 0);

	while (first >= 0) {
		int last = first;

		while (cpuset_has(set, (unsigned)last + 1))
			last++;
		if (last == first) {
			buf_addf(buf, "%s%d", comma, first);
		} else {
			buf_addf(buf, "%s%d-%d", comma, first, last);
		}
		comma = ",";
		first = cpuset_next(set, (unsigned)last + 1);
	}
}
