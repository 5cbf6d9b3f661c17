/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Whether a file will run: all rules, and what each firmware does with it. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "base/exit.h"
#include "command.h"
#include "result.h"
#include "rom/rules.h"

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

static void judge(struct result *result)
{
	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		for (int bar = 0; bar < 2; bar++) {
			result->verdicts[firmware][bar] =
				rom_judge(&result->input.rom, &result->target,
					  (enum rom_firmware)firmware, bar);
		}
	}
}

/* All firmwares that were asked for have to run it; if none was, one of them. */
static bool decide(const struct result *result, const struct options *options)
{
	bool any = false;
	bool all = true;

	for (int firmware = 0; firmware < ROM_N_FIRMWARES; firmware++) {
		bool runs = rom_will_run(&result->verdicts[firmware][!options->bar_off]);

		any |= runs;
		if (options->firmwares & 1U << firmware)
			all &= runs;
	}
	return result->is_readable && (options->firmwares ? all : any);
}

static bool can_be_read(const struct rom_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		if (findings->v[i].severity == ROM_ERROR &&
		    (findings->v[i].rule == 29 || findings->v[i].rule == 30))
			return false;
	}
	return true;
}

static int look(struct result *result, const struct options *options,
		const struct root *root, const char *path, struct error *err)
{
	int r = 0;

	result->target.firmwares = options->firmwares;
	if (options->device) {
		r = target_find(&result->target, result->target_name, options->device,
				root, err);
	}
	if (r == 0)
		r = read_input(result, root, path, err);
	if (r < 0)
		return r;
	if (result->is_file)
		rom_examine(&result->findings, &result->input.rom, &result->target);
	r = access_examine(&result->findings, root, path, err);
	if (r < 0)
		return r;
	result->is_readable = result->is_file && can_be_read(&result->findings);
	judge(result);
	result->will_run = decide(result, options);
	return rom_findings_check(&result->findings, err);
}

static int run_check(const struct options *options, struct error *err)
{
	CLEANUP_ROOT struct root root = ROOT_NONE;
	CLEANUP_FREE char *path = NULL;
	struct result result = { .path = options->operands[0], .is_file = true };
	int r = root_open(&root, options->host, err);

	if (r == 0)
		r = absolute(&path, result.path, &root, err);
	if (r == 0)
		r = look(&result, options, &root, path, err);
	if (r == 0 && options->json) {
		r = result_print_json(&result, err);
	} else if (r == 0) {
		result_print_text(&result, options);
	}
	input_done(&result.input);
	rom_findings_done(&result.findings);
	if (r < 0)
		return r;
	return result.will_run ? EXIT_OK : EXIT_NO;
}

const struct command command_check = {
	.name = "check",
	.args = "FILE",
	.help = "say what firmware will do with a file",
	.options = &options_check,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_NO_LOOK,
	.run = run_check,
};
