/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Writes the ROM of a device of this host to a file. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/exit.h"
#include "base/file.h"
#include "command.h"
#include "dump.h"
#include "host/checksum.h"
#include "rom/finding.h"

/* What is wrong with what was read, and whether it is for the device at all. */
static int show_findings(const struct buf *content, const struct pcidev *dev,
			 struct error *err)
{
	CLEANUP_ROM_FINDINGS struct rom_findings findings = ROM_FINDINGS_NONE;
	const struct rom_target target = { .has_ids = true,
					   .vendor = dev->vendor,
					   .device = dev->device,
					   .has_class = true,
					   .class = dev->class };
	struct rom rom;

	rom_read(&rom, (const uint8_t *)content->data, content->len, content->len);
	rom_examine(&findings, &rom, &target);
	for (size_t i = 0; i < findings.n; i++) {
		const struct rom_finding *finding = &findings.v[i];

		if (finding->severity == ROM_ERROR) {
			(void)fprintf(stderr, "vbios: warning: R%02u: %s\n",
				      finding->rule, finding->text);
		}
	}
	return rom_findings_check(&findings, err);
}

static int find_device(const struct pcidev **ret_dev, struct pcidevs *devs,
		       const struct options *options, const struct root *root,
		       struct error *err)
{
	struct bdf bdf;
	int r;

	*ret_dev = NULL;
	if (bdf_parse(&bdf, NULL, options->operands[0], err) < 0)
		return -EBADRQC;
	r = pcidevs_list(devs, root, err);
	if (r == 0)
		r = pcidevs_get(ret_dev, devs, &bdf, root, err);
	if (r < 0)
		return r;
	if (!*ret_dev) {
		return error_set(err, ENODEV, "the host has no device '%s'",
				 options->operands[0]);
	}
	return 0;
}

static int write_file(const struct options *options, const struct dump *dump,
		      const struct pcidev *dev, struct error *err)
{
	char address[BDF_TEXT_MAX];
	char name[BDF_TEXT_MAX + sizeof(".rom")];
	char sum[CHECKSUM_MAX];
	const char *path = options->output;
	int r;

	(void)snprintf(name, sizeof(name), "%s.rom", bdf_format(&dev->bdf, address));
	if (!path && access(name, F_OK) == 0) {
		return error_set(err, EEXIST,
				 "'%s' is there already; --output names "
				 "another file",
				 name);
	}
	if (path && command_writes_to(path)) {
		return error_set(err, EBADRQC,
				 "'%s' is standard output, where what was done is told",
				 path);
	}
	if (!path)
		path = name;
	r = file_replace(path, dump->content.data, dump->content.len, 0644, false, err);
	if (r < 0)
		return r;
	checksum_data(sum, dump->content.data, dump->content.len);
	(void)printf("'%s' has the %zu bytes of %s, from %s\nSHA-256 %s\n", path,
		     dump->content.len, address, dump->source, sum);
	if (dump->reasons.len > 0)
		(void)printf("not from %s\n", buf_text(&dump->reasons));
	(void)fflush(stdout); /* before what is to be warned of */
	return show_findings(&dump->content, dev, err);
}

static int run_dump(const struct options *options, struct error *err)
{
	CLEANUP_PCIDEVS struct pcidevs devs = PCIDEVS_NONE;
	CLEANUP_DUMP struct dump dump = DUMP_NONE;
	CLEANUP_ROOT struct root root = ROOT_NONE;
	const struct pcidev *dev = NULL;
	int r = root_open(&root, options->host, err);

	if (r == 0)
		r = find_device(&dev, &devs, options, &root, err);
	if (r == 0 && root_is_host(&root) && geteuid() != 0)
		r = error_set(err, EPERM, "only root may read the ROM of a device");
	if (r == 0 && dev)
		r = dump_read(&dump, &root, dev, options->from_shadow, err);
	if (r == 0 && dev)
		r = write_file(options, &dump, dev, err);
	return r < 0 ? r : EXIT_OK;
}

const struct command command_dump = {
	.name = "dump",
	.args = "BDF",
	.help = "write the ROM of a device of this host to a file",
	.options = &options_dump,
	.min_operands = 1,
	.max_operands = 1,
	.failed = EXIT_FAILED,
	.run = run_dump,
};
