/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "host/apparmor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "host/sysfs.h"

#define SHARED     "/etc/apparmor.d/abstractions/libvirt-qemu"
#define ENABLED    "sys/module/apparmor/parameters/enabled"
#define QEMU_CONF  "etc/libvirt/qemu.conf"
#define DRIVER_KEY "security_driver"
#define PROFILES   "sys/kernel/security/apparmor/profiles"
#define STEPS_MAX  100000 /* a pattern may not keep us busy */

/* A position in a pattern, whose alternatives may lie in several texts. */
struct match {
	unsigned steps;
};

static bool match_at(struct match *match, const char *pattern, const char *path);

static bool match_star(struct match *match, const char *pattern, const char *path)
{
	bool is_deep = pattern[1] == '*';
	const char *rest = pattern + (is_deep ? 2 : 1);

	for (;; path++) {
		if (match_at(match, rest, path))
			return true;
		if (*path == '\0' || (*path == '/' && !is_deep))
			return false;
	}
}

/* "{a,b}rest": whether "arest" or "brest" matches. */
static bool match_braces(struct match *match, const char *pattern, const char *path)
{
	const char *end = strchr(pattern, '}');
	const char *word = pattern + 1;

	if (!end)
		return false;
	for (;;) {
		size_t len = strcspn(word, ",}");
		CLEANUP_BUF struct buf text = BUF_NONE;

		buf_add(&text, word, len);
		buf_adds(&text, end + 1);
		if (!text.failed && match_at(match, buf_text(&text), path))
			return true;
		if (word[len] == '}')
			return false;
		word += len + 1;
	}
}

/* "[a-c5]rest"; *pattern leads to the rest of it then. */
static bool match_class(const char **pattern, char c)
{
	const char *at = *pattern + 1;
	const char *end = strchr(at, ']');
	bool is_not = *at == '^';
	bool is_in = false;

	if (!end || c == '\0' || c == '/')
		return false;
	for (at += is_not; at < end; at++) {
		bool is_range = at + 2 < end && at[1] == '-';

		is_in = is_in || (is_range ? c >= at[0] && c <= at[2] : c == *at);
		at += is_range ? 2 : 0;
	}
	*pattern = end;
	return is_in != is_not;
}

static bool match_at(struct match *match, const char *pattern, const char *path)
{
	while (match->steps++ < STEPS_MAX) {
		switch (*pattern) {
		case '\0':
			return *path == '\0';
		case '*':
			return match_star(match, pattern, path);
		case '{':
			return match_braces(match, pattern, path);
		case '[':
			if (!match_class(&pattern, *path))
				return false;
			break;
		case '?':
			if (*path == '\0' || *path == '/')
				return false;
			break;
		default:
			if (*pattern != *path)
				return false;
		}
		pattern++;
		path++;
	}
	return false;
}

bool apparmor_match(const char *pattern, const char *path)
{
	struct match match = { 0 };

	return match_at(&match, pattern, path);
}

/* security_driver = "none", or a list without AppArmor; silence leaves it to libvirt. */
static bool is_forgone(const struct root *root)
{
	CLEANUP_CLOSE int fd = root_openat(root, QEMU_CONF, O_RDONLY | O_NONBLOCK);
	CLEANUP_BUF struct buf text = BUF_NONE;
	bool forgone = false;
	struct error ignored;
	char *rest;
	char *line;

	if (fd < 0 || file_read_fd(&text, fd, "/" QEMU_CONF, &ignored) < 0)
		return false;
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		line += strspn(line, " \t");
		if (strncmp(line, DRIVER_KEY, strlen(DRIVER_KEY)) == 0)
			forgone = !strstr(line, "apparmor");
	}
	return forgone;
}

/*
 * libvirt confines guests only when it is confined itself (use_apparmor() in its
 * security_apparmor.c). Which profiles are loaded only root is told.
 */
static bool is_unconfined(const struct root *root)
{
	static const char *const confined[] = {
		"libvirtd (enforce)",
		"virtqemud (enforce)",
		"/usr/sbin/libvirtd (enforce)",
		"/usr/sbin/virtqemud (enforce)",
	};
	CLEANUP_CLOSE int fd = root_openat(root, PROFILES, O_RDONLY | O_NONBLOCK);
	CLEANUP_BUF struct buf text = BUF_NONE;
	struct error ignored;
	char *rest;
	char *line;

	if (fd < 0 || file_read_fd(&text, fd, "/" PROFILES, &ignored) < 0)
		return false;
	rest = text.data;
	while ((line = strsep(&rest, "\n"))) {
		for (size_t i = 0; i < ARRAY_SIZE(confined); i++) {
			if (strcmp(line, confined[i]) == 0)
				return false;
		}
	}
	return true;
}

bool apparmor_is_on(const struct root *root)
{
	char value[SYSFS_WORD_MAX];
	struct error ignored;

	if (is_forgone(root) || is_unconfined(root))
		return false;

	return sysfs_read_optional(root, ENABLED, value, sizeof(value), &ignored) == 0 &&
	       *value == 'Y' && sysfs_exists(root, &SHARED[1]);
}

/* Takes a word off the beginning, if it is there. */
static bool skip_word(char **line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(*line, word, len) != 0 || !strchr(" \t", (*line)[len]))
		return false;
	*line += len;
	*line += strspn(*line, " \t");
	return true;
}

/* What is asked for, and what the rules so far say of it. */
struct request {
	const char *path;
	enum apparmor_right right;
	bool allows;
	bool denies;
};

/* "[audit] [deny] [owner] PATTERN PERMISSIONS," */
static void apply_rule(struct request *request, char *line)
{
	bool is_own = request->right == APPARMOR_WRITE_OWN;
	bool is_deny;
	char *end;

	line += strspn(line, " \t");
	(void)skip_word(&line, "audit");
	is_deny = skip_word(&line, "deny");
	(void)skip_word(&line, "allow");
	if ((skip_word(&line, "owner") && !is_own) || (*line != '/' && *line != '"'))
		return;
	if (*line == '"') {
		line++;
		end = strchr(line, '"');
	} else {
		end = strpbrk(line, " \t");
	}
	if (!end)
		return;
	*end++ = '\0';
	end[strcspn(end, ",#")] = '\0';
	if (!strchr(end, is_own ? 'w' : 'r') || !apparmor_match(line, request->path))
		return;
	*(is_deny ? &request->denies : &request->allows) = true;
}

static int apply_file(struct request *request, const struct root *root, const char *name,
		      struct error *err)
{
	CLEANUP_CLOSE int fd = root_openat(root, name + 1, O_RDONLY | O_NONBLOCK);
	CLEANUP_BUF struct buf text = BUF_NONE;
	char *rest;
	char *line;
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", name);
	r = file_read_fd(&text, fd, name, err);
	if (r < 0)
		return r;
	rest = text.data;
	while ((line = strsep(&rest, "\n")))
		apply_rule(request, line);
	return 0;
}

int apparmor_allows(bool *ret_allows, const struct root *root, const char *path,
		    enum apparmor_right right, struct error *err)
{
	static const char *const files[] = { SHARED, APPARMOR_LOCAL };
	struct request request = { .path = path, .right = right };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = apply_file(&request, root, files[i], err);

		if (r < 0)
			return r;
	}
	*ret_allows = request.allows && !request.denies;
	return 0;
}
