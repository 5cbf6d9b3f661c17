/* SPDX-License-Identifier: GPL-2.0-or-later */

#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/exit.h"
#include "base/macro.h"
#include "version.h"

#define PROGRAM "vfiokit-hook"

static const struct command *const commands[] = {
	&command_plan,    &command_status,    &command_restore, &command_simulate,
	&command_install, &command_uninstall, &command_import,
};

void command_print(FILE *out, const char *text)
{
	char plain[ERROR_MSG_MAX];
	size_t n = 0;

	/* standard error writes whatever it gets at once */
	for (; *text; text++) {
		plain[n++] = iscntrl((unsigned char)*text) ? '?' : *text;
		if (n == sizeof(plain) || !text[1]) {
			(void)fwrite(plain, 1, n, out);
			n = 0;
		}
	}
}

static int show_help(void)
{
	(void)printf("Usage: " PROGRAM " COMMAND [ARGUMENT...]\n\n"
		     "libvirt's qemu hook: hands devices, huge pages and cores of the "
		     "host to guests,\nand takes them back. libvirt starts it as "
		     "/etc/libvirt/hooks/qemu.d/50-vfiokit.\n\nCommands:\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *command = commands[i];
		int width = 31 - (int)strlen(command->name);

		(void)printf("  %s %-*s %s\n", command->name, width, command->args,
			     command->help);
	}
	(void)printf("  %-32s %s\n  %-32s %s\n", "--help", "show this", "--version",
		     "show the version");
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_FAILED;
}

static int usage_error(const char *text, const char *word)
{
	(void)fprintf(stderr, PROGRAM ": %s%s", text, word ? " '" : "");
	command_print(stderr, word ? word : "");
	(void)fprintf(stderr, "%s; see '" PROGRAM " --help'\n", word ? "'" : "");
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct error err = { 0 };
	int r;

	if (argc - 1 < command->min_args || argc - 1 > command->max_args) {
		(void)fprintf(stderr, PROGRAM ": usage: " PROGRAM " %s%s%s\n",
			      command->name, *command->args ? " " : "", command->args);
		return EXIT_USAGE;
	}
	r = command->run(argc, argv, &err);
	if (r >= 0)
		return EXIT_OK;
	(void)fputs(PROGRAM ": ", stderr);
	command_print(stderr, err.msg);
	(void)putc('\n', stderr);
	return r == -EBADRQC ? EXIT_USAGE : EXIT_FAILED;
}

int command_run(int argc, char **argv)
{
	if (argc < 2)
		return usage_error("no command is given", NULL);
	if (strcmp(argv[1], "--help") == 0)
		return show_help();
	if (strcmp(argv[1], "--version") == 0)
		return puts(PROGRAM " " VFIOKIT_VERSION) < 0 ? EXIT_FAILED : EXIT_OK;
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return run(commands[i], argc - 1, argv + 1);
	}
	return usage_error("there is no command", argv[1]);
}
