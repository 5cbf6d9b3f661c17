/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * EVIOCGRAB neither replays nor releases anything: who has the grab gets what comes from
 * then on, and a key that went down before stays down for all others. The kernel takes
 * events written to a node as if they came from the device: without a grab everybody sees
 * them, with one only who has it.
 */

#include <errno.h>
#include <string.h>

#include <libevdev/libevdev.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "chord.h"
#include "device_impl.h"

#define ATTEMPTS   4  /* fingers are slow: a second one has not been seen to be needed */
#define DRAINS     16 /* readings; a queue of the kernel has room for a few batches */
#define NAMES_MAX  4  /* of keys in a message */
#define SCRIPT_MAX 64

/* --- writing keys --- */

/* Events for a device, written when there are many of them, and by flush(). */
struct script {
	struct device *device;
	size_t n;
	struct input_event events[SCRIPT_MAX];
};

/* Whether it has worked is seen by what is down afterwards. */
static void flush(struct script *script)
{
	if (script->n > 0)
		(void)!device_write(script->device, script->events, script->n);
	script->n = 0;
}

/* A key in a frame of its own. */
static void add_key(struct script *script, unsigned code, int value)
{
	struct input_event *event = &script->events[script->n];

	event[0] = (struct input_event){ .type = EV_KEY,
					 .code = (uint16_t)code,
					 .value = value };
	event[1] = (struct input_event){ .type = EV_SYN, .code = SYN_REPORT };
	script->n += 2;
	if (script->n == SCRIPT_MAX)
		flush(script);
}

static void add_keys(struct script *script, const struct key_bits *keys, int value,
		     bool modifiers)
{
	for (unsigned code = keys_next(keys, 0); code < KEY_CNT;
	     code = keys_next(keys, code + 1)) {
		if (key_is_modifier(code) == modifiers)
			add_key(script, code, value);
	}
}

/* A key that the device has, that is up, and that means nothing; KEY_CNT: it has none. */
static unsigned harmless_key(const struct device *device, const struct key_bits *held)
{
	static const unsigned codes[] = { KEY_UNKNOWN,  KEY_F24,       KEY_RIGHTCTRL,
					  KEY_LEFTCTRL, KEY_LEFTSHIFT, KEY_RIGHTSHIFT };

	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		if (keys_has(&device->info.keys, codes[i]) && !keys_has(held, codes[i]))
			return codes[i];
	}
	return KEY_CNT;
}

static void add_tap(struct script *script, unsigned code)
{
	if (code == KEY_CNT)
		return;
	add_key(script, code, 1);
	add_key(script, code, 0);
}

/*
 * Base keys before modifiers, so that none of them means something else for a moment. A
 * lone Meta or Alt that goes down and up opens menus, so something comes in between.
 */
static void write_ups(struct device *device, const struct key_bits *keys)
{
	struct script script = { .device = device };

	add_keys(&script, keys, 0, false);
	if (keys_has(keys, KEY_LEFTMETA) || keys_has(keys, KEY_RIGHTMETA) ||
	    keys_has(keys, KEY_LEFTALT) || keys_has(keys, KEY_RIGHTALT))
		add_tap(&script, harmless_key(device, keys));
	add_keys(&script, keys, 0, true);
	flush(&script);
}

static void write_downs(struct device *device, const struct key_bits *keys)
{
	struct script script = { .device = device };

	add_keys(&script, keys, 1, true);
	add_keys(&script, keys, 1, false);
	flush(&script);
}

/* The kernel repeats the key that went down last until any goes up. */
static void stop_repeat(struct device *device)
{
	struct script script = { .device = device };

	if (keys_empty(&device->down) || !(device->info.types >> EV_REP & 1))
		return;
	add_tap(&script, harmless_key(device, &device->down));
	flush(&script);
}

/* --- what goes wrong --- */

static int say_busy(const struct device *device, struct error *err)
{
	CLEANUP_BUF struct buf who = BUF_NONE;
	char label[DEVICE_LABEL_MAX];

	device->ops->holders(device->ops_data, device->info.rdev, &who);
	(void)device_label(device, label);
	if (who.len == 0) {
		return error_set(err, EBUSY, "grab %s: somebody else has grabbed it",
				 label);
	}
	return error_set(err, EBUSY,
			 "grab %s: somebody else has grabbed it; it is open in %s", label,
			 buf_text(&who));
}

static int say_held(const struct device *device, struct error *err)
{
	CLEANUP_BUF struct buf names = BUF_NONE;
	char label[DEVICE_LABEL_MAX];
	unsigned n = 0;

	for (unsigned code = keys_next(&device->down, 0); code < KEY_CNT && n < NAMES_MAX;
	     code = keys_next(&device->down, code + 1), n++) {
		const char *name = libevdev_event_code_get_name(EV_KEY, code);

		buf_addf(&names, "%s%s", n > 0 ? ", " : "", name ? name : "a key");
	}
	(void)error_set(err, EAGAIN, "grab %s: %s does not stay up",
			device_label(device, label), buf_text(&names));
	return DEVICE_HELD;
}

/* --- a set of devices --- */

/* What is done to each of them until it goes wrong: a negative errno. */
typedef int step_fn(struct device *device);

/* *ret_done: with how many it has not. Those that we have for long are left alone. */
static int for_each(struct device *const devices[], size_t n, step_fn *step,
		    size_t *ret_done)
{
	int r = 0;
	size_t i = 0;

	while (i < n && (devices[i]->is_kept || (r = step(devices[i])) == 0))
		i++;
	*ret_done = i;
	return r;
}

/* Not while another program has it: that one would see the keys go up. */
static int release_on_host(struct device *device)
{
	struct device_state state;
	int r = device_ask(device, &state);

	if (r < 0)
		return r;
	device_save_leds(device, state.leds);
	if (device->was_busy)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(device->held.words); i++)
		device->held.words[i] |= state.keys.words[i];
	write_ups(device, &state.keys);
	return 0;
}

static int take(struct device *device)
{
	int r = device->ops->grab(device->ops_data, device->fd, true);

	if (r < 0)
		return r;
	device->is_grabbed = true;
	device->was_busy = false;
	return 0;
}

static int give_back(struct device *device)
{
	device->is_grabbed = false;
	/* one that was unplugged has no grab either */
	(void)!device->ops->grab(device->ops_data, device->fd, false);
	return 0;
}

/* Else the next attempt would take what the consoles have made of them for the host's. */
static int put_leds_back(struct device *device)
{
	device_put_leds_back(device);
	return 0;
}

/* What was in the queue was the host's. Then what is down: nothing should be. */
static int drop_queue(struct device *device)
{
	struct input_event events[DEVICE_BATCH];
	struct device_state state;
	ssize_t n = 1;

	for (unsigned i = 0; i < DRAINS && n > 0; i++) {
		n = device->ops->read(device->ops_data, device->fd, events,
				      ARRAY_SIZE(events));
	}
	if (n < 0 && n != -EAGAIN && n != -EINTR)
		return (int)n;
	/* the kernel shows whole frames only, so the end of the queue ends one */
	device->is_dropping = n > 0;
	return device_ask(device, &state);
}

static int put_down_again(struct device *device)
{
	struct device_state state;

	if (!keys_empty(&device->held))
		write_downs(device, &device->held);
	device->held = KEY_BITS_NONE;
	return device_ask(device,
			  &state); /* and what was just written is out of the queue */
}

/* Which of them has keys down; n: none. */
static size_t find_held(struct device *const devices[], size_t n)
{
	size_t i = 0;

	while (i < n && (devices[i]->is_kept || keys_empty(&devices[i]->down)))
		i++;
	return i;
}

static int grab_failed(const struct device *device, int r, struct error *err)
{
	char label[DEVICE_LABEL_MAX];

	if (r == -EBUSY)
		return say_busy(device, err);
	(void)error_sys(err, -r, "grab %s", device_label(device, label));
	return r == -ENODEV ? DEVICE_GONE : r;
}

/* What is down afterwards, or grabbed when it has failed, is left to the caller. */
static int attempt(struct device *const devices[], size_t n, struct error *err)
{
	size_t done;
	int r = for_each(devices, n, release_on_host, &done);

	if (r == 0)
		r = for_each(devices, n, take, &done);
	if (r == 0)
		r = for_each(devices, n, drop_queue, &done);
	return r < 0 ? grab_failed(devices[done], r, err) : 0;
}

/* Grabs all of them; which of them has keys down all the same: n, none has. */
static int attempt_often(struct device *const devices[], size_t n, enum device_grab mode,
			 size_t *ret_held, struct error *err)
{
	size_t held = n;
	size_t done;

	for (unsigned i = 0; i < ATTEMPTS; i++) {
		int r = attempt(devices, n, err);

		if (r != 0)
			return r;
		held = find_held(devices, n);
		if (held == n)
			break;
		if (i + 1 == ATTEMPTS && mode != DEVICE_GRAB_RELEASED)
			break;
		(void)for_each(devices, n, give_back, &done);
		(void)for_each(devices, n, put_leds_back, &done);
	}
	*ret_held = held;
	return 0;
}

static int grab_all(struct device *const devices[], size_t n, enum device_grab mode,
		    struct error *err)
{
	size_t held = n;
	size_t done;
	int r = attempt_often(devices, n, mode, &held, err);

	if (r != 0)
		return r;
	if (held < n && mode == DEVICE_GRAB_RELEASED)
		return say_held(devices[held], err);
	r = for_each(devices, n, put_down_again, &done);
	return r < 0 ? grab_failed(devices[done], r, err) : 0;
}

int device_grab_all(struct device *const devices[], size_t n, enum device_grab mode,
		    struct error *err)
{
	int r;

	for (size_t i = 0; i < n; i++)
		devices[i]->is_kept = devices[i]->is_grabbed;
	r = grab_all(devices, n, mode, err);
	for (size_t i = 0; i < n; i++) {
		devices[i]->is_news |= !devices[i]->is_kept;
		devices[i]->is_kept = false;
		devices[i]->held = KEY_BITS_NONE;
		devices[i]->was_busy = r == -EBUSY;
	}
	if (r != 0)
		device_ungrab_all(devices, n);
	return r;
}

static void ungrab(struct device *device)
{
	struct device_state state;

	/* if it is gone, reading it will say so */
	if (device_ask(device, &state) == 0) {
		device_learn_leds(device, state.leds);
		stop_repeat(device);
	}
	(void)give_back(device);
	device_restore_leds(device);
	(void)!device_ask(device, &state);
	device->is_news = true;
}

void device_ungrab_all(struct device *const devices[], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (devices[i]->is_grabbed)
			ungrab(devices[i]);
	}
}
