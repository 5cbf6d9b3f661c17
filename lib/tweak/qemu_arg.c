/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * QEMU's own arguments, in groups that belong together.
 *
 * A group that stands in the guest already, as a run of arguments, is left alone. One of
 * the form "-option ...id=X..." takes the place of an argument of the same option and id,
 * as QEMU knows one object of a name only. All else is appended.
 */

#include "tweak/tweaks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "domain/query.h"

#define TOPIC "qemu-arg"
#define BLANK " \t\r\n"

/* "driver,id=NAME,...", in which ",," is a comma of a value. */
static char *id_of_list(const char *value)
{
	const char *part = value;

	while (*part) {
		const char *end = part;

		while (*end && (*end != ',' || end[1] == ','))
			end += *end == ',' ? 2 : 1;
		if (strncmp(part, "id=", 3) == 0)
			return strndup(part + 3, (size_t)(end - part) - 3);
		part = *end ? end + 1 : end;
	}
	return NULL;
}

/* The end of a string that begins at its quote: behind the closing one. */
static const char *skip_string(const char *text)
{
	char quote = *text++;

	while (*text && *text != quote)
		text += *text == '\\' && text[1] ? 2 : 1;
	return *text ? text + 1 : text;
}

static const char *skip_blank(const char *text)
{
	return text + strspn(text, BLANK);
}

static bool is_id(const char *string, const char *end)
{
	return end - string == 4 && strncmp(string + 1, "id", 2) == 0;
}

/* The member "id" of the outermost object; QEMU takes single quotes as well. */
static char *id_of_json(const char *value)
{
	unsigned depth = 0;

	while (*value) {
		const char *end = value + 1;
		const char *id;

		if (*value == '{' || *value == '[')
			depth++;
		else if (*value == '}' || *value == ']')
			depth--;
		else if (*value == '"' || *value == '\'')
			end = skip_string(value);
		id = skip_blank(end);
		if (depth == 1 && is_id(value, end) && *id == ':') {
			id = skip_blank(id + 1);
			if (*id != '"' && *id != '\'')
				return NULL;
			end = skip_string(id);
			if (end - id < 2 || end[-1] != *id)
				return NULL;
			return strndup(id + 1, (size_t)(end - id) - 2);
		}
		value = end;
	}
	return NULL;
}

/* The id of an object that an argument describes, NULL without one. Allocated. */
static char *id_of(const char *value)
{
	value = skip_blank(value);
	return *value == '{' ? id_of_json(value) : id_of_list(value);
}

static char *id_of_group(const struct qemu_arg_wish *group)
{
	bool is_pair = group->n_args == 2 && *group->args[0] == '-';

	return is_pair ? id_of(group->args[1]) : NULL;
}

static bool has_id(const char *value, const char *id)
{
	CLEANUP_FREE char *have = id_of(value);

	return have && strcmp(have, id) == 0;
}

static const char *value_of(const xmlNode *arg)
{
	const char *value = query_attr(arg, "value");

	return value ? value : "";
}

/* Whether a run of arguments that begins at this one equals the group. */
static bool run_begins(const xmlNode *arg, const struct qemu_arg_wish *group)
{
	for (size_t i = 0; i < group->n_args; i++) {
		if (!arg || strcmp(value_of(arg), group->args[i]) != 0)
			return false;
		arg = query_next(arg);
	}
	return true;
}

static bool has_run(const xmlNode *first, const struct qemu_arg_wish *group)
{
	for (const xmlNode *arg = first; arg; arg = query_next(arg)) {
		if (run_begins(arg, group))
			return true;
	}
	return false;
}

/* What stands behind the option and names the same object; NULL when there is none. */
static const char *value_of_same(const xmlNode *first, const char *option, const char *id)
{
	for (const xmlNode *arg = first; arg; arg = query_next(arg)) {
		const xmlNode *value = query_next(arg);

		if (value && strcmp(value_of(arg), option) == 0 &&
		    has_id(value_of(value), id))
			return value_of(value);
	}
	return NULL;
}

/* Two wishes for one object. */
static int check_twice(const struct wishes *wishes, size_t at, const char *id,
		       struct error *err)
{
	const struct qemu_arg_wish *group = &wishes->qemu_args[at];

	for (size_t i = 0; i < at; i++) {
		const struct qemu_arg_wish *other = &wishes->qemu_args[i];
		CLEANUP_FREE char *other_id = id_of_group(other);

		if (other->wish == WISH_SET && other_id && strcmp(other_id, id) == 0 &&
		    strcmp(other->args[0], group->args[0]) == 0) {
			return error_set(err, EINVAL,
					 "'%s' and '%s' are both %s with the id '%s'",
					 other->args[1], group->args[1], group->args[0],
					 id);
		}
	}
	return 0;
}

static void note(struct planner *planner, const struct qemu_arg_wish *group,
		 bool is_there, const char *old)
{
	const char *second = group->n_args > 1 ? group->args[1] : "";

	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s%s%s%s", group->args[0],
		  *second ? " " : "", second, group->n_args > 2 ? " ..." : "");
	if (is_there)
		notes_because(planner->notes, "is there already");
	else if (old)
		notes_because(planner->notes, "in the place of '%s', which has its id", old);
	else
		notes_because(planner->notes, "asked for; libvirt marks the guest as tainted");
}

static int plan_group(struct planner *planner, xmlNodePtr plan, size_t at,
		      struct error *err)
{
	const struct qemu_arg_wish *group = &planner->wishes->qemu_args[at];
	const xmlNode *commandline = query_qemu_child(planner_domain(planner),
						      "commandline");
	const xmlNode *first = query_qemu_child(commandline, "arg");
	xmlNodePtr element = planner_add_in(plan, "group");
	CLEANUP_FREE char *id = id_of_group(group);
	bool is_there = has_run(first, group);
	const char *old = NULL;

	for (size_t i = 0; i < group->n_args; i++)
		planner_set(planner_add_in(element, "arg"), "value", group->args[i]);
	if (group->wish == WISH_UNSET) {
		planner_set(element, "unset", "yes");
		return 0;
	}
	if (id && check_twice(planner->wishes, at, id, err) < 0)
		return -EINVAL;
	if (id && !is_there)
		old = value_of_same(first, group->args[0], id);
	if (old)
		planner_set(element, "instead", old);
	note(planner, group, is_there, old);
	return 0;
}

int qemu_arg_plan(struct planner *planner, struct error *err)
{
	xmlNodePtr plan;

	if (planner->wishes->n_qemu_args == 0)
		return 0;
	plan = planner_add(planner, TOPIC);
	for (size_t i = 0; i < planner->wishes->n_qemu_args; i++) {
		int r = plan_group(planner, plan, i, err);

		if (r < 0)
			return r;
	}
	return 0;
}
