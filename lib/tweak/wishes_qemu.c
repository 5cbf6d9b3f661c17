/* SPDX-License-Identifier: GPL-2.0-or-later */

/* --override, --qemu-arg */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "tweak/wishes_impl.h"

#define NUMBER_MAX 24 /* "-9223372036854775808" and its NUL */

void override_wish_done(struct override_wish *wish)
{
	free(wish->alias);
	free(wish->property);
	free(wish->value);
	*wish = (struct override_wish){ 0 };
}

static int read_string(char **ret_value, const char *text, struct error *err)
{
	return wish_copy(ret_value, text, err);
}

static int read_unsigned(char **ret_value, const char *text, struct error *err)
{
	char decimal[NUMBER_MAX];
	uint64_t number;
	int r = parse_number(&number, text, UINT64_MAX, "unsigned", err);

	if (r < 0)
		return r;
	(void)snprintf(decimal, sizeof(decimal), "%" PRIu64, number);
	return wish_copy(ret_value, decimal, err);
}

static int read_signed(char **ret_value, const char *text, struct error *err)
{
	bool is_negative = *text == '-';
	char decimal[NUMBER_MAX];
	struct error ignored;
	uint64_t number;

	if (parse_number(&number, text + is_negative, (uint64_t)INT64_MAX + is_negative,
			 "signed", &ignored) < 0) {
		return error_set(err, EINVAL,
				 "signed '%s' is not a number from %" PRId64
				 " to %" PRId64,
				 text, INT64_MIN, INT64_MAX);
	}
	(void)snprintf(decimal, sizeof(decimal), "%s%" PRIu64,
		       is_negative && number > 0 ? "-" : "", number);
	return wish_copy(ret_value, decimal, err);
}

static int read_bool(char **ret_value, const char *text, struct error *err)
{
	static const struct {
		const char *text;
		const char *value;
	} known[] = {
		{ "true", "true" },   { "on", "true" },   { "yes", "true" },
		{ "false", "false" }, { "off", "false" }, { "no", "false" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(text, known[i].text) == 0)
			return wish_copy(ret_value, known[i].value, err);
	}
	return error_set(err, EINVAL, "bool '%s' is neither 'true' nor 'false'", text);
}

/* libvirt reads the numbers in decimal only. */
static const struct {
	const char *name;
	enum override_type type;
	int (*read)(char **ret_value, const char *text, struct error *err);
} types[] = {
	{ "string", OVERRIDE_STRING, read_string },
	{ "unsigned", OVERRIDE_UNSIGNED, read_unsigned },
	{ "signed", OVERRIDE_SIGNED, read_signed },
	{ "bool", OVERRIDE_BOOL, read_bool },
};

/* "TYPE:VALUE", or "remove" */
static int parse_type(struct override_wish *override, const char *text, struct error *err)
{
	size_t len = strcspn(text, ":");

	if (strcmp(text, "remove") == 0) {
		override->type = OVERRIDE_REMOVE;
		return 0;
	}
	for (size_t i = 0; text[len] && i < ARRAY_SIZE(types); i++) {
		if (strlen(types[i].name) != len ||
		    strncmp(text, types[i].name, len) != 0)
			continue;
		override->type = types[i].type;
		return types[i].read(&override->value, text + len + 1, err);
	}
	return error_set(
		err, EINVAL,
		"'%s' is not TYPE:VALUE with one of string, unsigned, signed, bool, "
		"nor remove",
		text);
}

/*
 * "ALIAS.PROPERTY". Aliases may hold dots, properties of QEMU's devices do not, so it is
 * the last dot that counts.
 */
static int parse_property(struct override_wish *override, const char *text, size_t len,
			  struct error *err)
{
	CLEANUP_FREE char *name = NULL;
	char *dot;
	int r = wish_part(&name, text, len, err);

	if (r < 0)
		return r;
	dot = strrchr(name, '.');
	if (dot)
		*dot = '\0';
	if (!dot || !wish_is_word(name, "_.-") || !wish_is_word(dot + 1, "_-[]")) {
		return error_set(err, EINVAL,
				 "'%.*s' is not ALIAS.PROPERTY, such as ua-gpu.x-vga",
				 (int)(len < 200 ? len : 200), text);
	}
	r = wish_copy(&override->alias, name, err);
	if (r == 0)
		r = wish_copy(&override->property, dot + 1, err);
	return r;
}

static int compare_overrides(const void *a, const void *b)
{
	const struct override_wish *x = a;
	const struct override_wish *y = b;
	int r = wish_compare_text(x->alias, y->alias);

	return r ? r : wish_compare_text(x->property, y->property);
}

/* name is "ALIAS.PROPERTY" and what follows. */
static int add_override(struct wishes *wishes, struct override_wish *override,
			const char *name, struct error *err)
{
	struct override_wish *v;

	for (size_t i = 0; i < wishes->n_overrides; i++) {
		const struct override_wish *old = &wishes->overrides[i];

		if (compare_overrides(old, override) != 0)
			continue;
		if (old->wish != override->wish) {
			return error_set(err, EINVAL,
					 "'override:%s.%s' is both set and unset",
					 override->alias, override->property);
		}
		if (old->type != override->type ||
		    wish_compare_text(old->value, override->value) != 0)
			return wish_contradicts(name, "override", err);
		return 0;
	}
	v = wish_insert(wishes->overrides, &wishes->n_overrides, override,
			sizeof(*override), compare_overrides);
	if (!v)
		return wish_no_memory(err);
	wishes->overrides = v;
	*override = (struct override_wish){ 0 };
	return 0;
}

int wishes_override(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(override_wish_done) struct override_wish override = { .wish = WISH_SET };
	size_t len = strcspn(value, "=");
	int r;

	if (value[len] != '=') {
		return error_set(err, EINVAL,
				 "'%s' is not ALIAS.PROPERTY=TYPE:VALUE, such as "
				 "ua-gpu.x-vga=bool:true",
				 value);
	}
	r = parse_property(&override, value, len, err);
	if (r == 0)
		r = parse_type(&override, value + len + 1, err);
	if (r < 0)
		return r;
	return add_override(wishes, &override, value, err);
}

int wishes_unset_override(struct wishes *wishes, const char *value, struct error *err)
{
	CLEANUP(override_wish_done)
	struct override_wish override = { .wish = WISH_UNSET };
	int r = parse_property(&override, value, strlen(value), err);

	if (r < 0)
		return r;
	return add_override(wishes, &override, value, err);
}

void qemu_arg_wish_done(struct qemu_arg_wish *wish)
{
	for (size_t i = 0; i < wish->n_args; i++)
		free(wish->args[i]);
	free(wish->args);
	*wish = (struct qemu_arg_wish){ 0 };
}

static int compare_qemu_args(const void *a, const void *b)
{
	const struct qemu_arg_wish *x = a;
	const struct qemu_arg_wish *y = b;

	for (size_t i = 0; i < x->n_args && i < y->n_args; i++) {
		int r = strcmp(x->args[i], y->args[i]);

		if (r != 0)
			return r;
	}
	return wish_compare_number(x->n_args, y->n_args);
}

static int parse_args(struct qemu_arg_wish *group, const char *value, struct error *err)
{
	CLEANUP_KEYVALS struct keyvals parts = KEYVALS_NONE;
	int r = keyvals_parse_list(&parts, value, err);

	if (r < 0)
		return r;
	group->args = calloc(parts.n, sizeof(*group->args));
	if (!group->args)
		return wish_no_memory(err);
	for (size_t i = 0; i < parts.n; i++) {
		r = wish_copy(&group->args[i], parts.v[i].key, err);
		if (r < 0)
			return r;
		group->n_args++;
	}
	/* appended, it would become part of the group before it */
	if (group->wish == WISH_SET && *group->args[0] != '-') {
		return error_set(err, EINVAL,
				 "'%s' begins with no option: the first argument of a "
				 "group is one, such as -device",
				 value);
	}
	return 0;
}

static int add_args(struct wishes *wishes, enum wish wish, const char *value,
		    struct error *err)
{
	CLEANUP(qemu_arg_wish_done) struct qemu_arg_wish group = { .wish = wish };
	struct qemu_arg_wish *v;
	int r = parse_args(&group, value, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < wishes->n_qemu_args; i++) {
		const struct qemu_arg_wish *old = &wishes->qemu_args[i];

		if (compare_qemu_args(old, &group) != 0)
			continue;
		return old->wish == wish ? 0 : wish_both("qemu-arg", value, err);
	}
	v = wish_insert(wishes->qemu_args, &wishes->n_qemu_args, &group, sizeof(group),
			compare_qemu_args);
	if (!v)
		return wish_no_memory(err);
	wishes->qemu_args = v;
	group = (struct qemu_arg_wish){ 0 };
	return 0;
}

int wishes_qemu_arg(struct wishes *wishes, const char *value, struct error *err)
{
	return add_args(wishes, WISH_SET, value, err);
}

int wishes_unset_qemu_arg(struct wishes *wishes, const char *value, struct error *err)
{
	return add_args(wishes, WISH_UNSET, value, err);
}
