/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The system calls of --wrap: the linker puts these in the place of libc's, in all that
 * the test links statically. A write is also cut in half, as a kill may find it.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "killpoint.h"

/* what the linker calls libc's */
ssize_t __real_write(int fd, const void *data, size_t len);
int __real_fdatasync(int fd);
int __real_ftruncate(int fd, off_t len);
int __real_mkdirat(int dir, const char *path, mode_t mode);
int __real_openat(int dir, const char *path, int flags, ...);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_unlinkat(int dir, const char *path, int flags);

ssize_t __wrap_write(int fd, const void *data, size_t len);
int __wrap_fdatasync(int fd);
int __wrap_ftruncate(int fd, off_t len);
int __wrap_mkdirat(int dir, const char *path, mode_t mode);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_unlinkat(int dir, const char *path, int flags);

ssize_t __wrap_write(int fd, const void *data, size_t len)
{
	killpoint("before", "write");
	if (killpoint_is_next())
		(void)!__real_write(fd, data, len / 2);
	killpoint("in the middle of", "write");
	return __real_write(fd, data, len);
}

int __wrap_fdatasync(int fd)
{
	killpoint("before", "fdatasync");
	return __real_fdatasync(fd);
}

int __wrap_ftruncate(int fd, off_t len)
{
	killpoint("before", "ftruncate");
	return __real_ftruncate(fd, len);
}

int __wrap_mkdirat(int dir, const char *path, mode_t mode)
{
	killpoint("before mkdirat", path);
	return __real_mkdirat(dir, path, mode);
}

int __wrap_openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		killpoint("before creating", path);
	}
	return __real_openat(dir, path, flags, mode);
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	killpoint("before renameat", from);
	return __real_renameat(from_dir, from, to_dir, to);
}

int __wrap_unlinkat(int dir, const char *path, int flags)
{
	killpoint("before unlinkat", path);
	return __real_unlinkat(dir, path, flags);
}
