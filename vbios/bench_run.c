/* SPDX-License-Identifier: GPL-2.0-or-later */

/* One ROM: the copy of the guest is made, started, looked at and stopped. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/notes.h"
#include "bench.h"

#define LOOK_EVERY_MS 200
#define GRACE_MS      1000 /* for what was written when firmware went on */
#define ASK_AGAIN_MS  5000
#define LOG_DIR       "/var/log/libvirt/qemu"

static uint64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

char *bench_path(const struct bench *bench, size_t nth, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%zu%s%s", bench->work, nth, *name ? "/" : "", name) < 0
		       ? NULL
		       : path;
}

/* Files of a run before go; QEMU's are there, empty, for libvirt to give it. */
static int make_files(const struct bench *bench, size_t nth, struct error *err)
{
	static const char *const names[] = { "debug", "serial", "log", "qemu.log",
					     "screen" };
	CLEANUP_FREE char *dir = bench_path(bench, nth, "");

	if (!dir)
		return error_set(err, ENOMEM, "out of memory");
	if (mkdir(dir, 0711) < 0 && errno != EEXIST)
		return error_sys(err, errno, "make the directory '%s'", dir);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		CLEANUP_FREE char *path = bench_path(bench, nth, names[i]);
		CLEANUP_CLOSE int fd = -1;

		if (!path)
			return error_set(err, ENOMEM, "out of memory");
		if (unlink(path) < 0 && errno != ENOENT)
			return error_sys(err, errno, "remove '%s'", path);
		if (i > 2)
			continue;
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			return error_sys(err, errno, "make '%s'", path);
	}
	return 0;
}

/* The guest's own settings, as they are now; without them libvirt takes its template. */
static int make_nvram(const struct bench *bench, const char *path, struct error *err)
{
	CLEANUP_BUF struct buf content = BUF_NONE;
	int r;

	if (unlink(path) < 0 && errno != ENOENT)
		return error_sys(err, errno, "remove '%s'", path);
	if (!bench->guest.nvram || access(bench->guest.nvram, F_OK) < 0)
		return 0;
	r = file_read(&content, bench->guest.nvram, err);
	if (r == 0)
		r = file_replace(path, content.data, content.len, 0600, true, err);
	return r;
}

static int make_copy(struct buf *out, const struct bench *bench,
		     const struct trial *trial, size_t nth, const char *nvram,
		     struct error *err)
{
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_FREE char *log = bench_path(bench, nth, "log");
	CLEANUP_FREE char *debug = bench_path(bench, nth, "debug");
	CLEANUP_FREE char *serial = bench_path(bench, nth, "serial");
	CLEANUP_FREE char *file = NULL;
	struct guest_copy copy = { .guest = &bench->guest,
				   .device = &bench->device,
				   .name = bench->copy,
				   .uuid = bench->uuid,
				   .nvram = nvram,
				   .log = log,
				   .debug = debug,
				   .serial = serial,
				   .sha256 = trial->is_own ? "" : trial->sha256,
				   .is_own = trial->is_own,
				   .with_disks = bench->options->with_disks,
				   .has_screen = bench->has_serial &&
						 bench->firmware == ROM_SEABIOS };
	int r = 0;

	if (!log || !debug || !serial)
		return error_set(err, ENOMEM, "out of memory");
	if (trial->path && !trial->is_own)
		r = examine_path(&file, trial->path, &bench->root, err);
	copy.file = file;
	if (r == 0)
		r = bench->guest_ops->copy(out, &notes, &bench->xml, &copy, err);
	return r;
}

/* 1: a signal came. */
static int pause_for(const struct bench *bench, int ms)
{
	struct pollfd fd = { .fd = bench->signals, .events = POLLIN };

	return poll(&fd, 1, ms) > 0;
}

static int interrupted(struct error *err)
{
	return error_set(err, EINTR, "interrupted");
}

static void conclude(const struct bench *bench, struct trial *trial, bool is_past)
{
	if (trial->path && trial->n_run > bench->baseline.n_run) {
		free(trial->by);
		trial->by = strdup("SeaBIOS' log: one more is run than without");
		trial->seen = SEEN_RUNS;
	} else {
		trial->seen = is_past ? SEEN_IGNORED : SEEN_SILENT;
	}
}

static int observe(struct bench *bench, struct trial *trial, size_t nth,
		   struct error *err)
{
	uint64_t start = now_ms();
	uint64_t end = start + bench->options->timeout * 1000;
	uint64_t past_ms = 0;
	struct asked asked = { 0 };
	bool is_past = false;
	int r = 0;

	while (trial->seen == SEEN_NOTHING_YET) {
		uint64_t now = now_ms();

		if (probe_answers(bench, trial, nth, &asked, now)) {
			trial->seen = SEEN_RUNS;
			break;
		}
		is_past = probe_is_past(bench, nth, &trial->n_run);
		if (is_past && past_ms == 0)
			past_ms = now;
		if (now >= end || !bench->ops->runs(bench->client) ||
		    (is_past && !bench->has_late_probe && now - past_ms >= GRACE_MS)) {
			conclude(bench, trial, is_past);
		} else if (pause_for(bench, LOOK_EVERY_MS)) {
			r = interrupted(err);
		}
		if (r < 0)
			break;
	}
	trial->ms = now_ms() - start;
	probe_end(&asked);
	return r;
}

static void keep_screen(const struct bench *bench, size_t nth)
{
	CLEANUP_FREE char *path = bench_path(bench, nth, "screen");
	CLEANUP_BUF struct buf image = BUF_NONE;
	struct error ignored; /* not every guest has a display */

	if (path && bench->ops->screenshot(bench->client, &image, &ignored) == 0)
		(void)!file_replace(path, image.data, image.len, 0600, true, &ignored);
}

/* What QEMU has said; libvirt appends to one file for all. */
static void keep_log(const struct bench *bench, size_t nth, off_t from)
{
	CLEANUP_FREE char *path = bench_path(bench, nth, "qemu.log");
	CLEANUP_BUF struct buf text = BUF_NONE;
	CLEANUP_FREE char *log = NULL;
	struct error ignored;

	if (asprintf(&log, LOG_DIR "/%s.log", bench->copy) < 0)
		log = NULL;
	if (path && log && file_read(&text, log, &ignored) == 0 &&
	    text.len > (size_t)from) {
		(void)!file_replace(path, text.data + from, text.len - (size_t)from, 0600,
				    true, &ignored);
	}
}

static off_t log_size(const struct bench *bench)
{
	CLEANUP_FREE char *log = NULL;
	struct stat st;

	if (asprintf(&log, LOG_DIR "/%s.log", bench->copy) < 0)
		log = NULL;
	return log && stat(log, &st) == 0 ? st.st_size : 0;
}

/*
 * A guest with disks is asked, and given its time; again and again, as firmware and an
 * operating system on its way up do not listen.
 */
static void ask_to_stop(const struct bench *bench)
{
	uint64_t end = now_ms() + bench->options->timeout * 1000;
	uint64_t ask_at = 0;
	struct error ignored;

	while (bench->ops->runs(bench->client) && now_ms() < end) {
		if (now_ms() >= ask_at) {
			(void)!bench->ops->shut_down(bench->client, &ignored);
			ask_at = now_ms() + ASK_AGAIN_MS;
		}
		(void)poll(NULL, 0, LOOK_EVERY_MS);
	}
}

static int stop(struct bench *bench, struct error *err)
{
	if (!bench->options->with_disks)
		return bench->ops->destroy(bench->client, err);
	ask_to_stop(bench);
	if (!bench->ops->runs(bench->client) || bench->options->force)
		return bench->ops->destroy(bench->client, err);
	return error_set(err, EBUSY,
			 "'%s' has disks and does not shut down: it is left running; "
			 "'virsh destroy %s' ends it as a loss of power would",
			 bench->copy, bench->copy);
}

int bench_try(struct bench *bench, struct trial *trial, size_t nth, struct error *err)
{
	CLEANUP_BUF struct buf copy = BUF_NONE;
	CLEANUP_FREE char *nvram = NULL;
	struct error why = { 0 };
	struct error left = { 0 };
	off_t from = log_size(bench);
	int r = make_files(bench, nth, err);

	if (bench->guest.is_uefi && asprintf(&nvram, "%s/vars.fd", bench->work) < 0)
		nvram = NULL;
	if (r == 0 && nvram)
		r = make_nvram(bench, nvram, err);
	if (r == 0)
		r = make_copy(&copy, bench, trial, nth, nvram, err);
	if (r < 0)
		return r;
	trial->seen = SEEN_NOTHING_YET;
	if (bench->ops->start(bench->client, buf_text(&copy), bench->options->with_disks,
			      &why) < 0) {
		trial->seen = SEEN_REFUSED;
		free(trial->by);
		trial->by = strdup(why.msg);
	} else {
		r = observe(bench, trial, nth, err);
		keep_screen(bench, nth);
		if (stop(bench, &left) < 0) {
			*err = left;
			r = -left.code;
		}
	}
	keep_log(bench, nth, from);
	if (nvram)
		(void)unlink(nvram);
	return r;
}
