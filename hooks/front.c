/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "front.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "domain/guest_ns.h"
#include "load.h"

#define INPUT_MAX     (64UL * 1024 * 1024)
#define INPUT_WAIT_MS 10000

static uint64_t now_us(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static int64_t now_ms(void)
{
	return (int64_t)(now_us() / 1000);
}

/*
 * Reads all of standard input: libvirt writes the whole domain there. It may also be
 * closed, or held open by somebody who runs this by hand.
 */
static int read_input(struct buf *xml, struct error *err)
{
	int64_t end = now_ms() + INPUT_WAIT_MS;
	struct pollfd poll_fd = { .fd = STDIN_FILENO, .events = POLLIN };
	char piece[16 * 1024];
	ssize_t n = 1;

	while (n > 0 && xml->len < INPUT_MAX) {
		int64_t left = end - now_ms();

		n = poll(&poll_fd, 1, left > 0 ? (int)left : 0);
		if (n == 0) {
			return error_set(err, ETIME,
					 "the domain XML has not come to its end on "
					 "standard input within 10 s");
		}
		if (n > 0)
			n = read(STDIN_FILENO, piece, sizeof(piece));
		if (n > 0)
			buf_add(xml, piece, (size_t)n);
		if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0 && errno != EBADF)
		return error_sys(err, errno, "read standard input");
	if (n > 0)
		return error_set(err, EFBIG, "the domain XML is larger than 64 MiB");
	return buf_check(xml, err);
}

/* Whether a guest of ours is running, or has left something behind. */
static bool has_logs(void)
{
	DIR *dir = opendir("/" UNDO_DIR);
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir)))
		found = undo_is_log(entry->d_name);
	if (dir)
		(void)closedir(dir);
	return found;
}

static int refuse_session(const struct call *call, struct error *err)
{
	if (strcmp(call->operation, "prepare") != 0)
		return 0;
	return error_set(err, EPERM,
			 "a guest of a user's session cannot take devices of the host; "
			 "define it in qemu:///system");
}

int front_run(int argc, char **argv, struct error *err)
{
	CLEANUP_BUF struct buf xml = BUF_NONE;
	const struct worker *worker;
	struct call call = { .begin_us = now_us() };
	bool is_ours, is_release;
	int r;

	if (argc < FRONT_ARGS) {
		return error_set(err, EINVAL,
				 "a hook of libvirt is called as: %s GUEST OPERATION "
				 "SUB-OPERATION EXTRA",
				 argc > 0 ? argv[0] : "qemu");
	}
	call.guest = argv[1];
	call.operation = argv[2];
	call.suboperation = argv[3];
	call.extra = argc > 4 ? argv[4] : "-";
	is_release = strcmp(call.operation, "release") == 0;

	r = read_input(&xml, err);
	is_ours = xml.len > 0 && memmem(xml.data, xml.len, GUEST_NS, strlen(GUEST_NS));
	if (r < 0 && !is_ours && !is_release)
		return 0; /* nothing that concerns us was seen */
	if (geteuid() != 0)
		return is_ours ? refuse_session(&call, err) : 0;
	if (!is_ours && !(is_release && has_logs()))
		return 0;
	if (r < 0 && !is_release)
		return r;
	r = load_worker(&worker, err);
	if (r < 0)
		return r;
	call.xml = buf_text(&xml);
	call.len = xml.len;
	return worker->call(&call, err);
}
