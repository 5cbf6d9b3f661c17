/* SPDX-License-Identifier: GPL-2.0-or-later */

/* The --diff view: diff(1) over two files in memory. */

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "domain/scan.h"
#include "domain/tag.h"
#include "view.h"

static bool find_password(struct tag tag, struct tag_attr *ret_attr)
{
	while (tag_next(&tag, ret_attr)) {
		if (ret_attr->name_len == strlen("passwd") &&
		    memcmp(ret_attr->name, "passwd", ret_attr->name_len) == 0)
			return true;
	}
	return false;
}

/* The next passwd attribute, of an element from *i on; false without one. */
static bool next_password(const struct scan *scan, const char *text, uint32_t *i,
			  struct tag_attr *ret_attr)
{
	while (*i < scan->n) {
		const struct span *span = &scan->v[(*i)++];

		if (span->type == SPAN_ELEMENT &&
		    find_password(tag_read(text + span->start, text + span->inner),
				  ret_attr))
			return true;
	}
	return false;
}

static bool has_password(const struct scan *scan, const char *text,
			 const struct tag_attr *password)
{
	struct tag_attr other;
	uint32_t i = 0;

	while (next_password(scan, text, &i, &other)) {
		if (other.value_len == password->value_len &&
		    memcmp(other.value, password->value, other.value_len) == 0)
			return true;
	}
	return false;
}

/* Appends the text with every password made unreadable, and those marked that are new. */
static int mask_passwords(struct buf *out, const char *text, const char *before,
			  struct error *err)
{
	CLEANUP_SCAN struct scan scan = SCAN_EMPTY;
	CLEANUP_SCAN struct scan before_scan = SCAN_EMPTY;
	struct tag_attr password;
	size_t pos = 0;
	uint32_t i = 0;
	int r = scan_text(&scan, text, strlen(text), "the document", err);

	if (r == 0)
		r = scan_text(&before_scan, before, strlen(before), "the document", err);
	if (r < 0)
		return r;
	while (next_password(&scan, text, &i, &password)) {
		buf_add(out, text + pos, (size_t)(password.value - text) - pos);
		buf_adds(out, has_password(&before_scan, before, &password)
				      ? "********"
				      : "******** (new)");
		pos = (size_t)(password.value - text) + password.value_len;
	}
	buf_adds(out, text + pos);
	return buf_check(out, err);
}

/* A file in memory that a child can open as /dev/fd/N. */
static int memory_file(int *ret_fd, const char *text, const char *before,
		       struct error *err)
{
	CLEANUP_BUF struct buf masked = BUF_NONE;
	CLEANUP_CLOSE int fd = memfd_create("diff", 0);
	int r;

	if (fd < 0)
		return error_sys(err, errno, "make a file in memory");
	r = mask_passwords(&masked, text, before, err);
	if (r == 0) {
		r = file_write_fd(fd, buf_text(&masked), masked.len, "a file in memory",
				  err);
	}
	if (r < 0)
		return r;
	*ret_fd = take_fd(&fd);
	return 0;
}

static int run_diff(const char *name, int before, int after, struct error *err)
{
	const char *no_color = getenv("NO_COLOR");
	bool color = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	char before_file[32];
	char after_file[32];
	const char *argv[] = { "diff",
			       "-u",
			       "--label",
			       name,
			       "--label",
			       name,
			       color ? "--color=always" : "--color=never",
			       before_file,
			       after_file,
			       NULL };
	int status;
	pid_t pid;
	int code;

	(void)snprintf(before_file, sizeof(before_file), "/dev/fd/%d", before);
	(void)snprintf(after_file, sizeof(after_file), "/dev/fd/%d", after);
	code = posix_spawnp(&pid, argv[0], NULL, NULL, (char *const *)argv, environ);
	if (code != 0)
		return error_sys(err, code, "run 'diff' (Debian: diffutils)");
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return error_sys(err, errno, "wait for 'diff'");
	}
	/* 1: the files differ */
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		return error_set(err, EIO, "'diff' failed");
	return 0;
}

int view_diff(const struct view_input *input, struct error *err)
{
	CLEANUP_CLOSE int before = -1;
	CLEANUP_CLOSE int after = -1;
	int r = memory_file(&before, input->before, input->before, err);

	if (r == 0)
		r = memory_file(&after, input->after, input->before, err);
	if (r < 0)
		return r;
	return run_diff(input->name, before, after, err);
}
