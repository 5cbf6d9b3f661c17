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
#include "config_impl.h"

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

/* libinih calls back for each setting; 0 is failure. */
static int take(void *data, const char *section, const char *name, const char *value)
{
	struct reading *reading = data;
	size_t guest = CONFIG_HOST;

	if (reading->err->code)
		return 0;
	if (!*section) {
		(void)error_set(reading->err, EINVAL,
				"'%s' is in no section: [general] or [guest NAME]", name);
		return 0;
	}
	if (strcmp(section, GENERAL) != 0) {
		guest = strncmp(section, GUEST, strlen(GUEST)) == 0
				? config_find(reading->config, section + strlen(GUEST))
				: reading->config->n_guests;
		if (guest == reading->config->n_guests) {
			(void)error_set(reading->err, EINVAL,
					"section [%s] cannot be read", section);
			return 0;
		}
	}
	return config_set(reading->config, guest, name, value ? value : "",
			  reading->err) == 0;
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
	int r = 0;

	if (config_is_unset(config, "device"))
		r = config_set(config, CONFIG_HOST, "device", "auto", err);
	if (r == 0 && config_is_unset(config, "next")) {
		r = config_set(config, CONFIG_HOST, "next", NEXT_DEFAULT, err);
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
