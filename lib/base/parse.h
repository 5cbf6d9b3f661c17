/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Numbers from text. The whole string must be the number: no sign, no white space, no
 * trailing text, inside the given range. Errors name the value, -EINVAL or -ERANGE;
 * `what` is what the message calls it: "guest bus".
 */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

MUST_CHECK int parse_dec(uint64_t *ret_value, const char *text, uint64_t min,
			 uint64_t max, const char *what, struct error *err);

/* Hexadecimal digits without a prefix, between min_digits and max_digits of them. */
MUST_CHECK int parse_hex(uint64_t *ret_value, const char *text, size_t min_digits,
			 size_t max_digits, const char *what, struct error *err);

/* As C spells it: decimal, or hexadecimal after 0x. XML and sysfs write both. */
MUST_CHECK int parse_number(uint64_t *ret_value, const char *text, uint64_t max,
			    const char *what, struct error *err);

/* The length bytes at text, without a terminating NUL; otherwise as parse_hex(). */
MUST_CHECK int parse_hex_part(uint64_t *ret_value, const char *text, size_t len,
			      const char *what, struct error *err);
