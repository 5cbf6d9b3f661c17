/* SPDX-License-Identifier: GPL-2.0-or-later */

/* evgrab.conf: whatever is in it, what is understood of it makes sense. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

static void check_guests(const struct config *config)
{
	check(config->n_guests > 0 && config->n_guests <= CONFIG_GUESTS);
	for (size_t i = 0; i < config->n_guests; i++) {
		const struct config_guest *guest = &config->guests[i];

		/* it becomes a part of paths and of names of descriptors */
		check(*guest->name && !strpbrk(guest->name, "/: \n"));
		check(config_find(config, guest->name) == i);
		check(guest->roles > 0 && guest->roles < ROLE_BIT(N_ROLES));
	}
}

static void check_chords(const struct config *config)
{
	check(config->n_chords <= ROUTER_CHORDS);
	for (size_t i = 0; i < config->n_chords; i++) {
		const struct config_chord *chord = &config->chords[i];
		CLEANUP_BUF struct buf text = BUF_NONE;
		struct chord again;
		struct error err = { 0 };

		check(chord->guest == CONFIG_HOST || chord->guest < config->n_guests);
		chord_format(&chord->chord, &text);
		check(chord_parse(&again, buf_text(&text), &err) == 0);
		check(memcmp(&again, &chord->chord, sizeof(again)) == 0);
		for (size_t j = 0; j < i; j++)
			check(!chord_conflicts(&config->chords[j].chord, &chord->chord));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP_CONFIG struct config *config = NULL;
	CLEANUP_FREE char *text = malloc(size + 1);
	struct error err = { 0 };
	int r;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	r = config_parse(&config, text, "evgrab.conf", &err);
	check((r < 0) == (err.msg[0] != '\0') && (r < 0) == !config);
	if (r < 0)
		return 0;
	check_guests(config);
	check_chords(config);
	check(config->n_selectors <= CONFIG_SELECTORS);
	return 0;
}
