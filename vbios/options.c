/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "options.h"

#include <errno.h>
#include <string.h>

#include "base/keyval.h"
#include "base/macro.h"
#include "base/parse.h"
#include "rom/verdict.h"

#define TIMEOUT_MAX 86400
#define NUMBER_MAX  1000 /* more images than any file is read to have */

int options_ids(uint16_t *ret_vendor, uint16_t *ret_device, const char *text,
		struct error *err)
{
	uint64_t vendor, device;

	if (strlen(text) != 9 || text[4] != ':') {
		return error_set(err, EINVAL,
				 "'%s' is no pair of ids like '10de:1b80', of 4 "
				 "hexadecimal digits each",
				 text);
	}
	if (parse_hex_part(&vendor, text, 4, "vendor id", err) < 0 ||
	    parse_hex_part(&device, text + 5, 4, "device id", err) < 0)
		return -EINVAL;
	*ret_vendor = (uint16_t)vendor;
	*ret_device = (uint16_t)device;
	return 0;
}

static int set_text(const char **where, const char *value, struct error *err)
{
	if (*value == '\0')
		return error_set(err, EINVAL, "the value is empty");
	*where = value;
	return 0;
}

static int take_help(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->ask = ASK_HELP;
	return 0;
}

static int take_options(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->ask = ASK_OPTIONS;
	return 0;
}

static int take_json(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->json = true;
	return 0;
}

static int take_map(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->map = true;
	return 0;
}

static int take_private(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->keep_private = true;
	return 0;
}

static int take_shadow(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->from_shadow = true;
	return 0;
}

static int take_apparmor(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->write_apparmor = true;
	return 0;
}

static int take_force(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->force = true;
	return 0;
}

static int take_with_disks(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->with_disks = true;
	return 0;
}

static int take_agent(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->agent = true;
	return 0;
}

static int take_again(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	((struct options *)ctx)->again = true;
	return 0;
}

static int take_serial(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->serial, value, err);
}

static int take_command(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->command, value, err);
}

static int take_report(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->report, value, err);
}

static int take_work(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->work, value, err);
}

static int take_timeout(void *ctx, const char *value, struct error *err)
{
	return parse_dec(&((struct options *)ctx)->timeout, value, 1, TIMEOUT_MAX,
			 "time in seconds", err);
}

static int take_store(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->store, value, err);
}

static int take_from(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->from, value, err);
}

static int take_note(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->note, value, err);
}

static int take_output(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->output, value, err);
}

static int take_device(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->device, value, err);
}

static int take_domain(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->domain, value, err);
}

static int take_connect(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->connect, value, err);
}

static int take_host(void *ctx, const char *value, struct error *err)
{
	return set_text(&((struct options *)ctx)->host, value, err);
}

static int take_ids(void *ctx, const char *value, struct error *err)
{
	struct rom_fix *fix = &((struct options *)ctx)->fix;

	fix->has_ids = true;
	return options_ids(&fix->vendor, &fix->device, value, err);
}

static int take_image(void *ctx, const char *value, struct error *err)
{
	return parse_dec(&((struct options *)ctx)->image, value, 1, NUMBER_MAX, "image",
			 err);
}

static int take_vfct(void *ctx, const char *value, struct error *err)
{
	return parse_dec(&((struct options *)ctx)->vfct, value, 1, NUMBER_MAX,
			 "VFCT entry", err);
}

static int take_bar(void *ctx, const char *value, struct error *err)
{
	const struct keyval keyval = { .key = (char *)"bar", .value = (char *)value };
	bool bar;
	int r = keyval_switch(&bar, &keyval, "on", "off", err);

	if (r < 0)
		return r;
	((struct options *)ctx)->bar_off = !bar;
	((struct options *)ctx)->has_bar = true;
	return r;
}

static int take_firmware(void *ctx, const char *value, struct error *err)
{
	static const struct {
		const char *name;
		enum rom_firmware firmware;
	} names[] = {
		{ "seabios", ROM_SEABIOS },
		{ "ovmf", ROM_OVMF },
		{ "ovmf,secureboot", ROM_OVMF_SECUREBOOT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(value, names[i].name) == 0) {
			((struct options *)ctx)->firmwares |= 1U << names[i].firmware;
			return 0;
		}
	}
	return error_set(err, EINVAL,
			 "there is no firmware '%s': it is 'seabios', 'ovmf' or "
			 "'ovmf,secureboot'",
			 value);
}

#define SPEC_HELP                                                       \
	{ .name = "help", .help = "show this", .take = take_help },     \
	{                                                               \
		.name = "options",                                      \
		.help = "list the options for completion by the shell", \
		.take = take_options                                    \
	}
#define SPEC_JSON                                                                  \
	{                                                                          \
		.name = "json", .help = "for programs: as JSON", .take = take_json \
	}
#define SPEC_HOST                                                     \
	{                                                             \
		.name = "host", .has_arg = OPTION_ARG, .arg = "DIR",  \
		.help = "take DIR for the host's '/', FILE included", \
		.completion = "DIR", .take = take_host                \
	}
#define SPEC_OUTPUT                                                                    \
	{                                                                              \
		.name = "output", .letter = 'o', .has_arg = OPTION_ARG, .arg = "FILE", \
		.help = "the file to write; has to be given", .completion = "FILE",    \
		.take = take_output                                                    \
	}

#define SPEC_CONNECT                                                                 \
	{                                                                            \
		.name = "connect", .has_arg = OPTION_ARG, .arg = "URI",              \
		.help = "of the libvirt that has the guest",                         \
		.completion = "qemu:///system qemu:///session", .take = take_connect \
	}

static const struct option_spec info_specs[] = {
	SPEC_JSON,
	{ .name = "map",
	  .help = "draw what lies where, as on a terminal",
	  .take = take_map },
	SPEC_HELP,
};

static const struct option_spec check_specs[] = {
	{ .name = "device",
	  .has_arg = OPTION_ARG,
	  .arg = "BDF|VVVV:DDDD",
	  .help = "the device it is for: one of this host, or ids",
	  .completion = "DEVICE",
	  .take = take_device },
	{ .name = "firmware",
	  .has_arg = OPTION_ARG,
	  .arg = "FIRMWARE",
	  .help = "the guest's: seabios, ovmf, or ovmf,secureboot; several may be given, "
		  "and all of them have to run it",
	  .completion = "seabios ovmf ovmf,secureboot",
	  .take = take_firmware },
	{ .name = "bar",
	  .has_arg = OPTION_ARG,
	  .arg = "on|off",
	  .help = "whether the guest's device has a ROM BAR; on if not given",
	  .completion = "on off",
	  .take = take_bar },
	{ .name = "domain",
	  .has_arg = OPTION_ARG,
	  .arg = "NAME|FILE",
	  .help = "the guest it is for, by name or UUID, or its XML if there is a slash; "
		  "without FILE every ROM that it names is checked",
	  .completion = "DOMAIN FILE",
	  .take = take_domain },
	SPEC_CONNECT,
	SPEC_HOST,
	SPEC_JSON,
	SPEC_HELP,
};

static const struct option_spec dump_specs[] = {
	{ .name = "output",
	  .letter = 'o',
	  .has_arg = OPTION_ARG,
	  .arg = "FILE",
	  .help = "the file to write; BDF.rom if not given",
	  .completion = "FILE",
	  .take = take_output },
	{ .name = "shadow",
	  .help = "of the GPU that the host has booted with: take the copy in memory, which "
		  "its BIOS may have changed",
	  .take = take_shadow },
	SPEC_HOST,
	SPEC_HELP,
};

static const struct option_spec store_specs[] = {
	{ .name = "from",
	  .has_arg = OPTION_ARG,
	  .arg = "TEXT",
	  .help = "add: where the file is from",
	  .take = take_from },
	{ .name = "note",
	  .has_arg = OPTION_ARG,
	  .arg = "TEXT",
	  .help = "add: what else there is to remember",
	  .take = take_note },
	{ .name = "apparmor",
	  .help = "add: let AppArmor's profile of QEMU read what is in the store",
	  .take = take_apparmor },
	{ .name = "store",
	  .has_arg = OPTION_ARG,
	  .arg = "DIR",
	  .help = "another place than /var/lib/vfiokit/vbios",
	  .completion = "DIR",
	  .take = take_store },
	{ .name = "host",
	  .has_arg = OPTION_ARG,
	  .arg = "DIR",
	  .help = "add: take DIR for the host's '/', where AppArmor's files are",
	  .completion = "DIR",
	  .take = take_host },
	SPEC_JSON,
	SPEC_HELP,
};

static const struct option_spec strip_specs[] = {
	SPEC_OUTPUT,
	{ .name = "private",
	  .help = "keep images for the card's own processors",
	  .take = take_private },
	SPEC_HELP,
};

static const struct option_spec fix_specs[] = {
	SPEC_OUTPUT,
	{ .name = "ids",
	  .has_arg = OPTION_ARG,
	  .arg = "VVVV:DDDD",
	  .help = "the vendor and the device to write into every image",
	  .take = take_ids },
	SPEC_HELP,
};

static const struct option_spec extract_specs[] = {
	SPEC_OUTPUT,
	{ .name = "image",
	  .has_arg = OPTION_ARG,
	  .arg = "N",
	  .help = "the image to take, counted from 1 as 'vbios info' does",
	  .take = take_image },
	{ .name = "vfct",
	  .has_arg = OPTION_ARG,
	  .arg = "N",
	  .help = "the entry of AMD's ACPI table to take, counted from 1",
	  .take = take_vfct },
	SPEC_HELP,
};

static const struct option_spec diff_specs[] = {
	SPEC_HELP,
};

static const struct option_spec bench_specs[] = {
	{ .name = "timeout",
	  .has_arg = OPTION_ARG,
	  .arg = "SECONDS",
	  .help = "how long each ROM is waited for; 60 if not given",
	  .take = take_timeout },
	{ .name = "bar",
	  .has_arg = OPTION_ARG,
	  .arg = "on|off",
	  .help = "the ROM BAR of the device; as the guest has it if not given",
	  .completion = "on off",
	  .take = take_bar },
	{ .name = "serial",
	  .has_arg = OPTION_ARG,
	  .arg = "REGEX",
	  .help = "the ROM runs when this is said on the serial port",
	  .take = take_serial },
	{ .name = "agent",
	  .help = "the ROM runs when the guest's agent answers",
	  .take = take_agent },
	{ .name = "command",
	  .has_arg = OPTION_ARG,
	  .arg = "COMMAND",
	  .help = "the ROM runs when this command of the shell succeeds",
	  .take = take_command },
	{ .name = "with-disks",
	  .help = "the copy has the guest's disks, and is shut down",
	  .take = take_with_disks },
	{ .name = "force",
	  .help = "with disks: end a copy that does not shut down",
	  .take = take_force },
	{ .name = "report",
	  .has_arg = OPTION_ARG,
	  .arg = "DIR",
	  .help = "write a page with all that was seen, DIR/index.html",
	  .completion = "DIR",
	  .take = take_report },
	{ .name = "work",
	  .has_arg = OPTION_ARG,
	  .arg = "DIR",
	  .help = "another place for what is seen than /var/lib/vfiokit/bench/GUEST",
	  .completion = "DIR",
	  .take = take_work },
	{ .name = "again",
	  .help = "try all, also those that an interrupted bench has seen",
	  .take = take_again },
	SPEC_CONNECT,
	SPEC_JSON,
	SPEC_HELP,
};

static const struct option_spec swap_specs[] = {
	{ .name = "force",
	  .help = "also a file that the guest's firmware will not run",
	  .take = take_force },
	SPEC_CONNECT,
	SPEC_HOST,
	SPEC_HELP,
};

static const struct option_spec restore_specs[] = {
	SPEC_CONNECT,
	SPEC_HELP,
};

#define TABLE(name)                                                \
	const struct option_table options_##name = { name##_specs, \
						     ARRAY_SIZE(name##_specs) }
TABLE(info);
TABLE(check);
TABLE(dump);
TABLE(store);
TABLE(strip);
TABLE(fix);
TABLE(extract);
TABLE(diff);
TABLE(bench);
TABLE(swap);
TABLE(restore);

int options_parse(struct options *ret_options, const struct option_table *table, int argc,
		  char **argv, struct error *err)
{
	struct options options = OPTIONS_NONE;
	int n = option_parse(table->v, table->n, &options, argc, argv, err);

	if (n < 0)
		return n;
	options.n_operands = (size_t)n;
	options.operands = argv + argc - n;
	*ret_options = options;
	return 0;
}
