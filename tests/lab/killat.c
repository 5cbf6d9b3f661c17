/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills a program at a place of its work, and with it the processes that it has started:
 *
 *	killat LOG PLACE... -- PROGRAM [ARG...]
 *
 * becomes PROGRAM, watched by another process that sees its system calls (ptrace(2)). It
 * is killed when it has come by all places, in their order:
 *
 *	+KIND        it has written a record of this kind to an undo log
 *	-            a record that is done with
 *	~            that the guest is gone
 *	send[:TEXT]  it has sent a message to its worker or to D-Bus, with this text in it
 *	recv         it has got an answer
 *	open:TEXT    it has tried to open a file with this text in its name
 *	flock        it has tried to take the lock
 *	fork         it has made a process
 *	pidfd        it watches one
 *	link         it has given a file a name
 *
 * LOG gets a line, "killed PLACE...", or "killed alone PLACE..." when its processes could
 * not be found, or "passed PLACE..." when it has ended by itself before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TEXT_MAX = 4096,
	PIECES_MAX = 8,
	CHILDREN_MAX = 64,
	SYSCALL_STOP = SIGTRAP | 0x80
};

struct watch {
	pid_t pid;
	char **place; /* the next one */
	int n_places;
	int log;
	bool is_entered; /* the system call that it is in is the next place */
};

static void fail(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(125);
}

/* --- what it does --- */

static size_t read_memory(pid_t pid, uint64_t address, void *data, size_t size)
{
	struct iovec here = { .iov_base = data, .iov_len = size };
	struct iovec there = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
	ssize_t n = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return n > 0 ? (size_t)n : 0;
}

/* A string, or the part of it before the next page that is not there. */
static void read_string(pid_t pid, uint64_t address, char text[static TEXT_MAX])
{
	size_t n = TEXT_MAX - 1 - address % TEXT_MAX;

	n = read_memory(pid, address, text, n);
	text[n] = '\0';
	if (strlen(text) == n && n < TEXT_MAX - 1)
		text[n + read_memory(pid, address + n, text + n, TEXT_MAX - 1 - n)] =
			'\0';
}

static bool has_text(pid_t pid, uint64_t address, uint64_t len, const char *wanted)
{
	char text[TEXT_MAX];
	size_t n = read_memory(pid, address, text, len < TEXT_MAX ? len : TEXT_MAX);

	return memmem(text, n, wanted, strlen(wanted));
}

/* "+ NUMBER KIND ...", "- NUMBER", "~" */
static bool is_line(pid_t pid, uint64_t address, uint64_t len, const char *wanted)
{
	char text[TEXT_MAX] = "";
	char kind[64] = "";

	(void)read_memory(pid, address, text, len < TEXT_MAX ? len : TEXT_MAX - 1);
	if (*wanted != *text)
		return false;
	return *wanted != '+' ||
	       (sscanf(text, "+ %*u %63s", kind) == 1 && strcmp(kind, wanted + 1) == 0);
}

/* Messages for the journal have an address. */
static bool is_message(pid_t pid, const uint64_t args[static 6], bool is_msg,
		       const char *wanted)
{
	struct iovec pieces[PIECES_MAX];
	struct msghdr head = { 0 };
	size_t n;

	if (!is_msg)
		return !args[4] && has_text(pid, args[1], args[2], wanted);
	if (read_memory(pid, args[1], &head, sizeof(head)) != sizeof(head) ||
	    head.msg_name)
		return false;
	n = head.msg_iovlen < PIECES_MAX ? head.msg_iovlen : PIECES_MAX;
	n = read_memory(pid, (uintptr_t)head.msg_iov, pieces, n * sizeof(*pieces));
	for (size_t i = 0; i < n / sizeof(*pieces); i++) {
		if (has_text(pid, (uintptr_t)pieces[i].iov_base, pieces[i].iov_len,
			     wanted))
			return true;
	}
	return false;
}

static bool is_open(pid_t pid, uint64_t address, const char *wanted)
{
	char path[TEXT_MAX];

	read_string(pid, address, path);
	return strstr(path, wanted);
}

/* Whether this system call is what a place means. */
static bool is_place(pid_t pid, const char *place, uint64_t number,
		     const uint64_t args[static 6])
{
	const char *text = strchr(place, ':') ? strchr(place, ':') + 1 : "";

	switch (number) {
	case SYS_write:
		return strchr("+-~", *place) && is_line(pid, args[1], args[2], place);
	case SYS_sendto:
	case SYS_sendmsg:
		return strncmp(place, "send", 4) == 0 &&
		       is_message(pid, args, number == SYS_sendmsg, text);
	case SYS_recvfrom:
	case SYS_recvmsg:
		return strcmp(place, "recv") == 0;
	case SYS_openat:
	case SYS_openat2:
		return strncmp(place, "open:", 5) == 0 && is_open(pid, args[1], text);
	case SYS_flock:
		return strcmp(place, "flock") == 0;
	case SYS_clone:
	case SYS_clone3:
		return strcmp(place, "fork") == 0;
	case SYS_pidfd_open:
		return strcmp(place, "pidfd") == 0;
	case SYS_linkat:
		return strcmp(place, "link") == 0;
	default:
		return false;
	}
}

/* Whether it has come by the last place. */
static bool look(struct watch *watch)
{
	struct __ptrace_syscall_info info = { 0 };
	bool may_fail = strcmp(*watch->place, "flock") == 0 ||
			strncmp(*watch->place, "open:", 5) == 0;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, watch->pid, sizeof(info), &info) < 0)
		return false;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		watch->is_entered = is_place(watch->pid, *watch->place, info.entry.nr,
					     (const uint64_t *)info.entry.args);
	} else if (watch->is_entered && (may_fail || !info.exit.is_error)) {
		watch->is_entered = false;
		watch->place++;
		watch->n_places--;
	}
	return watch->n_places == 0;
}

/* --- watching it --- */

static void tell(const struct watch *watch, const char *what, char **places)
{
	char line[TEXT_MAX];
	int n = snprintf(line, sizeof(line), "%s", what);

	for (; *places && n < TEXT_MAX; places++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " %s", *places);
	if (n < TEXT_MAX - 1) {
		line[n++] = '\n';
		(void)!write(watch->log, line, (size_t)n);
	}
}

/* It first, so that what its worker has done is known to nobody. False: that still lives.
 */
static bool kill_all(const struct watch *watch)
{
	char path[64], text[TEXT_MAX] = "";
	char *rest = text;
	const char *child;
	bool is_known;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", watch->pid, watch->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	is_known = fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0;
	kill(watch->pid, SIGKILL);
	while ((child = strsep(&rest, " "))) {
		if (*child)
			kill((pid_t)strtol(child, NULL, 10), SIGKILL);
	}
	return is_known;
}

static void watch_on(struct watch *watch)
{
	char **places = watch->place;
	bool is_killed = false;
	int status;

	while (waitpid(watch->pid, &status, __WALL) == watch->pid && WIFSTOPPED(status)) {
		int signal = status >> 16 ? 0 : WSTOPSIG(status);

		if (signal == SYSCALL_STOP) {
			signal = 0;
			if (!is_killed && look(watch)) {
				is_killed = true;
				tell(watch, kill_all(watch) ? "killed" : "killed alone",
				     places);
			}
		}
		(void)ptrace(PTRACE_SYSCALL, watch->pid, 0, signal);
	}
	if (!is_killed)
		tell(watch, "passed", places);
}

/* Keeps none of the pipes that libvirt waits to be closed. */
static void watcher(struct watch *watch, int ready)
{
	int null = open("/dev/null", O_RDWR), status;

	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)setsid();
	if (ptrace(PTRACE_SEIZE, watch->pid, 0, PTRACE_O_TRACESYSGOOD) < 0 ||
	    ptrace(PTRACE_INTERRUPT, watch->pid, 0, 0) < 0 ||
	    waitpid(watch->pid, &status, __WALL) != watch->pid ||
	    ptrace(PTRACE_SYSCALL, watch->pid, 0, 0) < 0)
		return;
	(void)!write(ready, "", 1);
	(void)close(ready);
	watch_on(watch);
}

/* As a process that is nobody's child, or this one would see it end. */
static void start(struct watch *watch)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe2(ready, O_CLOEXEC) < 0)
		fail("cannot make a pipe");
	child = fork();
	if (child < 0)
		fail("cannot make a process");
	if (child == 0) {
		if (fork() == 0)
			watcher(watch, ready[1]);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)waitpid(child, NULL, 0);
	if (read(ready[0], &byte, 1) != 1)
		fail("cannot be watched");
}

int main(int argc, char **argv)
{
	struct watch watch = { .pid = getpid(), .place = argv + 2 };
	int at = 2;

	while (at < argc && strcmp(argv[at], "--") != 0)
		at++;
	if (at < 3 || at + 1 >= argc) {
		fprintf(stderr, "usage: killat LOG PLACE... -- PROGRAM [ARG...]\n");
		return 2;
	}
	argv[at] = NULL;
	watch.n_places = at - 2;
	watch.log = open(argv[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (watch.log < 0)
		fail(argv[1]);
	start(&watch);
	(void)execvp(argv[at + 1], argv + at + 1);
	fail(argv[at + 1]);
}
