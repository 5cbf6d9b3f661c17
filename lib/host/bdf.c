/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/bdf.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"

/* The parts of an address from the left, as they stand in the text. */
struct parts {
	const char *text[4];
	size_t len[4];
	size_t n;
	bool has_function;
};

/*
 * Cuts at the separators: sep between domain, bus and slot, function_sep before the
 * function. Returns false when there are more or fewer parts than an address can have.
 */
static bool cut(struct parts *parts, const char *text, char sep, char function_sep)
{
	const char *at = text;

	*parts = (struct parts){ 0 };
	for (;;) {
		const char seps[] = { sep, function_sep, '\0' };
		size_t len = strcspn(at, seps);

		if (parts->n == ARRAY_SIZE(parts->text))
			return false;
		parts->text[parts->n] = at;
		parts->len[parts->n++] = len;
		if (at[len] == '\0')
			return parts->n >= 2;
		if (parts->has_function)
			return false;
		/* with one separator for all, the fourth part is the function */
		parts->has_function =
			sep == function_sep ? parts->n == 3 : at[len] == function_sep;
		at += len + 1;
	}
}

/* Whether the part at i is len_min to len_max hexadecimal digits, at most max. */
static bool number(uint32_t *ret_value, const struct parts *parts, size_t i,
		   size_t len_min, size_t len_max)
{
	struct error ignored;
	uint64_t value;

	if (parts->len[i] < len_min || parts->len[i] > len_max)
		return false;
	if (parse_hex_part(&value, parts->text[i], parts->len[i], "part", &ignored) < 0)
		return false;
	*ret_value = (uint32_t)value;
	return true;
}

static bool convert(struct bdf *ret_bdf, const struct parts *parts)
{
	size_t n = parts->n - (parts->has_function ? 1 : 0);
	uint32_t domain = 0;
	uint32_t bus;
	uint32_t slot;
	uint32_t function = 0;

	if (n < 2 || n > 3)
		return false;
	if (n == 3 && !number(&domain, parts, 0, 4, 8))
		return false;
	if (!number(&bus, parts, n - 2, 1, 2) || !number(&slot, parts, n - 1, 1, 2))
		return false;
	if (parts->has_function && !number(&function, parts, n, 1, 1))
		return false;
	if (slot > 31 || function > 7)
		return false;

	*ret_bdf = (struct bdf){ .domain = domain,
				 .bus = (uint8_t)bus,
				 .slot = (uint8_t)slot,
				 .function = (uint8_t)function };
	return true;
}

int bdf_parse(struct bdf *ret_bdf, bool *ret_has_function, const char *text,
	      struct error *err)
{
	bool is_nodedev = strncmp(text, "pci_", 4) == 0;
	struct parts parts;
	struct bdf bdf;
	bool ok;

	ok = is_nodedev ? cut(&parts, text + 4, '_', '_') && parts.n >= 3
			: cut(&parts, text, ':', '.');
	if (!ok || !convert(&bdf, &parts)) {
		return error_set(err, EINVAL,
				 "'%s' is not a PCI address such as 0000:01:00.0", text);
	}
	if (!parts.has_function && !ret_has_function) {
		return error_set(err, EINVAL,
				 "PCI address '%s' lacks its function, such as '%s%c0'",
				 text, text, is_nodedev ? '_' : '.');
	}

	*ret_bdf = bdf;
	if (ret_has_function)
		*ret_has_function = parts.has_function;
	return 0;
}

const char *bdf_format(const struct bdf *bdf, char buf[static BDF_TEXT_MAX])
{
	/* the masks tell the compiler what the fields hold anyway */
	(void)snprintf(buf, BDF_TEXT_MAX, "%04" PRIx32 ":%02x:%02x.%x", bdf->domain,
		       bdf->bus, bdf->slot & 0x1fU, bdf->function & 0x7U);
	return buf;
}

static int order(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

int bdf_compare(const struct bdf *a, const struct bdf *b)
{
	int r = order(a->domain, b->domain);

	if (r == 0)
		r = order(a->bus, b->bus);
	if (r == 0)
		r = order(a->slot, b->slot);
	if (r == 0)
		r = order(a->function, b->function);
	return r;
}

bool bdf_same_slot(const struct bdf *a, const struct bdf *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}
