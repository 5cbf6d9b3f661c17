/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whether files will run: all rules, and what each firmware does with them. */

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/exit.h"
#include "command.h"
#include "examine.h"
#include "json.h"

/* What all files of a run have in common. */
struct job {
	const struct options *options;
	struct root root;
	struct guest guest;
	struct json_object *list; /* NULL: text is printed */
	unsigned n_done;
	bool all_run;
};

static int show(struct job *job, const struct result *result, struct error *err)
{
	struct json_object *object;

	job->all_run &= result->will_run;
	if (!job->list) {
		if (job->n_done++ > 0)
			(void)printf("\n");
		result_print_text(result);
		return 0;
	}
	object = result_json(result);
	return object && json_object_array_add(job->list, object) == 0
		       ? 0
		       : error_set(err, ENOMEM, "out of memory");
}

/* target: how the device is called that it is for, or NULL. */
static int check_file(struct job *job, const char *name, const char *target,
		      const struct guest_device *device, struct error *err)
{
	const struct examine_job what = { .root = &job->root,
					  .guest = &job->guest,
					  .device = device,
					  .target = target,
					  .firmwares = job->options->firmwares,
					  .bar_off = job->options->bar_off };
	struct result result = RESULT_NONE;
	int r = examine(&result, &what, name, err);

	if (r == 0)
		r = show(job, &result, err);
	result_done(&result);
	return r;
}

/* --- of a guest --- */

static int no_device(const struct job *job, struct error *err)
{
	return error_set(err, ENODEV, "the guest '%s' has no device of the host %s%s",
			 job->guest.name, job->options->device ? "" : "with a ROM file",
			 job->options->device ? job->options->device : "");
}

/* The device that --device means, or the only one that has a ROM file, or the only one.
 */
static int find_device(const struct guest_device **ret_device, const struct job *job,
		       struct error *err)
{
	const struct guest *guest = &job->guest;
	const struct guest_device *found = NULL;
	unsigned n = 0;
	struct bdf bdf;

	if (job->options->device) {
		if (bdf_parse(&bdf, NULL, job->options->device, err) < 0)
			return error_wrap(err, "--device of a guest");
		*ret_device = guest_find_device(guest, &bdf);
		return *ret_device ? 0 : no_device(job, err);
	}
	for (size_t i = 0; i < guest->n_devices; i++) {
		if (guest->devices[i].file || guest->n_devices == 1) {
			found = &guest->devices[i];
			n++;
		}
	}
	if (n != 1) {
		return error_set(err, EBADRQC,
				 "which device of the guest '%s' is meant: --device",
				 guest->name);
	}
	*ret_device = found;
	return 0;
}

static int check_guest(struct job *job, struct error *err)
{
	const struct guest_device *device = NULL;
	const struct options *options = job->options;
	unsigned n = 0;
	int r = 0;

	if (options->n_operands > 0) {
		r = find_device(&device, job, err);
		if (r < 0)
			return r;
		return check_file(job, options->operands[0], device->address, device,
				  err);
	}
	if (options->device) {
		r = find_device(&device, job, err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < job->guest.n_devices && r == 0; i++) {
		const struct guest_device *each = &job->guest.devices[i];

		if (!each->file || (device && each != device))
			continue;
		n++;
		r = check_file(job, each->file, each->address, each, err);
	}
	return r == 0 && n == 0 ? no_device(job, err) : r;
}

static int check(struct job *job, struct error *err)
{
	const struct options *options = job->options;
	int r = root_open(&job->root, options->host, err);

	if (r < 0)
		return r;
	if (!options->domain && options->n_operands == 0)
		return error_set(err, EBADRQC, "a FILE or --domain is needed");
	if (!options->domain) {
		return check_file(job, options->operands[0], options->device, NULL, err);
	}
	r = guest_read(&job->guest, options->domain, options->connect, err);
	return r < 0 ? r : check_guest(job, err);
}

static int run_check(const struct options *options, struct error *err)
{
	struct job job = { .options = options,
			   .root = ROOT_NONE,
			   .list = options->json ? json_object_new_array() : NULL,
			   .all_run = true };
	int r = check(&job, err);

	if (r == 0 && options->json)
		r = json_print(job.list, err);
	(void)json_object_put(job.list);
	guest_done(&job.guest);
	root_close(&job.root);
	if (r < 0)
		return r;
	return job.all_run ? EXIT_OK : EXIT_NO;
}

const struct command command_check = {
	.name = "check",
	.args = "[FILE]",
	.help = "say what firmware will do with a file",
	.options = &options_check,
	.min_operands = 0,
	.max_operands = 1,
	.failed = EXIT_NO_LOOK,
	.run = run_check,
};
