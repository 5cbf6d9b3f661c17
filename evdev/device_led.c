/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * LEDs of a device that is grabbed show the state of a guest; after that they show the
 * host's again. A compositor can write LEDs of a grabbed device all the same (it has the
 * same node open), the consoles cannot: those set them anew when the grab ends, and with
 * them the LEDs of all other keyboards (kbd_start() in drivers/tty/vt/keyboard.c).
 */

#include "device_impl.h"

static bool has_led(const struct device *device, unsigned code)
{
	return code < LED_CNT && device->info.leds >> code & 1;
}

/* Writes those of the LEDs that are in mask; a device that is gone needs none. */
static void write_leds(struct device *device, uint32_t leds, uint32_t mask)
{
	struct input_event events[LED_CNT + 1];
	size_t n = 0;

	for (unsigned code = 0; code < LED_CNT; code++) {
		if (!has_led(device, code) || !(mask >> code & 1))
			continue;
		events[n++] = (struct input_event){
			.type = EV_LED,
			.code = (uint16_t)code,
			.value = (int)(leds >> code & 1),
		};
	}
	if (n == 0)
		return;
	events[n++] = (struct input_event){ .type = EV_SYN, .code = SYN_REPORT };
	(void)!device_write(device, events, n);
}

void device_set_leds(struct device *device, uint32_t leds)
{
	if (!device->is_grabbed)
		return;
	device->leds_wanted = leds & device->info.leds;
	write_leds(device, device->leds_wanted, device->info.leds);
}

/* What is other than we want it can only have come from the host. */
void device_take_led(struct device *device, unsigned code, bool is_on)
{
	uint32_t bit = 1u << (code % 32);

	if (!device->is_grabbed || !has_led(device, code) ||
	    is_on == !!(device->leds_wanted & bit))
		return;
	device->leds_host = is_on ? device->leds_host | bit : device->leds_host & ~bit;
	write_leds(device, device->leds_wanted, bit);
}

void device_learn_leds(struct device *device, uint32_t leds)
{
	uint32_t hosts = (leds ^ device->leds_wanted) & device->info.leds;

	device->leds_host = (device->leds_host & ~hosts) | (leds & hosts);
}

void device_save_leds(struct device *device, uint32_t leds)
{
	device->leds_host = leds;
	device->leds_wanted = leds;
}

void device_restore_leds(struct device *device)
{
	write_leds(device, device->leds_host, device->info.leds);
}

void device_keep_leds(struct device *device)
{
	struct device_state state;

	if (device->is_grabbed || device->info.leds == 0 ||
	    device_ask(device, &state) < 0)
		return;
	/* keys that were in the queue are out of it */
	device->is_news = true;
	device_save_leds(device, state.leds);
}

void device_put_leds_back(struct device *device)
{
	if (!device->is_grabbed)
		device_restore_leds(device);
}
