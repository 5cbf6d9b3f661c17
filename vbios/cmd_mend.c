/* SPDX-License-Identifier: GPL-2.0-or-later */

/* strip, fix and extract: a new file out of another one, which stays as it is. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/exit.h"
#include "base/file.h"
#include "command.h"
#include "input.h"
#include "rom/finding.h"

typedef int mend_fn(struct buf *out, struct notes *notes, const struct rom *rom,
		    const struct options *options, struct error *err);

/* The file is never its own result: what is broken is the proof of how it broke. */
static int check_output(const char *from, const char *to, struct error *err)
{
	struct stat a, b;

	if (!to)
		return error_set(err, EBADRQC, "--output is needed: the file to write");
	if (command_writes_to(to)) {
		return error_set(err, EBADRQC,
				 "'%s' is standard output, where what was done is told",
				 to);
	}
	if (stat(from, &a) == 0 && stat(to, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino) {
		return error_set(err, EBADRQC, "'%s' and '%s' are the same file", from,
				 to);
	}
	return 0;
}

/* What is still wrong with the result. */
static int show_rest(const struct buf *out, struct error *err)
{
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	static const struct rom_target unknown = { 0 };
	struct rom rom;

	rom_read(&rom, (const uint8_t *)out->data, out->len, out->len);
	rom_examine(&findings, &rom, &unknown);
	for (size_t i = 0; i < findings.n; i++) {
		const struct rom_finding *finding = &findings.v[i];

		if (finding->severity == ROM_ERROR) {
			(void)fprintf(stderr, "vbios: warning: R%02u is left: %s\n",
				      finding->rule, finding->text);
		}
	}
	return rom_findings_check(&findings, err);
}

static int mend(const struct options *options, mend_fn *make, struct error *err)
{
	const char *path = options->operands[0];
	CLEANUP_INPUT struct input input = INPUT_NONE;
	CLEANUP_NOTES struct notes notes = NOTES_NONE;
	CLEANUP_BUF struct buf out = BUF_NONE;
	int r = check_output(path, options->output, err);

	if (r == 0)
		r = input_read(&input, path, err);
	if (r < 0)
		return r;
	if (input.rom.file_len > ROM_SIZE_LIMIT)
		return error_set(err, EFBIG, "'%s' is larger than 16 MiB", path);
	r = make(&out, &notes, &input.rom, options, err);
	if (r < 0)
		return error_wrap(err, "'%s'", path);
	r = file_replace(options->output, out.data, out.len, 0644, false, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < notes.n; i++)
		(void)printf("%s\n", notes.v[i].text);
	(void)printf("'%s' has %zu bytes; '%s' is as it was, with %" PRIu64 "\n",
		     options->output, out.len, path, input.rom.file_len);
	(void)fflush(stdout); /* before what is left to be said */
	return show_rest(&out, err);
}

static int make_stripped(struct buf *out, struct notes *notes, const struct rom *rom,
			 const struct options *options, struct error *err)
{
	return rom_strip(out, notes, rom, options->keep_private, err);
}

static int make_fixed(struct buf *out, struct notes *notes, const struct rom *rom,
		      const struct options *options, struct error *err)
{
	return rom_fix(out, notes, rom, &options->fix, err);
}

static int make_extract(struct buf *out, struct notes *notes, const struct rom *rom,
			const struct options *options, struct error *err)
{
	return options->vfct ? rom_extract_vfct(out, notes, rom, options->vfct, err)
			     : rom_extract(out, notes, rom, options->image, err);
}

static int run_strip(const struct options *options, struct error *err)
{
	return mend(options, make_stripped, err);
}

static int run_fix(const struct options *options, struct error *err)
{
	return mend(options, make_fixed, err);
}

static int run_extract(const struct options *options, struct error *err)
{
	if (!options->image == !options->vfct) {
		return error_set(err, EBADRQC,
				 "either --image or --vfct says what to take out");
	}
	return mend(options, make_extract, err);
}

const struct command command_strip = {
	.name = "strip",
	.args = "FILE -o FILE",
	.help = "leave nothing but the images",
	.options = &options_strip,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_FAILED,
	.run = run_strip,
};

const struct command command_fix = {
	.name = "fix",
	.args = "FILE -o FILE",
	.help = "put checksum, length and last mark right",
	.options = &options_fix,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_FAILED,
	.run = run_fix,
};

const struct command command_extract = {
	.name = "extract",
	.args = "FILE -o FILE",
	.help = "take out one image, or an entry of AMD's ACPI table",
	.options = &options_extract,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_FAILED,
	.run = run_extract,
};
