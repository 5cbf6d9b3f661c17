/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The guest element (domain/guest.h), by which a guest takes part in vfiokit-hook: which
 * devices of the host it means, by address and by identity, and what else is to be done
 * around it. The hook binds the devices itself, so libvirt must not: managed='no'.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "domain/guest.h"
#include "domain/query.h"
#include "host/checksum.h"
#include "tweak/guest_pci.h"
#include "tweak/hostdev.h"
#include "tweak/tweaks.h"

#define TOPIC "hook"

/* A PCI function that the guest has when all tweaks are done. */
struct function {
	struct bdf bdf;
	const char *rom; /* file, borrowed from guest or plan; or NULL */
};

struct functions {
	struct function *v;
	size_t n;
};

static void functions_done(struct functions *functions)
{
	free(functions->v);
	*functions = (struct functions){ 0 };
}

static struct function *find(const struct functions *functions, const struct bdf *bdf)
{
	for (size_t i = 0; i < functions->n; i++) {
		if (bdf_compare(&functions->v[i].bdf, bdf) == 0)
			return &functions->v[i];
	}
	return NULL;
}

/* Keeps them sorted by address. */
static int add(struct functions *functions, const struct bdf *bdf, const char *rom,
	       struct error *err)
{
	struct function *v;
	size_t at = functions->n;

	if (find(functions, bdf))
		return 0;
	v = reallocarray(functions->v, functions->n + 1, sizeof(*v));
	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	for (; at > 0 && bdf_compare(&v[at - 1].bdf, bdf) > 0; at--)
		v[at] = v[at - 1];
	v[at] = (struct function){ .bdf = *bdf, .rom = rom };
	functions->v = v;
	functions->n++;
	return 0;
}

static void set_planned_roms(const struct planner *planner, struct functions *functions)
{
	for (size_t i = 0; i < functions->n; i++) {
		struct function *function = &functions->v[i];
		const xmlNode *rom =
			hostdev_planned(planner, "rom", "device", &function->bdf);
		const char *file = query_attr(rom, "file");

		if (file)
			function->rom = *file ? file : NULL;
	}
}

/* What the guest has now, less what --unset=hostdev takes, and what --hostdev adds. */
static int list_functions(struct functions *functions, const struct planner *planner,
			  struct error *err)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const xmlNode *plan = query_child(xmlDocGetRootElement(planner->plan), "hostdev");
	const xmlNode *device = NULL;
	struct bdf bdf;

	while ((device = guest_pci_next(devices, device))) {
		if (!guest_pci_source(device, &bdf) ||
		    hostdev_planned(planner, "hostdev", "remove", &bdf))
			continue;
		if (add(functions, &bdf, query_attr(query_child(device, "rom"), "file"),
			err) < 0)
			return -ENOMEM;
	}
	query_each (added, plan, "device") {
		if (guest_pci_address(added, &bdf) && add(functions, &bdf, NULL, err) < 0)
			return -ENOMEM;
	}
	set_planned_roms(planner, functions);
	return 0;
}

/* The value that --hook gives a key, NULL without it. */
static const char *key_value(const struct planner *planner, const char *key)
{
	const struct hook_wish *hook = &planner->wishes->hook;

	for (size_t i = 0; i < hook->n_keys; i++) {
		if (strcmp(hook->keys[i].key, key) == 0)
			return hook->keys[i].value;
	}
	return NULL;
}

/* A choice made before, by hand or with a key, stands until the key is given again. */
static const char *boot_gpu(const struct planner *planner, const char *address)
{
	const xmlNode *guest = guest_find(planner_domain(planner));
	const char *old = query_attr(guest_device(guest, address), "boot-gpu");
	const char *value = key_value(planner, "boot-gpu");

	if (value)
		return value;
	return old ? old : "yes";
}

static void identify(struct planner *planner, xmlNodePtr element, const char *address,
		     const struct pcidev *dev)
{
	planner_setf(element, "id", "%04x:%04x", dev->vendor, dev->device);
	if (dev->subvendor || dev->subdevice) {
		planner_setf(element, "subsystem", "%04x:%04x", dev->subvendor,
			     dev->subdevice);
	}
	if (dev->is_boot_vga)
		planner_set(element, "boot-gpu", boot_gpu(planner, address));
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "%s has to be %04x:%04x%s",
		  address, dev->vendor, dev->device,
		  dev->is_boot_vga ? ", the boot GPU" : "");
	notes_because(
		planner->notes,
		"the hook hands over no other device that comes to have this address");
}

static int plan_devices(struct planner *planner, xmlNodePtr plan,
			const struct functions *functions, struct error *err)
{
	bool has_boot_gpu = false;
	char address[BDF_TEXT_MAX];

	for (size_t i = 0; i < functions->n; i++) {
		const struct bdf *bdf = &functions->v[i].bdf;
		xmlNodePtr element = planner_add_in(plan, "device");
		const struct pcidev *dev = NULL;

		if (planner->root && planner_pcidev(planner, bdf, &dev, err) < 0)
			return -err->code;
		planner_set(element, "address", bdf_format(bdf, address));
		if (dev) {
			identify(planner, element, address, dev);
			has_boot_gpu = has_boot_gpu || dev->is_boot_vga;
		} else if (planner->root) {
			notes_add(planner->notes, NOTE_WARNING, TOPIC,
				  "the host has no device %s: it is written without its "
				  "identity, so the hook will not check it",
				  address);
		}
	}
	if (!planner->root && functions->n > 0) {
		notes_add(
			planner->notes, NOTE_INFO, TOPIC,
			"the devices are written without their identities, as nothing is "
			"known of the host: the hook will not check them");
	}
	if (key_value(planner, "boot-gpu") && !has_boot_gpu) {
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "boot-gpu has no effect: %s",
			  planner->root ? "no device of the guest is the host's boot GPU"
					: "nothing is known of the host");
	}
	return 0;
}

/* Without a checksum an old one stays: the file may only be out of reach now. */
static void plan_roms(struct planner *planner, xmlNodePtr plan,
		      const struct functions *functions)
{
	for (size_t i = 0; i < functions->n; i++) {
		const struct function *function = &functions->v[i];
		char address[BDF_TEXT_MAX];
		char checksum[CHECKSUM_MAX];
		struct error err = { 0 };
		xmlNodePtr element;

		if (!function->rom)
			continue;
		element = planner_add_in(plan, "rom");
		planner_set(element, "address", bdf_format(&function->bdf, address));
		if (!planner->root)
			continue;
		if (checksum_file(checksum, planner->root, function->rom, &err) == 0) {
			planner_set(element, "sha256", checksum);
			continue;
		}
		notes_add(planner->notes, NOTE_WARNING, TOPIC,
			  "the option ROM of %s goes without a checksum: %s", address,
			  err.msg);
	}
}

static void plan_keys(struct planner *planner, xmlNodePtr plan)
{
	static const char *const cores[] = { "isolate", "irq", "governor" };
	const struct hook_wish *hook = &planner->wishes->hook;
	const char *user = key_value(planner, "shmem-user");
	const char *sleep = key_value(planner, "sleep");
	xmlNodePtr element = NULL;

	for (size_t i = 0; i < hook->n_keys; i++) {
		if (strcmp(hook->keys[i].key, "stop") == 0) {
			planner_set(planner_add_in(plan, "stop"), "unit",
				    hook->keys[i].value);
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(cores); i++) {
		const char *value = key_value(planner, cores[i]);

		if (value && !element)
			element = planner_add_in(plan, "cores");
		if (value)
			planner_set(element, cores[i], value);
	}
	if (user) {
		element = planner_add_in(plan, "shmem");
		planner_set(element, "name", "looking-glass");
		planner_set(element, "user", user);
	}
	if (sleep) {
		element = planner_add_in(plan, "sleep");
		if (strcmp(sleep, "no") == 0)
			planner_set(element, "unset", "yes");
	}
}

static int check_managed(const struct wishes *wishes, struct error *err)
{
	for (size_t i = 0; i < wishes->n_hostdevs; i++) {
		const struct hostdev_wish *wish = &wishes->hostdevs[i];

		if (wish->wish == WISH_SET && wish->managed == WISH_ON) {
			return error_set(
				err, ENOTUNIQ,
				"'%s' cannot be managed=yes, as the hook hands the "
				"devices over itself",
				wish->text);
		}
	}
	return 0;
}

static void add_address(struct buf *list, const struct bdf *bdf)
{
	char address[BDF_TEXT_MAX];

	buf_addf(list, "%s%s", list->len ? ", " : "", bdf_format(bdf, address));
}

static void note_managed(struct planner *planner)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");
	const xmlNode *device = NULL;
	CLEANUP_BUF struct buf list = BUF_NONE;
	struct bdf bdf;

	while ((device = guest_pci_next(devices, device))) {
		if (guest_pci_source(device, &bdf) &&
		    !hostdev_planned(planner, "hostdev", "remove", &bdf) &&
		    query_attr_is(device, "managed", "yes"))
			add_address(&list, &bdf);
	}
	if (list.len == 0)
		return;
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "managed='no' for %s",
		  buf_text(&list));
	notes_because(planner->notes,
		      "the hook hands the devices over, libvirt must not");
}

static int plan_unset(struct planner *planner, const struct functions *functions)
{
	CLEANUP_BUF struct buf list = BUF_NONE;

	planner_set(planner_add(planner, TOPIC), "unset", "yes");
	if (!guest_find(planner_domain(planner))) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "the guest has no element of the hook to take out");
		return 0;
	}
	for (size_t i = 0; i < functions->n; i++)
		add_address(&list, &functions->v[i].bdf);
	if (list.len > 0) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "taken out; whether libvirt managed %s before is not guessed: "
			  "--hostdev=ADDR,managed=yes gives a device back to it",
			  buf_text(&list));
	}
	return 0;
}

int hook_plan(struct planner *planner, struct error *err)
{
	CLEANUP(functions_done) struct functions functions = { 0 };
	enum wish wish = planner->wishes->hook.wish;
	xmlNodePtr plan;
	int r;

	if (wish == WISH_NOTHING)
		return 0;
	r = list_functions(&functions, planner, err);
	if (r < 0)
		return r;
	if (wish == WISH_UNSET)
		return plan_unset(planner, &functions);

	r = check_managed(planner->wishes, err);
	if (r < 0)
		return r;
	plan = planner_add(planner, TOPIC);
	r = plan_devices(planner, plan, &functions, err);
	if (r < 0)
		return r;
	plan_roms(planner, plan, &functions);
	plan_keys(planner, plan);
	note_managed(planner);
	return 0;
}
