/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "options.h"

#include <errno.h>
#include <string.h>

#include "base/option.h"

/* Options that take one value which may be repeated, but not differ. */
static int set_once(const char **where, const char *value, struct error *err)
{
	if (*value == '\0')
		return error_set(err, EINVAL, "the value is empty");
	if (*where && strcmp(*where, value) != 0) {
		return error_set(err, EINVAL, "given twice, as '%s' and '%s'", *where,
				 value);
	}
	*where = value;
	return 0;
}

static int set_view(struct options *options, enum view view, struct error *err)
{
	if (options->view != VIEW_NONE && options->view != view)
		return error_set(err, EINVAL, "only one view can be shown in a run");
	options->view = view;
	return 0;
}

static int take_in_place(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->in_place = true;
	return 0;
}

static int take_output(void *ctx, const char *value, struct error *err)
{
	struct options *options = ctx;

	return set_once(&options->output, value, err);
}

static int take_connect(void *ctx, const char *value, struct error *err)
{
	struct options *options = ctx;

	return set_once(&options->connect, value, err);
}

static int take_domain(void *ctx, const char *value, struct error *err)
{
	struct options *options = ctx;

	return set_once(&options->domain, value, err);
}

static int take_define(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->define = true;
	return 0;
}

static int take_diff(void *ctx, UNUSED const char *value, struct error *err)
{
	return set_view(ctx, VIEW_DIFF, err);
}

static int take_explain(void *ctx, UNUSED const char *value, struct error *err)
{
	return set_view(ctx, VIEW_EXPLAIN, err);
}

static int take_plan(void *ctx, UNUSED const char *value, struct error *err)
{
	return set_view(ctx, VIEW_PLAN, err);
}

static int take_argv(void *ctx, UNUSED const char *value, struct error *err)
{
	return set_view(ctx, VIEW_ARGV, err);
}

static int take_list(void *ctx, UNUSED const char *value, struct error *err)
{
	return set_view(ctx, VIEW_LIST, err);
}

static int take_json(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->json = true;
	return 0;
}

static int take_host(void *ctx, const char *value, struct error *err)
{
	struct options *options = ctx;

	return set_once(&options->host, value, err);
}

static int take_check(void *ctx, const char *value, struct error *err)
{
	static const struct {
		const char *name;
		enum check check;
	} known[] = {
		{ "none", CHECK_NONE },
		{ "schema", CHECK_SCHEMA },
		{ "libvirt", CHECK_LIBVIRT },
	};
	struct options *options = ctx;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(value, known[i].name) != 0)
			continue;
		if (options->check != CHECK_DEFAULT && options->check != known[i].check) {
			return error_set(err, EINVAL,
					 "given twice with different values");
		}
		options->check = known[i].check;
		return 0;
	}
	return error_set(err, EINVAL, "'%s' is not one of none, schema, libvirt", value);
}

static int take_help(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->ask = ASK_HELP;
	return 0;
}

static int take_version(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->ask = ASK_VERSION;
	return 0;
}

static int take_options(void *ctx, UNUSED const char *value, UNUSED struct error *err)
{
	struct options *options = ctx;

	options->ask = ASK_OPTIONS;
	return 0;
}

/* Gives a reader of wishes the shape of an option's handler. */
#define WISH(name)                                                              \
	static int take_##name(void *ctx, const char *value, struct error *err) \
	{                                                                       \
		struct options *options = ctx;                                  \
                                                                                \
		return wishes_##name(&options->wishes, value, err);             \
	}                                                                       \
	struct take_##name##_needs_semicolon

WISH(hostdev);
WISH(rom);
WISH(usb);
WISH(mdev);
WISH(evdev);
WISH(looking_glass);
WISH(vcpus);
WISH(pin);
WISH(hugepages);
WISH(hide_hypervisor);
WISH(override);
WISH(qemu_arg);
WISH(hook);
WISH(xslt);
WISH(param);
WISH(unset);

#define HEADING(text)                                          \
	{                                                      \
		NULL, 0, OPTION_NO_ARG, NULL, text, NULL, NULL \
	}
#define FLAG(name, letter, help, take)                              \
	{                                                           \
		name, letter, OPTION_NO_ARG, NULL, help, NULL, take \
	}
#define VALUE(name, letter, arg, completion, help, take)              \
	{                                                             \
		name, letter, OPTION_ARG, arg, help, completion, take \
	}
#define OPTIONAL(name, arg, completion, help, take)                       \
	{                                                                 \
		name, 0, OPTION_OPTIONAL_ARG, arg, help, completion, take \
	}

static const struct option_spec specs[] = {
	HEADING("Tweaks (any number, in any order)"),
	VALUE("hostdev", 0, "ADDR[,KEY=VALUE...]|auto", "auto",
	      "give the guest a PCI device of the host", take_hostdev),
	VALUE("rom", 0, "ADDR,FILE|none", NULL,
	      "set or remove the option ROM of a device that the guest has", take_rom),
	VALUE("usb", 0, "VVVV:PPPP[,optional]|BUS.DEV", NULL,
	      "give the guest a USB device", take_usb),
	VALUE("mdev", 0, "UUID[,display][,ramfb]", NULL,
	      "give the guest a mediated device", take_mdev),
	VALUE("evdev", 0, "PATH[,KEY=VALUE...]|auto|evgrab", "auto evgrab FILE",
	      "share keyboard and mouse by evdev", take_evdev),
	VALUE("looking-glass", 0, "WxH[,KEY=VALUE...]", "1920x1080 2560x1440 3840x2160",
	      "add the shared memory of Looking Glass", take_looking_glass),
	VALUE("vcpus", 0, "N", NULL, "set the number of vCPUs", take_vcpus),
	VALUE("pin", 0, "auto[,KEY=VALUE...]|LIST", "auto",
	      "give each vCPU a CPU of the host", take_pin),
	OPTIONAL("hugepages", "SIZE", "2M 1G", "back the guest's memory with huge pages",
		 take_hugepages),
	FLAG("hide-hypervisor", 0, "keep the guest from recognising KVM",
	     take_hide_hypervisor),
	VALUE("override", 0, "ALIAS.PROPERTY=TYPE:VALUE", NULL,
	      "set a property of a QEMU device", take_override),
	VALUE("qemu-arg", 0, "ARG[,ARG...]", NULL, "add arguments for QEMU",
	      take_qemu_arg),
	OPTIONAL("hook", "KEY=VALUE,...", NULL, "let vfiokit-hook look after the guest",
		 take_hook),
	VALUE("xslt", 0, "FILE", "FILE", "run a stylesheet of your own", take_xslt),
	VALUE("param", 0, "NAME=VALUE", NULL, "a parameter of the --xslt before it",
	      take_param),
	VALUE("unset", 0, "WHAT",
	      "hostdev: rom: usb: mdev: evdev looking-glass pin hugepages hide-hypervisor "
	      "override: qemu-arg: hook",
	      "take a tweak out again", take_unset),

	HEADING("Input and output"),
	FLAG("in-place", 'i', "change FILE itself", take_in_place),
	VALUE("output", 'o', "FILE", "FILE", "write to FILE", take_output),
	VALUE("connect", 0, "URI", "qemu:///system qemu:///session test:///default",
	      "the libvirt to talk to", take_connect),
	VALUE("domain", 0, "NAME", "DOMAIN", "read the guest from libvirt", take_domain),
	FLAG("define", 0, "define the result in libvirt", take_define),

	HEADING("Views (one a run)"),
	FLAG("diff", 0, "show what changes", take_diff),
	FLAG("explain", 0, "show each decision and its reason", take_explain),
	FLAG("plan", 0, "show the decisions as the stylesheets read them", take_plan),
	FLAG("argv", 0, "show the QEMU command line that libvirt would run", take_argv),
	FLAG("list", 0, "show what this host could give to a guest", take_list),
	FLAG("json", 0, "as JSON; with --explain and --list", take_json),

	HEADING("Checks"),
	VALUE("host", 0, "DIR|none", "none DIR",
	      "the directory that stands for /; none: know nothing of the host",
	      take_host),
	VALUE("check", 0, "none|schema|libvirt", "none schema libvirt",
	      "how to validate the result", take_check),

	HEADING("Help"),
	FLAG("help", 'h', "show this text", take_help),
	FLAG("version", 0, "show the version", take_version),
	FLAG("options", 0, "list the options, for shell completion", take_options),
};

void options_help(FILE *out)
{
	(void)fputs(
		"Usage: xmltweak [OPTION...] [FILE]\n\n"
		"Rewrites a libvirt domain XML for passthrough. Reads FILE or standard "
		"input,\nwrites standard output, and leaves every byte alone that need "
		"not change.\n",
		out);
	option_help(out, specs, ARRAY_SIZE(specs));
	(void)fputs("\nExit status: 0 done, 1 failed, 2 usage. More in xmltweak(1).\n",
		    out);
}

void options_list(FILE *out)
{
	option_list(out, specs, ARRAY_SIZE(specs));
}

void options_done(struct options *options)
{
	wishes_done(&options->wishes);
}

bool options_need_libvirt(const struct options *options)
{
	return options->domain || options->define || options->view == VIEW_ARGV ||
	       options->check == CHECK_LIBVIRT;
}

/* Combinations that make no sense. */
static int check_combination(const struct options *o, struct error *err)
{
	if (o->in_place && !o->file)
		return error_set(err, EINVAL, "--in-place needs a FILE");
	if (o->in_place && o->output) {
		return error_set(err, EINVAL,
				 "--in-place and --output exclude each other");
	}
	if (o->in_place && o->domain) {
		return error_set(err, EINVAL,
				 "--in-place and --domain exclude each other");
	}
	if (o->file && o->domain)
		return error_set(err, EINVAL, "FILE and --domain exclude each other");
	if (o->json && o->view != VIEW_EXPLAIN && o->view != VIEW_LIST)
		return error_set(err, EINVAL, "--json goes with --explain or --list");
	return 0;
}

int options_parse(struct options *ret_options, int argc, char **argv, struct error *err)
{
	CLEANUP_OPTIONS struct options options = OPTIONS_NONE;
	int n = option_parse(specs, ARRAY_SIZE(specs), &options, argc, argv, err);

	if (n < 0)
		return n;
	if (n > 1) {
		return error_set(err, EINVAL, "more than one FILE: '%s' and '%s'",
				 argv[argc - n], argv[argc - n + 1]);
	}
	if (n == 1 && strcmp(argv[argc - 1], "-") != 0)
		options.file = argv[argc - 1];
	if (options.ask == ASK_NOTHING) {
		int r = check_combination(&options, err);

		if (r < 0)
			return r;
	}
	*ret_options = options;
	options = OPTIONS_NONE;
	return 0;
}
