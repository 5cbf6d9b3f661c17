/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What the settings of the configuration may be. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/macro.h"
#include "base/parse.h"
#include "config_impl.h"

/* What a setting belongs to. */
struct place {
	struct config *config;
	size_t guest; /* CONFIG_HOST: section [general] */
};

static struct config_guest *guest_of(const struct place *place)
{
	return &place->config->guests[place->guest];
}

/* One of two words. */
static int set_word(bool *ret_value, const char *value, const char *yes, const char *no,
		    struct error *err)
{
	*ret_value = strcmp(value, yes) == 0;
	if (!*ret_value && strcmp(value, no) != 0) {
		return error_set(err, EINVAL, "'%s' is neither %s nor %s", value, yes,
				 no);
	}
	return 0;
}

static int set_host(const struct place *place, const char *value, struct error *err)
{
	return set_word(&place->config->is_clone, value, "clone", "keep", err);
}

static int set_device(const struct place *place, const char *value, struct error *err)
{
	struct config *config = place->config;
	int r;

	if (config->n_selectors == CONFIG_SELECTORS) {
		return error_set(err, EINVAL, "more than %d devices are named",
				 CONFIG_SELECTORS);
	}
	r = selector_parse(&config->selectors[config->n_selectors], value, err);
	if (r == 0)
		config->n_selectors++;
	return r;
}

static int set_wait(const struct place *place, const char *value, struct error *err)
{
	uint64_t seconds;
	int r = parse_dec(&seconds, value, 1, 60, "number of seconds", err);

	if (r == 0)
		place->config->wait_ms = (unsigned)seconds * 1000;
	return r;
}

/* Of two chords that cannot be told apart one would never happen. */
static int check_chord(const struct config *config, const struct chord *chord,
		       const char *text, struct error *err)
{
	const struct chord panic = chord_panic();
	CLEANUP_BUF struct buf other = BUF_NONE;

	if (chord_shadows(&panic, chord)) {
		return error_set(err, EINVAL,
				 "chord '%s': Backspace, Escape and Enter always lead to "
				 "the host",
				 text);
	}
	for (size_t i = 0; i < config->n_chords; i++) {
		if (!chord_conflicts(&config->chords[i].chord, chord))
			continue;
		chord_format(&config->chords[i].chord, &other);
		return error_set(err, EINVAL,
				 "chord '%s': cannot be told from '%s', which is set "
				 "before",
				 text, buf_text(&other));
	}
	return 0;
}

static int add_chord(const struct place *place, enum router_chord_kind kind,
		     const char *value, struct error *err)
{
	struct config *config = place->config;
	struct config_chord chord = { .kind = kind, .guest = place->guest };
	int r;

	if (strcmp(value, "none") == 0)
		return 0;
	if (config->n_chords == ROUTER_CHORDS) {
		return error_set(err, EINVAL, "more than %d chords are set",
				 ROUTER_CHORDS);
	}
	r = chord_parse(&chord.chord, value, err);
	if (r == 0)
		r = check_chord(config, &chord.chord, value, err);
	if (r == 0)
		config->chords[config->n_chords++] = chord;
	return r;
}

static int set_user(const struct place *place, const char *value, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
	size_t len = strspn(value, letters);

	if (len == 0 || value[len] || len > CONFIG_NAME_MAX || *value == '-')
		return error_set(err, EINVAL, "'%s' cannot be the name of a user", value);
	(void)snprintf(place->config->user, sizeof(place->config->user), "%s", value);
	return 0;
}

static int set_command(const struct place *place, const char *value, struct error *err)
{
	char *command = place->guest == CONFIG_HOST ? place->config->command
						    : guest_of(place)->command;

	if (!*value)
		return error_set(err, EINVAL, "no command is named");
	(void)snprintf(command, CONFIG_TEXT_MAX, "%s", value);
	return 0;
}

static int set_next(const struct place *place, const char *value, struct error *err)
{
	return add_chord(place, ROUTER_CHORD_NEXT, value, err);
}

static int set_prev(const struct place *place, const char *value, struct error *err)
{
	return add_chord(place, ROUTER_CHORD_PREV, value, err);
}

static int set_back(const struct place *place, const char *value, struct error *err)
{
	return add_chord(place, ROUTER_CHORD_BACK, value, err);
}

static int set_chord(const struct place *place, const char *value, struct error *err)
{
	return add_chord(place, ROUTER_CHORD_TARGET, value, err);
}

static int set_roles(const struct place *place, const char *value, struct error *err)
{
	CLEANUP_FREE char *copy = strdup(value);
	unsigned roles = 0;
	char *rest = NULL;

	if (!copy)
		return error_set(err, ENOMEM, "out of memory");
	for (char *word = strtok_r(copy, " \t,", &rest); word;
	     word = strtok_r(NULL, " \t,", &rest)) {
		enum role role = role_find(word);

		if (role == N_ROLES) {
			return error_set(
				err, EINVAL,
				"'%s' is none of keyboard, mouse, tablet, gamepad", word);
		}
		roles |= ROLE_BIT(role);
	}
	if (!roles)
		return error_set(err, EINVAL, "no role is named");
	guest_of(place)->roles = roles;
	return 0;
}

static int set_reads(const struct place *place, const char *value, struct error *err)
{
	return set_word(&guest_of(place)->is_input_linux, value, "evdev", "passthrough",
			err);
}

static int set_live(const struct place *place, const char *value, struct error *err)
{
	return set_word(&guest_of(place)->is_always_live, value, "always", "started",
			err);
}

static int set_switch(const struct place *place, const char *value, struct error *err)
{
	return set_word(&guest_of(place)->is_switched_to, value, "started", "no", err);
}

struct setting {
	const char *name;
	int (*set)(const struct place *place, const char *value, struct error *err);
	bool is_many; /* may be set again, which adds to it */
};

static const struct setting general_settings[] = {
	{ "host", set_host, false },       { "device", set_device, true },
	{ "next", set_next, false },       { "prev", set_prev, false },
	{ "back", set_back, false },       { "chord", set_chord, true },
	{ "wait", set_wait, false },       { "user", set_user, false },
	{ "command", set_command, false },
};

static const struct setting guest_settings[] = {
	{ "roles", set_roles, false }, { "reads", set_reads, false },
	{ "live", set_live, false },   { "switch", set_switch, false },
	{ "chord", set_chord, true },  { "command", set_command, false },
};

static int set_one(const struct setting *settings, size_t n, const struct place *place,
		   const char *name, const char *value, struct error *err)
{
	unsigned *has = place->guest == CONFIG_HOST ? &place->config->has_settings
						    : &guest_of(place)->has_settings;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(settings[i].name, name) != 0)
			continue;
		if (*has >> i & 1 && !settings[i].is_many)
			return error_set(err, EINVAL, "'%s' is set before", name);
		*has |= 1u << i;
		return settings[i].set(place, value, err);
	}
	if (place->guest == CONFIG_HOST) {
		return error_set(err, EINVAL,
				 "there is no setting '%s' in section [general]", name);
	}
	return error_set(err, EINVAL, "there is no setting '%s' in section [guest %s]",
			 name, guest_of(place)->name);
}

int config_set(struct config *config, size_t guest, const char *name, const char *value,
	       struct error *err)
{
	const struct place place = { .config = config, .guest = guest };

	if (guest == CONFIG_HOST) {
		return set_one(general_settings, ARRAY_SIZE(general_settings), &place,
			       name, value, err);
	}
	return set_one(guest_settings, ARRAY_SIZE(guest_settings), &place, name, value,
		       err);
}

bool config_is_unset(const struct config *config, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(general_settings); i++) {
		if (strcmp(general_settings[i].name, name) == 0)
			return !(config->has_settings >> i & 1);
	}
	return false;
}
