/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a device sends, whatever it is: what the layer above is told is whole, of the
 * kinds that it knows, and amounts to what is down. And what users write to choose a
 * device.
 *
 * The first byte chooses. An event is three bytes: kind, code, value.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "device.h"
#include "match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
	const uint8_t *data;
	size_t size;
	struct key_bits kernel; /* what the kernel says is down */
	struct key_bits told;
};

static void check(bool condition)
{
	if (!condition)
		abort();
}

static uint8_t take(struct stream *stream)
{
	if (stream->size == 0)
		return 0;
	stream->size--;
	return *stream->data++;
}

/* --- a device --- */

static int stream_open(UNUSED void *data, UNUSED const char *path)
{
	return 0;
}

static void stream_close(UNUSED void *data, UNUSED int fd)
{
}

static int stream_describe(UNUSED void *data, UNUSED int fd, struct device_info *ret_info)
{
	*ret_info =
		(struct device_info){ .leds = 0x1f, .axes = 1, .types = 1u << EV_REP };
	keys_set(&ret_info->keys, KEY_UNKNOWN, true);
	return 0;
}

static int stream_state(void *data, UNUSED int fd, struct device_state *ret_state)
{
	struct stream *stream = data;
	uint8_t code = take(stream);

	if (code == 255)
		return -ENODEV;
	keys_set(&stream->kernel, code, code & 1);
	*ret_state = (struct device_state){ .keys = stream->kernel, .leds = code };
	return 0;
}

static int stream_grab(void *data, UNUSED int fd, bool is_on)
{
	return is_on && take(data) % 8 == 7 ? -EBUSY : 0;
}

static ssize_t stream_axes(void *data, UNUSED int fd,
			   UNUSED const struct device_info *info,
			   struct input_event *events)
{
	uint8_t n = take(data);

	for (uint8_t i = 0; i < n; i++)
		events[i] = (struct input_event){ .type = EV_ABS, .code = i % ABS_CNT };
	return n > 200 ? -ENODEV : n;
}

static ssize_t stream_read(void *data, UNUSED int fd, struct input_event *events,
			   size_t n)
{
	static const uint16_t types[] = { EV_KEY, EV_KEY, EV_REL, EV_ABS, EV_MSC, EV_SW,
					  EV_LED, EV_REP, EV_SYN, EV_SYN, EV_SYN };
	struct stream *stream = data;
	size_t max = take(stream);
	size_t i = 0;

	while (i < n && i < max && stream->size > 0) {
		events[i] = (struct input_event){
			.type = types[take(stream) % ARRAY_SIZE(types)],
			.code = take(stream),
			.value = take(stream),
		};
		if (events[i].type == EV_SYN && events[i].code % 4 != SYN_DROPPED)
			events[i].code = SYN_REPORT;
		else if (events[i].type == EV_SYN)
			events[i].code = SYN_DROPPED;
		i++;
	}
	return i > 0 ? (ssize_t)i : -EAGAIN;
}

static ssize_t stream_write(void *data, UNUSED int fd, const struct input_event *events,
			    size_t n)
{
	uint8_t done = take(data);

	check(n > 0 && events[n - 1].type == EV_SYN);
	return done == 255 ? -EIO : (ssize_t)(done % n) + 1;
}

static void stream_holders(UNUSED void *data, UNUSED dev_t rdev, UNUSED struct buf *buf)
{
}

static int stream_number(UNUSED void *data, UNUSED const char *path,
			 UNUSED dev_t *ret_rdev)
{
	return -ENOENT;
}

static const struct device_ops ops = {
	.open = stream_open,
	.close = stream_close,
	.describe = stream_describe,
	.state = stream_state,
	.grab = stream_grab,
	.axes = stream_axes,
	.read = stream_read,
	.write = stream_write,
	.holders = stream_holders,
	.number = stream_number,
};

/* --- what is told --- */

static void on_frame(void *data, UNUSED struct device *device,
		     const struct input_event *events, size_t n)
{
	struct stream *stream = data;

	check(n > 0 && n <= DEVICE_FRAME_MAX);
	for (size_t i = 0; i < n; i++) {
		check(events[i].type >= EV_KEY && events[i].type <= EV_SW);
		if (events[i].type == EV_KEY)
			keys_set(&stream->told, events[i].code, events[i].value != 0);
	}
}

static void on_resync(void *data, UNUSED struct device *device,
		      const struct key_bits *down)
{
	struct stream *stream = data;

	stream->told = *down;
}

static void check_told(struct device *device, struct stream *stream)
{
	/* what stands in a frame that has not ended is not told yet */
	if (device->n_pending == 0 && !device->is_dropping && !device->is_news)
		check(memcmp(&stream->told, &device->down, sizeof(stream->told)) == 0);
}

static void run_stream(struct stream *stream)
{
	const struct device_sink sink = { on_frame, on_resync, stream };
	struct device *const devices[1] = { calloc(1, sizeof(struct device)) };
	struct device *device = devices[0];
	struct error err = { 0 };
	int r = device_open(device, &ops, stream, "/dev/input/event0", &err);

	stream->told = device->down;
	while (r == 0 && stream->size > 0) {
		switch (take(stream) % 8) {
		case 0:
			r = device_grab_all(devices, 1, take(stream) % 2, &err);
			check((r == 0) == device->is_grabbed);
			r = r == DEVICE_HELD || r == -EBUSY ? 0 : r;
			device_report(device, &sink);
			break;
		case 1:
			device_ungrab_all(devices, 1);
			device_report(device, &sink);
			break;
		case 2:
			device_set_leds(device, take(stream));
			break;
		default:
			r = device_read(device, &sink, &err);
			break;
		}
		if (r == 0)
			check_told(device, stream);
	}
	device_close(device);
	free(device);
}

static void run_selector(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct selector selector;
	struct error err = { 0 };

	if (!text)
		return;
	if (selector_parse(&selector, text, &err) == 0) {
		check(strcmp(selector.text, text) == 0);
		check(selector.value >= selector.text &&
		      selector.value <= selector.text + strlen(selector.text));
		check(selector.is_not == (text[0] == '!'));
	} else {
		check(*err.msg);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream stream = { .data = data + 1, .size = size - 1 };

	if (size == 0)
		return 0;
	if (data[0] == 's')
		run_selector(data + 1, size - 1);
	else
		run_stream(&stream);
	return 0;
}
