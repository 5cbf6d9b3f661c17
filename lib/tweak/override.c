/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Properties of QEMU's devices that libvirt has no word for: <qemu:override>, since
 * libvirt 8.2.0. The older '-set device.ALIAS.PROPERTY=' in <qemu:commandline> no longer
 * reaches devices since libvirt gives them as JSON (QEMU 6.2, libvirt 7.9).
 */

#include <errno.h>

#include "domain/query.h"
#include "tweak/tweaks.h"

#define TOPIC "override"

static xmlNodePtr find(const struct planner *planner, const char *alias,
		       const char *property)
{
	const xmlNode *plan = query_child(xmlDocGetRootElement(planner->plan), TOPIC);

	for (xmlNodePtr node = plan ? plan->children : NULL; node; node = node->next) {
		if (query_attr_is(node, "alias", alias) &&
		    query_attr_is(node, "name", property))
			return node;
	}
	return NULL;
}

static xmlNodePtr add(struct planner *planner, const char *kind, const char *alias,
		      const char *property)
{
	xmlNodePtr element = planner_add_in(planner_get(planner, TOPIC), kind);

	planner_set(element, "alias", alias);
	planner_set(element, "name", property);
	return element;
}

void override_add(struct planner *planner, const char *alias, const char *property,
		  const char *type, const char *value)
{
	xmlNodePtr element = add(planner, "property", alias, property);

	planner_set(element, "type", type);
	if (value)
		planner_set(element, "value", value);
}

void override_remove(struct planner *planner, const char *alias, const char *property)
{
	(void)add(planner, "remove", alias, property);
}

static const char *type_name(enum override_type type)
{
	switch (type) {
	case OVERRIDE_UNSIGNED:
		return "unsigned";
	case OVERRIDE_SIGNED:
		return "signed";
	case OVERRIDE_BOOL:
		return "bool";
	case OVERRIDE_REMOVE:
		return "remove";
	default:
		return "string";
	}
}

static void plan_set(struct planner *planner, const struct override_wish *wish)
{
	override_add(planner, wish->alias, wish->property, type_name(wish->type),
		     wish->value);
	if (wish->value) {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "property %s of '%s' is %s", wish->property, wish->alias,
			  wish->value);
	} else {
		notes_add(planner->notes, NOTE_DECISION, TOPIC,
			  "property %s of '%s' is not given to QEMU", wish->property,
			  wish->alias);
	}
	notes_because(planner->notes,
		      "asked for; libvirt 8.2.0 or later applies it at the guest's next "
		      "start");
}

/* Another tweak's wish for the same property has to be the same wish. */
static int check_other(const xmlNode *other, const struct override_wish *wish,
		       struct error *err)
{
	bool is_same = query_is(other, "property") == (wish->wish == WISH_SET);

	if (is_same && wish->wish == WISH_SET) {
		is_same = query_attr_is(other, "type", type_name(wish->type)) &&
			  (!wish->value || query_attr_is(other, "value", wish->value));
	}
	if (is_same)
		return 0;
	return error_set(err, ENOTUNIQ,
			 "'%s.%s' contradicts what another option wants of it",
			 wish->alias, wish->property);
}

int override_plan(struct planner *planner, struct error *err)
{
	const struct wishes *wishes = planner->wishes;

	for (size_t i = 0; i < wishes->n_overrides; i++) {
		const struct override_wish *wish = &wishes->overrides[i];
		const xmlNode *other = find(planner, wish->alias, wish->property);
		int r = other ? check_other(other, wish, err) : 0;

		if (r < 0)
			return r;
		if (other)
			continue;
		if (wish->wish == WISH_SET) {
			plan_set(planner, wish);
		} else {
			override_remove(planner, wish->alias, wish->property);
		}
	}
	return 0;
}
