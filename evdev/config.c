/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/parse.h"

#define LINE_MAX_LEN                                                       \
	190 /* libinih cuts what is longer in two, in the middle of a word \
	     */
#define TEXT_MAX_LEN    65536 /* of the whole file */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"
#define GENERAL         "general"
#define GUEST           "guest "
#define NEXT_DEFAULT    "leftctrl+rightctrl"

void config_free(struct config *config)
{
	free(config);
}

size_t config_find(const struct config *config, const char *name)
{
	size_t i = 0;

	while (i < config->n_guests && strcmp(config->guests[i].name, name) != 0)
		i++;
	return i;
}

/* ---- values ---- */

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

/* ---- sections ---- */

static bool is_name(const char *name)
{
	static const char *const taken[] = { "host", "next", "prev", "back" };

	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		if (strcmp(name, taken[i]) == 0)
			return false;
	}
	if (!isalnum((unsigned char)*name) || strlen(name) > CONFIG_NAME_MAX)
		return false;
	while (isalnum((unsigned char)*name) || (*name && strchr("._+-", *name)))
		name++;
	return !*name;
}

static int add_guest(struct config *config, const char *name, struct error *err)
{
	struct config_guest *guest;

	if (!is_name(name)) {
		return error_set(
			err, EINVAL,
			"'%s' cannot be the name of a guest: at most %d letters, "
			"digits and . _ + -, and not host, next, prev or back",
			name, CONFIG_NAME_MAX);
	}
	if (config_find(config, name) < config->n_guests) {
		return error_set(err, EINVAL, "there is a section [guest %s] before",
				 name);
	}
	if (config->n_guests == CONFIG_GUESTS) {
		return error_set(err, EINVAL, "there are more than %u guests",
				 CONFIG_GUESTS);
	}
	guest = &config->guests[config->n_guests++];
	*guest = (struct config_guest){
		.roles = ROLE_BIT(ROLE_KEYBOARD) | ROLE_BIT(ROLE_MOUSE),
		.is_input_linux = true,
	};
	(void)snprintf(guest->name, sizeof(guest->name), "%s", name);
	return 0;
}

static int add_section(struct config *config, const char *section, struct error *err)
{
	if (strcmp(section, GENERAL) == 0)
		return 0;
	if (strncmp(section, GUEST, strlen(GUEST)) == 0)
		return add_guest(config, section + strlen(GUEST), err);
	return error_set(err, EINVAL,
			 "there is no section [%s], only [general] and [guest NAME]",
			 section);
}

/*
 * libinih tells of a section when it comes to a setting in it: an empty one, which is a
 * guest as well as any, would not be there.
 */
static int add_line(struct config *config, const char *line, size_t len,
		    struct error *err)
{
	size_t blanks = 0;
	const char *end;
	char section[LINE_MAX_LEN + 1];

	if (len > LINE_MAX_LEN)
		return error_set(err, EINVAL, "longer than %d bytes", LINE_MAX_LEN);
	while (blanks < len && isspace((unsigned char)line[blanks]))
		blanks++;
	if (blanks == len || line[blanks] != '[')
		return 0;
	/* libinih may take it for more of the value above */
	if (blanks > 0)
		return error_set(err, EINVAL, "a section begins with the line");
	end = memchr(line, ']', len);
	if (!end)
		return error_set(err, EINVAL, "a ']' is missing");
	(void)snprintf(section, sizeof(section), "%.*s", (int)(end - line - 1), line + 1);
	return add_section(config, section, err);
}

static int add_sections(struct config *config, const char *text, const char *name,
			struct error *err)
{
	for (unsigned line = 1; *text; line++) {
		size_t len = strcspn(text, "\n");
		int r = add_line(config, text, len, err);

		if (r < 0)
			return error_wrap(err, "'%s', line %u", name, line);
		text += len + (text[len] == '\n');
	}
	return 0;
}

/* ---- settings ---- */

struct reading {
	struct config *config;
	struct error *err;
};

static int set(const struct setting *settings, size_t n, const struct place *place,
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

/* libinih calls back for each setting; 0 is failure. */
static int take(void *data, const char *section, const char *name, const char *value)
{
	struct reading *reading = data;
	struct place place = { .config = reading->config, .guest = CONFIG_HOST };

	if (reading->err->code)
		return 0;
	if (!*section) {
		(void)error_set(reading->err, EINVAL,
				"'%s' is in no section: [general] or [guest NAME]", name);
		return 0;
	}
	if (strcmp(section, GENERAL) == 0) {
		return set(general_settings, ARRAY_SIZE(general_settings), &place, name,
			   value ? value : "", reading->err) == 0;
	}
	if (strncmp(section, GUEST, strlen(GUEST)) == 0)
		place.guest = config_find(reading->config, section + strlen(GUEST));
	if (place.guest >= reading->config->n_guests) {
		(void)error_set(reading->err, EINVAL, "section [%s] cannot be read",
				section);
		return 0;
	}
	return set(guest_settings, ARRAY_SIZE(guest_settings), &place, name,
		   value ? value : "", reading->err) == 0;
}

static int add_settings(struct config *config, const char *text, const char *name,
			struct error *err)
{
	struct reading reading = { .config = config, .err = err };
	int line;

	err->code = 0;
	line = ini_parse_string(text, take, &reading);
	if (line == 0)
		return 0;
	if (line < 0)
		return error_set(err, ENOMEM, "out of memory");
	if (err->code == 0)
		(void)error_set(err, EINVAL, "this is no 'NAME = VALUE'");
	return error_wrap(err, "'%s', line %d", name, line);
}

/* Is a setting of [general] missing? */
static bool is_unset(const struct config *config, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(general_settings); i++) {
		if (strcmp(general_settings[i].name, name) == 0)
			return !(config->has_settings >> i & 1);
	}
	return false;
}

/* Root is no default: what a command does is not known here. */
static int check_user(const struct config *config, const char *name, struct error *err)
{
	bool has_command = *config->command;

	for (size_t i = 0; i < config->n_guests; i++)
		has_command = has_command || *config->guests[i].command;
	if (has_command && !*config->user) {
		return error_set(err, EINVAL,
				 "'%s': there are commands, but 'user' in section "
				 "[general] does not say who they run as",
				 name);
	}
	return 0;
}

static int add_defaults(struct config *config, const char *name, struct error *err)
{
	struct place place = { .config = config, .guest = CONFIG_HOST };
	int r = 0;

	if (is_unset(config, "device"))
		r = set_device(&place, "auto", err);
	if (r == 0 && is_unset(config, "next")) {
		r = set_next(&place, NEXT_DEFAULT, err);
		if (r < 0) {
			return error_wrap(err,
					  "'%s': 'next' in section [general] is not set, "
					  "so",
					  name);
		}
	}
	if (r == 0 && config->n_guests == 0) {
		r = add_guest(config, "guest", err);
		config->guests[0].is_always_live = true;
	}
	return r;
}

int config_parse(struct config **ret_config, const char *text, const char *name,
		 struct error *err)
{
	CLEANUP_CONFIG struct config *config = calloc(1, sizeof(*config));
	int r;

	if (!config)
		return error_set(err, ENOMEM, "out of memory");
	config->wait_ms = 2000;
	if (strncmp(text, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		text += strlen(BYTE_ORDER_MARK);
	r = add_sections(config, text, name, err);
	if (r == 0)
		r = add_settings(config, text, name, err);
	if (r == 0)
		r = check_user(config, name, err);
	if (r == 0)
		r = add_defaults(config, name, err);
	if (r == 0)
		*ret_config = TAKE_PTR(config);
	return r;
}

static int check_file(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "'%s' is no regular file", path);
	if ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022)) {
		return error_set(err, EPERM,
				 "'%s' can be written by others than root: chown root, "
				 "chmod 0644",
				 path);
	}
	if (st.st_size > TEXT_MAX_LEN) {
		return error_set(err, EFBIG, "'%s' is larger than %d bytes", path,
				 TEXT_MAX_LEN);
	}
	return 0;
}

int config_read(struct config **ret_config, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0 && errno == ENOENT)
		return config_parse(ret_config, "", path, err);
	if (fd < 0)
		return error_sys(err, errno, "read '%s'", path);
	r = check_file(fd, path, err);
	if (r == 0)
		r = file_read_fd(&text, fd, path, err);
	if (r < 0)
		return r;
	if (strlen(buf_text(&text)) != text.len) {
		return error_set(err, EINVAL, "'%s' is no text: there is a NUL in it",
				 path);
	}
	return config_parse(ret_config, buf_text(&text), path, err);
}
