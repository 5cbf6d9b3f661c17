/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The testbench: ROMs tried one after the other in a copy of a guest, what was seen
 * against what was predicted.
 */

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#include "examine.h"
#include "options.h"
#include "virt/client_load.h"

enum seen {
	SEEN_NOTHING_YET,
	SEEN_RUNS,    /* a probe has answered */
	SEEN_IGNORED, /* firmware went past it, and none has */
	SEEN_REFUSED, /* the guest did not start */
	SEEN_SILENT,  /* the time was up before firmware went past it */
	SEEN_N,
};

/* One ROM. Texts are owned. */
struct trial {
	const char *path; /* borrowed from argv; NULL: the device without a ROM */
	bool is_own;      /* the path is "none": the device with its own */
	char sha256[CHECKSUM_MAX];
	enum rom_outcome predicted;
	bool starts; /* predicted: the guest does */
	char *why;   /* of the prediction */
	enum seen seen;
	char *by; /* which probe, or what libvirt said */
	uint64_t ms;
	unsigned n_run; /* ROMs that SeaBIOS says it has run, or 0 */
};

struct bench {
	const struct options *options;
	struct root root;
	const struct client_ops *ops;
	struct client *client;
	const struct guest_ops *guest_ops;
	struct buf xml;
	struct guest guest;
	struct guest_device device; /* borrows from guest; its BAR is the one to try */
	const char *target;         /* what it is called, for target_find() */
	enum rom_firmware firmware;
	char *work; /* the directory, absolute */
	char *copy; /* name of the copy */
	char uuid[37];
	char definition[CHECKSUM_MAX]; /* of xml */
	bool has_late_probe; /* one that may answer after firmware has gone on */
	bool has_serial;
	regex_t serial;
	int signals; /* signalfd */
	struct trial baseline;
	struct trial *trials;
	size_t n;
};

/* Whether the two agree; false as well for what is not known yet. */
bool bench_agrees(const struct trial *trial);
const char *bench_seen_name(enum seen seen);
const char *bench_predicted_name(const struct trial *trial);

/* WORK/N/NAME, of the Nth trial, 0 being the baseline; the caller frees it. */
char *bench_path(const struct bench *bench, size_t nth, const char *name);

/*
 * Starts the copy with this ROM and fills in what is seen. -EINTR when a signal ends it,
 * -EBUSY when the copy could not be stopped; the copy is gone but in the latter case.
 */
MUST_CHECK int bench_try(struct bench *bench, struct trial *trial, size_t nth,
			 struct error *err);

/* A user's command that is asked again and again. */
struct asked {
	pid_t pid; /* 0: none runs */
	uint64_t last_ms;
	bool answered;
};

/* Looks at all probes once. True when one has answered; trial->by says which. */
bool probe_answers(struct bench *bench, struct trial *trial, size_t nth,
		   struct asked *asked, uint64_t now_ms);

/* Whether the firmware is past all ROMs; and how many SeaBIOS has run. */
bool probe_is_past(const struct bench *bench, size_t nth, unsigned *ret_n_run);
void probe_end(struct asked *asked);

/* What is there of a file of a trial, its end at most max bytes; "" without one. */
MUST_CHECK int probe_read(struct buf *out, const struct bench *bench, size_t nth,
			  const char *name, size_t max, struct error *err);

/* WORK/results.json: what has been seen so far. Loading takes what still holds. */
MUST_CHECK int bench_load(struct bench *bench, struct error *err);
MUST_CHECK int bench_save(const struct bench *bench, bool is_complete, struct error *err);
struct json_object *bench_json(const struct bench *bench, bool is_complete);

/* Makes the directory of a report, before there is anything to report. */
MUST_CHECK int bench_report_dir(const char *dir, struct error *err);

/* DIR/index.html, with all that it needs in it. */
MUST_CHECK int bench_report(const struct bench *bench, const char *dir,
			    struct error *err);

/* Appends an image that a browser shows as a data: URI; nothing if it is none. */
void image_add(struct buf *out, const struct buf *image);
