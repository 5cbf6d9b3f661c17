/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * QEMU reads the devices of evgrab(1) in one of two forms. <input type='evdev'> plays a
 * PS/2, USB or virtio device to the guest, which works from the firmware on;
 * <input type='passthrough'> is the device itself as virtio input, which needs a driver
 * and carries all. So Linux gets the latter, and Windows the former for its keyboard:
 * firmware, setup and recovery have no such driver.
 *
 * evgrab never sends Ctrl with Scroll Lock, so QEMU never lets go of a device by itself.
 */

#include "tweak/evgrab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/query.h"
#include "host/sysfs.h"
#include "tweak/evdev_input.h"
#include "tweak/wishes_impl.h"

#define TOPIC   "evdev"
#define TOGGLE  "ctrl-scrolllock"
#define OS_NS   "http://libosinfo.org/xmlns/libvirt/domain/1.0"
#define WINDOWS "http://microsoft.com/win/"

struct plan {
	struct planner *planner;
	xmlNodePtr element;
	const char *name;
	const xmlNode *devices; /* of the guest, or NULL */
};

/* ---- what the guest is ---- */

static const xmlNode *find_os_child(const xmlNode *parent, const char *name)
{
	const xmlNode *node = parent ? parent->children : NULL;

	while (node && (node->type != XML_ELEMENT_NODE || !node->ns ||
			strcmp((const char *)node->ns->href, OS_NS) != 0 ||
			strcmp((const char *)node->name, name) != 0))
		node = node->next;
	return node;
}

/* virt-manager writes it down. */
static const char *find_os(const xmlNode *domain)
{
	const xmlNode *info = find_os_child(query_child(domain, "metadata"), "libosinfo");

	return query_attr(find_os_child(info, "os"), "id");
}

/*
 * More than a vendor's name: that alone is for drivers that refuse to run in a guest
 * (--hide-hypervisor), whatever system it has.
 */
static bool has_enlightenments(const xmlNode *domain)
{
	const xmlNode *hyperv = query_path(domain, "features/hyperv");
	const xmlNode *node = hyperv ? hyperv->children : NULL;

	if (query_attr(hyperv, "mode"))
		return true;
	while (node && (node->type != XML_ELEMENT_NODE || query_is(node, "vendor_id")))
		node = node->next;
	return node;
}

static bool is_windows(const struct plan *plan)
{
	const struct evgrab_wish *wish = &plan->planner->wishes->evgrab;
	const xmlNode *domain = planner_domain(plan->planner);
	struct notes *notes = plan->planner->notes;
	const char *os = find_os(domain);
	bool result;

	if (wish->guest != EVGRAB_ANY)
		return wish->guest == EVGRAB_WINDOWS;
	if (os) {
		result = strncmp(os, WINDOWS, strlen(WINDOWS)) == 0;
		notes_add(notes, NOTE_DECISION, TOPIC, "guest=%s",
			  result ? "windows" : "linux");
		notes_because(notes, "its metadata says '%s'", os);
		return result;
	}
	result = has_enlightenments(domain);
	notes_add(notes, NOTE_DECISION, TOPIC, "guest=%s", result ? "windows" : "linux");
	notes_because(notes, result ? "it has Hyper-V's features"
				    : "nothing says that it is Windows");
	return result;
}

/* A disk or a network card that a Windows without them would not see. */
static bool has_virtio_drivers(const xmlNode *devices)
{
	query_each (disk, devices, "disk") {
		if (query_attr_is(query_child(disk, "target"), "bus", "virtio"))
			return true;
	}
	query_each (interface, devices, "interface") {
		const char *model = query_attr(query_child(interface, "model"), "type");

		if (model && strncmp(model, "virtio", strlen("virtio")) == 0)
			return true;
	}
	return false;
}

static bool passes_mouse(const struct plan *plan, bool is_for_windows)
{
	const struct evgrab_wish *wish = &plan->planner->wishes->evgrab;
	struct notes *notes = plan->planner->notes;
	bool result;

	if (wish->mouse != EVGRAB_MOUSE_ANY)
		return wish->mouse == EVGRAB_MOUSE_PASSTHROUGH;
	if (!is_for_windows)
		return true;
	result = has_virtio_drivers(plan->devices);
	notes_add(notes, NOTE_DECISION, TOPIC, "mouse=%s",
		  result ? "passthrough" : "evdev");
	notes_because(notes,
		      result ? "it uses a virtio disk or network card, so it has "
			       "virtio's drivers"
			     : "it uses no virtio disk and no virtio network card, "
			       "so it may have no virtio drivers yet");
	return result;
}

/* ---- what it gets ---- */

static int add_device(const struct plan *plan, const char *role, bool is_passed,
		      struct error *err)
{
	const struct planner *planner = plan->planner;
	CLEANUP_BUF struct buf link = BUF_NONE;
	xmlNodePtr element;

	buf_addf(&link, "/dev/input/by-id/vfiokit-%s-event-%s", plan->name, role);
	if (buf_check(&link, err) < 0)
		return -ENOMEM;
	element = planner_add_in(plan->element, is_passed ? "passthrough" : "input");
	planner_set(element, is_passed ? "evdev" : "dev", buf_text(&link));
	if (!is_passed && strcmp(role, "kbd") == 0) {
		planner_set(element, "grab", "all");
		planner_set(element, "grabToggle", TOGGLE);
		/* of the real keyboard, which evgrab passes on */
		planner_set(element, "repeat", "on");
	}
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s", buf_text(&link));
	notes_because(planner->notes, "evgrab's, by <input type='%s'>",
		      is_passed ? "passthrough" : "evdev");
	if (planner->root && !sysfs_exists(planner->root, buf_text(&link) + 1)) {
		notes_add(
			planner->notes, NOTE_WARNING, TOPIC,
			"'%s' is not there: the guest does not start before evgrab runs "
			"and has [guest %s] in /etc/vfiokit/evgrab.conf",
			buf_text(&link), plan->name);
	}
	return 0;
}

/* ---- what goes ---- */

/* The host's devices are evgrab's now: QEMU would take them away from it. */
static void note_dropped(const struct plan *plan, const char *what)
{
	notes_add(plan->planner->notes, NOTE_DECISION, TOPIC, "%s is dropped", what);
	notes_because(plan->planner->notes, "evgrab has the host's devices");
}

static void drop_argument(const struct plan *plan, const char *object)
{
	struct evdev_input input;
	char *dev = NULL;

	if (evdev_input_read(&input, &dev, object) != EVDEV_OBJECT_OTHER) {
		planner_set(planner_add_in(plan->element, "object"), "value", object);
		note_dropped(plan, dev ? dev : object);
	}
	free(dev);
}

static void drop_arguments(const struct plan *plan)
{
	const xmlNode *domain = planner_domain(plan->planner);
	const char *option = NULL;

	for (const xmlNode *arg =
		     query_qemu_child(query_qemu_child(domain, "commandline"), "arg");
	     arg; arg = query_next(arg)) {
		const char *value = query_attr(arg, "value");

		if (option && value &&
		    (strcmp(option, "-object") == 0 || strcmp(option, "--object") == 0))
			drop_argument(plan, value);
		option = value;
	}
}

/* Joysticks and tablets are the user's own affair, whoever's they are. */
static bool is_other_kind(const char *dev)
{
	return strstr(dev, "-event-joystick") || strstr(dev, "-event-tablet");
}

/* The stylesheet drops all that are not in the plan. */
static void note_inputs(const struct plan *plan)
{
	query_each (input, plan->devices, "input") {
		const char *dev = query_attr(query_child(input, "source"), "dev");
		bool is_kept = dev && is_other_kind(dev);

		query_each (wanted, plan->element, "input") {
			if (dev && evdev_same_path(dev, query_attr(wanted, "dev")))
				is_kept = true;
		}
		if (dev && query_attr_is(input, "type", "evdev") && !is_kept)
			note_dropped(plan, dev);
	}
}

/* ---- all of it ---- */

int evgrab_plan(struct planner *planner, xmlNodePtr element, struct error *err)
{
	const xmlNode *domain = planner_domain(planner);
	const char *name = planner->wishes->evgrab.name;
	struct plan plan = {
		.planner = planner,
		.element = element,
		.name = name ? name : query_text(query_child(domain, "name")),
		.devices = query_child(domain, "devices"),
	};
	bool is_for_windows;
	int r = evgrab_check_name(plan.name ? plan.name : "", err);

	if (r < 0)
		return error_wrap(err, "give one by --evdev=evgrab,name=NAME");
	planner_set(element, "evgrab", "yes");
	is_for_windows = is_windows(&plan);
	drop_arguments(&plan);
	r = add_device(&plan, "kbd", !is_for_windows, err);
	if (r == 0)
		r = add_device(&plan, "mouse", passes_mouse(&plan, is_for_windows), err);
	if (r < 0)
		return r;
	note_inputs(&plan);
	notes_add(
		planner->notes, NOTE_INFO, TOPIC,
		"evgrab switches keyboard and mouse; in /etc/vfiokit/evgrab.conf the guest "
		"is [guest %s], with 'reads = %s'",
		plan.name, query_child(element, "input") ? "evdev" : "passthrough");
	return 0;
}
