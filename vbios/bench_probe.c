/* SPDX-License-Identifier: GPL-2.0-or-later */

/* What can be seen of a guest from outside while its firmware runs. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bench.h"

#define ASK_EVERY_MS 1000
#define SERIAL_MAX   1048576
#define SAID_MAX     32

int probe_read(struct buf *out, const struct bench *bench, size_t nth, const char *name,
	       size_t max, struct error *err)
{
	CLEANUP_FREE char *path = bench_path(bench, nth, name);
	CLEANUP_CLOSE int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	struct stat st;
	size_t start = out->len;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	if ((size_t)st.st_size > max && lseek(fd, st.st_size - (off_t)max, SEEK_SET) < 0)
		return error_sys(err, errno, "read '%s'", path);
	buf_reserve(out, max + 1);
	if (buf_check(out, err) < 0)
		return -ENOMEM;
	while (n != 0 && out->len - start < max) {
		n = read(fd, out->data + out->len, max - (out->len - start));
		if (n < 0 && errno != EINTR)
			return error_sys(err, errno, "read '%s'", path);
		if (n > 0)
			out->len += (size_t)n;
	}
	out->data[out->len] = '\0';
	return 0;
}

/* As a text: a terminal's bytes of 0 would end it. */
static void read_text(struct buf *out, const struct bench *bench, size_t nth,
		      const char *name)
{
	struct error ignored;

	if (probe_read(out, bench, nth, name, SERIAL_MAX, &ignored) < 0)
		buf_cut(out, 0);
	for (size_t i = 0; i < out->len; i++) {
		if (out->data[i] == '\0')
			out->data[i] = ' ';
	}
}

static bool answered(struct trial *trial, const char *by)
{
	free(trial->by);
	trial->by = strdup(by);
	return true;
}

static bool debug_port(const struct bench *bench, struct trial *trial, size_t nth)
{
	CLEANUP_BUF struct buf said = BUF_NONE;
	char text[64 + SAID_MAX];

	read_text(&said, bench, nth, "debug");
	if (said.len == 0)
		return false;
	for (size_t i = 0; i < said.len; i++) {
		if (said.data[i] < ' ' || said.data[i] > '~')
			said.data[i] = '.';
	}
	(void)snprintf(text, sizeof(text), "debug port: %.*s", SAID_MAX, buf_text(&said));
	return answered(trial, text);
}

static bool serial_port(const struct bench *bench, struct trial *trial, size_t nth)
{
	CLEANUP_BUF struct buf said = BUF_NONE;

	if (!bench->has_serial)
		return false;
	read_text(&said, bench, nth, "serial");
	if (regexec(&bench->serial, buf_text(&said), 0, NULL, 0) != 0)
		return false;
	return answered(trial, "serial port");
}

static int spawn(pid_t *ret_pid, const struct bench *bench, const char *rom)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)bench->options->command,
			 NULL };
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	if (setenv("VBIOS_GUEST", bench->copy, 1) < 0 ||
	    setenv("VBIOS_ROM", rom ? rom : "", 1) < 0)
		return -ENOMEM;
	(void)sigemptyset(&none);
	if (posix_spawnattr_init(&attr) != 0)
		return -ENOMEM;
	(void)posix_spawnattr_setflags(&attr,
				       POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	r = posix_spawn(ret_pid, "/bin/sh", NULL, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	return -r;
}

static bool command(const struct bench *bench, struct trial *trial, struct asked *asked,
		    uint64_t now_ms)
{
	int status;

	if (!bench->options->command)
		return false;
	if (asked->pid > 0) {
		if (waitpid(asked->pid, &status, WNOHANG) != asked->pid)
			return false;
		asked->pid = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return answered(trial, "command");
	}
	if (asked->last_ms != 0 && now_ms - asked->last_ms < ASK_EVERY_MS)
		return false;
	asked->last_ms = now_ms;
	if (spawn(&asked->pid, bench, trial->path) < 0)
		asked->pid = 0;
	return false;
}

void probe_end(struct asked *asked)
{
	if (asked->pid <= 0)
		return;
	(void)kill(-asked->pid, SIGKILL);
	(void)waitpid(asked->pid, NULL, 0);
	asked->pid = 0;
}

static bool agent(const struct bench *bench, struct trial *trial)
{
	return bench->options->agent && bench->ops->agent_answers(bench->client) &&
	       answered(trial, "guest agent");
}

bool probe_answers(struct bench *bench, struct trial *trial, size_t nth,
		   struct asked *asked, uint64_t now_ms)
{
	return debug_port(bench, trial, nth) || serial_port(bench, trial, nth) ||
	       command(bench, trial, asked, now_ms) || agent(bench, trial);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what))
		n++;
	return n;
}

bool probe_is_past(const struct bench *bench, size_t nth, unsigned *ret_n_run)
{
	CLEANUP_BUF struct buf log = BUF_NONE;
	CLEANUP_BUF struct buf serial = BUF_NONE;

	read_text(&log, bench, nth, "log");
	if (bench->firmware == ROM_SEABIOS) {
		*ret_n_run = count(buf_text(&log), "Running option rom at");
		return strstr(buf_text(&log), "enter handle_19") != NULL;
	}
	*ret_n_run = 0;
	read_text(&serial, bench, nth, "serial");
	/* what edk2 says when it looks for something to boot */
	return strstr(buf_text(&serial), "BdsDxe: ") ||
	       strstr(buf_text(&serial), "UEFI Interactive Shell");
}
