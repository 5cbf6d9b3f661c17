/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "host/input_node.h"
#include "host/sysfs.h"

#define BY_ID   "dev/input/by-id"
#define BY_PATH "dev/input/by-path"

/* What the kernel has numbers for. */
#define INPUTS_MAX 1024

void inputs_done(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->n; i++) {
		free(inputs->v[i].path);
		free(inputs->v[i].name);
		free(inputs->v[i].phys);
	}
	free(inputs->v);
	*inputs = INPUTS_NONE;
}

static int add_input(struct inputs *inputs, enum input_kind kind,
		     const struct input_node *node, struct error *err)
{
	struct input *v;

	if (inputs->n == INPUTS_MAX)
		return error_set(err, E2BIG, "more than %d input devices", INPUTS_MAX);
	v = reallocarray(inputs->v, inputs->n + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	inputs->v = v;
	v += inputs->n++;
	*v = (struct input){ .kind = kind,
			     .event = node->event,
			     .name = strdup(node->name),
			     .phys = strdup(node->phys) };
	if (!v->name || !v->phys)
		return error_set(err, ENOMEM, "out of memory");
	return 0;
}

static int keep_if_wanted(const struct input_node *node, void *data, struct error *err)
{
	enum input_kind kind;

	return input_node_kind(&kind, node) ? add_input(data, kind, node, err) : 0;
}

/* "event7" is 7; other names are no event device. */
static bool event_number(unsigned *ret_event, const char *name)
{
	struct error ignored;
	uint64_t event;

	if (strncmp(name, "event", 5) != 0 ||
	    parse_dec(&event, name + 5, 0, UINT16_MAX, "event", &ignored) < 0)
		return false;
	*ret_event = (unsigned)event;
	return true;
}

/* Reads /sys/class/input. *ret_found: it had event devices, of whatever kind. */
static int read_sysfs(struct inputs *inputs, bool *ret_found, const struct root *root,
		      struct error *err)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	int r = sysfs_list(&names, root, "sys/class/input", err);

	for (size_t i = 0; r == 0 && i < names.n; i++) {
		struct input_node node = { 0 };

		if (!event_number(&node.event, names.v[i]))
			continue;
		*ret_found = true;
		r = input_node_read(&node, root, names.v[i], err);
		if (r == 0)
			r = keep_if_wanted(&node, inputs, err);
	}
	return r;
}

/* A link below /dev/input, by the number of the event device it leads to. */
struct link {
	const char *dir;
	const char *name;
	unsigned event;
};

struct links {
	struct sysfs_names by_id;
	struct sysfs_names by_path;
	struct link *v; /* those of by-id first */
	size_t n;
};

static void links_done(struct links *links)
{
	sysfs_names_done(&links->by_id);
	sysfs_names_done(&links->by_path);
	free(links->v);
}

static int add_links(struct links *links, const struct root *root, const char *dir,
		     const struct sysfs_names *names, struct error *err)
{
	for (size_t i = 0; i < names->n; i++) {
		struct link link = { .dir = dir, .name = names->v[i] };
		char path[SYSFS_PATH_MAX];
		char target[SYSFS_WORD_MAX];
		int r = sysfs_path(path, err, "%s/%s", dir, link.name);

		if (r == 0)
			r = sysfs_link_name(root, path, target, sizeof(target), err);
		if (r < 0)
			return r;
		/* the others lead to js0, mouse0 */
		if (event_number(&link.event, target))
			links->v[links->n++] = link;
	}
	return 0;
}

static int read_links(struct links *links, const struct root *root, struct error *err)
{
	int r = sysfs_list(&links->by_id, root, BY_ID, err);

	if (r == 0)
		r = sysfs_list(&links->by_path, root, BY_PATH, err);
	if (r < 0)
		return r;
	links->v = calloc(links->by_id.n + links->by_path.n + 1, sizeof(*links->v));
	if (!links->v)
		return error_set(err, ENOMEM, "out of memory");

	r = add_links(links, root, BY_ID, &links->by_id, err);
	if (r == 0)
		r = add_links(links, root, BY_PATH, &links->by_path, err);
	return r;
}

static bool has_event(const struct inputs *inputs, unsigned event)
{
	for (size_t i = 0; i < inputs->n; i++) {
		if (inputs->v[i].event == event)
			return true;
	}
	return false;
}

/* What udev put into its links says nearly as much as the devices would. */
static int guess_from_links(struct inputs *inputs, const struct links *links,
			    struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < links->n; i++) {
		struct input_node node = { .event = links->v[i].event };
		enum input_kind kind;

		if (input_node_from_link(&kind, &node, links->v[i].name) &&
		    !has_event(inputs, node.event))
			r = add_input(inputs, kind, &node, err);
	}
	return r;
}

static int choose_path(struct input *input, const struct links *links, struct error *err)
{
	const struct link *best = NULL;

	for (size_t i = 0; !best && i < links->n; i++) {
		if (links->v[i].event == input->event)
			best = &links->v[i];
	}
	input->is_stable = best != NULL;
	if (best ? asprintf(&input->path, "/%s/%s", best->dir, best->name) < 0
		 : asprintf(&input->path, "/dev/input/event%u", input->event) < 0) {
		input->path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* "usb-0000:06:00.0-4/input1": the length of the device's part, and the interface. */
static size_t device_part(unsigned *ret_interface, const char *phys)
{
	static const char mark[] = "/input";
	const char *found = NULL;

	*ret_interface = 0;
	for (const char *at = strstr(phys, mark); at; at = strstr(at + 1, mark))
		found = at;
	if (!found)
		return strlen(phys);
	for (const char *at = found + strlen(mark); *at >= '0' && *at <= '9'; at++)
		*ret_interface = (*ret_interface * 10 + (unsigned)(*at - '0')) & 0xffff;
	return (size_t)(found - phys);
}

/* Whether a mouse is an earlier interface of the same device. */
static bool belongs_to_mouse(const struct inputs *inputs, const struct input *keyboard)
{
	unsigned interface;
	size_t len = device_part(&interface, keyboard->phys);

	for (size_t i = 0; len > 0 && i < inputs->n; i++) {
		const struct input *other = &inputs->v[i];
		unsigned other_interface;

		if (other->kind == INPUT_MOUSE &&
		    device_part(&other_interface, other->phys) == len &&
		    memcmp(other->phys, keyboard->phys, len) == 0 &&
		    other_interface < interface)
			return true;
	}
	return false;
}

static int compare_inputs(const void *a, const void *b)
{
	const struct input *left = a;
	const struct input *right = b;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->is_extra != right->is_extra)
		return left->is_extra ? 1 : -1;
	return (left->event > right->event) - (left->event < right->event);
}

static int read_inputs(struct inputs *inputs, const struct links *links,
		       const struct root *root, struct error *err)
{
	bool found = false;
	int r = read_sysfs(inputs, &found, root, err);

	if (r == 0 && !found)
		r = input_node_read_proc(&found, root, keep_if_wanted, inputs, err);
	if (r == 0 && !found)
		r = guess_from_links(inputs, links, err);
	for (size_t i = 0; r == 0 && i < inputs->n; i++)
		r = choose_path(&inputs->v[i], links, err);
	if (r < 0 || inputs->n == 0)
		return r;

	for (size_t i = 0; i < inputs->n; i++) {
		inputs->v[i].is_extra = inputs->v[i].kind == INPUT_KEYBOARD &&
					belongs_to_mouse(inputs, &inputs->v[i]);
	}
	qsort(inputs->v, inputs->n, sizeof(*inputs->v), compare_inputs);
	return 0;
}

int inputs_read(struct inputs *ret_inputs, const struct root *root, struct error *err)
{
	struct inputs inputs = INPUTS_NONE;
	struct links links = { 0 };
	int r = read_links(&links, root, err);

	if (r == 0)
		r = read_inputs(&inputs, &links, root, err);
	links_done(&links);
	if (r < 0) {
		inputs_done(&inputs);
		return r;
	}
	*ret_inputs = inputs;
	return 0;
}
