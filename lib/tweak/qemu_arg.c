/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * QEMU's own arguments, in groups that belong together.
 *
 * In the guest, an argument that begins with '-' begins a group, in which those behind it
 * are; arguments before the first option are groups of their own. A wish is there when it
 * equals a run of whole groups: its own arguments may be several groups. What is there is
 * left alone. One of the form "-option ...id=X..." takes the place of a group of the same
 * option and id, as QEMU knows one object of a name only. All else is appended.
 */

#include <errno.h>
#include <string.h>

#include "domain/query.h"
#include "tweak/tweaks.h"

#define TOPIC "qemu-arg"

/* Part of an argument. */
struct word {
	const char *text; /* NULL: none */
	size_t len;
};

#define WORD_NONE ((struct word){ 0 })

/* "driver,id=NAME,...", in which ",," is a comma of a value. */
static struct word id_of_list(const char *value)
{
	const char *part = value;

	while (*part) {
		const char *end = part;

		while (*end && (*end != ',' || end[1] == ','))
			end += *end == ',' ? 2 : 1;
		if (strncmp(part, "id=", 3) == 0)
			return (struct word){ part + 3, (size_t)(end - part) - 3 };
		part = *end ? end + 1 : end;
	}
	return WORD_NONE;
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
	return text + strspn(text, " \t\r\n");
}

/* The end of a string, a bracket or any other character of JSON. */
static const char *skip_token(const char *text, unsigned *depth)
{
	switch (*text) {
	case '{':
	case '[':
		++*depth;
		return text + 1;
	case '}':
	case ']':
		--*depth;
		return text + 1;
	case '"':
	case '\'':
		return skip_string(text);
	default:
		return text + 1;
	}
}

/* A whole string, without its quotes. */
static struct word string_at(const char *text)
{
	const char *end;

	if (*text != '"' && *text != '\'')
		return WORD_NONE;
	end = skip_string(text);
	if (end - text < 2 || end[-1] != *text)
		return WORD_NONE;
	return (struct word){ text + 1, (size_t)(end - text) - 2 };
}

/* The member "id" of the outermost object; QEMU takes single quotes as well. */
static struct word id_of_json(const char *value)
{
	unsigned depth = 0;

	while (*value) {
		const char *end = skip_token(value, &depth);
		bool is_id = end - value == 4 && strncmp(value + 1, "id", 2) == 0;
		const char *colon = skip_blank(end);

		if (depth == 1 && is_id && *colon == ':')
			return string_at(skip_blank(colon + 1));
		value = end;
	}
	return WORD_NONE;
}

/* The id of the object that an argument describes. */
static struct word id_of(const char *value)
{
	value = skip_blank(value);
	return *value == '{' ? id_of_json(value) : id_of_list(value);
}

static struct word id_of_group(const struct qemu_arg_wish *group)
{
	bool is_pair = group->n_args == 2 && *group->args[0] == '-';

	return is_pair ? id_of(group->args[1]) : WORD_NONE;
}

static bool same_word(struct word a, struct word b)
{
	return a.text && b.text && a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static const char *value_of(const xmlNode *arg)
{
	const char *value = query_attr(arg, "value");

	return value ? value : "";
}

static bool is_option(const xmlNode *arg)
{
	return *value_of(arg) == '-';
}

/* Whether the arguments from this one on equal the wish, and a group ends behind them. */
static bool run_begins(const xmlNode *arg, const struct qemu_arg_wish *wish,
		       bool in_group)
{
	for (size_t i = 0; i < wish->n_args; i++) {
		if (!arg || strcmp(value_of(arg), wish->args[i]) != 0)
			return false;
		in_group = in_group || is_option(arg);
		arg = query_next(arg);
	}
	return !arg || !in_group || is_option(arg);
}

static bool has_run(const xmlNode *first, const struct qemu_arg_wish *wish)
{
	bool in_group = false;

	for (const xmlNode *arg = first; arg; arg = query_next(arg)) {
		if ((!in_group || is_option(arg)) && run_begins(arg, wish, in_group))
			return true;
		in_group = in_group || is_option(arg);
	}
	return false;
}

/* What stands alone behind the option and names the same object; NULL without one. */
static const char *value_of_same(const xmlNode *first, const char *option, struct word id)
{
	for (const xmlNode *arg = first; arg; arg = query_next(arg)) {
		const xmlNode *value = query_next(arg);
		const xmlNode *behind = value ? query_next(value) : NULL;

		if (value && strcmp(value_of(arg), option) == 0 &&
		    (!behind || is_option(behind)) &&
		    same_word(id_of(value_of(value)), id))
			return value_of(value);
	}
	return NULL;
}

/* Two wishes for one object. */
static int check_twice(const struct wishes *wishes, size_t at, struct word id,
		       struct error *err)
{
	const struct qemu_arg_wish *group = &wishes->qemu_args[at];

	for (size_t i = 0; i < at; i++) {
		const struct qemu_arg_wish *other = &wishes->qemu_args[i];

		if (other->wish != WISH_SET || !same_word(id_of_group(other), id) ||
		    strcmp(other->args[0], group->args[0]) != 0)
			continue;
		return error_set(err, ENOTUNIQ, "'%s' and '%s' have the same id",
				 other->args[1], group->args[1]);
	}
	return 0;
}

static void note_nothing(struct planner *planner, const struct qemu_arg_wish *group)
{
	const char *second = group->n_args > 1 ? group->args[1] : "";

	notes_add(planner->notes, NOTE_INFO, TOPIC,
		  "the guest has no group of arguments '%s%s%s%s': nothing to take out",
		  group->args[0], *second ? " " : "", second,
		  group->n_args > 2 ? " ..." : "");
}

static void note(struct planner *planner, const struct qemu_arg_wish *group,
		 bool is_there, const char *old)
{
	const char *second = group->n_args > 1 ? group->args[1] : "";

	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s%s%s%s", group->args[0],
		  *second ? " " : "", second, group->n_args > 2 ? " ..." : "");
	if (is_there) {
		notes_because(planner->notes, "is there already");
	} else if (old) {
		notes_because(planner->notes, "in the place of '%s', which has its id",
			      old);
	} else {
		notes_because(planner->notes,
			      "asked for; libvirt marks the guest as tainted");
	}
}

static int plan_group(struct planner *planner, xmlNodePtr plan, size_t at,
		      struct error *err)
{
	const struct qemu_arg_wish *group = &planner->wishes->qemu_args[at];
	const xmlNode *commandline =
		query_qemu_child(planner_domain(planner), "commandline");
	const xmlNode *first = query_qemu_child(commandline, "arg");
	xmlNodePtr element = planner_add_in(plan, "group");
	struct word id = id_of_group(group);
	bool is_there = has_run(first, group);
	const char *old = NULL;

	for (size_t i = 0; i < group->n_args; i++)
		planner_set(planner_add_in(element, "arg"), "value", group->args[i]);
	if (group->wish == WISH_UNSET) {
		planner_set(element, "unset", "yes");
		if (!is_there)
			note_nothing(planner, group);
		return 0;
	}
	if (id.text && check_twice(planner->wishes, at, id, err) < 0)
		return -err->code;
	if (id.text && !is_there)
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
