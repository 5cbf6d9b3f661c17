/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Option values of the form "WORD,WORD,KEY=VALUE", in which ",," stands for a comma.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"

struct keyval {
	char *key;   /* the whole word when there is no '=' */
	char *value; /* NULL without '=' */
};

struct keyvals {
	struct keyval *v;
	size_t n;
};

#define KEYVALS_NONE ((struct keyvals){ 0 })

/* Splits at single commas, then each part at its first '='. An empty part is an error. */
MUST_CHECK int keyvals_parse(struct keyvals *ret_keyvals, const char *text,
			     struct error *err);

/* Splits at single commas only: every key is a whole part, and no value is set. */
MUST_CHECK int keyvals_parse_list(struct keyvals *ret_keyvals, const char *text,
				  struct error *err);
void keyvals_done(struct keyvals *keyvals);

/* Reads "on" or "off", "yes" or "no". */
MUST_CHECK int keyval_switch(bool *ret_value, const struct keyval *keyval,
			     const char *yes, const char *no, struct error *err);

#define CLEANUP_KEYVALS CLEANUP(keyvals_done)
