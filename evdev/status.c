/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "status.h"

#include <errno.h>
#include <json-c/json.h>
#include <string.h>

#include "base/macro.h"

static const char *const group_states[] = {
	[ROUTER_GROUP_NONE] = "none",       [ROUTER_GROUP_FREE] = "host",
	[ROUTER_GROUP_ASKED] = "asked",     [ROUTER_GROUP_WAITING] = "waiting",
	[ROUTER_GROUP_REFUSED] = "refused", [ROUTER_GROUP_GRABBED] = "grabbed",
};

/* What cannot be had for want of memory is left out: the reader misses it and says so. */
static void add(struct json_object *object, const char *key, struct json_object *value)
{
	if (value)
		(void)json_object_object_add(object, key, value);
}

static void add_text(struct json_object *object, const char *key, const char *value)
{
	add(object, key, json_object_new_string(value));
}

static void add_number(struct json_object *object, const char *key, uint64_t value)
{
	add(object, key, json_object_new_uint64(value));
}

static void write_json(struct json_object *object, struct buf *out)
{
	buf_adds(out, json_object_to_json_string_ext(
			      object,
			      JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	buf_addc(out, '\n');
	json_object_put(object);
}

uint64_t status_frames(const struct seat *seat, unsigned target)
{
	uint64_t n = 0;

	for (enum role role = 0; role < N_ROLES; role++)
		n += seat->guests[target].nodes[role].frames;
	for (size_t i = 0; target == ROUTER_HOST && i < ROUTER_DEVICES; i++)
		n += seat->taken[i].clone.frames;
	return n;
}

static struct json_object *describe_node(const struct seat_node *node, enum role role)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "role", role_template(role)->name);
	add_text(object, "path", node->vnode.place.path);
	add_text(object, "link", node->vnode.link);
	add(object, "kept", json_object_new_boolean(node->was_kept));
	add_number(object, "frames", node->frames);
	add_number(object, "lost", node->lost);
	return object;
}

static struct json_object *describe_guest(const struct seat *seat, unsigned target)
{
	const struct seat_guest *guest = &seat->guests[target];
	struct json_object *object = json_object_new_object();
	struct json_object *nodes = json_object_new_array();

	add_text(object, "name", guest->settings.name);
	add(object, "live",
	    json_object_new_boolean(router_is_live(seat->router, target)));
	add(object, "lost", json_object_new_boolean(guest->has_lost_input));
	add_text(object, "reads",
		 guest->settings.is_input_linux ? "evdev" : "passthrough");
	for (enum role role = 0; role < N_ROLES; role++) {
		if (guest->nodes[role].vnode.fd >= 0) {
			(void)json_object_array_add(
				nodes, describe_node(&guest->nodes[role], role));
		}
	}
	add(object, "nodes", nodes);
	return object;
}

static struct json_object *describe_taken(const struct seat *seat,
					  const struct seat_device *taken)
{
	const struct devices_entry *entry = taken->entry;
	struct json_object *object = json_object_new_object();

	add_text(object, "name", entry->device.info.name);
	add_text(object, "path", entry->node.path);
	add_number(object, "group", entry->group);
	add_text(object, "state", group_states[router_group(seat->router, entry->group)]);
	if (seat->busy[entry->group][0])
		add_text(object, "why", seat->busy[entry->group]);
	add_number(object, "frames", taken->frames);
	add_number(object, "resyncs", taken->resyncs);
	return object;
}

void status_write(const struct seat *seat, struct buf *out)
{
	struct json_object *object = json_object_new_object();
	struct json_object *guests = json_object_new_array();
	struct json_object *devices = json_object_new_array();

	add_text(object, "current", seat_name(seat, router_current(seat->router)));
	add_text(object, "host", seat->config->is_clone ? "clone" : "keep");
	for (unsigned i = ROUTER_HOST + 1; i < ROUTER_TARGETS; i++) {
		if (seat->guests[i].is_used)
			(void)json_object_array_add(guests, describe_guest(seat, i));
	}
	add(object, "guests", guests);
	for (size_t i = 0; i < ROUTER_DEVICES; i++) {
		if (seat->taken[i].entry) {
			(void)json_object_array_add(
				devices, describe_taken(seat, &seat->taken[i]));
		}
	}
	add(object, "devices", devices);
	write_json(object, out);
}

void status_write_devices(const struct seat *seat, const char *prefix, struct buf *out)
{
	static const char *const states[] = {
		[DEVICES_LEFT] = "left",
		[DEVICES_RETRY] = "retry",
		[DEVICES_READY] = "taken",
	};

	for (size_t i = 0; i < seat->devices.n; i++) {
		const struct devices_entry *entry = seat->devices.v[i];
		struct json_object *object = json_object_new_object();

		add_text(object, "path", entry->node.path);
		add_text(object, "name", entry->device.info.name);
		add_text(object, "kind", match_kind_name(entry->match.kind));
		add_text(object, "phys", entry->device.info.phys);
		add_text(object, "uniq", entry->device.info.uniq);
		add_number(object, "vendor", entry->device.info.id.vendor);
		add_number(object, "product", entry->device.info.id.product);
		add_text(object, "state", states[entry->state]);
		if (entry->state != DEVICES_READY)
			add_text(object, "why", entry->why);
		buf_adds(out, prefix);
		write_json(object, out);
	}
}

/* ---- in words ---- */

static const char *text_of(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		return "";
	return json_object_get_string(value);
}

static struct json_object *parse(const char *json, struct error *err)
{
	struct json_object *object = json_tokener_parse(json);

	if (object && json_object_is_type(object, json_type_object))
		return object;
	json_object_put(object);
	(void)error_set(err, EINVAL, "the daemon's answer is no JSON object");
	return NULL;
}

static struct json_object *array_of(struct json_object *object, const char *key)
{
	struct json_object *array;

	if (!json_object_object_get_ex(object, key, &array) ||
	    !json_object_is_type(array, json_type_array))
		return NULL;
	return array;
}

static void show_guest(FILE *out, struct json_object *guest)
{
	struct json_object *nodes = array_of(guest, "nodes");
	const char *state = "not live";

	if (strcmp(text_of(guest, "live"), "true") == 0)
		state = "live";
	if (strcmp(text_of(guest, "lost"), "true") == 0) {
		state = "runs without input since evgrab was stopped, until it is "
			"started anew";
	}
	(void)fprintf(out, "guest %s: %s\n", text_of(guest, "name"), state);
	for (size_t i = 0; nodes && i < json_object_array_length(nodes); i++) {
		struct json_object *node = json_object_array_get_idx(nodes, i);

		(void)fprintf(out, "  %-8s %s -> %s, %s frames, %s lost\n",
			      text_of(node, "role"), text_of(node, "link"),
			      text_of(node, "path"), text_of(node, "frames"),
			      text_of(node, "lost"));
	}
}

static void show_device(FILE *out, struct json_object *device)
{
	const char *why = text_of(device, "why");

	(void)fprintf(out, "device '%s' (%s): %s%s%s\n", text_of(device, "name"),
		      text_of(device, "path"), text_of(device, "state"), *why ? ": " : "",
		      why);
}

int status_show(FILE *out, const char *json, struct error *err)
{
	struct json_object *object = parse(json, err);
	struct json_object *guests, *devices;

	if (!object)
		return -EINVAL;
	(void)fprintf(out, "input goes to %s\n", text_of(object, "current"));
	guests = array_of(object, "guests");
	for (size_t i = 0; guests && i < json_object_array_length(guests); i++)
		show_guest(out, json_object_array_get_idx(guests, i));
	devices = array_of(object, "devices");
	for (size_t i = 0; devices && i < json_object_array_length(devices); i++)
		show_device(out, json_object_array_get_idx(devices, i));
	json_object_put(object);
	return 0;
}

int status_show_device(FILE *out, const char *json, struct error *err)
{
	struct json_object *object = parse(json, err);
	const char *why;

	if (!object)
		return -EINVAL;
	why = text_of(object, "why");
	(void)fprintf(out, "%-20s %-8s %-8s '%s'%s%s\n", text_of(object, "path"),
		      text_of(object, "state"), text_of(object, "kind"),
		      text_of(object, "name"), *why ? ": " : "", why);
	json_object_put(object);
	return 0;
}
