/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"

static uint64_t now_ms(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int child_poll(struct pollfd *fds, nfds_t n, unsigned timeout_ms)
{
	uint64_t end = now_ms() + timeout_ms;
	int r;

	do {
		uint64_t now = now_ms();

		r = poll(fds, n, now < end ? (int)(end - now) : 0);
	} while (r < 0 && errno == EINTR);
	return r;
}

/* --- in the child --- */

int child_close_streams(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return -errno;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (dup2(null, fd) < 0)
			return -errno;
	}
	if (null > STDERR_FILENO)
		(void)close(null);
	return 0;
}

/* The lowest descriptor of these that is not below `from`; -1: none is. */
static int next_kept(const struct child_work *work, int socket, int from)
{
	int next = socket >= from ? socket : -1;

	for (unsigned i = 0; i < CHILD_KEEP_MAX; i++) {
		int fd = work->keep[i];

		if (fd >= from && (next < 0 || fd < next))
			next = fd;
	}
	return next;
}

static int close_others(const struct child_work *work, int socket)
{
	int from = STDERR_FILENO + 1;

	for (;;) {
		int kept = next_kept(work, socket, from);
		int r = 0;

		if (kept != from) {
			r = close_range((unsigned)from,
					kept < 0 ? ~0U : (unsigned)kept - 1, 0);
		}
		if (r < 0 || kept < 0)
			return r;
		from = kept + 1;
	}
}

static _Noreturn void be_child(const struct child_work *work, int socket)
{
	/* out of the way of the streams, where the parent has none */
	if (socket <= STDERR_FILENO)
		socket = fcntl(socket, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (socket >= 0 && child_close_streams() == 0 &&
	    close_others(work, socket) == 0) {
		(void)prctl(PR_SET_NAME, work->name);
		work->run(socket, work->data);
	}
	_exit(0);
}

/* --- in the parent --- */

int child_start(struct child *ret_child, const struct child_work *work, struct error *err)
{
	int pair[2];
	pid_t pid;
	int failure;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_sys(err, errno, "make a socket pair");
	pid = fork();
	failure = errno;
	if (pid == 0)
		be_child(work, pair[1]);
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return error_sys(err, failure, "start a process");
	}
	*ret_child = (struct child){ .fd = pair[0], .pid = pid };
	return 0;
}

int child_send(const struct child *child, const void *data, size_t size)
{
	ssize_t n;

	do {
		n = send(child->fd, data, size, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int child_receive(const struct child *child, void *data, size_t size, unsigned timeout_ms)
{
	struct pollfd poll_fd = { .fd = child->fd, .events = POLLIN };
	int n = child_poll(&poll_fd, 1, timeout_ms);

	if (n == 0)
		return -ETIMEDOUT;
	/* MSG_TRUNC: the length that it was sent with, not the part that fits */
	if (n < 0 ||
	    recv(child->fd, data, size, MSG_TRUNC | MSG_DONTWAIT) != (ssize_t)size)
		return -EPIPE;
	return 0;
}

/* Reaps it when it ends within that time. */
static bool await_end(pid_t pid, unsigned timeout_ms)
{
	CLEANUP_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (fd >= 0 && timeout_ms > 0)
		(void)child_poll(&poll_fd, 1, timeout_ms);
	return waitpid(pid, NULL, WNOHANG) != 0;
}

void child_leave(struct child *child)
{
	if (child->fd >= 0)
		(void)close(child->fd);
	*child = CHILD_NONE;
}

bool child_kill(struct child *child, unsigned timeout_ms)
{
	bool has_ended = true;

	if (child->pid > 0) {
		(void)kill(child->pid, SIGKILL);
		has_ended = await_end(child->pid, timeout_ms);
	}
	child_leave(child);
	return has_ended;
}

void child_end(struct child *child)
{
	pid_t pid = child->pid;

	child_leave(child);
	if (pid <= 0 || await_end(pid, CHILD_END_MS))
		return;
	*child = (struct child){ .fd = -1, .pid = pid };
	(void)child_kill(child, CHILD_END_MS);
}
