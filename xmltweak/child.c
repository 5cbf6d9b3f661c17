/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "child.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

/*
 * Short, because the paths of sockets that libvirt makes below it are limited to 107
 * bytes, and below a directory that every user can pass through: not in TMPDIR.
 */
#define DIR_TEMPLATE "/tmp/xmltweak-XXXXXX"

_Static_assert(sizeof(DIR_TEMPLATE) <= CHILD_DIR_MAX, "the name fits");

/* What the child leaves in a memory file: this, the notes and a NUL, the text. */
struct reply {
	int r;
	struct error err;
	size_t notes_len;
	size_t text_len;
};

struct run {
	const struct child_job *job;
	char dir[CHILD_DIR_MAX];
	sigset_t ends; /* the signals that end a process, blocked while the child runs */
	sigset_t before;
};

static int remove_entry(const char *path, UNUSED const struct stat *st, UNUSED int type,
			UNUSED struct FTW *ftw)
{
	return remove(path);
}

void child_remove_dir(const char *dir)
{
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static bool write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

/* One line for each note: the digit of its kind, its text. */
static void add_note_lines(struct buf *buf, const struct notes *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		buf_addf(buf, "%d%s\n", (int)notes->v[i].kind, notes->v[i].text);
}

static void take_note_lines(char *lines, const char *topic, struct notes *notes)
{
	char *state = NULL;

	for (char *line = strtok_r(lines, "\n", &state); line;
	     line = strtok_r(NULL, "\n", &state)) {
		notes_add(notes, (enum note_kind)(line[0] - '0'), topic, "%s", line + 1);
	}
}

/*
 * Never returns into the caller's code, and runs none of its exit handlers: the copy of
 * a libvirt connection in this process must not be closed.
 */
static _Noreturn void be_child(const struct child_job *job, const char *dir, int reply_fd)
{
	struct reply reply = { 0 };
	struct buf text = BUF_NONE;
	struct buf lines = BUF_NONE;
	struct notes notes = NOTES_NONE;
	bool done;

	(void)child_close_streams();
	reply.r = job->run(dir, job->arg, &text, &notes, &reply.err);
	if (reply.r >= 0)
		add_note_lines(&lines, &notes);
	buf_addc(&lines, '\0');
	if (reply.r >= 0 && (text.failed || lines.failed || notes.failed))
		reply.r = error_set(&reply.err, ENOMEM, "out of memory");

	reply.text_len = text.len;
	reply.notes_len = lines.len;
	done = write_all(reply_fd, &reply, sizeof(reply)) &&
	       write_all(reply_fd, buf_text(&lines), lines.len) &&
	       write_all(reply_fd, buf_text(&text), text.len);
	_exit(done ? EXIT_SUCCESS : EXIT_FAILURE);
}

static int take_reply(const struct child_job *job, char *data, size_t size,
		      struct buf *out, struct notes *notes, struct error *err)
{
	struct reply reply = { 0 };

	if (size >= sizeof(reply))
		memcpy(&reply, data, sizeof(reply));
	if (size != sizeof(reply) + reply.notes_len + reply.text_len ||
	    reply.notes_len == 0) {
		return error_set(err, EIO, "%s: its process ended without an answer",
				 job->what);
	}
	if (reply.r < 0) {
		*err = reply.err;
		return reply.r;
	}

	take_note_lines(data + sizeof(reply), job->topic, notes);
	buf_add(out, data + sizeof(reply) + reply.notes_len, reply.text_len);
	return reply.r;
}

static int read_reply(const struct child_job *job, int fd, struct buf *out,
		      struct notes *notes, struct error *err)
{
	struct stat st;
	size_t size;
	char *data;
	int r;

	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "%s: read its answer", job->what);
	size = (size_t)st.st_size;
	if (size == 0)
		return take_reply(job, NULL, 0, out, notes, err);

	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return error_sys(err, errno, "%s: read its answer", job->what);
	r = take_reply(job, data, size, out, notes, err);
	(void)munmap(data, size);
	return r;
}

static int wait_end(const struct run *run, int pid_fd, int signal_fd, struct error *err)
{
	struct pollfd fds[] = { { .fd = pid_fd, .events = POLLIN },
				{ .fd = signal_fd, .events = POLLIN } };
	const char *what = run->job->what;
	int n;

	n = child_poll(fds, ARRAY_SIZE(fds), (unsigned)run->job->timeout_ms);
	if (n < 0)
		return error_sys(err, errno, "%s: wait for its process", what);
	if (n == 0) {
		return error_set(err, ETIMEDOUT, "%s: no answer within %d seconds", what,
				 run->job->timeout_ms / 1000);
	}
	if (!fds[0].revents)
		return error_set(err, EINTR, "%s: interrupted", what);
	return 0;
}

/* Waits for the end of the child, and brings it about when it has to. */
static int wait_child(const struct run *run, pid_t pid, int signal_fd, struct error *err)
{
	CLEANUP_CLOSE int pid_fd = pidfd_open(pid, 0);
	int status = 0;
	int r;

	r = pid_fd < 0 ? error_sys(err, errno, "%s: watch its process", run->job->what)
		       : wait_end(run, pid_fd, signal_fd, err);

	if (r < 0)
		(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
		/* Once more. */
	}
	if (r < 0 && run->job->killed)
		run->job->killed(run->dir);
	if (r == 0 && WIFSIGNALED(status)) {
		return error_set(err, EIO, "%s: crashed over this document (%s)",
				 run->job->what, strsignal(WTERMSIG(status)));
	}
	return r;
}

static int run_and_wait(const struct run *run, struct buf *out, struct notes *notes,
			struct error *err)
{
	CLEANUP_CLOSE int reply_fd = memfd_create("xmltweak-reply", MFD_CLOEXEC);
	CLEANUP_CLOSE int signal_fd = signalfd(-1, &run->ends, SFD_CLOEXEC);
	pid_t pid;
	int r;

	if (reply_fd < 0 || signal_fd < 0)
		return error_sys(err, errno, "%s: prepare its process", run->job->what);

	pid = fork();
	if (pid < 0)
		return error_sys(err, errno, "%s: start its process", run->job->what);
	if (pid == 0) {
		(void)setpgid(0, 0);
		(void)sigprocmask(SIG_SETMASK, &run->before, NULL);
		be_child(run->job, run->dir, reply_fd);
	}

	(void)setpgid(pid, pid);
	r = wait_child(run, pid, signal_fd, err);
	if (r < 0)
		return r;
	return read_reply(run->job, reply_fd, out, notes, err);
}

int child_run(const struct child_job *job, struct buf *out, struct notes *notes,
	      struct error *err)
{
	struct run run = { .job = job, .dir = DIR_TEMPLATE };
	int r;

	(void)sigemptyset(&run.ends);
	(void)sigaddset(&run.ends, SIGHUP);
	(void)sigaddset(&run.ends, SIGINT);
	(void)sigaddset(&run.ends, SIGQUIT);
	(void)sigaddset(&run.ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &run.ends, &run.before);

	if (mkdtemp(run.dir)) {
		r = run_and_wait(&run, out, notes, err);
		child_remove_dir(run.dir);
	} else {
		r = error_sys(err, errno, "%s: create the directory '%s'", job->what,
			      DIR_TEMPLATE);
	}

	(void)sigprocmask(SIG_SETMASK, &run.before, NULL);
	return r;
}
