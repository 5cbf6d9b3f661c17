/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "look.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "effects.h"

struct answer {
	int r;
	struct error err;
};

/*
 * Keeps the socket and the root, at their numbers, as data may lead to the root too. Not
 * libvirt's pipes above all: it would wait for them to be closed.
 */
static int keep_descriptors(int socket, int root)
{
	unsigned low = (unsigned)(socket < root ? socket : root);
	unsigned high = (unsigned)(socket < root ? root : socket);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || low <= STDERR_FILENO)
		return -1;
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(null, fd) < 0)
			return -1;
	}
	if ((low > 3 && close_range(3, low - 1, 0) < 0) ||
	    (high > low + 1 && close_range(low + 1, high - 1, 0) < 0))
		return -1;
	return close_range(high + 1, ~0U, 0);
}

static void child(look_fn *by, const struct root *root, const void *data, int socket)
{
	struct answer answer = { 0 };

	if (keep_descriptors(socket, root->fd) < 0)
		return;
	(void)prctl(PR_SET_NAME, "vfiokit-look");
	answer.r = by(root, data, &answer.err);
	(void)!send(socket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

static int await(int socket, pid_t pid, unsigned timeout_ms, const char *what,
		 struct error *err)
{
	struct pollfd poll_fd = { .fd = socket, .events = POLLIN };
	uint64_t end = effects_clock_us() / 1000 + timeout_ms;
	struct answer answer = { 0 };
	int n;

	do {
		uint64_t now = effects_clock_us() / 1000;

		n = poll(&poll_fd, 1, now < end ? (int)(end - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		/* where it hangs in the kernel this does nothing; nor does waiting */
		(void)kill(pid, SIGKILL);
		return error_set(err, ETIME,
				 "%s: the kernel has not answered for %u.%u s (pid %d)",
				 what, timeout_ms / 1000, timeout_ms % 1000 / 100, pid);
	}
	if (n < 0 || recv(socket, &answer, sizeof(answer), 0) != sizeof(answer)) {
		(void)waitpid(pid, NULL, 0);
		return error_set(err, EPIPE, "%s: the process that does it has died",
				 what);
	}
	(void)waitpid(pid, NULL, 0);
	*err = answer.err;
	return answer.r;
}

int look(look_fn *by, const struct root *root, const void *data, unsigned timeout_ms,
	 const char *what, struct error *err)
{
	int pair[2];
	pid_t pid;
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_sys(err, errno, "make a socket pair");
	pid = fork();
	if (pid == 0) {
		child(by, root, data, pair[1]);
		_exit(0);
	}
	(void)close(pair[1]);
	r = pid < 0 ? error_sys(err, errno, "start a process")
		    : await(pair[0], pid, timeout_ms, what, err);
	(void)close(pair[0]);
	return r;
}
