/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * USB devices of the host, each a <hostdev type='usb'>.
 *
 * libvirt finds such a device by vendor and product, by bus and device number, or by
 * both. The numbers change with each plugging, so the ids are the better name; but two
 * devices that have the same ids need the numbers.
 */

#include "host/usb.h"

#include <errno.h>

#include "base/buf.h"
#include "base/parse.h"
#include "domain/query.h"
#include "tweak/tweaks.h"

#define TOPIC "usb"

static bool number_is(const xmlNode *element, const char *name, unsigned want)
{
	const char *text = query_attr(element, name);
	struct error ignored = { 0 };
	uint64_t number;

	return text && parse_number(&number, text, UINT16_MAX, name, &ignored) == 0 &&
	       number == want;
}

static bool is_source_of(const xmlNode *source, const struct usb_wish *wish)
{
	const xmlNode *address = query_child(source, "address");

	if (wish->by_address) {
		return number_is(address, "bus", wish->bus) &&
		       number_is(address, "device", wish->device);
	}
	return number_is(query_child(source, "vendor"), "id", wish->vendor) &&
	       number_is(query_child(source, "product"), "id", wish->product);
}

/* The <source> of the device in the guest. */
static xmlNodePtr find_source(const struct planner *planner, const struct usb_wish *wish)
{
	const xmlNode *devices = query_child(planner_domain(planner), "devices");

	query_each (hostdev, devices, "hostdev") {
		xmlNodePtr source = query_child(hostdev, "source");

		if (query_attr_is(hostdev, "type", "usb") && source &&
		    is_source_of(source, wish))
			return source;
	}
	return NULL;
}

/*
 * Numbers go into the plan as the guest has them, in hexadecimal or decimal, so that the
 * stylesheet can compare texts.
 */
static void plan_address(xmlNodePtr element, const xmlNode *source,
			 const struct usb_wish *wish)
{
	const xmlNode *address = query_child(source, "address");

	if (address) {
		planner_set(element, "bus", query_attr(address, "bus"));
		planner_set(element, "device", query_attr(address, "device"));
		return;
	}
	planner_setf(element, "bus", "%u", wish->bus);
	planner_setf(element, "device", "%u", wish->device);
}

static void plan_identity(xmlNodePtr element, const xmlNode *source,
			  const struct usb_wish *wish)
{
	if (source) {
		planner_set(element, "vendor",
			    query_attr(query_child(source, "vendor"), "id"));
		planner_set(element, "product",
			    query_attr(query_child(source, "product"), "id"));
		return;
	}
	planner_setf(element, "vendor", "0x%04x", wish->vendor);
	planner_setf(element, "product", "0x%04x", wish->product);
}

static bool is_wished(const struct usbdev *dev, const struct usb_wish *wish)
{
	if (wish->by_address)
		return dev->bus == wish->bus && dev->device == wish->device;
	return dev->vendor == wish->vendor && dev->product == wish->product;
}

static size_t count_equal(const struct usbdevs *devs, const struct usbdev *dev)
{
	size_t n = 0;

	for (size_t i = 0; i < devs->n; i++) {
		n += devs->v[i].vendor == dev->vendor &&
		     devs->v[i].product == dev->product;
	}
	return n;
}

static int several(const struct usbdevs *devs, const struct usb_wish *wish,
		   struct error *err)
{
	CLEANUP_BUF struct buf places = BUF_NONE;

	for (size_t i = 0; i < devs->n; i++) {
		if (is_wished(&devs->v[i], wish)) {
			buf_addf(&places, "%s%u.%u", places.len ? ", " : "",
				 devs->v[i].bus, devs->v[i].device);
		}
	}
	return error_set(err, EINVAL,
			 "the host has several devices '%s'; name one by its address: %s",
			 wish->text, buf_text(&places));
}

static void note_absent(struct planner *planner, const struct usb_wish *wish)
{
	if (wish->is_optional) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "'%s' is not plugged in; the guest starts without it",
			  wish->text);
		return;
	}
	notes_add(planner->notes, NOTE_WARNING, TOPIC,
		  "'%s' is not plugged in: the guest will not start without it%s",
		  wish->text, wish->by_address ? "" : ", unless it is 'optional'");
}

/* Whether the device is there, and whether its name will mean it tomorrow. */
static int check_host(struct planner *planner, const struct usbdevs *devs,
		      const struct usb_wish *wish, bool has_address, struct error *err)
{
	const struct usbdev *found = NULL;
	size_t n;

	for (size_t i = 0; i < devs->n && !found; i++) {
		if (is_wished(&devs->v[i], wish))
			found = &devs->v[i];
	}
	if (!found) {
		note_absent(planner, wish);
		return 0;
	}
	n = count_equal(devs, found);
	if (!wish->by_address && !has_address && n > 1)
		return several(devs, wish, err);
	if (wish->by_address && n == 1) {
		notes_add(planner->notes, NOTE_INFO, TOPIC,
			  "'%s' is another device, or none, after the next plugging; "
			  "'%04x:%04x' stays the same",
			  wish->text, found->vendor, found->product);
	}
	return 0;
}

static void note(struct planner *planner, const struct usb_wish *wish, bool is_there)
{
	notes_add(planner->notes, NOTE_DECISION, TOPIC, "USB device '%s'%s", wish->text,
		  wish->is_optional ? ", if it is plugged in" : "");
	notes_because(planner->notes, is_there ? "is there already" : "asked for");
}

static int plan_device(struct planner *planner, xmlNodePtr plan,
		       const struct usbdevs *devs, const struct usb_wish *wish,
		       struct error *err)
{
	const xmlNode *source = find_source(planner, wish);
	xmlNodePtr element = planner_add_in(plan, "device");

	if (wish->by_address) {
		plan_address(element, source, wish);
	} else {
		plan_identity(element, source, wish);
	}
	if (wish->wish == WISH_UNSET) {
		planner_set(element, "unset", "yes");
		if (!source) {
			notes_add(planner->notes, NOTE_INFO, TOPIC,
				  "the guest has no '%s' to take out", wish->text);
		}
		return 0;
	}
	if (wish->is_optional)
		planner_set(element, "startup-policy", "optional");
	note(planner, wish, source != NULL);
	if (!planner->root)
		return 0;
	return check_host(planner, devs, wish, query_child(source, "address") != NULL,
			  err);
}

int usb_plan(struct planner *planner, struct error *err)
{
	CLEANUP_USBDEVS struct usbdevs devs = USBDEVS_NONE;
	const struct wishes *wishes = planner->wishes;
	xmlNodePtr plan;

	if (wishes->n_usbs == 0)
		return 0;
	if (planner->root) {
		int r = usbdevs_read(&devs, planner->root, err);

		if (r < 0)
			return r;
	}
	plan = planner_add(planner, TOPIC);
	for (size_t i = 0; i < wishes->n_usbs; i++) {
		int r = plan_device(planner, plan, &devs, &wishes->usbs[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
