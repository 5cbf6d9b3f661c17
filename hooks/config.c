/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macro.h"
#include "base/parse.h"

#define BLANKS       " \t,"
#define LINE_MAX_LEN 190

static const char default_stop[] =
	"display-manager.service gdm.service gdm3.service sddm.service lightdm.service "
	"lxdm.service xdm.service slim.service ly.service greetd.service "
	"nvidia-persistenced.service nvidia-powerd.service";

static void list_done(struct config_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	*list = (struct config_list){ 0 };
}

void config_done(struct config *config)
{
	list_done(&config->stop);
	list_done(&config->devices);
	*config = CONFIG_NONE;
}

static int list_add(struct config_list *list, const char *word, size_t len,
		    struct error *err)
{
	char **v = reallocarray(list->v, list->n + 1, sizeof(*v));

	if (!v)
		return error_set(err, ENOMEM, "out of memory");
	list->v = v;
	v[list->n] = strndup(word, len);
	if (!v[list->n])
		return error_set(err, ENOMEM, "out of memory");
	list->n++;
	return 0;
}

static int list_add_all(struct config_list *list, const char *text, struct error *err)
{
	int r = 0;

	while (r == 0 && *(text += strspn(text, BLANKS))) {
		size_t len = strcspn(text, BLANKS);

		r = list_add(list, text, len, err);
		text += len;
	}
	return r;
}

/* A list may go on in further lines, for each of which libinih calls back. */
static int set_stop(struct config *config, const char *value, struct error *err)
{
	if (!config->has_stop)
		list_done(&config->stop);
	config->has_stop = true;
	return list_add_all(&config->stop, value, err);
}

static int set_devices(struct config *config, const char *value, struct error *err)
{
	if (strcmp(value, "all") == 0)
		value = "*";
	config->has_devices = true;
	return list_add_all(&config->devices, value, err);
}

static int set_drop_caches(struct config *config, const char *value, struct error *err)
{
	config->drop_caches = strcmp(value, "yes") == 0;
	if (!config->drop_caches && strcmp(value, "no") != 0)
		return error_set(err, EINVAL, "'%s' is neither yes nor no", value);
	return 0;
}

static int set_seconds(unsigned *ms, const char *value, struct error *err)
{
	uint64_t seconds;
	int r = parse_dec(&seconds, value, 1, 3600, "number of seconds", err);

	if (r == 0)
		*ms = (unsigned)seconds * 1000;
	return r;
}

static int set_wait(struct config *config, const char *value, struct error *err)
{
	return set_seconds(&config->wait_ms, value, err);
}

static int set_prepare(struct config *config, const char *value, struct error *err)
{
	return set_seconds(&config->prepare_ms, value, err);
}

static const struct {
	const char *section;
	const char *name;
	int (*set)(struct config *config, const char *value, struct error *err);
} settings[] = {
	{ "allow", "stop", set_stop },
	{ "allow", "devices", set_devices },
	{ "allow", "drop-caches", set_drop_caches },
	{ "deadline", "wait", set_wait },
	{ "deadline", "prepare", set_prepare },
};

struct reading {
	struct config *config;
	struct error *err;
};

/* libinih calls back for each line; 0 is failure. */
static int take(void *data, const char *section, const char *name, const char *value)
{
	struct reading *reading = data;

	if (reading->err->code)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (strcmp(section, settings[i].section) == 0 &&
		    strcmp(name, settings[i].name) == 0) {
			return settings[i].set(reading->config, value ? value : "",
					       reading->err) == 0;
		}
	}
	(void)error_set(reading->err, EINVAL, "there is no setting '%s' in section [%s]",
			name, section);
	return 0;
}

static int check_file(FILE *file, struct error *err)
{
	struct stat st;

	if (fstat(fileno(file), &st) < 0)
		return error_sys(err, errno, "look at '/" CONFIG_PATH "'");
	if (!S_ISREG(st.st_mode))
		return error_set(err, EINVAL, "'/" CONFIG_PATH "' is no regular file");
	if (st.st_uid != geteuid() || (st.st_mode & 022)) {
		return error_set(err, EPERM,
				 "'/" CONFIG_PATH
				 "' can be written by others than root: chown root, "
				 "chmod 0644");
	}
	return 0;
}

/* libinih cuts what is longer in two, in the middle of a word. */
static int check_lines(FILE *file, struct error *err)
{
	unsigned line = 1, len = 0;
	int c;

	while ((c = getc(file)) != EOF) {
		len = c == '\n' ? 0 : len + 1;
		if (len > LINE_MAX_LEN) {
			return error_set(err, EINVAL,
					 "'/" CONFIG_PATH "', line %u: longer than %d "
					 "bytes; go on in a line that begins with a "
					 "blank",
					 line, LINE_MAX_LEN);
		}
		line += c == '\n';
	}
	if (ferror(file))
		return error_sys(err, errno, "read '/" CONFIG_PATH "'");
	rewind(file);
	return 0;
}

int config_default(struct config *ret_config, struct error *err)
{
	*ret_config = CONFIG_NONE;
	ret_config->wait_ms = 10000;
	ret_config->prepare_ms = 60000;
	return list_add_all(&ret_config->stop, default_stop, err);
}

static int read_file(struct config *config, FILE *file, struct error *err)
{
	struct reading reading = { .config = config, .err = err };
	int line;

	err->code = 0;
	if (check_file(file, err) < 0 || check_lines(file, err) < 0)
		return -err->code;
	line = ini_parse_file(file, take, &reading);
	if (line == 0)
		return 0;
	if (err->code == 0)
		(void)error_set(err, EINVAL, "this is no 'NAME = VALUE'");
	return error_wrap(err, "'/" CONFIG_PATH "', line %d", line);
}

int config_read(struct config *ret_config, const struct root *root, struct error *err)
{
	CLEANUP_CONFIG struct config config = CONFIG_NONE;
	CLEANUP_FCLOSE FILE *file = NULL;
	int fd = root_openat(root, CONFIG_PATH, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	int r = config_default(&config, err);

	if (fd >= 0) {
		file = fdopen(fd, "re");
		if (!file) {
			(void)close(fd);
			return error_set(err, ENOMEM, "out of memory");
		}
		if (r == 0)
			r = read_file(&config, file, err);
	} else if (r == 0 && fd != -ENOENT) {
		r = error_sys(err, -fd, "read '/" CONFIG_PATH "'");
	}
	if (r < 0)
		return r;
	*ret_config = config;
	config = CONFIG_NONE;
	return 0;
}

bool config_allows_stop(const struct config *config, const char *unit)
{
	for (size_t i = 0; i < config->stop.n; i++) {
		if (fnmatch(config->stop.v[i], unit, 0) == 0)
			return true;
	}
	return false;
}

bool config_allows_device(const struct config *config, const char *address,
			  const char *id)
{
	for (size_t i = 0; i < config->devices.n; i++) {
		if (strcmp(config->devices.v[i], "*") == 0 ||
		    strcasecmp(config->devices.v[i], address) == 0 ||
		    strcasecmp(config->devices.v[i], id) == 0)
			return true;
	}
	return !config->has_devices;
}
