/* SPDX-License-Identifier: GPL-2.0-or-later */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "command.h"
#include "config.h"
#include "vnode.h"

#define UINPUT "/dev/uinput"

static void show_chords(const struct config *config, size_t guest)
{
	for (size_t i = 0; i < config->n_chords; i++) {
		const struct config_chord *chord = &config->chords[i];
		CLEANUP_BUF struct buf text = BUF_NONE;

		if (chord->kind != ROUTER_CHORD_TARGET || chord->guest != guest)
			continue;
		chord_format(&chord->chord, &text);
		(void)printf("  chord %s\n", buf_text(&text));
	}
}

static void show_guest(const struct config *config, size_t i)
{
	const struct config_guest *guest = &config->guests[i];

	(void)printf("guest %s: %s, read by %s%s\n", guest->name,
		     guest->is_always_live ? "always live"
					   : "live from its start to its stop",
		     guest->is_input_linux ? "evdev" : "passthrough",
		     guest->is_switched_to ? ", switched to at its start" : "");
	for (enum role role = 0; role < N_ROLES; role++) {
		if (guest->roles & ROLE_BIT(role)) {
			(void)printf("  %s " VNODE_LINKS "vfiokit-%s-event-%s\n",
				     role_template(role)->name, guest->name,
				     role_template(role)->link);
		}
	}
	show_chords(config, i);
}

static void show(const struct config *config)
{
	static const char *const kinds[] = {
		[ROUTER_CHORD_NEXT] = "next",
		[ROUTER_CHORD_PREV] = "prev",
		[ROUTER_CHORD_BACK] = "back",
	};

	(void)printf("host: %s\n", config->is_clone ? "has clones of its devices"
						    : "keeps its devices");
	show_chords(config, CONFIG_HOST);
	for (size_t i = 0; i < config->n_chords; i++) {
		CLEANUP_BUF struct buf text = BUF_NONE;

		if (config->chords[i].kind == ROUTER_CHORD_TARGET)
			continue;
		chord_format(&config->chords[i].chord, &text);
		(void)printf("%s: chord %s\n", kinds[config->chords[i].kind],
			     buf_text(&text));
	}
	for (size_t i = 0; i < config->n_selectors; i++)
		(void)printf("device: %s\n", config->selectors[i].text);
	for (size_t i = 0; i < config->n_guests; i++)
		show_guest(config, i);
}

int command_check(const struct command_options *options, char **args, struct error *err)
{
	CLEANUP_CONFIG struct config *config = NULL;
	int r = config_read(&config, options->config, err);

	(void)args;
	if (r < 0)
		return r;
	show(config);
	if (access(UINPUT, F_OK) < 0) {
		return error_sys(err, errno,
				 "no devices for guests can be made: look at '" UINPUT
				 "'");
	}
	if (access(UINPUT, R_OK | W_OK) < 0) {
		return error_sys(err, errno,
				 "no devices for guests can be made: open '" UINPUT "'");
	}
	return 0;
}
