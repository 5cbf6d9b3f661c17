/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host/sysfs.h"
#include "module.h"

enum task_kind {
	TASK_WRITE,
	TASK_LOAD,
	TASK_UNLOAD,
};

struct task {
	enum task_kind kind;
	char path[SYSFS_PATH_MAX]; /* or the name of a module */
	char value[SYSFS_PAGE_MAX];
};

/* --- the worker --- */

enum {
	WORKER_SOCKET = 3,
	WORKER_ROOT,
	WORKER_LOCK,
	WORKER_FIRST_FREE,
};

/*
 * Of what the hook has open the worker keeps its socket, the root and the lock. Above all
 * not standard input, output and error: libvirt waits until these are closed, and a
 * worker that hangs in the kernel would never close them.
 */
static int keep_descriptors(int socket, int root, int lock)
{
	int from[] = { socket, root, lock };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high[3];

	if (null < 0)
		return -1;
	for (unsigned i = 0; i < 3; i++) {
		high[i] = fcntl(from[i] < 0 ? null : from[i], F_DUPFD_CLOEXEC, 16);
		if (high[i] < 0)
			return -1;
	}
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(null, fd) < 0 || dup2(high[fd], WORKER_SOCKET + fd) < 0)
			return -1;
	}
	return close_range(WORKER_FIRST_FREE, ~0U, 0);
}

static int do_task(const struct root *root, const struct task *task, struct error *err)
{
	switch (task->kind) {
	case TASK_WRITE:
		return sysfs_write(root, task->path, task->value, err);
	case TASK_LOAD:
		return module_load(task->path, err);
	default:
		return module_unload(task->path, err);
	}
}

static void work(const struct root *host)
{
	struct root root = *host;
	struct task task;

	root.fd = WORKER_ROOT;
	(void)prctl(PR_SET_NAME, "vfiokit-write");
	while (recv(WORKER_SOCKET, &task, sizeof(task), 0) == sizeof(task)) {
		struct error err = { 0 };

		(void)do_task(&root, &task, &err);
		if (send(WORKER_SOCKET, &err, sizeof(err), MSG_NOSIGNAL) < 0)
			break;
	}
}

static int start(struct kernel *kernel, struct error *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return error_sys(err, errno, "make a socket pair");
	pid = fork();
	if (pid == 0) {
		if (keep_descriptors(pair[1], kernel->root->fd, kernel->lock) == 0)
			work(kernel->root);
		_exit(0);
	}
	(void)close(pair[1]);
	if (pid < 0) {
		(void)close(pair[0]);
		return error_sys(err, errno, "start a process");
	}
	kernel->fd = pair[0];
	kernel->pid = pid;
	return 0;
}

/* A worker that does not answer is left behind: it cannot be killed while in the kernel.
 */
static void leave(struct kernel *kernel)
{
	(void)close(kernel->fd);
	kernel->fd = -1;
	kernel->pid = 0;
}

/* --- the hook's side --- */

static const char *const doing[] = {
	[TASK_WRITE] = "write to",
	[TASK_LOAD] = "load the module",
	[TASK_UNLOAD] = "unload the module",
};

static int await(struct kernel *kernel, const struct task *task, unsigned timeout_ms,
		 struct error *err)
{
	struct pollfd poll_fd = { .fd = kernel->fd, .events = POLLIN };
	uint64_t end = effects_clock_us() / 1000 + timeout_ms;
	struct error answer = { 0 };
	int n;

	do {
		uint64_t now = effects_clock_us() / 1000;

		n = poll(&poll_fd, 1, now < end ? (int)(end - now) : 0);
	} while (n < 0 && errno == EINTR);
	if (n == 0) {
		pid_t pid = kernel->pid;

		leave(kernel);
		return error_set(err, ETIMEDOUT,
				 "%s '%s%s': the kernel has not come back for %u.%u s "
				 "(pid %d is left behind in it)",
				 doing[task->kind], task->kind == TASK_WRITE ? "/" : "",
				 task->path, timeout_ms / 1000, timeout_ms % 1000 / 100,
				 pid);
	}
	if (n < 0 || recv(kernel->fd, &answer, sizeof(answer), 0) != sizeof(answer)) {
		leave(kernel);
		return error_set(err, EPIPE, "%s '%s': the process that does it has died",
				 doing[task->kind], task->path);
	}
	if (answer.code == 0)
		return 0;
	*err = answer;
	return -answer.code;
}

static int run_task(struct kernel *kernel, const struct task *task, unsigned timeout_ms,
		    struct error *err)
{
	int r = kernel->fd < 0 ? start(kernel, err) : 0;

	if (r < 0)
		return r;
	if (send(kernel->fd, task, sizeof(*task), MSG_NOSIGNAL) < 0) {
		r = error_sys(err, errno, "%s '%s'", doing[task->kind], task->path);
		leave(kernel);
		return r;
	}
	return await(kernel, task, timeout_ms, err);
}

static int set_text(char *to, size_t size, const char *text, struct error *err)
{
	if (strlen(text) >= size) {
		return error_set(err, ENAMETOOLONG, "'%.40s...' is too long to write",
				 text);
	}
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

static int kernel_write(void *data, const char *path, const char *value,
			unsigned timeout_ms, struct error *err)
{
	struct task task = { .kind = TASK_WRITE };
	int r = set_text(task.path, sizeof(task.path), path, err);

	if (r == 0)
		r = set_text(task.value, sizeof(task.value), value, err);
	return r < 0 ? r : run_task(data, &task, timeout_ms, err);
}

static int kernel_module(struct kernel *kernel, enum task_kind kind, const char *module,
			 unsigned timeout_ms, struct error *err)
{
	struct task task = { .kind = kind };
	int r = set_text(task.path, sizeof(task.path), module, err);

	return r < 0 ? r : run_task(kernel, &task, timeout_ms, err);
}

static int kernel_load(void *data, const char *module, unsigned timeout_ms,
		       struct error *err)
{
	return kernel_module(data, TASK_LOAD, module, timeout_ms, err);
}

static int kernel_unload(void *data, const char *module, unsigned timeout_ms,
			 struct error *err)
{
	return kernel_module(data, TASK_UNLOAD, module, timeout_ms, err);
}

static void kernel_hold(void *data, int fd)
{
	struct kernel *kernel = data;

	kernel->lock = fd;
}

static uint64_t kernel_now(void *data)
{
	(void)data;
	return effects_clock_us() / 1000;
}

static void kernel_wait(void *data, unsigned ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)data;
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

void kernel_init(struct kernel *kernel, const struct root *root)
{
	*kernel = KERNEL_NONE;
	kernel->root = root;
}

void kernel_done(struct kernel *kernel)
{
	cleanup_close(&kernel->fd);
	if (kernel->fd >= 0)
		(void)waitpid(kernel->pid, NULL, 0); /* idle: it ends with the socket */
	*kernel = KERNEL_NONE;
}

struct effects kernel_effects(struct kernel *kernel)
{
	static const struct effects_ops ops = {
		.write = kernel_write,
		.load = kernel_load,
		.unload = kernel_unload,
		.hold = kernel_hold,
		.now = kernel_now,
		.wait = kernel_wait,
	};

	return (struct effects){ .ops = &ops, .data = kernel };
}
