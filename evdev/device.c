/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "device_impl.h"

const char *device_label(const struct device *device, char buf[static DEVICE_LABEL_MAX])
{
	(void)snprintf(buf, DEVICE_LABEL_MAX, "'%s' (%s)", device->path,
		       *device->info.name ? device->info.name : "no name");
	return buf;
}

int device_write(struct device *device, const struct input_event *events, size_t n)
{
	while (n > 0) {
		ssize_t done =
			device->ops->write(device->ops_data, device->fd, events, n);

		if (done == -EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? (int)done : -EIO;
		events += done;
		n -= (size_t)done;
	}
	return 0;
}

int device_ask(struct device *device, struct device_state *ret_state)
{
	struct device_state state = { 0 };
	int r = device->ops->state(device->ops_data, device->fd, &state);

	if (r < 0)
		return r;
	device->down = state.keys;
	if (device->n_pending > 0) {
		device->n_pending = 0;
		device->is_dropping = true;
	}
	*ret_state = state;
	return 0;
}

int device_open(struct device *device, const struct device_ops *ops, void *ops_data,
		const char *path, struct error *err)
{
	struct device_state state;
	int r;

	*device = (struct device){ .ops = ops, .ops_data = ops_data, .fd = -1 };
	if (strlen(path) >= sizeof(device->path)) {
		return error_set(err, ENAMETOOLONG, "open '%s': the name is too long",
				 path);
	}
	memcpy(device->path, path, strlen(path) + 1);

	device->fd = ops->open(ops_data, path);
	if (device->fd < 0) {
		r = error_sys(err, -device->fd, "open '%s'", path);
		device->fd = -1;
		return r;
	}
	r = ops->describe(ops_data, device->fd, &device->info);
	if (r == 0)
		r = device_ask(device, &state);
	if (r < 0) {
		device_close(device);
		return error_sys(err, -r, "ask '%s' what it is", path);
	}
	device->told = device->down;
	return 0;
}

void device_close(struct device *device)
{
	if (device->fd < 0)
		return;
	if (device->is_grabbed)
		device_ungrab_all((struct device *const[]){ device }, 1);
	device->ops->close(device->ops_data, device->fd);
	device->fd = -1;
}

/* --- events --- */

static void keep(struct device *device, const struct input_event *event)
{
	if (device->n_pending == DEVICE_FRAME_MAX) {
		device->n_pending = 0;
		device->is_dropping = true;
		return;
	}
	device->pending[device->n_pending++] = *event;
}

/* A reading of one batch. */
struct batch {
	struct device *device;
	const struct device_sink *sink;
	/*
	 * The kernel was asked what is down and where axes are, so of the rest of the
	 * batch, which was read before, that is known already.
	 */
	bool is_old;
	unsigned n_frames;
};

static void take_event(const struct batch *batch, const struct input_event *event)
{
	struct device *device = batch->device;

	switch (event->type) {
	case EV_KEY:
		if (batch->is_old)
			return;
		keys_set(&device->down, event->code, event->value != 0);
		keep(device, event);
		break;
	case EV_ABS:
		if (!batch->is_old)
			keep(device, event);
		break;
	case EV_REL:
	case EV_MSC:
	case EV_SW:
		keep(device, event);
		break;
	case EV_LED:
		device_take_led(device, event->code, event->value != 0);
		break;
	default:
		break;
	}
}

static void tell_keys(struct device *device, const struct device_sink *sink)
{
	device->is_news = false;
	device->told = device->down;
	sink->resync(sink->data, device, &device->down);
}

/* A frame as if all axes had moved; those that have not are no change for a reader. */
static void tell_axes(struct device *device, const struct device_sink *sink)
{
	struct input_event events[DEVICE_FRAME_MAX];
	ssize_t n;

	if (device->info.axes == 0)
		return;
	n = device->ops->axes(device->ops_data, device->fd, &device->info, events);
	/* if it is gone, reading it will say so */
	if (n > 0)
		sink->frame(sink->data, device, events, (size_t)n);
}

static void tell_frame(struct device *device, const struct device_sink *sink)
{
	size_t n = device->n_pending;

	device->n_pending = 0;
	for (size_t i = 0; i < n; i++) {
		const struct input_event *event = &device->pending[i];

		if (event->type == EV_KEY)
			keys_set(&device->told, event->code, event->value != 0);
	}
	sink->frame(sink->data, device, device->pending, n);
}

static int end_frame(struct batch *batch)
{
	struct device *device = batch->device;
	struct device_state state;
	int r;

	if (device->is_dropping) {
		device->is_dropping = false;
		r = device_ask(device, &state);
		if (r < 0)
			return r;
		batch->is_old = true;
		tell_keys(device, batch->sink);
		tell_axes(device, batch->sink);
		return 0;
	}
	if (device->n_pending > 0)
		tell_frame(device, batch->sink);
	return 0;
}

/*
 * After SYN_DROPPED all up to and with the next SYN_REPORT is meaningless
 * (Documentation/input/event-codes.rst).
 */
static int take_batch(struct batch *batch, const struct input_event *events, size_t n)
{
	struct device *device = batch->device;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct input_event *event = &events[i];

		if (event->type == EV_SYN && event->code == SYN_DROPPED) {
			device->n_pending = 0;
			device->is_dropping = true;
		} else if (event->type == EV_SYN && event->code == SYN_REPORT) {
			batch->n_frames++;
			r = end_frame(batch);
		} else if (!device->is_dropping) {
			take_event(batch, event);
		}
	}
	return r;
}

/* What the kernel says of a device: is it there still? */
static int failed(const struct device *device, int r, const char *what, struct error *err)
{
	char label[DEVICE_LABEL_MAX];

	(void)error_sys(err, -r, "%s %s", what, device_label(device, label));
	return r == -ENODEV ? DEVICE_GONE : r;
}

int device_read(struct device *device, const struct device_sink *sink, struct error *err)
{
	struct batch batch = { .device = device, .sink = sink };
	struct input_event events[DEVICE_BATCH];
	ssize_t n = device->ops->read(device->ops_data, device->fd, events, DEVICE_BATCH);
	int r;

	device_report(device, sink);
	device->is_behind = false;
	if (n == -EAGAIN || n == -EINTR)
		return 0;
	if (n == 0) /* no device of the kernel's does that, but for ever */
		n = -ENODEV;
	r = n < 0 ? (int)n : take_batch(&batch, events, (size_t)n);
	device->is_behind = batch.n_frames > 1;
	return r < 0 ? failed(device, r, "read", err) : 0;
}

int device_refresh(struct device *device, struct error *err)
{
	struct device_state state;
	int r = device_ask(device, &state);

	if (r < 0)
		return failed(device, r, "ask for the keys of", err);
	device->is_news = true;
	return 0;
}

void device_report(struct device *device, const struct device_sink *sink)
{
	if (!device->is_news)
		return;
	device->is_news = false;
	if (device->info.axes == 0 &&
	    memcmp(&device->told, &device->down, sizeof(device->down)) == 0)
		return;
	tell_keys(device, sink);
	tell_axes(device, sink);
}
