/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "domain/document.h"
#include "host/root.h"
#include "output.h"
#include "tweak/planner.h"
#include "tweak/rewrite.h"
#include "validate.h"
#include "view.h"
#include "virt/client_load.h"

struct job {
	const struct options *options;
	const char *name; /* of the input, in messages */
	struct buf input; /* as it was read */
	struct root root;
	struct notes notes;
	const struct client_ops *ops;
	struct client *client;
	struct document doc;
	struct planner planner;
	struct buf output; /* UTF-8 until it is written */
};

#define CLEANUP_JOB CLEANUP(job_done)

static void job_done(struct job *job)
{
	buf_done(&job->output);
	planner_done(&job->planner);
	document_done(&job->doc);
	if (job->client)
		job->ops->close(job->client);
	notes_done(&job->notes);
	root_close(&job->root);
	buf_done(&job->input);
}

static int open_host(struct job *job, struct error *err)
{
	const char *host = job->options->host;

	if (host && strcmp(host, "none") == 0)
		return 0;
	return root_open(&job->root, host ? host : "/", err);
}

static const struct root *host_root(const struct job *job)
{
	return job->root.fd < 0 ? NULL : &job->root;
}

static const char *uri(const struct options *options)
{
	const char *environment = getenv("LIBVIRT_DEFAULT_URI");

	if (options->connect)
		return options->connect;
	return environment && *environment ? environment : "qemu:///system";
}

static int open_client(struct job *job, struct error *err)
{
	int r = client_load(&job->ops, err);

	if (r < 0)
		return r;
	return job->ops->open(&job->client, uri(job->options), err);
}

static int read_guest(struct job *job, struct error *err)
{
	CLEANUP_FREE char *xml = NULL;
	int r = job->ops->read(job->client, job->options->domain, &xml, err);

	if (r < 0)
		return r;
	job->name = job->options->domain;
	buf_adds(&job->input, xml);
	return buf_check(&job->input, err);
}

static int read_input(struct job *job, struct error *err)
{
	const struct options *o = job->options;

	if (o->domain)
		return read_guest(job, err);
	if (o->file) {
		job->name = o->file;
		return file_read(&job->input, o->file, err);
	}
	job->name = "standard input";
	return file_read_fd(&job->input, STDIN_FILENO, job->name, err);
}

static int transform(struct job *job, struct error *err)
{
	job->planner.wishes = &job->options->wishes;
	job->planner.doc = &job->doc;
	job->planner.root = host_root(job);
	job->planner.notes = &job->notes;
	return rewrite(&job->output, &job->doc, &job->planner, err);
}

static bool has_destination(const struct options *o)
{
	return o->in_place || o->output || o->define;
}

static int define(struct job *job, struct error *err)
{
	if (!job->client) {
		int r = open_client(job, err);

		if (r < 0)
			return r;
	}
	return job->ops->define(job->client, buf_text(&job->output), &job->notes, err);
}

static int write_output(struct job *job, struct error *err)
{
	const struct options *o = job->options;
	int r = 0;

	if (o->define)
		r = define(job, err);
	if (r == 0 && (o->in_place || o->output || (!has_destination(o) && !o->view)))
		r = document_encode(&job->doc, &job->output, err);
	if (r < 0)
		return r;
	if (o->in_place && job->output.len == job->input.len &&
	    memcmp(job->output.data, job->input.data, job->input.len) == 0)
		return 0; /* not even its time changes */
	if (o->in_place || (o->output && strcmp(o->output, "-") != 0)) {
		return output_file(o->in_place ? o->file : o->output, &job->output,
				   o->domain != NULL, err);
	}
	if (o->output || (!o->define && !o->view))
		return output_stdout(buf_text(&job->output), job->output.len, err);
	return 0;
}

static int show(struct job *job, struct error *err)
{
	const struct options *o = job->options;
	const struct view_input input = {
		.name = job->name,
		.before = buf_text(&job->doc.text) + job->doc.body,
		.after = buf_text(&job->output) + job->doc.body,
		.planner = &job->planner,
		.is_json = o->json,
	};

	switch (o->view) {
	case VIEW_DIFF:
		return view_diff(&input, err);
	case VIEW_EXPLAIN:
		return view_explain(&input, err);
	case VIEW_PLAN:
		return view_plan(&input, err);
	case VIEW_ARGV:
		return view_argv(&input, &job->notes, err);
	case VIEW_LIST:
		return view_list(host_root(job), o->json, err);
	default:
		return 0;
	}
}

/* Nothing was asked of the document: it goes where it is sent as it is. */
static int copy(struct job *job, struct error *err)
{
	buf_add(&job->output, job->input.data, job->input.len);
	return write_output(job, err);
}

/* --list alone is about the host, and waits for no document. */
static bool needs_document(const struct options *o)
{
	return o->view != VIEW_LIST || o->file || o->domain || has_destination(o) ||
	       !wishes_are_empty(&o->wishes);
}

static int run(struct job *job, struct error *err)
{
	const struct options *o = job->options;
	int r = open_host(job, err);

	if (r == 0 && o->domain)
		r = open_client(job, err);
	if (r < 0 || !needs_document(o))
		return r < 0 ? r : show(job, err);
	if (o->in_place || (o->output && strcmp(o->output, "-") != 0))
		r = output_may_replace(o->in_place ? o->file : o->output, err);
	if (r == 0)
		r = read_input(job, err);
	if (r < 0)
		return r;
	if (o->view == VIEW_NONE && wishes_are_empty(&o->wishes) &&
	    o->check == CHECK_DEFAULT)
		return copy(job, err);

	r = document_parse(&job->doc, job->name, buf_text(&job->input), job->input.len,
			   err);
	if (r == 0)
		r = transform(job, err);
	if (r == 0)
		r = validate(o, &job->doc, &job->output, &job->notes, err);
	if (r == 0 && o->view)
		r = show(job, err);
	if (r == 0)
		r = write_output(job, err);
	return r;
}

int job_run(const struct options *options, struct error *err)
{
	CLEANUP_JOB struct job job = { .options = options, .root = ROOT_NONE };
	int r = run(&job, err);

	if (r == 0)
		r = notes_check(&job.notes, err);
	if (r == 0) /* a failure is one line: nothing of what was noted came true */
		output_notes(&job.notes);
	return r;
}
