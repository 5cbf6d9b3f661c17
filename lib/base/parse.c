/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Positive: not a number of that base. -ERANGE: does not fit. */
static int convert(uint64_t *ret_value, const char *text, size_t len, unsigned base)
{
	uint64_t value = 0;

	if (len == 0)
		return 1;
	for (size_t i = 0; i < len; i++) {
		int d = digit(text[i]);

		if (d < 0 || (unsigned)d >= base)
			return 1;
		if (value > (UINT64_MAX - (unsigned)d) / base)
			return -ERANGE;
		value = value * base + (unsigned)d;
	}
	*ret_value = value;
	return 0;
}

int parse_dec(uint64_t *ret_value, const char *text, uint64_t min, uint64_t max,
	      const char *what, struct error *err)
{
	uint64_t value;
	int r = convert(&value, text, strlen(text), 10);

	if (r > 0)
		return error_set(err, EINVAL, "%s '%s' is not a number", what, text);
	if (r < 0 || value < min || value > max) {
		return error_set(err, ERANGE,
				 "%s '%s' is not between %" PRIu64 " and %" PRIu64, what,
				 text, min, max);
	}
	*ret_value = value;
	return 0;
}

int parse_hex_part(uint64_t *ret_value, const char *text, size_t len, const char *what,
		   struct error *err)
{
	uint64_t value;

	if (convert(&value, text, len, 16) != 0) {
		return error_set(err, EINVAL, "%s '%.*s' is not a hexadecimal number",
				 what, (int)(len < 64 ? len : 64), text);
	}
	*ret_value = value;
	return 0;
}

int parse_hex(uint64_t *ret_value, const char *text, size_t min_digits, size_t max_digits,
	      const char *what, struct error *err)
{
	size_t len = strlen(text);

	if (len >= min_digits && len <= max_digits)
		return parse_hex_part(ret_value, text, len, what, err);
	if (min_digits == max_digits) {
		return error_set(err, EINVAL, "%s '%s' does not have %zu digits", what,
				 text, min_digits);
	}
	return error_set(err, EINVAL, "%s '%s' does not have %zu to %zu digits", what,
			 text, min_digits, max_digits);
}

int parse_number(uint64_t *ret_value, const char *text, uint64_t max, const char *what,
		 struct error *err)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	uint64_t value;
	int r;

	if (is_hex) {
		r = convert(&value, text + 2, strlen(text + 2), 16);
	} else {
		r = convert(&value, text, strlen(text), 10);
	}
	if (r > 0)
		return error_set(err, EINVAL, "%s '%s' is not a number", what, text);
	if (r < 0 || value > max) {
		return error_set(err, ERANGE, "%s '%s' is more than %" PRIu64, what, text,
				 max);
	}
	*ret_value = value;
	return 0;
}
