/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/keyval.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void keyvals_done(struct keyvals *keyvals)
{
	for (size_t i = 0; i < keyvals->n; i++) {
		free(keyvals->v[i].key);
		free(keyvals->v[i].value);
	}
	free(keyvals->v);
	*keyvals = KEYVALS_NONE;
}

static int add(struct keyvals *keyvals, struct buf *part, struct error *err)
{
	struct keyval *v = reallocarray(keyvals->v, keyvals->n + 1, sizeof(*v));

	if (v) {
		keyvals->v = v;
		v[keyvals->n] = (struct keyval){ .key = buf_take(part) };
	}
	if (!v || !v[keyvals->n].key)
		return error_set(err, ENOMEM, "out of memory");
	keyvals->n++;
	return 0;
}

int keyvals_parse_list(struct keyvals *ret_keyvals, const char *text, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals keyvals = KEYVALS_NONE;
	CLEANUP_BUF struct buf part = BUF_NONE;
	const char *p = text;
	int r = 0;

	while (r == 0) {
		if (*p && !(*p == ',' && p[1] != ',')) {
			buf_addc(&part, *p);
			p += *p == ',' ? 2 : 1;
			continue;
		}
		if (part.len == 0)
			return error_set(err, EINVAL, "'%s' has an empty part", text);
		r = add(&keyvals, &part, err);
		if (!*p)
			break;
		p++;
	}
	if (r < 0)
		return r;
	*ret_keyvals = keyvals;
	keyvals = KEYVALS_NONE;
	return 0;
}

int keyvals_parse(struct keyvals *ret_keyvals, const char *text, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals keyvals = KEYVALS_NONE;
	int r = keyvals_parse_list(&keyvals, text, err);

	for (size_t i = 0; i < keyvals.n && r == 0; i++) {
		char *equals = strchr(keyvals.v[i].key, '=');

		if (!equals)
			continue;
		*equals = '\0';
		keyvals.v[i].value = strdup(equals + 1);
		if (!keyvals.v[i].value)
			r = error_set(err, ENOMEM, "out of memory");
	}
	if (r < 0)
		return r;
	*ret_keyvals = keyvals;
	keyvals = KEYVALS_NONE;
	return 0;
}

int keyval_switch(bool *ret_value, const struct keyval *keyval, const char *yes,
		  const char *no, struct error *err)
{
	const char *value = keyval->value ? keyval->value : "";

	if (strcmp(value, yes) != 0 && strcmp(value, no) != 0) {
		return error_set(err, EINVAL, "%s '%s' is neither '%s' nor '%s'",
				 keyval->key, value, yes, no);
	}
	*ret_value = strcmp(value, yes) == 0;
	return 0;
}
