/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "fakeinput.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <check.h>

#include "base/cleanup.h"
#include "base/macro.h"

#define QUEUE_MAX 1024

void fakeinput_init(struct fakeinput *fake)
{
	*fake = (struct fakeinput){ .n = 0 };
}

static void close_queue(struct fakeinput_device *device)
{
	cleanup_close(&device->ours);
	cleanup_close(&device->kernels);
	device->ours = -1;
	device->kernels = -1;
}

void fakeinput_done(struct fakeinput *fake)
{
	for (size_t i = 0; i < fake->n; i++)
		close_queue(&fake->v[i]);
}

static struct fakeinput_device *add(struct fakeinput *fake, const char *name)
{
	struct fakeinput_device *device = &fake->v[fake->n];

	ck_assert_uint_lt(fake->n, FAKEINPUT_DEVICES);
	*device = (struct fakeinput_device){ .is_plugged = true,
					     .ours = -1,
					     .kernels = -1 };
	(void)snprintf(device->path, sizeof(device->path), "/dev/input/event%zu",
		       fake->n);
	(void)snprintf(device->info.name, sizeof(device->info.name), "%s", name);
	(void)snprintf(device->info.phys, sizeof(device->info.phys),
		       "usb-0000:06:00.0-%zu/input0", fake->n + 1);
	device->info.id = (struct input_id){ BUS_USB, 0x046d, 0xc52b, 0x111 };
	device->info.rdev = makedev(13, 64 + (unsigned)fake->n);
	fake->n++;
	return device;
}

struct fakeinput_device *fakeinput_keyboard(struct fakeinput *fake, const char *name)
{
	struct fakeinput_device *device = add(fake, name);
	struct device_info *info = &device->info;

	info->types = 1u << EV_SYN | 1u << EV_KEY | 1u << EV_LED | 1u << EV_REP;
	info->leds = 1u << LED_NUML | 1u << LED_CAPSL | 1u << LED_SCROLLL;
	for (unsigned code = KEY_ESC; code <= KEY_COMPOSE; code++)
		keys_set(&info->keys, code, true);
	keys_set(&info->keys, KEY_F24, true);
	return device;
}

struct fakeinput_device *fakeinput_mouse(struct fakeinput *fake, const char *name)
{
	struct fakeinput_device *device = add(fake, name);
	struct device_info *info = &device->info;

	info->types = 1u << EV_SYN | 1u << EV_KEY | 1u << EV_REL;
	info->rel = 1u << REL_X | 1u << REL_Y | 1u << REL_WHEEL;
	for (unsigned code = BTN_LEFT; code <= BTN_TASK; code++)
		keys_set(&info->keys, code, true);
	return device;
}

/* --- the input core --- */

static void to_host(struct fakeinput_device *device, const struct input_event *event)
{
	ck_assert_uint_lt(device->n_host, FAKEINPUT_LOG);
	device->host[device->n_host++] = *event;
	if (event->type == EV_KEY)
		keys_set(&device->host_keys, event->code, event->value != 0);
}

void fakeinput_queue(struct fakeinput_device *device, const struct input_event *events,
		     size_t n)
{
	ssize_t size = (ssize_t)(n * sizeof(*events));

	if (device->kernels >= 0)
		ck_assert_int_eq(write(device->kernels, events, (size_t)size), size);
}

static bool changes(struct fakeinput_device *device, const struct input_event *event)
{
	uint32_t bit = 1u << (event->code % 32);
	bool is_on = event->value != 0;

	switch (event->type) {
	case EV_KEY:
		if (!keys_has(&device->info.keys, event->code) ||
		    keys_has(&device->state.keys, event->code) == is_on)
			return false;
		keys_set(&device->state.keys, event->code, is_on);
		device->repeats = is_on ? event->code : 0;
		return true;
	case EV_LED:
		if (!(device->info.leds & bit) || !!(device->state.leds & bit) == is_on)
			return false;
		device->state.leds ^= bit;
		return true;
	default:
		return true;
	}
}

static void pass(struct fakeinput_device *device, const struct input_event *event)
{
	static const struct input_event end = { .type = EV_SYN, .code = SYN_REPORT };

	if (event->type == EV_SYN || !changes(device, event))
		return;
	if (device->owner == FAKEINPUT_ANOTHER) {
		device->n_another++;
		return;
	}
	if (device->owner == FAKEINPUT_NOBODY)
		to_host(device, event);
	fakeinput_queue(device, event, 1);
	fakeinput_queue(device, &end, 1);
}

void fakeinput_key(struct fakeinput_device *device, unsigned code, int value)
{
	const struct input_event event = { .type = EV_KEY,
					   .code = (uint16_t)code,
					   .value = value };

	keys_set(&device->fingers, code, value != 0);
	pass(device, &event);
}

void fakeinput_move(struct fakeinput_device *device, int dx)
{
	const struct input_event event = { .type = EV_REL, .code = REL_X, .value = dx };

	pass(device, &event);
}

void fakeinput_led(struct fakeinput_device *device, unsigned code, bool is_on)
{
	const struct input_event event = { .type = EV_LED,
					   .code = (uint16_t)code,
					   .value = is_on };

	pass(device, &event);
}

/* All that is down goes up, and nobody can read it. */
void fakeinput_unplug(struct fakeinput_device *device)
{
	device->is_plugged = false;
	device->state.keys = KEY_BITS_NONE;
	device->host_keys = KEY_BITS_NONE;
	device->owner = FAKEINPUT_NOBODY;
}

void fakeinput_host_log(const struct fakeinput_device *device, struct buf *buf)
{
	for (size_t i = 0; i < device->n_host; i++) {
		const struct input_event *event = &device->host[i];

		if (event->type == EV_KEY)
			buf_addf(buf, "%s%c%u", buf->len > 0 ? " " : "",
				 event->value ? '+' : '-', event->code);
	}
}

/* --- the operations --- */

/* The operation's own answer, or the fault that is due. */
static int begin(struct fakeinput *fake)
{
	fake->n_calls++;
	if (fake->before)
		fake->before(fake, fake->n_calls);
	return fake->n_calls == fake->fail_at ? -fake->fail_errno : 0;
}

static struct fakeinput_device *by_fd(struct fakeinput *fake, int fd)
{
	for (size_t i = 0; i < fake->n; i++) {
		if (fake->v[i].ours == fd)
			return &fake->v[i];
	}
	ck_abort_msg("no device has the descriptor %d", fd);
	return NULL;
}

/* Of a device that is there. */
static int begin_on(struct fakeinput *fake, int fd, struct fakeinput_device **ret_device)
{
	int r = begin(fake);

	*ret_device = by_fd(fake, fd);
	if (r == 0 && !(*ret_device)->is_plugged)
		r = -ENODEV;
	return r;
}

static int fake_open(void *data, const char *path)
{
	struct fakeinput *fake = data;
	int r = begin(fake);

	for (size_t i = 0; r == 0 && i < fake->n; i++) {
		struct fakeinput_device *device = &fake->v[i];
		int fds[2];

		if (strcmp(device->path, path) != 0 || !device->is_plugged)
			continue;
		if (device->open_errno)
			return -device->open_errno;
		ck_assert_int_lt(device->ours, 0);
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds),
				 0);
		device->ours = fds[0];
		device->kernels = fds[1];
		device->n_open++;
		return fds[0];
	}
	return r < 0 ? r : -ENOENT;
}

static void fake_close(void *data, int fd)
{
	struct fakeinput_device *device = by_fd(data, fd);

	if (device->owner == FAKEINPUT_EVGRAB)
		device->owner = FAKEINPUT_NOBODY;
	close_queue(device);
	device->n_open--;
}

static int fake_describe(void *data, int fd, struct device_info *ret_info)
{
	struct fakeinput_device *device;
	int r = begin_on(data, fd, &device);

	if (r == 0)
		*ret_info = device->info;
	return r;
}

/* Takes key events out of our queue, and what is then an empty frame. */
static void drop_keys(struct fakeinput_device *device)
{
	struct input_event events[QUEUE_MAX];
	ssize_t size = read(device->ours, events, sizeof(events));
	size_t n = size > 0 ? (size_t)size / sizeof(*events) : 0;
	unsigned n_in_frame = 1; /* the first may be the end of what was read before */

	for (size_t i = 0; i < n; i++) {
		bool is_end = events[i].type == EV_SYN && events[i].code == SYN_REPORT;

		if (events[i].type == EV_KEY || (is_end && n_in_frame == 0))
			continue;
		fakeinput_queue(device, &events[i], 1);
		n_in_frame = is_end ? 0 : n_in_frame + 1;
	}
}

static int fake_state(void *data, int fd, struct device_state *ret_state)
{
	struct fakeinput_device *device;
	int r = begin_on(data, fd, &device);

	if (r < 0)
		return r;
	drop_keys(device);
	*ret_state = device->state;
	return 0;
}

/* The consoles: whenever a grab ends they set the LEDs of all that is not grabbed. */
static void set_console_leds(struct fakeinput *fake)
{
	for (size_t i = 0; i < fake->n; i++) {
		for (unsigned code = 0; code < LED_CNT; code++) {
			if (fake->v[i].is_plugged && fake->v[i].owner == FAKEINPUT_NOBODY)
				fakeinput_led(&fake->v[i], code, false);
		}
	}
}

static int fake_grab(void *data, int fd, bool is_on)
{
	struct fakeinput *fake = data;
	struct fakeinput_device *device;
	/* letting go cannot fail but for a device that is gone */
	int r = is_on ? begin_on(fake, fd, &device) : 0;

	if (r < 0)
		return r;
	device = by_fd(fake, fd);
	if (!device->is_plugged)
		return -ENODEV;
	if (!is_on && device->owner != FAKEINPUT_EVGRAB)
		return -EINVAL;
	if (is_on && device->owner != FAKEINPUT_NOBODY)
		return -EBUSY;
	device->owner = is_on ? FAKEINPUT_EVGRAB : FAKEINPUT_NOBODY;
	if (!is_on)
		set_console_leds(fake);
	return 0;
}

static ssize_t fake_axes(void *data, int fd, const struct device_info *info,
			 struct input_event *events)
{
	struct fakeinput_device *device;
	int r = begin_on(data, fd, &device);
	ssize_t n = 0;

	for (unsigned code = 0; r == 0 && code < ABS_CNT; code++) {
		if (info->axes >> code & 1)
			events[n++] = (struct input_event){
				.type = EV_ABS,
				.code = (uint16_t)code,
				.value = device->axes[code],
			};
	}
	return r < 0 ? r : n;
}

static ssize_t fake_read(void *data, int fd, struct input_event *events, size_t n)
{
	struct fakeinput_device *device;
	int r = begin_on(data, fd, &device);
	ssize_t size = r < 0 ? r : read(fd, events, n * sizeof(*events));

	if (r < 0)
		return r;
	return size < 0 ? -errno : size / (ssize_t)sizeof(*events);
}

static ssize_t fake_write(void *data, int fd, const struct input_event *events, size_t n)
{
	struct fakeinput_device *device;
	int r = begin_on(data, fd, &device);

	for (size_t i = 0; r == 0 && i < n; i++)
		pass(device, &events[i]);
	return r < 0 ? r : (ssize_t)n;
}

static void fake_holders(UNUSED void *data, UNUSED dev_t rdev, struct buf *buf)
{
	buf_adds(buf, "keyd (pid 812)");
}

static int fake_number(void *data, const char *path, dev_t *ret_rdev)
{
	const struct fakeinput *fake = data;

	for (size_t i = 0; i < fake->n; i++) {
		if (strcmp(fake->v[i].path, path) == 0 && fake->v[i].is_plugged) {
			*ret_rdev = fake->v[i].info.rdev;
			return 0;
		}
	}
	return -ENOENT;
}

const struct device_ops fakeinput_ops = {
	.open = fake_open,
	.close = fake_close,
	.describe = fake_describe,
	.state = fake_state,
	.grab = fake_grab,
	.axes = fake_axes,
	.read = fake_read,
	.write = fake_write,
	.holders = fake_holders,
	.number = fake_number,
};
