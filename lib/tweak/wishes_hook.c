/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --hook, --xslt, --param */

#include <errno.h>
#include <string.h>

#include "tweak/wishes_impl.h"

static void hook_key_done(struct hook_key *key)
{
	free(key->key);
	free(key->value);
	*key = (struct hook_key){ 0 };
}

void hook_wish_done(struct hook_wish *wish)
{
	for (size_t i = 0; i < wish->n_keys; i++)
		hook_key_done(&wish->keys[i]);
	free(wish->keys);
	*wish = (struct hook_wish){ 0 };
}

static int compare_hook_keys(const void *a, const void *b)
{
	const struct hook_key *x = a;
	const struct hook_key *y = b;
	int r = strcmp(x->key, y->key);

	return r ? r : strcmp(x->value, y->value);
}

static int add_key(struct hook_wish *hook, const char *name, const char *value,
		   struct error *err)
{
	CLEANUP(hook_key_done) struct hook_key key = { 0 };
	struct hook_key *v;
	int r = wish_copy(&key.key, name, err);

	if (r == 0)
		r = wish_copy(&key.value, value, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < hook->n_keys; i++) {
		const struct hook_key *old = &hook->keys[i];

		if (compare_hook_keys(old, &key) == 0)
			return 0;
		if (strcmp(old->key, name) == 0 && strcmp(name, "stop") != 0) {
			return error_set(err, EINVAL, "%s has two values, '%s' and '%s'",
					 name, old->value, value);
		}
	}
	v = wish_insert(hook->keys, &hook->n_keys, &key, sizeof(key), compare_hook_keys);
	if (!v)
		return wish_no_memory(err);
	hook->keys = v;
	key = (struct hook_key){ 0 };
	return 0;
}

/* Unit names as in systemd.unit(5); the hook stops no unit it must guess the type of. */
static int take_unit(void *wish, const struct keyval *keyval, struct error *err)
{
	const char *dot = strrchr(keyval->value, '.');

	if (!dot || dot == keyval->value || !dot[1] ||
	    !wish_is_word(keyval->value, ":-_.\\@")) {
		return error_set(err, EINVAL,
				 "stop '%s' is not the name of a unit such as "
				 "display-manager.service",
				 keyval->value);
	}
	return add_key(wish, keyval->key, keyval->value, err);
}

static int take_name(void *wish, const struct keyval *keyval, struct error *err)
{
	if (!wish_is_word(keyval->value, "_.-") || *keyval->value == '-') {
		return error_set(err, EINVAL, "%s '%s' is not a name", keyval->key,
				 keyval->value);
	}
	return add_key(wish, keyval->key, keyval->value, err);
}

static int take_yes_no(void *wish, const struct keyval *keyval, struct error *err)
{
	bool is_yes = true;
	int r = 0;

	if (keyval->value)
		r = keyval_switch(&is_yes, keyval, "yes", "no", err);
	if (r < 0)
		return r;
	return add_key(wish, keyval->key, is_yes ? "yes" : "no", err);
}

static const struct wish_key keys[] = {
	{ "stop", WISH_KEY_VALUE, true, take_unit },
	{ "isolate", WISH_KEY_EITHER, false, take_yes_no },
	{ "irq", WISH_KEY_EITHER, false, take_yes_no },
	{ "governor", WISH_KEY_VALUE, false, take_name },
	{ "shmem-user", WISH_KEY_VALUE, false, take_name },
	{ "sleep", WISH_KEY_EITHER, false, take_yes_no },
	{ "boot-gpu", WISH_KEY_EITHER, false, take_yes_no },
};

int wishes_hook(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	int r = 0;

	if (value)
		r = keyvals_parse(&parts, value, err);
	if (r == 0)
		r = wish_once(&wishes->hook.wish, WISH_SET, "hook", err);
	if (r < 0)
		return r;
	return wish_take_keys(&wishes->hook, parts.v, parts.n, keys, ARRAY_SIZE(keys),
			      err);
}

static void xslt_param_done(struct xslt_param *param)
{
	free(param->name);
	free(param->value);
	*param = (struct xslt_param){ 0 };
}

void xslt_wish_done(struct xslt_wish *wish)
{
	for (size_t i = 0; i < wish->n_params; i++)
		xslt_param_done(&wish->params[i]);
	free(wish->params);
	*wish = (struct xslt_wish){ 0 };
}

int wishes_xslt(struct wishes *wishes, const char *value, struct error *err)
{
	struct xslt_wish *v;

	if (!*value)
		return error_set(err, EINVAL, "the name of the stylesheet is empty");
	v = reallocarray(wishes->xslts, wishes->n_xslts + 1, sizeof(*v));
	if (!v)
		return wish_no_memory(err);
	wishes->xslts = v;
	v[wishes->n_xslts++] = (struct xslt_wish){ .file = value };
	return 0;
}

static int parse_param(struct xslt_param *param, const char *value, struct error *err)
{
	size_t len = strcspn(value, "=");
	CLEANUP_FREE char *name = NULL;
	int r = wish_part(&name, value, len, err);

	if (r < 0)
		return r;
	if (value[len] != '=' || !wish_is_word(name, "_.-") ||
	    strchr("0123456789.-", *name)) {
		return error_set(err, EINVAL,
				 "'%s' is not NAME=VALUE with the name of a parameter",
				 value);
	}
	if (strcmp(name, "plan") == 0) {
		return error_set(err, EINVAL,
				 "the parameter 'plan' is the program's own");
	}
	r = wish_copy(&param->name, name, err);
	if (r == 0)
		r = wish_copy(&param->value, value + len + 1, err);
	return r;
}

static int compare_params(const void *a, const void *b)
{
	const struct xslt_param *x = a;
	const struct xslt_param *y = b;

	return wish_compare_text(x->name, y->name);
}

int wishes_param(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(xslt_param_done) struct xslt_param param = { 0 };
	struct xslt_wish *xslt;
	struct xslt_param *v;
	int r = parse_param(&param, value, err);

	if (r < 0)
		return r;
	if (wishes->n_xslts == 0)
		return error_set(err, EINVAL, "'%s' has no --xslt before it", value);
	xslt = &wishes->xslts[wishes->n_xslts - 1];
	for (size_t i = 0; i < xslt->n_params; i++) {
		if (compare_params(&xslt->params[i], &param) != 0)
			continue;
		if (wish_compare_text(xslt->params[i].value, param.value) != 0)
			return wish_contradicts(value, "param", err);
		return 0;
	}
	v = wish_insert(xslt->params, &xslt->n_params, &param, sizeof(param),
			compare_params);
	if (!v)
		return wish_no_memory(err);
	xslt->params = v;
	param = (struct xslt_param){ 0 };
	return 0;
}
