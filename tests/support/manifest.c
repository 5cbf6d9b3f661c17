/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "manifest.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/parse.h"

#define LINES_MAX  65536
#define LENGTH_MAX 65536
#define FILE_MAX   (16U << 20)

/* "path = what": the path and the rest behind the sign. */
struct entry {
	char *path;
	const char *sign;
	char *what;
};

/*
 * Opens the directory that the last component of path belongs to, making it. Links on
 * the way are refused. Returns a descriptor or a negative errno.
 */
static int open_parent(int rootfd, char *path, const char **ret_leaf)
{
	CLEANUP_CLOSE int dir = openat(rootfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	for (char *slash = strchr(path, '/'); slash; slash = strchr(path, '/')) {
		CLEANUP_CLOSE int above = take_fd(&dir);

		*slash = '\0';
		if (*path == '\0' || strcmp(path, ".") == 0 || strcmp(path, "..") == 0)
			return -EINVAL;
		if (mkdirat(above, path, 0755) < 0 && errno != EEXIST)
			return -errno;
		dir = openat(above, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0)
			return -errno;
		path = slash + 1;
	}
	*ret_leaf = path;
	return take_fd(&dir);
}

static int write_all(int fd, const struct buf *data)
{
	for (size_t done = 0; done < data->len;) {
		ssize_t n = write(fd, data->data + done, data->len - done);

		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return 0;
}

static int write_file(int dir, const char *name, const struct buf *data, int flags,
		      off_t size)
{
	CLEANUP_CLOSE int fd = openat(
		dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, data);
	if (r == 0 && size > 0 && ftruncate(fd, size) < 0)
		r = -errno;
	return r;
}

/* \n, \t, \\, \xHH; \c at the end: no newline there. */
static int unescape(struct buf *out, const char *text)
{
	struct error ignored;
	uint64_t byte;

	for (; *text; text++) {
		if (*text != '\\') {
			buf_addc(out, *text);
			continue;
		}
		switch (*++text) {
		case 'n':
			buf_addc(out, '\n');
			break;
		case 't':
			buf_addc(out, '\t');
			break;
		case '\\':
			buf_addc(out, '\\');
			break;
		case 'c':
			return text[1] ? -EINVAL : 0;
		case 'x':
			if (strnlen(text, 3) < 3 ||
			    parse_hex_part(&byte, text + 1, 2, "byte", &ignored) < 0)
				return -EINVAL;
			buf_addc(out, (char)byte);
			text += 2;
			break;
		default:
			return -EINVAL;
		}
	}
	buf_addc(out, '\n');
	return 0;
}

static int make_text(int dir, const char *name, const struct entry *entry)
{
	CLEANUP_BUF struct buf data = BUF_NONE;
	int flags = strcmp(entry->sign, "=") == 0 ? O_CREAT | O_EXCL : O_APPEND;
	int r = unescape(&data, entry->what);

	return r < 0 ? r : write_file(dir, name, &data, flags, 0);
}

/* "4096 de10871e 07041000": the size, then bytes; zeros follow. */
static int make_binary(int dir, const char *name, const struct entry *entry)
{
	CLEANUP_BUF struct buf data = BUF_NONE;
	struct error ignored;
	size_t len = strcspn(entry->what, " ");
	char *at = entry->what + len;
	uint64_t size;
	uint64_t byte;

	if (*at)
		*at++ = '\0';
	if (parse_dec(&size, entry->what, 0, LENGTH_MAX, "size", &ignored) < 0)
		return -EINVAL;
	for (; *at; at++) {
		if (*at == ' ')
			continue;
		if (!at[1] || parse_hex_part(&byte, at, 2, "byte", &ignored) < 0)
			return -EINVAL;
		buf_addc(&data, (char)byte);
		at++;
	}
	if (data.len > size)
		return -EINVAL;
	return write_file(dir, name, &data, O_CREAT | O_EXCL, (off_t)size);
}

static int make(int rootfd, struct entry *entry)
{
	const char *name = "";
	CLEANUP_CLOSE int dir = open_parent(rootfd, entry->path, &name);

	if (dir < 0)
		return dir;
	if (strcmp(entry->sign, "/") == 0)
		return 0; /* its own path ended in a slash */
	if (*name == '\0')
		return -EINVAL;
	if (strcmp(entry->sign, "->") == 0)
		return symlinkat(entry->what, dir, name) < 0 ? -errno : 0;
	if (strcmp(entry->sign, ":") == 0)
		return make_binary(dir, name, entry);
	return make_text(dir, name, entry);
}

static bool split(struct entry *ret_entry, char *line)
{
	static const char *const signs[] = { "=", "+=", "->", ":" };
	size_t len = strcspn(line, " ");
	char *rest = line + len;

	if (*rest == '\0') {
		*ret_entry = (struct entry){ .path = line, .sign = "/", .what = rest };
		return len > 0 && line[len - 1] == '/';
	}
	*rest++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		size_t sign_len = strlen(signs[i]);

		if (strncmp(rest, signs[i], sign_len) != 0)
			continue;
		rest += sign_len;
		if (*rest != '\0' && *rest++ != ' ')
			return false;
		*ret_entry =
			(struct entry){ .path = line, .sign = signs[i], .what = rest };
		return true;
	}
	return false;
}

static int unpack_line(const struct root *root, const char *text, size_t len)
{
	CLEANUP_FREE char *line = strndup(text, len);
	struct entry entry;

	if (!line)
		return -ENOMEM;
	if (*line == '\0' || *line == '#')
		return 0;
	/* a NUL inside */
	if (strlen(line) != len || len > LENGTH_MAX || !split(&entry, line))
		return -EINVAL;
	return make(root->fd, &entry);
}

int manifest_unpack(const struct root *root, const char *text, size_t len,
		    struct error *err)
{
	const char *end = text + len;

	for (size_t n = 1; text < end; n++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline ? newline : end) - text);
		int r = n > LINES_MAX ? -E2BIG : unpack_line(root, text, line_len);

		if (r < 0)
			return error_sys(err, -r, "manifest line %zu", n);
		text += line_len + (newline ? 1 : 0);
	}
	return 0;
}

int manifest_unpack_file(const struct root *root, const char *file, struct error *err)
{
	CLEANUP_FCLOSE FILE *in = fopen(file, "re");
	CLEANUP_FREE char *text = malloc(FILE_MAX);
	size_t len;
	int r;

	if (!in)
		return error_sys(err, errno, "open '%s'", file);
	if (!text)
		return error_set(err, ENOMEM, "out of memory");
	len = fread(text, 1, FILE_MAX, in);
	if (ferror(in) || len == FILE_MAX)
		return error_set(err, EIO, "read '%s'", file);
	r = manifest_unpack(root, text, len, err);
	if (r < 0)
		return error_wrap(err, "%s", file);
	return 0;
}
