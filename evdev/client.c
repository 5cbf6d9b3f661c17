/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/file.h"
#include "control.h"
#include "loop.h"

#define ANSWER_MAX UINT64_C(1048576) /* a line is never so long */

static int connect_to(const char *path, struct error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_sys(err, errno, "create socket");
	if (strlen(path) >= sizeof(address.sun_path)) {
		return error_set(err, ENAMETOOLONG, "socket '%s' has too long a path",
				 path);
	}
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return take_fd(&fd);
	if (errno == ENOENT || errno == ECONNREFUSED) {
		return error_set(err, errno,
				 "evgrab is not running: nobody answers at '%s'", path);
	}
	if (errno == EACCES) {
		return error_set(err, errno,
				 "no permission to use '%s': root has it, and who is in "
				 "group " CONTROL_GROUP,
				 path);
	}
	return error_sys(err, errno, "connect to '%s'", path);
}

/* More of the answer; 0 at its end. */
static int read_more(int fd, const struct client_call *call, uint64_t deadline,
		     struct buf *answer, struct error *err)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	uint64_t now = loop_now();
	char data[4096];
	ssize_t n;
	int r = -1;

	if (!call->is_endless)
		r = now < deadline ? (int)((deadline - now) / 1000 + 1) : 0;
	r = poll(&poll_fd, 1, r);
	if (r < 0 && errno != EINTR)
		return error_sys(err, errno, "wait for the daemon's answer");
	if (r == 0) {
		return error_set(err, ETIMEDOUT, "the daemon does not answer at '%s'",
				 call->path);
	}
	n = r > 0 ? read(fd, data, sizeof(data)) : -1;
	if (n < 0) {
		return errno == EINTR ? 1
				      : error_sys(err, errno, "read '%s'", call->path);
	}
	buf_add(answer, data, (size_t)n);
	if (answer->len > ANSWER_MAX)
		return error_set(err, EMSGSIZE, "the daemon's answer is too long");
	r = buf_check(answer, err);
	return r < 0 ? r : n > 0;
}

/* One line; 1 while the answer goes on. */
static int take_line(const struct client_call *call, const char *line, struct error *err)
{
	const char *text;
	int r;

	switch (protocol_answer(line, &text)) {
	case PROTOCOL_OK:
		return 0;
	case PROTOCOL_DATA:
		r = call->data ? call->data(call->ctx, text, err) : 0;
		return r < 0 ? r : 1;
	case PROTOCOL_ERROR:
		return error_set(err, EREMOTEIO, "%s", text);
	default:
		return error_set(err, EPROTO, "what answers at '%s' is not evgrab",
				 call->path);
	}
}

/* The lines that are complete; 1 while the answer goes on. */
static int take_lines(const struct client_call *call, struct buf *answer,
		      struct error *err)
{
	char *line = answer->data;
	char *end;
	int r = 1;

	while (r == 1 && answer->len > 0 &&
	       (end = memchr(line, '\n', answer->len - (size_t)(line - answer->data)))) {
		*end = '\0';
		r = take_line(call, line, err);
		line = end + 1;
	}
	if (r == 1 && answer->len > 0) {
		size_t left = answer->len - (size_t)(line - answer->data);

		memmove(answer->data, line, left);
		buf_cut(answer, left);
	}
	return r;
}

int client_call(const struct client_call *call, struct error *err)
{
	CLEANUP_BUF struct buf answer = BUF_NONE;
	CLEANUP_CLOSE int fd = -1;
	uint64_t deadline = loop_now() + CLIENT_US;
	char line[PROTOCOL_LINE_MAX + 1];
	int r = protocol_format(line, &call->request, err);

	if (r == 0)
		r = fd = connect_to(call->path, err);
	if (r >= 0)
		r = file_write_fd(fd, line, strlen(line), call->path, err);
	if (r < 0)
		return r;
	do {
		r = read_more(fd, call, deadline, &answer, err);
		if (r == 0) {
			return error_set(err, ECONNRESET,
					 "the daemon hung up before it had answered");
		}
		if (r > 0)
			r = take_lines(call, &answer, err);
	} while (r > 0);
	return r;
}
