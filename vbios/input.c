/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static int check_kind(const struct stat *st, const char *path, struct error *err)
{
	if (S_ISDIR(st->st_mode)) {
		return error_set(err, EISDIR,
				 "'%s' is a directory: QEMU would call it too large",
				 path);
	}
	if (!S_ISREG(st->st_mode))
		return error_set(err, EINVAL, "'%s' is no regular file", path);
	return 0;
}

/* A read that ends early (a file that somebody cuts meanwhile) is no error. */
int input_read_fd(struct input *ret_input, int fd, const char *path, struct error *err)
{
	struct stat st;
	size_t max;
	int r;

	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "look at '%s'", path);
	r = check_kind(&st, path, err);
	if (r < 0)
		return r;
	/* what a kernel makes up while it is read has the length 0 */
	max = st.st_size > 0 && st.st_size < (off_t)ROM_SIZE_LIMIT ? (size_t)st.st_size
								   : ROM_SIZE_LIMIT;
	ret_input->path = path;
	r = file_read_head(&ret_input->content, fd, max, path, err);
	if (r < 0)
		return r;
	rom_read(&ret_input->rom, (const uint8_t *)ret_input->content.data,
		 ret_input->content.len,
		 max < (size_t)st.st_size ? (uint64_t)st.st_size : 0);
	if (max >= (size_t)st.st_size) {
		checksum_data(ret_input->sha256, ret_input->content.data,
			      ret_input->content.len);
	}
	return 0;
}

int input_read(struct input *ret_input, const char *path, struct error *err)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return error_sys(err, errno, "open '%s'", path);
	return input_read_fd(ret_input, fd, path, err);
}

void input_done(struct input *input)
{
	buf_done(&input->content);
}
