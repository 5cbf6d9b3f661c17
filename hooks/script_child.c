/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "script_child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "effects.h"

#define LINES_MAX     200 /* that go into the account */
#define DRAIN_MAX     ((size_t)1024 * 1024)
#define KILL_WAIT_MS  1000
#define EXEC_FAILED   127
#define NO_EXIT_STATE (-1)

struct run {
	const struct script_child *child;
	struct child guard; /* whose process group it is in */
	pid_t pid;
	int pidfd;
	int output;  /* what it prints, -1: it has closed that */
	int exec_fd; /* the errno of an execve(2) that failed; closed by one that works */
	int status;  /* as of waitpid(2), NO_EXIT_STATE: not known */
	uint64_t end; /* in ms */
	char text[SCRIPT_LINE_MAX];
	size_t len;
	char last[SCRIPT_LINE_MAX];
	unsigned n_lines;
};

static void run_done(struct run *run)
{
	cleanup_close(&run->pidfd);
	cleanup_close(&run->output);
	cleanup_close(&run->exec_fd);
	(void)child_kill(&run->guard, KILL_WAIT_MS); /* and does no more */
}

/* --- whatever becomes of us --- */

/*
 * The first of the script's process group, so that nobody else is ever found under that
 * number. When we die our end of the socket is closed, and the group has to go: libvirt
 * may call the hook anew at once, and what is left of a script must not run beside that.
 * A signal that the script sends to its group is no reason to go.
 */
static void keep_guard(int socket, const void *data)
{
	char byte;

	(void)data;
	if (setpgid(0, 0) < 0)
		return; /* never at the group that we are in */
	(void)!recv(socket, &byte, sizeof(byte), 0);
	(void)kill(0, SIGKILL);
}

static int start_guard(struct run *run, struct error *err)
{
	static const struct child_work work = { .name = "vfiokit-guard",
						.run = keep_guard };
	sigset_t all, before;
	int r;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	r = child_start(&run->guard, &work, err);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	/* the script joins the group, and may be there before the guard has begun */
	if (r == 0 && setpgid(run->guard.pid, run->guard.pid) < 0)
		r = error_sys(err, errno, "guard '%s'", run->child->path);
	return r;
}

/* --- what it prints --- */

static void end_line(struct run *run)
{
	run->text[run->len] = '\0';
	run->len = 0;
	if (!run->text[strspn(run->text, " ")])
		return;
	memcpy(run->last, run->text, sizeof(run->last));
	if (run->child->line && run->n_lines++ < LINES_MAX)
		run->child->line(run->child->data, run->text);
}

static void add_output(struct run *run, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			end_line(run);
			continue;
		}
		/* a terminal shows it at the end */
		if (run->len < sizeof(run->text) - 1) {
			run->text[run->len++] =
				iscntrl((unsigned char)data[i]) ? ' ' : data[i];
		}
	}
}

/* Whatever can be read without waiting, but for somebody who never stops printing. */
static void drain(struct run *run)
{
	char data[4096];
	size_t total = 0;
	ssize_t n = 1;

	while (run->output >= 0 && n > 0 && total < DRAIN_MAX) {
		n = read(run->output, data, sizeof(data));
		if (n > 0)
			add_output(run, data, (size_t)n);
		total += n > 0 ? (size_t)n : 0;
	}
	if (n == 0) {
		(void)close(run->output);
		run->output = -1;
	}
}

/* --- the child --- */

/* A file, which need not be read by the one and cannot be held up by the other. */
static int make_input(const struct script_child *child, struct error *err)
{
	CLEANUP_CLOSE int fd = memfd_create("domain", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return error_sys(err, errno, "make the input of '%s'", child->path);
	r = file_write_fd(fd, child->input, child->input_len, "domain", err);
	if (r < 0)
		return r;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_sys(err, errno, "make the input of '%s'", child->path);
	return take_fd(&fd);
}

/* Goes with its parent. The guard comes later, and finds what it has started. */
static void tie_to(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(EXEC_FAILED);
}

static void become_script(const struct run *run, int input, int output, int exec_fd)
{
	const struct script_child *child = run->child;
	sigset_t none;
	int failure;

	(void)setpgid(0, run->guard.pid);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	/* out of the way of 0, 1 and 2, whatever was open there */
	input = fcntl(input, F_DUPFD_CLOEXEC, 16);
	output = fcntl(output, F_DUPFD_CLOEXEC, 16);
	exec_fd = fcntl(exec_fd, F_DUPFD_CLOEXEC, 16);
	if (exec_fd >= 0 && dup2(input, STDIN_FILENO) >= 0 &&
	    dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0 &&
	    close_range(3, (unsigned)exec_fd - 1, 0) == 0 &&
	    close_range((unsigned)exec_fd + 1, ~0U, 0) == 0)
		(void)execv(child->path, child->argv);
	failure = errno;
	(void)!write(exec_fd, &failure, sizeof(failure));
	_exit(EXEC_FAILED);
}

static int start(struct run *run, struct error *err)
{
	const struct script_child *child = run->child;
	CLEANUP_CLOSE int input = make_input(child, err);
	pid_t self = getpid();
	int output[2] = { -1, -1 };
	int exec_fd[2] = { -1, -1 };

	if (input < 0)
		return input;
	if (start_guard(run, err) < 0)
		return -err->code;
	if (pipe2(output, O_CLOEXEC) < 0 || pipe2(exec_fd, O_CLOEXEC) < 0) {
		cleanup_close(&output[0]);
		cleanup_close(&output[1]);
		return error_sys(err, errno, "make a pipe");
	}
	run->pid = fork();
	if (run->pid == 0) {
		tie_to(self);
		become_script(run, input, output[1], exec_fd[1]);
	}
	(void)close(output[1]);
	(void)close(exec_fd[1]);
	run->output = output[0];
	run->exec_fd = exec_fd[0];
	if (run->pid < 0)
		return error_sys(err, errno, "start '%s'", child->path);
	(void)setpgid(run->pid, run->guard.pid);
	(void)fcntl(run->output, F_SETFL, O_NONBLOCK);
	run->pidfd = (int)syscall(SYS_pidfd_open, run->pid, 0);
	if (run->pidfd < 0)
		return error_sys(err, errno, "watch '%s'", child->path);
	return 0;
}

/* --- waiting for it --- */

/* True when it has ended. Reads what it prints meanwhile. */
static bool await_end(struct run *run)
{
	for (;;) {
		struct pollfd fds[] = {
			{ .fd = run->pidfd, .events = POLLIN },
			{ .fd = run->output, .events = POLLIN },
		};
		uint64_t now = effects_clock_us() / 1000;
		int n = poll(fds, 2, now < run->end ? (int)(run->end - now) : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (fds[1].revents)
			drain(run);
		if (fds[0].revents) {
			drain(run);
			return waitpid(run->pid, &run->status, 0) == run->pid;
		}
	}
}

/* With all that it has started, and that did not leave its process group. */
static void kill_all(struct run *run)
{
	(void)kill(-run->guard.pid, SIGKILL);
	(void)kill(run->pid, SIGKILL);
	run->end = effects_clock_us() / 1000 + KILL_WAIT_MS;
	(void)await_end(run); /* one that hangs in the kernel is left there */
}

static int tell_failure(const struct run *run, struct error *err)
{
	const char *path = run->child->path;
	const char *colon = *run->last ? ": " : "";
	int failure = 0;

	if (read(run->exec_fd, &failure, sizeof(failure)) == sizeof(failure))
		return error_sys(err, failure, "start '%s'", path);
	if (WIFSIGNALED(run->status)) {
		return error_set(err, EIO, "'%s' was killed by signal %d%s%s", path,
				 WTERMSIG(run->status), colon, run->last);
	}
	return error_set(err, EIO, "'%s' failed with status %d%s%s", path,
			 WEXITSTATUS(run->status), colon, run->last);
}

int script_child_run(const struct script_child *child, struct error *err)
{
	CLEANUP(run_done)
	struct run run = { .child = child,
			   .guard = CHILD_NONE,
			   .pidfd = -1,
			   .output = -1,
			   .exec_fd = -1,
			   .status = NO_EXIT_STATE };
	int r = start(&run, err);
	bool has_ended;

	if (r < 0) {
		if (run.pid > 0)
			kill_all(&run);
		return r;
	}
	run.end = effects_clock_us() / 1000 + child->timeout_ms;
	has_ended = await_end(&run);
	if (!has_ended)
		kill_all(&run);
	if (run.len > 0)
		end_line(&run);
	if (!has_ended) {
		return error_set(err, ETIMEDOUT, "'%s' had not ended after %u.%u s%s%s",
				 child->path, child->timeout_ms / 1000,
				 child->timeout_ms % 1000 / 100, *run.last ? ": " : "",
				 run.last);
	}
	return run.status == 0 ? 0 : tell_failure(&run, err);
}
