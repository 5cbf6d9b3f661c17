/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "roles.h"

#include <linux/input.h>
#include <string.h>

#include "base/macro.h"

/*
 * Beyond 560 libinput and X were seen to choke on a keyboard that claims all codes;
 * gamepad buttons among them would make it a joystick.
 */
#define KEYS_LAST 560

static const struct role_codes keyboard_codes[] = {
	{ EV_KEY, KEY_ESC, KEY_UNKNOWN - 1 }, { EV_KEY, KEY_UNKNOWN + 1, BTN_MISC - 1 },
	{ EV_KEY, KEY_OK, BTN_DPAD_UP - 1 },  { EV_KEY, BTN_DPAD_RIGHT + 1, KEYS_LAST },
	{ EV_LED, LED_NUML, LED_KANA },
};

/*
 * The last three are never sent. The kernel gives each reader of a node a ring by the
 * number of axes: with nine of them it holds 256 events instead of 128, which at 8000
 * frames a second are ten milliseconds in which the guest may be late.
 */
static const struct role_codes mouse_codes[] = {
	{ EV_KEY, BTN_MOUSE, BTN_MOUSE + 15 },
	{ EV_REL, REL_X, REL_Y },
	{ EV_REL, REL_HWHEEL, REL_HWHEEL },
	{ EV_REL, REL_WHEEL, REL_WHEEL },
	{ EV_REL, REL_WHEEL_HI_RES, REL_HWHEEL_HI_RES },
	{ EV_REL, REL_MISC, REL_RESERVED },
	{ EV_REL, REL_MAX, REL_MAX },
};

static const struct role_codes tablet_codes[] = {
	{ EV_KEY, BTN_LEFT, BTN_MIDDLE },
	{ EV_KEY, BTN_TOOL_PEN, BTN_TOOL_RUBBER },
	{ EV_KEY, BTN_TOUCH, BTN_STYLUS2 },
	{ EV_KEY, BTN_STYLUS3, BTN_STYLUS3 },
	{ EV_REL, REL_WHEEL, REL_WHEEL },
	{ EV_REL, REL_WHEEL_HI_RES, REL_WHEEL_HI_RES },
};

static const struct role_axis tablet_axes[] = {
	{ .code = ABS_X, .max = 32767, .resolution = 100 },
	{ .code = ABS_Y, .max = 32767, .resolution = 100 },
	{ .code = ABS_PRESSURE, .max = 8191, .has_rest = true },
	{ .code = ABS_DISTANCE, .max = 255 },
	{ .code = ABS_TILT_X, .min = -90, .max = 90, .resolution = 57, .has_rest = true },
	{ .code = ABS_TILT_Y, .min = -90, .max = 90, .resolution = 57, .has_rest = true },
};

static const struct role_codes gamepad_codes[] = {
	{ EV_KEY, BTN_GAMEPAD, BTN_THUMBR },
	{ EV_KEY, BTN_DPAD_UP, BTN_DPAD_RIGHT },
};

static const struct role_axis gamepad_axes[] = {
	{ ABS_X, true, -32768, 32767, 16, 128, 0, 0 },
	{ ABS_Y, true, -32768, 32767, 16, 128, 0, 0 },
	{ ABS_Z, true, 0, 1023, 0, 0, 0, 0 },
	{ ABS_RX, true, -32768, 32767, 16, 128, 0, 0 },
	{ ABS_RY, true, -32768, 32767, 16, 128, 0, 0 },
	{ ABS_RZ, true, 0, 1023, 0, 0, 0, 0 },
	{ ABS_HAT0X, true, -1, 1, 0, 0, 0, 0 },
	{ ABS_HAT0Y, true, -1, 1, 0, 0, 0, 0 },
};

static const struct role_template templates[N_ROLES] = {
	[ROLE_KEYBOARD] = { .name = "keyboard",
			    .link = "kbd",
			    .product = 1,
			    .codes = keyboard_codes,
			    .n_codes = ARRAY_SIZE(keyboard_codes) },
	[ROLE_MOUSE] = { .name = "mouse",
			 .link = "mouse",
			 .product = 2,
			 .codes = mouse_codes,
			 .n_codes = ARRAY_SIZE(mouse_codes) },
	[ROLE_TABLET] = { .name = "tablet",
			  .link = "tablet",
			  .product = 3,
			  .codes = tablet_codes,
			  .n_codes = ARRAY_SIZE(tablet_codes),
			  .axes = tablet_axes,
			  .n_axes = ARRAY_SIZE(tablet_axes) },
	[ROLE_GAMEPAD] = { .name = "gamepad",
			   .link = "joystick",
			   .product = 4,
			   .codes = gamepad_codes,
			   .n_codes = ARRAY_SIZE(gamepad_codes),
			   .axes = gamepad_axes,
			   .n_axes = ARRAY_SIZE(gamepad_axes) },
};

const struct role_template *role_template(enum role role)
{
	return &templates[role];
}

const struct role_axis *role_axis(enum role role, unsigned code)
{
	const struct role_template *template = &templates[role];

	for (size_t i = 0; i < template->n_axes; i++) {
		if (template->axes[i].code == code)
			return &template->axes[i];
	}
	return NULL;
}

bool role_has(enum role role, unsigned type, unsigned code)
{
	const struct role_template *template = &templates[role];

	if (type == EV_SYN)
		return true;
	if (type == EV_ABS)
		return role_axis(role, code) != NULL;
	for (size_t i = 0; i < template->n_codes; i++) {
		const struct role_codes *codes = &template->codes[i];

		if (codes->type == type && codes->first <= code && code <= codes->last)
			return true;
	}
	return false;
}

enum role role_find(const char *name)
{
	enum role role = 0;

	while (role < N_ROLES && strcmp(templates[role].name, name) != 0)
		role++;
	return role;
}
