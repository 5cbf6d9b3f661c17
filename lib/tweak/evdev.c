/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Keyboards and mice that QEMU takes from the host by evdev, and gives back at a chord.
 *
 * The chord on a keyboard with grab='all' switches all other inputs along, but never
 * another one that has it (input_linux_toggle_grab() in QEMU): there should be just one.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "domain/query.h"
#include "host/input.h"
#include "host/sysfs.h"
#include "tweak/evdev_input.h"
#include "tweak/evgrab.h"
#include "tweak/tweaks.h"

#define TOPIC "evdev"

struct evdev {
	struct planner *planner;
	const xmlNode *devices; /* of the guest, or NULL */
	xmlNodePtr element;
	struct inputs found; /* on the host */
	struct evdev_input
		*v; /* what the guest shall have; borrows from all the others */
	size_t n;
	char **objects; /* devices of QEMU arguments */
	size_t n_objects;
};

static void evdev_done(struct evdev *evdev)
{
	for (size_t i = 0; i < evdev->n_objects; i++)
		free(evdev->objects[i]);
	free(evdev->objects);
	free(evdev->v);
	inputs_done(&evdev->found);
}

static bool same_device(const struct evdev *evdev, const char *a, const char *b)
{
	const struct root *root = evdev->planner->root;
	uint64_t event_a;
	uint64_t event_b;

	if (evdev_same_path(a, b))
		return true;
	return root && evdev_event(&event_a, root, a) && evdev_event(&event_b, root, b) &&
	       event_a == event_b;
}

/* The source of an <input type='evdev'>, NULL for other inputs. */
static const xmlNode *evdev_source(const xmlNode *input)
{
	const xmlNode *source = query_child(input, "source");

	return query_attr_is(input, "type", "evdev") && query_attr(source, "dev") ? source
										  : NULL;
}

static enum wish_switch repeat_of(const xmlNode *source)
{
	if (query_attr_is(source, "repeat", "on"))
		return WISH_ON;
	return query_attr_is(source, "repeat", "off") ? WISH_OFF : WISH_DEFAULT;
}

/* Adds what another says of the same device, where *input says nothing. */
static void merge(struct evdev_input *input, const struct evdev_input *other)
{
	input->grab_all = input->grab_all || other->grab_all;
	if (input->repeat == WISH_DEFAULT)
		input->repeat = other->repeat;
	if (!input->toggle)
		input->toggle = other->toggle;
}

/* A device that the guest has keeps what is not wished otherwise. */
static void merge_guest(const struct evdev *evdev, struct evdev_input *input)
{
	query_each (element, evdev->devices, "input") {
		const xmlNode *source = evdev_source(element);
		struct evdev_input has = { .grab_all =
						   query_attr_is(source, "grab", "all"),
					   .toggle = query_attr(source, "grabToggle"),
					   .repeat = repeat_of(source) };

		if (source && same_device(evdev, query_attr(source, "dev"), input->dev))
			merge(input, &has);
	}
}

static struct evdev_input *find(const struct evdev *evdev, const char *dev)
{
	for (size_t i = 0; i < evdev->n; i++) {
		if (same_device(evdev, evdev->v[i].dev, dev))
			return &evdev->v[i];
	}
	return NULL;
}

/* What comes later goes before what was said earlier. */
static int put(struct evdev *evdev, struct evdev_input input, struct error *err)
{
	struct evdev_input *old = find(evdev, input.dev);
	struct evdev_input *v;

	merge_guest(evdev, &input);
	if (old) {
		merge(&input, old);
		*old = input;
		return 0;
	}
	v = reallocarray(evdev->v, evdev->n + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	evdev->v = v;
	v[evdev->n++] = input;
	return 0;
}

static int keep_object(struct evdev *evdev, char *dev, struct error *err)
{
	char **objects =
		reallocarray(evdev->objects, evdev->n_objects + 1, sizeof(*objects));

	if (!objects) {
		free(dev);
		return error_set(err, ENOMEM, "out of memory");
	}
	evdev->objects = objects;
	objects[evdev->n_objects++] = dev;
	return 0;
}

/* The name by which the guest or the plan has a device already, NULL if neither has. */
static const char *known_as(const struct evdev *evdev, const char *dev)
{
	const struct evdev_input *input = find(evdev, dev);

	query_each (element, evdev->devices, "input") {
		const char *has = query_attr(evdev_source(element), "dev");

		if (has && same_device(evdev, has, dev))
			return has;
	}
	return input ? input->dev : NULL;
}

static void note_converted(const struct evdev *evdev, const struct evdev_input *input)
{
	const char *known = known_as(evdev, input->dev);
	struct notes *notes = evdev->planner->notes;

	notes_add(notes, NOTE_DECISION, TOPIC, "%s%s%s%s%s", input->dev,
		  input->grab_all ? " grab='all'" : "",
		  input->toggle ? " grabToggle='" : "",
		  input->toggle ? input->toggle : "", input->toggle ? "'" : "");
	if (known) {
		notes_because(notes,
			      "was a QEMU argument 'input-linux', dropped: the guest has "
			      "the device as %s",
			      known);
	} else {
		notes_because(notes, "was a QEMU argument 'input-linux'");
	}
}

static int convert(struct evdev *evdev, const char *object, struct error *err)
{
	struct evdev_input input;
	char *dev = NULL;
	int r;

	switch (evdev_input_read(&input, &dev, object)) {
	case EVDEV_OBJECT_READ:
		planner_set(planner_add_in(evdev->element, "object"), "value", object);
		note_converted(evdev, &input);
		r = keep_object(evdev, dev, err);
		return r < 0 ? r : put(evdev, input, err);
	case EVDEV_OBJECT_STRANGE:
		notes_add(
			evdev->planner->notes, NOTE_WARNING, TOPIC,
			"the QEMU argument '%s' stays: it says what <input type='evdev'> "
			"has no word for",
			object);
		return 0;
	default:
		return 0;
	}
}

/* What was done before libvirt knew evdev: -object input-linux. */
static int convert_arguments(struct evdev *evdev, struct error *err)
{
	const xmlNode *domain = planner_domain(evdev->planner);
	const char *option = NULL;
	int r = 0;

	for (const xmlNode *arg =
		     query_qemu_child(query_qemu_child(domain, "commandline"), "arg");
	     r == 0 && arg; arg = query_next(arg)) {
		const char *value = query_attr(arg, "value");

		if (option && value &&
		    (strcmp(option, "-object") == 0 || strcmp(option, "--object") == 0))
			r = convert(evdev, value, err);
		option = value;
	}
	if (evdev->n_objects > 0) {
		bool is_one = evdev->n_objects == 1;

		notes_add(
			evdev->planner->notes, NOTE_INFO, TOPIC,
			"%zu QEMU argument%s 'input-linux' become%s <input type='evdev'>: "
			"libvirt then opens the way to the device, without "
			"cgroup_device_acl in qemu.conf",
			evdev->n_objects, is_one ? "" : "s", is_one ? "s" : "");
	}
	return r;
}

/* Whether one of the links in a directory leads to an event device. */
static bool is_linked(const struct root *root, const char *dir, uint64_t event)
{
	CLEANUP_SYSFS_NAMES struct sysfs_names names = SYSFS_NAMES_NONE;
	struct error ignored;
	bool is_found = false;

	if (sysfs_list(&names, root, dir, &ignored) < 0)
		return false;
	for (size_t i = 0; !is_found && i < names.n; i++) {
		char path[SYSFS_PATH_MAX];
		uint64_t other;

		is_found = sysfs_path(path, &ignored, "/%s/%s", dir, names.v[i]) == 0 &&
			   evdev_event(&other, root, path) && other == event;
	}
	return is_found;
}

/* A captured host has no device nodes, but what tells of them. */
static bool is_there(const struct root *root, const char *path)
{
	char class[SYSFS_PATH_MAX];
	struct error ignored;
	uint64_t event;

	if (sysfs_exists(root, path + 1))
		return true;
	if (!evdev_event(&event, root, path) ||
	    sysfs_path(class, &ignored, "sys/class/input/event%" PRIu64, event) < 0)
		return false;
	return sysfs_exists(root, class) || is_linked(root, "dev/input/by-id", event) ||
	       is_linked(root, "dev/input/by-path", event);
}

static int put_path(struct evdev *evdev, const struct evdev_wish *wish, struct error *err)
{
	const struct planner *planner = evdev->planner;
	struct evdev_input input = { .dev = wish->path,
				     .grab_all = wish->grab_all,
				     .toggle = wish->toggle,
				     .repeat = wish->repeat };

	if (planner->root && !is_there(planner->root, wish->path)) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "'%s' is not there: the guest does not start without it",
			  wish->path);
	}
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s", wish->path);
	notes_because(planner->notes, "asked for");
	return put(evdev, input, err);
}

static int put_found(struct evdev *evdev, const struct input *found,
		     const struct evdev_wish *wish, struct error *err)
{
	struct evdev_input input = { .dev = found->path };
	bool is_keyboard = found->kind == INPUT_KEYBOARD;
	struct notes *notes = evdev->planner->notes;

	notes_add(notes, NOTE_DECISION, TOPIC, "%s", found->path);
	notes_because(notes, "%s '%s'%s",
		      !is_keyboard      ? "the mouse"
		      : found->is_extra ? "the keys of the mouse"
					: "the keyboard",
		      found->name, found->is_stable ? "" : ", which has no stable name");
	if (!found->is_stable) {
		notes_add(notes, NOTE_WARNING, TOPIC,
			  "'%s' has no stable name: at the next boot %s may be another "
			  "device",
			  found->name, found->path);
	}
	if (is_keyboard) {
		input.toggle = wish->toggle;
		input.repeat = wish->repeat;
	}
	if (put(evdev, input, err) < 0)
		return -ENOMEM;
	/* repeated keys are the keyboard's: QEMU makes none of its own */
	if (is_keyboard) {
		merge(find(evdev, found->path),
		      &(struct evdev_input){ .repeat = WISH_ON });
	}
	return 0;
}

static bool is_in_plan(const struct evdev *evdev, const xmlNode *source)
{
	return find(evdev, query_attr(source, "dev")) != NULL;
}

/* Inputs with grab='all', of the plan and those that the guest has besides. */
static unsigned count_grabs(const struct evdev *evdev, unsigned *ret_n_inputs)
{
	unsigned n_grabs = 0;

	*ret_n_inputs = (unsigned)evdev->n;
	for (size_t i = 0; i < evdev->n; i++)
		n_grabs += evdev->v[i].grab_all;
	query_each (input, evdev->devices, "input") {
		const xmlNode *source = evdev_source(input);

		if (!source || is_in_plan(evdev, source))
			continue;
		++*ret_n_inputs;
		n_grabs += query_attr_is(source, "grab", "all");
	}
	return n_grabs;
}

static int put_all_found(struct evdev *evdev, const struct evdev_wish *wish,
			 struct error *err)
{
	const struct inputs *inputs = &evdev->found;
	struct notes *notes = evdev->planner->notes;
	const struct input *keyboard = inputs->v; /* keyboards come first */
	unsigned n_inputs;

	if (inputs->n == 0 || keyboard->kind != INPUT_KEYBOARD) {
		return error_set(
			err, ENOENT,
			"no keyboard was found in /sys/class/input, "
			"/proc/bus/input/devices or /dev/input/by-id: plug one in, "
			"or name the devices by --evdev=PATH");
	}
	for (size_t i = 0; i < inputs->n; i++) {
		int r = put_found(evdev, &inputs->v[i], wish, err);

		if (r < 0)
			return r;
	}
	if (inputs->v[inputs->n - 1].kind != INPUT_MOUSE)
		notes_add(notes, NOTE_WARNING, TOPIC, "no mouse was found");
	if (count_grabs(evdev, &n_inputs) == 0) {
		find(evdev, keyboard->path)->grab_all = true;
		notes_add(notes, NOTE_DECISION, TOPIC, "grab='all' on %s",
			  keyboard->path);
		notes_because(notes, "one keyboard switches all the others along");
	}
	return 0;
}

static int put_auto(struct evdev *evdev, const struct evdev_wish *wish, struct error *err)
{
	int r;

	if (!evdev->planner->root) {
		return error_set(err, EINVAL,
				 "auto looks for the host's keyboards and mice, which "
				 "--host=none leaves unknown: name them by --evdev=PATH");
	}
	r = inputs_read(&evdev->found, evdev->planner->root, err);
	if (r < 0)
		return r;
	return put_all_found(evdev, wish, err);
}

static void note_dropped(const struct evdev *evdev, const char *dev)
{
	notes_add(evdev->planner->notes, NOTE_DECISION, TOPIC, "%s is dropped", dev);
	notes_because(evdev->planner->notes, "an input before it is the same device");
}

static void plan_input(const struct evdev *evdev, const struct evdev_input *input)
{
	xmlNodePtr element = planner_add_in(evdev->element, "input");
	bool is_known = false;

	planner_set(element, "dev", input->dev);
	if (input->grab_all)
		planner_set(element, "grab", "all");
	if (input->toggle)
		planner_set(element, "grabToggle", input->toggle);
	if (input->repeat != WISH_DEFAULT)
		planner_set(element, "repeat", input->repeat == WISH_ON ? "on" : "off");

	/* under which other names the guest has it */
	query_each (has, evdev->devices, "input") {
		const char *dev = query_attr(evdev_source(has), "dev");

		if (!dev || !same_device(evdev, dev, input->dev))
			continue;
		if (strcmp(dev, input->dev) != 0)
			planner_set(planner_add_in(element, "also"), "dev", dev);
		if (is_known)
			note_dropped(evdev, dev);
		is_known = true;
	}
}

static void note_switching(const struct evdev *evdev)
{
	struct notes *notes = evdev->planner->notes;
	const char *toggle = NULL;
	unsigned n_inputs;
	unsigned n_grabs = count_grabs(evdev, &n_inputs);

	query_each (input, evdev->devices, "input") {
		if (query_attr_is(evdev_source(input), "grab", "all"))
			toggle = query_attr(evdev_source(input), "grabToggle");
	}
	for (size_t i = 0; i < evdev->n; i++) {
		if (evdev->v[i].grab_all)
			toggle = evdev->v[i].toggle;
	}
	notes_add(notes, NOTE_INFO, TOPIC, "%s keyboard and mouse between host and guest",
		  evdev_toggle_words(toggle));
	if (n_grabs > 1) {
		notes_add(notes, NOTE_WARNING, TOPIC,
			  "%u inputs have grab='all', and none of them follows another: "
			  "leave it to one keyboard",
			  n_grabs);
	} else if (n_grabs == 0 && n_inputs > 1) {
		notes_add(
			notes, NOTE_WARNING, TOPIC,
			"no input has grab='all': each keyboard switches only itself, and "
			"a mouse is not switched at all; give one keyboard grab=all");
	}
}

static int plan_set(struct evdev *evdev, struct error *err)
{
	const struct wishes *wishes = evdev->planner->wishes;
	int r = convert_arguments(evdev, err);

	for (size_t i = 0; r == 0 && i < wishes->n_evdevs; i++) {
		const struct evdev_wish *wish = &wishes->evdevs[i];

		r = wish->path ? put_path(evdev, wish, err) : put_auto(evdev, wish, err);
	}
	if (r < 0)
		return r;
	for (size_t i = 0; i < evdev->n; i++)
		plan_input(evdev, &evdev->v[i]);
	note_switching(evdev);
	return 0;
}

int evdev_plan(struct planner *planner, struct error *err)
{
	struct evdev evdev = { .planner = planner };
	int r;

	if (planner->wishes->evdev == WISH_NOTHING)
		return 0;
	evdev.element = planner_add(planner, TOPIC);
	evdev.devices = query_child(planner_domain(planner), "devices");
	if (planner->wishes->evdev == WISH_UNSET) {
		planner_set(evdev.element, "unset", "yes");
		return 0;
	}
	if (planner->wishes->evgrab.is_set)
		return evgrab_plan(planner, evdev.element, err);
	r = plan_set(&evdev, err);
	evdev_done(&evdev);
	return r;
}
