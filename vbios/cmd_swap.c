/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Gives a guest of libvirt another ROM for a device; and brings back what it had. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit.h"
#include "base/notes.h"
#include "command.h"
#include "examine.h"
#include "virt/client_load.h"

/* A guest whose definition is about to change. */
struct job {
	const struct options *options;
	struct root root;
	const struct client_ops *ops;
	struct client *client;
	const struct guest_ops *guest_ops;
	struct buf xml; /* as libvirt has it */
	struct guest guest;
	struct notes notes;
};

#define JOB_NONE(o) ((struct job){ .options = (o), .root = ROOT_NONE })

static void job_done(struct job *job)
{
	notes_done(&job->notes);
	guest_done(&job->guest);
	buf_done(&job->xml);
	if (job->client)
		job->ops->close(job->client);
	root_close(&job->root);
}

#define CLEANUP_JOB CLEANUP(job_done)

static int open_guest(struct job *job, struct error *err)
{
	const char *name = job->options->operands[0];
	CLEANUP_FREE char *text = NULL;
	int r = root_open(&job->root, job->options->host, err);

	if (r == 0)
		r = client_load(&job->ops, err);
	if (r == 0)
		r = job->ops->open(&job->client, guest_uri(job->options->connect), err);
	if (r == 0)
		r = job->ops->read(job->client, name, &text, err);
	if (r == 0)
		r = guest_load(&job->guest_ops, err);
	if (r < 0)
		return r;
	buf_adds(&job->xml, text);
	r = buf_check(&job->xml, err);
	if (r == 0) {
		r = job->guest_ops->parse(&job->guest, name, buf_text(&job->xml),
					  job->xml.len, err);
	}
	return r;
}

/* What was decided goes to standard output, the rest to standard error. */
static int show_notes(const struct job *job, struct error *err)
{
	int r = notes_check(&job->notes, err);

	for (size_t i = 0; r == 0 && i < job->notes.n; i++) {
		const struct note *note = &job->notes.v[i];

		if (note->kind != NOTE_DECISION) {
			(void)fprintf(stderr, "vbios: %s: %s\n",
				      note->kind == NOTE_WARNING ? "warning" : "note",
				      note->text);
		} else if (strcmp(note->topic, "restore") == 0) {
			(void)puts(note->text);
		}
	}
	return r;
}

/* --- swap --- */

static void warn(const struct result *result)
{
	for (size_t i = 0; i < result->findings.n; i++) {
		const struct rom_finding *finding = &result->findings.v[i];

		if (finding->severity == ROM_WARNING) {
			(void)fprintf(stderr, "vbios: warning: R%02u: %s\n",
				      finding->rule, finding->text);
		}
	}
}

/* What is in the way of a file is shown as check shows it. */
static int check_file(const struct job *job, const struct guest_device *device,
		      const char *file, char ret_sha256[static CHECKSUM_MAX],
		      struct error *err)
{
	const struct examine_job what = { .root = &job->root,
					  .guest = &job->guest,
					  .device = device,
					  .target = device->address,
					  .is_new = true };
	CLEANUP_RESULT struct result result = RESULT_NONE;
	int r = examine(&result, &what, file, err);

	if (r < 0)
		return r;
	memcpy(ret_sha256, result.input.sha256, CHECKSUM_MAX);
	if (result.will_run) {
		warn(&result);
		return 0;
	}
	result_print_text(&result);
	(void)fflush(stdout);
	if (job->options->force)
		return 0;
	return error_set(err, EBADMSG,
			 "%s: nothing was changed; --force swaps it in all the same",
			 result.can_start ? "the guest's firmware will not run the file"
					  : "the guest would not start with the file");
}

static const char *called(const struct guest_device *device)
{
	if (device->is_disabled)
		return "no ROM";
	return device->file && *device->file ? device->file : "its own ROM";
}

static int find_device(const struct guest_device **ret_device, const struct job *job,
		       struct error *err)
{
	struct bdf bdf;

	if (bdf_parse(&bdf, NULL, job->options->operands[1], err) < 0)
		return -EBADRQC;
	*ret_device = guest_find_device(&job->guest, &bdf);
	if (*ret_device)
		return 0;
	return error_set(err, ENODEV, "the guest '%s' has no device of the host %s",
			 job->guest.name, job->options->operands[1]);
}

static int swap_to(struct job *job, const struct guest_device *device, const char *file,
		   struct error *err)
{
	char sha256[CHECKSUM_MAX] = "";
	CLEANUP_BUF struct buf changed = BUF_NONE;
	const struct guest_swap swap = { .device = device,
					 .file = file,
					 .sha256 = sha256 };
	int r = file ? check_file(job, device, file, sha256, err) : 0;

	if (r == 0) {
		r = job->guest_ops->swap(&changed, &job->notes, &job->xml, &swap,
					 &job->root, err);
	}
	if (r == 0)
		r = job->ops->define(job->client, buf_text(&changed), &job->notes, err);
	if (r < 0)
		return r;
	(void)printf("%s of '%s' gets %s in place of %s; 'vbios restore %s' brings back "
		     "what was there first\n",
		     device->address, job->guest.name, file ? file : "its own ROM",
		     called(device), job->guest.name);
	return show_notes(job, err);
}

static int run_swap(const struct options *options, struct error *err)
{
	CLEANUP_JOB struct job job = JOB_NONE(options);
	const struct guest_device *device = NULL;
	const char *file = options->operands[2];
	CLEANUP_FREE char *path = NULL;
	int r = open_guest(&job, err);

	if (r == 0)
		r = find_device(&device, &job, err);
	if (r == 0 && strcmp(file, "none") != 0)
		r = examine_path(&path, file, &job.root, err);
	if (r == 0 && device)
		r = swap_to(&job, device, path, err);
	return r < 0 ? r : EXIT_OK;
}

const struct command command_swap = {
	.name = "swap",
	.args = "GUEST BDF FILE|none",
	.help = "give a guest another ROM for a device",
	.options = &options_swap,
	.min_operands = 3,
	.max_operands = 3,
	.failed = EXIT_FAILED,
	.run = run_swap,
};

/* --- restore --- */

static int run_restore(const struct options *options, struct error *err)
{
	CLEANUP_JOB struct job job = JOB_NONE(options);
	CLEANUP_BUF struct buf changed = BUF_NONE;
	int r = open_guest(&job, err);

	if (r == 0) {
		r = job.guest_ops->restore(&changed, &job.notes, &job.xml, &job.root,
					   err);
		if (r < 0)
			(void)error_wrap(err, "'%s'", options->operands[0]);
	}
	if (r == 0)
		r = job.ops->define(job.client, buf_text(&changed), &job.notes, err);
	if (r == 0)
		r = show_notes(&job, err);
	return r < 0 ? r : EXIT_OK;
}

const struct command command_restore = {
	.name = "restore",
	.args = "GUEST",
	.help = "bring back the ROMs that a guest had before 'swap'",
	.options = &options_restore,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_FAILED,
	.run = run_restore,
};
