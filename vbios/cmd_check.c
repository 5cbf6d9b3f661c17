/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whether files will run: all rules, and what each firmware does with them. */

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "base/exit.h"
#include "command.h"
#include "guest_rules.h"
#include "json.h"
#include "result.h"
#include "rom/rules.h"

/* What all files of a run have in common. */
struct job {
	const struct options *options;
	struct root root;
	struct guest guest;
	struct json_object *list; /* NULL: text is printed */
	unsigned n_done;
	bool all_run;
};

/* The path as QEMU will be given it. */
static int absolute(char **ret_path, const char *path, const struct root *root,
		    struct error *err)
{
	CLEANUP_FREE char *dir = NULL;

	if (*path != '/' && !root_is_host(root)) {
		return error_set(err, EBADRQC,
				 "with --host the path has to be absolute, and '%s' is "
				 "not",
				 path);
	}
	if (*path != '/')
		dir = getcwd(NULL, 0);
	if (*path != '/' && !dir)
		return error_sys(err, errno, "find the working directory");
	if (asprintf(ret_path, "%s%s%s", dir ? dir : "", dir ? "/" : "", path) < 0) {
		*ret_path = NULL;
		return error_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* A directory is a finding: QEMU is given such names, and says something else. */
static int read_input(struct result *result, const struct root *root, const char *path,
		      struct error *err)
{
	CLEANUP_CLOSE int fd =
		root_openat(root, path + 1, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct rom_findings *findings = &result->findings;
	int r;

	if (fd < 0)
		return error_sys(err, -fd, "open '%s'", path);
	r = input_read_fd(&result->input, fd, path, err);
	if (r != -EISDIR && r != -EINVAL)
		return r;
	result->is_file = false;
	SAY(3, ROM_ERROR, 0, "QEMU", "%s", err->msg);
	return rom_findings_check(findings, err);
}

/* All firmwares that were asked for have to run it; if none was, one of them. */
static bool judge(struct result *result)
{
	bool any = false;
	bool all = true;

	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		bool runs;

		for (int bar = 0; bar < 2; bar++) {
			result->verdicts[firmware][bar] =
				rom_judge(&result->input.rom, &result->target,
					  (enum rom_firmware)firmware, bar);
		}
		runs = rom_will_run(&result->verdicts[firmware][result->bar]);
		any |= runs;
		if (result->firmwares & 1U << firmware)
			all &= runs;
	}
	return result->firmwares ? all : any;
}

/* Whether the guest would start, and with this file. */
static bool can_start(const struct rom_findings *findings)
{
	static const unsigned rules[] = { 3, 25, 26, 29, 30, 32 };

	for (size_t i = 0; i < findings->n; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(rules); k++) {
			if (findings->v[i].severity == ROM_ERROR &&
			    findings->v[i].rule == rules[k])
				return false;
		}
	}
	return true;
}

static int look(struct result *result, const struct job *job, const char *path,
		const struct guest_device *device, struct error *err)
{
	struct rom_findings *findings = &result->findings;
	int r = read_input(result, &job->root, path, err);

	if (r < 0)
		return r;
	result->target.firmwares = result->firmwares;
	if (result->is_file)
		rom_examine(findings, &result->input.rom, &result->target);
	if (device) {
		guest_rules(findings, &job->guest, device, path);
		if (device->file && strcmp(device->file, path) == 0) {
			guest_rule_sha256(findings, &job->guest, device,
					  result->input.sha256);
		}
	}
	r = access_examine(findings, &job->root, path, &job->guest.label, err);
	if (r < 0)
		return r;
	result->can_start = can_start(findings);
	result->will_run = judge(result) && result->can_start;
	return rom_findings_check(findings, err);
}

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

/* The firmware that the guest has, unless another one was asked about. */
static unsigned firmwares_of(const struct job *job)
{
	if (job->options->firmwares || !job->guest.name)
		return job->options->firmwares;
	if (!job->guest.is_uefi)
		return 1U << ROM_SEABIOS;
	return 1U << (job->guest.is_secure ? ROM_OVMF_SECUREBOOT : ROM_OVMF);
}

/* target: how the device is called that it is for, or NULL. */
static int check_file(struct job *job, const char *name, const char *target,
		      const struct guest_device *device, struct error *err)
{
	CLEANUP_FREE char *path = NULL;
	struct result result = { .path = name,
				 .bar = !job->options->bar_off,
				 .firmwares = firmwares_of(job),
				 .is_file = true };
	int r = absolute(&path, name, &job->root, err);

	if (device && device->is_bar_off)
		result.bar = false;
	if (r == 0 && target) {
		r = target_find(&result.target, result.target_name, target, &job->root,
				err);
		if (r == -ENODEV && device) { /* of another host than this one */
			(void)snprintf(result.target_name, sizeof(result.target_name),
				       "%s", device->address);
			r = 0;
		}
	}
	if (r == 0 && path)
		r = look(&result, job, path, device, err);
	if (r == 0)
		r = show(job, &result, err);
	input_done(&result.input);
	rom_findings_done(&result.findings);
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
