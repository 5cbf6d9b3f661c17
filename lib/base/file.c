/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

int file_read_fd(struct buf *out, int fd, const char *name, struct error *err)
{
	struct stat st;
	ssize_t n;

	/* one byte more than the file has: the read that finds its end needs no room */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		buf_reserve(out, (size_t)st.st_size + 1);
	do {
		buf_reserve(out, out->size - out->len > 1 ? 1 : 65536);
		if (out->failed)
			return buf_check(out, err);
		n = read(fd, out->data + out->len, out->size - out->len - 1);
		if (n > 0)
			out->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return error_sys(err, errno, "read '%s'", name);
	out->data[out->len] = '\0';
	return 0;
}

int file_read_head(struct buf *out, int fd, size_t max, const char *name,
		   struct error *err)
{
	size_t end = out->len + max;
	ssize_t n = 1;

	buf_reserve(out, max + 1);
	if (out->failed)
		return buf_check(out, err);
	while (out->len < end && n != 0) {
		n = read(fd, out->data + out->len, end - out->len);
		if (n < 0 && errno != EINTR)
			return error_sys(err, errno, "read '%s'", name);
		if (n > 0)
			out->len += (size_t)n;
	}
	out->data[out->len] = '\0';
	return 0;
}

int file_read(struct buf *out, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "open '%s'", path);
	return file_read_fd(out, fd, path, err);
}

int file_write_fd(int fd, const char *data, size_t len, const char *name,
		  struct error *err)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_sys(err, errno, "write '%s'", name);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int copy_attribute(int from, int to, const char *name, const char *path,
			  struct error *err)
{
	char value[XATTR_SIZE_MAX];
	char have[XATTR_SIZE_MAX];
	ssize_t len = fgetxattr(from, name, value, sizeof(value));
	int code;

	if (len < 0)
		return error_sys(err, errno, "read attribute '%s' of '%s'", name, path);
	if (fsetxattr(to, name, value, (size_t)len, 0) == 0)
		return 0;
	/* a label that the new file got by itself need not be set */
	code = errno;
	if (fgetxattr(to, name, have, sizeof(have)) == len &&
	    memcmp(have, value, (size_t)len) == 0)
		return 0;
	return error_sys(err, code, "keep attribute '%s' of '%s'", name, path);
}

static int copy_attributes(int from, int to, const char *path, struct error *err)
{
	char names[XATTR_LIST_MAX];
	ssize_t len = flistxattr(from, names, sizeof(names));
	int r = 0;

	if (len < 0 && errno == ENOTSUP)
		return 0;
	if (len < 0)
		return error_sys(err, errno, "read attributes of '%s'", path);
	for (const char *name = names; name < names + len && r == 0;
	     name += strlen(name) + 1)
		r = copy_attribute(from, to, name, path, err);
	return r;
}

/* Gives the new file what the old one had. */
static int keep_identity(int old, int new, bool is_private, const char *path,
			 struct error *err)
{
	struct stat st;
	int r;

	if (fstat(old, &st) < 0)
		return error_sys(err, errno, "examine '%s'", path);
	if (fchown(new, st.st_uid, st.st_gid) < 0)
		return error_sys(err, errno, "keep the owner of '%s'", path);
	r = copy_attributes(old, new, path, err);
	if (r < 0)
		return r;
	if (fchmod(new, st.st_mode & (is_private ? 0700U : 07777U)) < 0)
		return error_sys(err, errno, "keep the mode of '%s'", path);
	return 0;
}

static mode_t current_umask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return mask;
}

static int sync_directory(const char *path, struct error *err)
{
	CLEANUP_FREE char *dir = strdup(path);
	CLEANUP_CLOSE int fd = -1;

	if (!dir)
		return error_set(err, ENOMEM, "out of memory");
	*(strrchr(dir, '/') + 1) = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_sys(err, errno, "sync directory '%s'", dir);
	return 0;
}

/* What is to be replaced, and how. */
struct target {
	const char *path; /* absolute, no link */
	int old;          /* the file there, or -1 */
	mode_t mode;
	bool is_private;
};

static int fill(int fd, const struct target *target, const char *data, size_t len,
		struct error *err)
{
	const char *path = target->path;
	mode_t mask = target->is_private ? 0700U : 07777U;
	int r = 0;

	if (target->old >= 0) {
		r = keep_identity(target->old, fd, target->is_private, path, err);
	} else if (fchmod(fd, target->mode & ~current_umask() & mask) < 0) {
		r = error_sys(err, errno, "set the mode of '%s'", path);
	}
	if (r == 0)
		r = file_write_fd(fd, data, len, path, err);
	if (r == 0 && fsync(fd) < 0)
		r = error_sys(err, errno, "sync '%s'", path);
	return r;
}

static int replace(const struct target *target, const char *data, size_t len,
		   struct error *err)
{
	CLEANUP_BUF struct buf temporary = BUF_NONE;
	CLEANUP_CLOSE int fd = -1;
	const char *name = strrchr(target->path, '/') + 1;
	int r;

	buf_addf(&temporary, "%.*s.%s.XXXXXX", (int)(name - target->path), target->path,
		 name);
	r = buf_check(&temporary, err);
	if (r < 0)
		return r;
	fd = mkostemp(temporary.data, O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, errno, "create '%s'", temporary.data);

	r = fill(fd, target, data, len, err);
	if (r == 0 && rename(temporary.data, target->path) < 0) {
		r = error_sys(err, errno, "rename '%s' to '%s'", temporary.data,
			      target->path);
	}
	if (r < 0) {
		(void)unlink(temporary.data);
		return r;
	}
	return sync_directory(target->path, err);
}

/* Where a file that does not exist yet will be: its directory's true path and name. */
static char *future_path(const char *path)
{
	CLEANUP_FREE char *copy = strdup(path);
	CLEANUP_FREE char *dir = NULL;
	char *slash;
	char *result;

	if (!copy)
		return NULL;
	slash = strrchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!slash) {
		dir = realpath(".", NULL);
	} else {
		dir = realpath(*copy ? copy : "/", NULL);
	}
	if (!dir || asprintf(&result, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir,
			     slash ? slash + 1 : path) < 0)
		return NULL;
	return result;
}

int file_replace(const char *path, const char *data, size_t len, mode_t mode,
		 bool is_private, struct error *err)
{
	CLEANUP_FREE char *place = NULL;
	CLEANUP_CLOSE int old = -1;
	struct target target = { .old = -1, .mode = mode, .is_private = is_private };
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		old = open(path, O_WRONLY | O_CLOEXEC);
		if (old < 0)
			return error_sys(err, errno, "open '%s' for writing", path);
		return file_write_fd(old, data, len, path, err);
	}
	place = realpath(path, NULL);
	if (place) {
		old = open(place, O_RDONLY | O_CLOEXEC);
		if (old < 0)
			return error_sys(err, errno, "open '%s'", path);
	} else if (errno == ENOENT && lstat(path, &st) == 0) {
		return error_set(err, ENOENT, "'%s' is a link that leads nowhere", path);
	} else if (errno == ENOENT) {
		place = future_path(path);
	}
	if (!place)
		return error_sys(err, errno, "find the place of '%s'", path);
	target.path = place;
	target.old = old;
	return replace(&target, data, len, err);
}
