/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "kernel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/macro.h"
#include "host/sysfs.h"
#include "module.h"

/* The kernel may be about to move memory; then it looks for signals again. */
#define KILL_MS 2000

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

static void serve(int socket, const void *data)
{
	const struct root *root = data;
	struct task task;

	while (recv(socket, &task, sizeof(task), 0) == sizeof(task)) {
		struct error err = { 0 };

		(void)do_task(root, &task, &err);
		if (send(socket, &err, sizeof(err), MSG_NOSIGNAL) < 0)
			break;
	}
}

static int start(struct kernel *kernel, struct error *err)
{
	const struct child_work work = {
		.name = "vfiokit-write",
		.run = serve,
		.data = kernel->root,
		.keep = { kernel->root->fd, kernel->lock },
	};

	return child_start(&kernel->worker, &work, err);
}

/* --- the hook's side --- */

static const char *const doing[] = {
	[TASK_WRITE] = "write to",
	[TASK_LOAD] = "load the module",
	[TASK_UNLOAD] = "unload the module",
};

/*
 * What the kernel does for its writer alone: it looks for a fatal signal between one page
 * and the next (mm/hugetlb.c, mm/compaction.c, mm/vmscan.c), and what is done by then
 * stays. A driver that lets go of a device knows no such thing.
 */
static bool ends_with_its_writer(const struct task *task)
{
	static const char *const names[] = { "nr_hugepages", "compact", "compact_memory",
					     "drop_caches" };
	const char *slash = strrchr(task->path, '/');

	for (size_t i = 0; task->kind == TASK_WRITE && i < ARRAY_SIZE(names); i++) {
		if (slash && strcmp(slash + 1, names[i]) == 0)
			return true;
	}
	return false;
}

static int give_up(struct kernel *kernel, const struct task *task, unsigned timeout_ms,
		   struct error *err)
{
	pid_t pid = kernel->worker.pid;

	if (!ends_with_its_writer(task)) {
		child_leave(&kernel->worker);
	} else if (child_kill(&kernel->worker, KILL_MS)) {
		return error_set(err, EINTR,
				 "%s '/%s': the kernel had not done it after %u.%u s, "
				 "and was told to stop",
				 doing[task->kind], task->path, timeout_ms / 1000,
				 timeout_ms % 1000 / 100);
	}
	return error_set(err, ETIMEDOUT,
			 "%s '%s%s': the kernel has not come back for %u.%u s "
			 "(pid %d is left behind in it)",
			 doing[task->kind], task->kind == TASK_WRITE ? "/" : "",
			 task->path, timeout_ms / 1000, timeout_ms % 1000 / 100, pid);
}

static int await(struct kernel *kernel, const struct task *task, unsigned timeout_ms,
		 struct error *err)
{
	struct error answer = { 0 };
	int r = child_receive(&kernel->worker, &answer, sizeof(answer), timeout_ms);

	if (r == -ETIMEDOUT)
		return give_up(kernel, task, timeout_ms, err);
	if (r < 0) {
		child_end(&kernel->worker);
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
	int r = kernel->worker.fd < 0 ? start(kernel, err) : 0;

	if (r < 0)
		return r;
	r = child_send(&kernel->worker, task, sizeof(*task));
	if (r < 0) {
		child_end(&kernel->worker);
		return error_sys(err, -r, "%s '%s'", doing[task->kind], task->path);
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
	child_end(&kernel->worker); /* idle: it ends with its socket */
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
